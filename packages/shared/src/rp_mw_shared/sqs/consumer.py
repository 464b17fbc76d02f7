"""A function behind one FIFO queue: batches in order, poison to the dead-letter queue, the rest returned with a delay.

handle(record, remaining_seconds) ──┬── returns           acknowledged
                                    ├── PermanentError    on_dead_letter(record), then copied to the dead-letter queue
                                    └── anything else     returned to the queue, and its group after it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.observability import configure, flush_metrics
from rp_mw_shared.settings import load_settings, parse_text, parse_url, setting
from rp_mw_shared.sqs.batch import MAX_RECEIVE_COUNT, QueueRecord, process_fifo_batch
from rp_mw_shared.sqs.dlq import send_to_dlq

BatchAnswer = dict[str, list[dict[str, str]]]
HandleInTime = Callable[[QueueRecord, Callable[[], float]], None]


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """What a plain consumer is told by its environment."""

    env: str = setting("RP_MW_ENV", parse_text)
    region: str = setting("AWS_REGION", parse_text)
    queue_url: str = setting("QUEUE_URL", parse_url)
    dlq_url: str = setting("DLQ_URL", parse_url)


@dataclass(frozen=True, slots=True)
class QueueConsumer:
    """Runs `handle` on each record; `source` is the queue's key in the topology.

    `handle` is told the seconds it may take: `reserve_seconds` less than the function has. `on_dead_letter` hears of
    a record that goes to the dead-letter queue, before it does.
    """

    sqs: Any
    queue_url: str
    dlq_url: str
    source: str
    handle: HandleInTime
    on_dead_letter: Callable[[QueueRecord], None] = lambda record: None
    max_receive_count: int = MAX_RECEIVE_COUNT
    reserve_seconds: float = 3.0

    def handle_batch(self, event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> BatchAnswer:
        """Handle one Lambda event and say which records the queue has to deliver again."""

        def remaining_seconds() -> float:
            return remaining_ms() / 1000 - self.reserve_seconds

        try:
            return process_fifo_batch(
                event,
                lambda record: self.handle(record, remaining_seconds),
                on_permanent=self._quarantine,
                remaining_ms=remaining_ms,
                change_visibility=self._change_visibility,
                max_receive_count=self.max_receive_count,
            )
        finally:
            flush_metrics()

    def _quarantine(self, record: QueueRecord, error: PermanentError) -> None:
        self.on_dead_letter(record)
        send_to_dlq(self.sqs, self.dlq_url, record, error=error, source=self.source)

    def _change_visibility(self, receipt_handle: str, seconds: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )


def build_consumer(environ: Mapping[str, str], *, service: str, source: str, handle: HandleInTime) -> QueueConsumer:
    """Make a plain consumer and its SQS client from the environment; raises ConfigurationError."""
    import botocore.session
    from botocore.config import Config

    settings = load_settings(ConsumerSettings, environ)
    configure(service=service, env=settings.env)
    config = Config(user_agent=f"rp-mw-{service}", retries={"mode": "standard", "total_max_attempts": 3})
    sqs = botocore.session.get_session().create_client("sqs", region_name=settings.region, config=config)
    return QueueConsumer(sqs, settings.queue_url, settings.dlq_url, source, handle)
