"""Runs a batch of FIFO records and reports which ones the queue has to deliver again.

    group A:  A1 ok    A2 FAILS   A3 not run        -> [A2, A3] with one delay, order kept
    group B:  B1 ok    B2 poison  B3 ok             -> [] ; B2 is in the DLQ with its reason
    group C:  C1 WAITS C2 not run                   -> [C1, C2] when the vendor's budget opens; not counted
    no time left: everything still to do is returned to the queue unrun

A record that fails on its last delivery goes to the DLQ from here, and its group goes on: SQS counts deliveries
of the unrun records after it too and would throw them out together with it.

Where `deliveries` are counted, a record that may have killed its process runs after all others, whose ends are taken
out of the queue at once; after five such ends it is moved to the dead-letter queue unrun.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.sqs.delays import RetryDelays
from rp_mw_shared.sqs.deliveries import Deliveries, Runs

MAX_RECEIVE_COUNT = 5
# What a message waits for, and what is not its failure: the vendor's budget as we know it, the vendor's word that it is
# used up, others that book it faster, a conversation that was read often enough for now.
WAITS = frozenset({"rate_limited", "vendor_throttled", "budget_contended", "conversation_flood"})
_LEAST_WAIT_SECONDS, _UNKNOWN_WAIT_SECONDS = 2, 30
_DEFAULT_DELAYS = RetryDelays()
_RESERVE_MS = 5_000

ChangeVisibility = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A received message. `receive_count` counts deliveries from 1; `sent_at_epoch_ms` is when it was queued.

    `waits`: runs of it that ended in a wait for the vendor's budget, as far as they are recorded.
    """

    message_id: str
    receipt_handle: str
    body: str
    group_id: str
    receive_count: int = 1
    sent_at_epoch_ms: int = 0
    source_arn: str = ""
    run_number: int = 0
    waits: int = 0

    @property
    def run(self) -> int:
        """The number of this run among those that did not only wait; deliveries where nothing else is counted."""
        return self.run_number or self.receive_count


def to_record(raw: Mapping[str, Any]) -> QueueRecord:
    """Return the record of one entry of a Lambda event's `Records`.

    Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example FIFO queue message event.
    """
    attributes = raw.get("attributes", {})
    return QueueRecord(
        message_id=raw["messageId"],
        receipt_handle=raw.get("receiptHandle", ""),
        body=raw.get("body", ""),
        group_id=attributes.get("MessageGroupId", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", "1")),
        sent_at_epoch_ms=int(attributes.get("SentTimestamp", "0")),
        source_arn=raw.get("eventSourceARN", ""),
    )


HandleRecord = Callable[[QueueRecord], None]
OnPermanent = Callable[[QueueRecord, PermanentError], None]


def _admit_all(record: QueueRecord) -> None:
    """Let every record run."""


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts runs apart from deliveries: `deliveries` keeps them, `delete(record)` takes one out of the queue."""

    deliveries: Deliveries
    delete: Callable[[QueueRecord], None]


@dataclass(slots=True)
class _Batch:
    """One batch on its way: which groups failed with which delay, and which records go back."""

    handle_record: HandleRecord
    on_permanent: OnPermanent
    change_visibility: ChangeVisibility
    delays: RetryDelays
    max_receive_count: int
    admit: HandleRecord
    counting: Counting | None
    is_redelivered: bool = False
    failed_groups: dict[str, int] = field(default_factory=dict)
    returned: list[QueueRecord] = field(default_factory=list)


def process_fifo_batch(
    event: Mapping[str, Any],
    handle_record: HandleRecord,
    *,
    on_permanent: OnPermanent,
    remaining_ms: Callable[[], int],
    change_visibility: ChangeVisibility,
    delays: RetryDelays = _DEFAULT_DELAYS,
    max_receive_count: int = MAX_RECEIVE_COUNT,
    reserve_ms: int = _RESERVE_MS,
    admit: HandleRecord = _admit_all,
    counting: Counting | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Run each record of a Lambda event in order and return the partial batch response.

    `handle_record` raises PermanentError for a record that can never succeed: `on_permanent` copies it to the DLQ,
    it counts as handled and its group goes on. Anything else it raises is worth another delivery: the rest of its
    group is not run, and all of them get one delay through `change_visibility(receipt_handle, seconds)`. With less
    than `reserve_ms` of the function's time left (`remaining_ms`), records go back unrun at once. `admit` raises
    TransientError for a record that had better not begin; it goes back unrun with the wait the error names.
    Source: AWS Lambda Developer Guide, "Implementing partial batch responses".
    """
    batch = _Batch(handle_record, on_permanent, change_visibility, delays, max_receive_count, admit, counting)
    for record in _in_order(batch, [to_record(raw) for raw in event["Records"]]):
        if record.group_id not in batch.failed_groups and remaining_ms() < reserve_ms:
            batch.failed_groups[record.group_id] = 0
        if record.group_id in batch.failed_groups:
            _hand_back(batch, record)
        else:
            _run(batch, record)
    for record in batch.returned:
        _delay(batch, record)
    return {"batchItemFailures": [{"itemIdentifier": record.message_id} for record in batch.returned]}


def _in_order(batch: _Batch, records: list[QueueRecord]) -> list[QueueRecord]:
    """Return the records with their run numbers, the groups of those that may kill the process last."""
    again = [record.message_id for record in records if record.receive_count > 1]
    if batch.counting is None or not again:
        return records
    batch.is_redelivered = True
    found = batch.counting.deliveries.load(again)
    counted = [_counted(record, found.get(record.message_id, Runs())) for record in records]
    ends: dict[str, int] = {}
    for record in counted:
        ends[record.group_id] = max(record.run, ends.get(record.group_id, 0))
    return sorted(counted, key=lambda record: ends[record.group_id])


def _counted(record: QueueRecord, runs: Runs) -> QueueRecord:
    number = runs.number_of_next if record.receive_count > 1 else 1
    return replace(record, run_number=max(1, number), waits=runs.waits)


def _run(batch: _Batch, record: QueueRecord) -> None:
    if record.run > batch.max_receive_count and batch.counting is not None:
        log(LogEvent.RECORD_EXHAUSTED, record_id=record.message_id, error_code="process_died")
        _quarantine(batch, record, PermanentError("its runs ended without an answer", code="process_died"))
        return
    try:
        batch.admit(record)
    except Exception as error:  # noqa: BLE001 - not begun: nothing of it is counted
        _return_unrun(batch, record, error)
        return
    try:
        if batch.counting is not None and record.receive_count > 1:
            batch.counting.deliveries.begin(record.message_id)
        batch.handle_record(record)
    except PermanentError as error:
        _quarantine(batch, record, error)
    except Exception as error:  # noqa: BLE001 - the per-record boundary: one bad record must not stop the others
        _fail(batch, record, error)
    else:
        _finish(batch, record)


def _finish(batch: _Batch, record: QueueRecord) -> None:
    """Take an ended record out of the queue where another one of its batch may kill the process."""
    if batch.counting is None or not batch.is_redelivered:
        return
    try:
        batch.counting.delete(record)
    except Exception as error:  # noqa: BLE001 - the batch's answer takes it out as well
        log(LogEvent.RECORD_NOT_DELETED, record_id=record.message_id, exception_name=type(error).__name__)


def _return_unrun(batch: _Batch, record: QueueRecord, error: Exception) -> None:
    batch.failed_groups[record.group_id] = _wait_seconds(error)
    _hand_back(batch, record)


def _wait_seconds(error: Exception) -> int:
    asked = error.retry_after_seconds if isinstance(error, TransientError) else None
    return max(_LEAST_WAIT_SECONDS, math.ceil(_UNKNOWN_WAIT_SECONDS if asked is None else asked))


def _is_wait(batch: _Batch, error: Exception) -> bool:
    return batch.counting is not None and isinstance(error, TransientError) and error.code in WAITS


def _wait(batch: _Batch, record: QueueRecord, error: Exception) -> None:
    """Bring the record back when the budget opens; that it waited is written down, so that it does not count."""
    assert batch.counting is not None
    log(LogEvent.RECORD_WAITS, record_id=record.message_id, error_code=_code(error), delay_seconds=_wait_seconds(error))
    metric(Metric.BUDGET_WAITS)
    try:
        batch.counting.deliveries.wait(record.message_id)
    except RpMwError as failure:  # then this wait counts as a failure, of which there may be five
        _log_failure(record, failure)
    batch.failed_groups[record.group_id] = _wait_seconds(error)
    batch.returned.append(record)


def _fail(batch: _Batch, record: QueueRecord, error: Exception) -> None:
    if _is_wait(batch, error):
        _wait(batch, record, error)
        return
    _log_failure(record, error)
    if record.run < batch.max_receive_count:
        _return_group(batch, record, error)
        return
    log(LogEvent.RECORD_EXHAUSTED, record_id=record.message_id, error_code=_code(error))
    exhausted = PermanentError("failed on its last delivery", code="retries_exhausted")
    exhausted.__cause__ = error
    _quarantine(batch, record, exhausted)


def _quarantine(batch: _Batch, record: QueueRecord, error: PermanentError) -> None:
    try:
        batch.on_permanent(record, error)
    except Exception as failure:  # noqa: BLE001 - not in the DLQ, so it must stay in the queue
        _log_failure(record, failure)
        _return_group(batch, record, failure)


def _return_group(batch: _Batch, record: QueueRecord, error: Exception) -> None:
    asked = error.retry_after_seconds if isinstance(error, TransientError) else None
    batch.failed_groups[record.group_id] = batch.delays.choose(record.run, asked, random.random)
    batch.returned.append(record)
    metric(Metric.RECORDS_FAILED)


def _hand_back(batch: _Batch, record: QueueRecord) -> None:
    log(LogEvent.RECORD_RETURNED, record_id=record.message_id, receive_count=record.receive_count)
    batch.returned.append(record)


def _delay(batch: _Batch, record: QueueRecord) -> None:
    seconds = batch.failed_groups[record.group_id]
    try:
        batch.change_visibility(record.receipt_handle, seconds)
    except Exception as error:  # noqa: BLE001 - only the delay is lost: the queue's own timeout applies
        log(LogEvent.VISIBILITY_UNCHANGED, record_id=record.message_id, exception_name=type(error).__name__)


def _log_failure(record: QueueRecord, error: Exception) -> None:
    log(
        LogEvent.RECORD_FAILED,
        record_id=record.message_id,
        receive_count=record.receive_count,
        error_code=_code(error),
    )
    if not isinstance(error, RpMwError):
        log(LogEvent.UNEXPECTED_ERROR, exception_name=type(error).__name__, place=_place(error))


def _code(error: Exception) -> str:
    return error.code if isinstance(error, RpMwError) else "unexpected"


def _place(error: Exception) -> str:
    """Return module and line of the innermost frame: where to look, without the message that may quote content."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_globals.get('__name__', 'unknown')}.L{trace.tb_lineno}"
