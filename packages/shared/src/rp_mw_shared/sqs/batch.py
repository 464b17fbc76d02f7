"""Runs a batch of FIFO records and reports which ones the queue has to deliver again.

    group A:  A1 ok    A2 FAILS   A3 not run        -> [A2, A3] with one delay, order kept
    group B:  B1 ok    B2 poison  B3 ok             -> [] ; B2 is in the DLQ with its reason
    no time left: everything still to do is handed back unrun

A record that fails on its last delivery goes to the DLQ from here, and its group goes on: SQS counts deliveries
of the unrun records behind it too and would throw them out together with it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.sqs.delays import RetryDelays

MAX_RECEIVE_COUNT = 5
_DEFAULT_DELAYS = RetryDelays()
_RESERVE_MS = 5_000

ChangeVisibility = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A received message. `receive_count` counts deliveries from 1; `sent_at_epoch_ms` is when it was queued."""

    message_id: str
    receipt_handle: str
    body: str
    group_id: str
    receive_count: int = 1
    sent_at_epoch_ms: int = 0
    source_arn: str = ""


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


@dataclass(slots=True)
class _Batch:
    """One batch on its way: which groups failed with which delay, and which records go back."""

    handle_record: HandleRecord
    on_permanent: OnPermanent
    change_visibility: ChangeVisibility
    delays: RetryDelays
    max_receive_count: int
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
) -> dict[str, list[dict[str, str]]]:
    """Run each record of a Lambda event in order and return the partial batch response.

    `handle_record` raises PermanentError for a record that can never succeed: `on_permanent` copies it to the DLQ,
    it counts as handled and its group goes on. Anything else it raises is worth another delivery: the rest of its
    group is not run, and all of them get one delay through `change_visibility(receipt_handle, seconds)`. With less
    than `reserve_ms` of the function's time left (`remaining_ms`), records go back unrun at once.
    Source: AWS Lambda Developer Guide, "Implementing partial batch responses".
    """
    batch = _Batch(handle_record, on_permanent, change_visibility, delays, max_receive_count)
    for raw in event["Records"]:
        record = to_record(raw)
        if record.group_id not in batch.failed_groups and remaining_ms() < reserve_ms:
            batch.failed_groups[record.group_id] = 0
        if record.group_id in batch.failed_groups:
            _hand_back(batch, record)
        else:
            _run(batch, record)
    for record in batch.returned:
        _delay(batch, record)
    return {"batchItemFailures": [{"itemIdentifier": record.message_id} for record in batch.returned]}


def _run(batch: _Batch, record: QueueRecord) -> None:
    try:
        batch.handle_record(record)
    except PermanentError as error:
        _quarantine(batch, record, error)
    except Exception as error:  # noqa: BLE001 - the per-record boundary: one bad record must not stop the others
        _fail(batch, record, error)


def _fail(batch: _Batch, record: QueueRecord, error: Exception) -> None:
    _log_failure(record, error)
    if record.receive_count < batch.max_receive_count:
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
    batch.failed_groups[record.group_id] = batch.delays.choose(record.receive_count, asked, random.random)
    batch.returned.append(record)
    metric(Metric.RECORDS_FAILED)


def _hand_back(batch: _Batch, record: QueueRecord) -> None:
    log(LogEvent.RECORD_HANDED_BACK, record_id=record.message_id, receive_count=record.receive_count)
    batch.returned.append(record)


def _delay(batch: _Batch, record: QueueRecord) -> None:
    seconds = batch.failed_groups[record.group_id]
    try:
        batch.change_visibility(record.receipt_handle, seconds)
    except Exception as error:  # noqa: BLE001 - only the delay is lost: the queue's own timeout applies
        log(LogEvent.VISIBILITY_UNCHANGED, record_id=record.message_id, error_class=type(error).__name__)


def _log_failure(record: QueueRecord, error: Exception) -> None:
    log(
        LogEvent.RECORD_FAILED,
        record_id=record.message_id,
        receive_count=record.receive_count,
        error_code=_code(error),
    )
    if not isinstance(error, RpMwError):
        log(LogEvent.UNEXPECTED_ERROR, error_class=type(error).__name__, place=_place(error))


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
