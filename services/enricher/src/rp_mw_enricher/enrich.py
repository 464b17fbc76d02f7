"""The way of one request: read it, look the order up, send the answer to the worker's inbox.

    found / not_found / ambiguous / failed   -> answered, request done
    the shop is down                         -> back to the queue; on the last delivery answered `failed`
    a request that cannot be read            -> DLQ (there is nobody to answer)
A customer is waiting behind every request, so each one that names its conversation gets an answer in the end.
"""

from __future__ import annotations

from collections.abc import Callable

from rp_mw_enricher.domain.answer import LookupAnswer, LookupFailed, Outcome
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_enricher.ports import OrderSource, ResultQueue
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, RpMwError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.types import BY_EMAIL, BY_ID, BY_NAME, EnrichmentRequest, EnrichmentResult
from rp_mw_shared.observability import LogEvent, log, tracing
from rp_mw_shared.sqs.batch import QueueRecord

_MAX_LOOKUP_SECONDS = 10.0


class Enricher:
    """Answers requests; `remaining_seconds` is what the invocation still has, less what ending it takes."""

    def __init__(self, orders: OrderSource, results: ResultQueue, clock: Clock, *, max_receive_count: int) -> None:
        self._orders = orders
        self._results = results
        self._clock = clock
        self._max_receive_count = max_receive_count

    def handle(self, record: QueueRecord, remaining_seconds: Callable[[], float]) -> None:
        """Answer one record; raises PermanentError for one that cannot be read, other errors for a later try."""
        request = parse_request(record.body)
        with tracing(request.trace_id):
            started = self._clock.monotonic()
            answer = self._look_up(request, record.receive_count, min(_MAX_LOOKUP_SECONDS, remaining_seconds()))
            self._send(request, answer)
            log(
                LogEvent.LOOKUP_ANSWERED,
                request_id=request.request_id,
                outcome=answer.outcome.value,
                reason=answer.reason and answer.reason.value,
                duration_ms=(self._clock.monotonic() - started) * 1000,
            )

    def on_dead_letter(self, record: QueueRecord) -> None:
        """Answer `failed` for a record on its way to the DLQ, if it can be read at all."""
        try:
            request = parse_request(record.body)
        except PermanentError:
            return
        with tracing(request.trace_id):
            self._send(request, LookupAnswer(Outcome.FAILED, reason=FailureReason.INTERNAL_ERROR))

    def _look_up(self, request: EnrichmentRequest, receive_count: int, budget_seconds: float) -> LookupAnswer:
        loads = {
            BY_ID: self._orders.load_by_id,
            BY_NAME: self._orders.load_by_name,
            BY_EMAIL: self._orders.load_by_email,
        }
        try:
            return loads[request.lookup_kind](request.lookup_value, budget_seconds)
        except LookupFailed as error:
            return LookupAnswer(Outcome.FAILED, reason=error.reason)
        except RpMwError as error:
            if receive_count < self._max_receive_count:
                raise
            log(LogEvent.VENDOR_FAILED, vendor="shopify", operation="order_lookup", error_code=error.code)
            return LookupAnswer(Outcome.FAILED, reason=FailureReason.VENDOR_UNAVAILABLE)

    def _send(self, request: EnrichmentRequest, answer: LookupAnswer) -> None:
        self._results.send(
            EnrichmentResult(
                request_id=request.request_id,
                conversation_id=request.conversation_id,
                event_id=request.event_id,
                message_id=request.message_id,
                outcome=answer.outcome.value,
                answered_at_epoch_ms=self._clock.now_epoch_ms(),
                trace_id=request.trace_id,
                order=answer.order,
                reason=answer.reason.value if answer.reason else None,
                order_address=answer.address if request.with_address else None,
            )
        )


def parse_request(body: str) -> EnrichmentRequest:
    """Return the request in a queue message's body; raises PermanentError for anything else."""
    message = parse_message(body)
    if not isinstance(message, EnrichmentRequest):
        raise PermanentError("this queue takes enrichment requests only", code="message_type_unexpected")
    return message
