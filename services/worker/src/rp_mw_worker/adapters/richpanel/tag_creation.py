"""Lets each missing tag be made once, whichever process meets it first: the API makes a second one of the same name.

absent ──begin──> attempting ──end(made)──> done         not made again while the ledger remembers it (30 days)
                     │    └──end(not made)──> planned     the next run may make it
                     └ the process died, or the answer was lost: a minute later, if the list still does not hold it,
                       made once more and never a third time
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, AlreadyDone, Began, NeedsProof
from rp_mw_worker.ports import TAG_UNKNOWN, Records

_KIND, _ACCOUNT = "rp_create_tag", "account"
# As long as a list may lag behind a tag that was just made.
_LIST_LAG_MS = 60_000
_LOOK_AGAIN_SECONDS = 5.0


class TagCreation(Protocol):
    """Who may make a tag."""

    def begin(self, tag: str) -> None:
        """Return when this run is the one to make it; raises TransientError `tag_being_made` or PermanentError."""

    def end(self, tag: str, *, is_made: bool) -> None:
        """Say what became of it; `is_made` False: certainly not made."""


class LedgerTagCreation:
    """`TagCreation` over the idempotency table: one item a tag."""

    def __init__(self, records: Records, clock: Clock, new_owner: Callable[[], str]) -> None:
        self._records = records
        self._clock = clock
        self._owner = new_owner()

    def begin(self, tag: str) -> None:
        """Take the tag, unless somebody has made it or may just be making it.

        To be called only when the whole list was read and does not hold it: that proves a lost try without effect.
        """
        began = self._begin(tag)
        if isinstance(began, NeedsProof) and not self._is_recent(began.record):
            began = self._begin(tag, proven_absent=began.record)
        if isinstance(began, Began):
            return
        if self._is_recent(began.record):
            raise TransientError(
                "another process is making a tag", code="tag_being_made", retry_after_seconds=_LOOK_AGAIN_SECONDS
            )
        raise PermanentError("a tag that was made is not in the account's list", code=TAG_UNKNOWN)

    def end(self, tag: str, *, is_made: bool) -> None:
        """Keep that it was made for as long as the ledger keeps actions, or let the next run make it."""
        status = ActionStatus.DONE if is_made else ActionStatus.PLANNED
        self._records.finish_action(_key(tag), owner=self._owner, status=status, now=self._clock.now_epoch_ms())

    def _begin(self, tag: str, proven_absent: ActionRecord | None = None) -> Began | AlreadyDone | NeedsProof:
        digest, now = hashlib.sha256(tag.encode()).hexdigest(), self._clock.now_epoch_ms()
        return self._records.begin_action(
            _key(tag), owner=self._owner, body_digest=digest, now=now, proven_absent=proven_absent
        )

    def _is_recent(self, record: ActionRecord) -> bool:
        return self._clock.now_epoch_ms() - record.updated_at_epoch_ms < _LIST_LAG_MS


def _key(tag: str) -> str:
    return action_key(_KIND, _ACCOUNT, tag)
