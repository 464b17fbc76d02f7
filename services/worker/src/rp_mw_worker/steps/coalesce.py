"""Many deliveries of one conversation that name no message: one full read answers all that came before it.

received ── before the last full read: ended, for nothing but a look into the table
         ├─ too many reads in this minute: back for a while, so that the next read answers all that come meanwhile
         └─ else read, and remembered when its run came to its end
"""

from __future__ import annotations

from contextlib import suppress

from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, log
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.ports import ReadMark
from rp_mw_worker.steps.context import QueueDelivery

COALESCED = "coalesced"
CONVERSATION_FLOOD = "conversation_flood"
_VISIBLE_AFTER_MS = 2_000  # a read sees what the helpdesk told us about so long before
_MOST_READS, _MINUTE_MS, _FLOOD_WAIT_SECONDS = 4, 60_000, 15.0


def find_mark(deps: Dependencies, delivery: QueueDelivery) -> ReadMark | None:
    """Return when the conversation was read last, None for a delivery that names its message."""
    return deps.read_marks.load_read(delivery.conversation_id) if delivery.event_id is None else None


def is_covered(delivery: QueueDelivery, mark: ReadMark | None) -> bool:
    """Tell whether a later full read has handled all that this delivery can be about.

    Also one that came again: its own earlier run, had it begun anything, would have left no later mark.
    """
    if mark is None or delivery.received_at_epoch_ms + _VISIBLE_AFTER_MS >= mark.read_at_epoch_ms:
        return False
    log(LogEvent.EVENT_COVERED, reason=COALESCED)
    return True


def require_rate(deps: Dependencies, mark: ReadMark | None) -> None:
    """Raise TransientError `conversation_flood`, which is a wait, when the conversation was read too often just now."""
    if mark is None or mark.reads < _MOST_READS or deps.clock.now_epoch_ms() - mark.since_epoch_ms > _MINUTE_MS:
        return
    raise TransientError(
        "this conversation was read often enough for now",
        code=CONVERSATION_FLOOD,
        retry_after_seconds=_FLOOD_WAIT_SECONDS,
    )


def note_read(deps: Dependencies, delivery: QueueDelivery, before: ReadMark | None, began_at_epoch_ms: int) -> None:
    """Remember that a run which began then has read the conversation and come to its end."""
    if delivery.event_id is not None:
        return
    is_same_minute = before is not None and began_at_epoch_ms - before.since_epoch_ms <= _MINUTE_MS
    mark = ReadMark(began_at_epoch_ms, 1, began_at_epoch_ms)
    if before is not None and is_same_minute:
        mark = ReadMark(began_at_epoch_ms, before.reads + 1, before.since_epoch_ms)
    with suppress(TransientError):  # then the next delivery reads it once more
        deps.read_marks.note_read(delivery.conversation_id, mark)
