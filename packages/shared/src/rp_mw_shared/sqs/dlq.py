"""Copies a record that can never succeed to its DLQ, with the reason beside it."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.errors import RpMwError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.sqs.batch import QueueRecord
from rp_mw_shared.sqs.sender import send_body

_MAX_DETAIL_CHARS = 256


def send_to_dlq(client: Any, dlq_url: str, record: QueueRecord, *, error: RpMwError, source: str) -> None:
    """Send the record's body to the FIFO queue at `dlq_url`, in its own group, once however often it is called.

    The body stays as it is, so that it can be redriven; `reason` (the error's code), `detail` (its redacted message),
    `source` (the queue's short name), `record_id` and `receive_count` go into the message attributes.
    Raises TransientError or PermanentError when the DLQ does not take it: then the record must not be acknowledged.
    """
    attributes = {
        "reason": error.code,
        "detail": _redacted(str(error)) or error.code,
        "source": source,
        "record_id": record.message_id,
        "receive_count": str(record.receive_count),
    }
    group = record.group_id or record.message_id
    send_body(client, dlq_url, record.body, group, record.message_id, attributes)
    log(LogEvent.DLQ_QUARANTINED, record_id=record.message_id, reason=error.code, queue=source)
    metric(Metric.QUARANTINED, Reason=error.code)


def _redacted(text: str) -> str:
    from rp_mw_shared.redaction import redact

    return str(redact(text).text)[:_MAX_DETAIL_CHARS]
