"""Screen, classify, decide: from what was read to a decision and the words of its reply.

Nothing here has an effect outside the process, except that a model may be asked, with redacted text only.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from rp_mw_shared.deadline import require_seconds
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Author, Case, Classification, Entity, Flags, Intent, OrderLookup, Ticket
from rp_mw_worker.domain.order_match import plain_order_id
from rp_mw_worker.domain.records import slot_digest
from rp_mw_worker.ports import LINK_UNREADABLE, TOO_MUCH_TEXT
from rp_mw_worker.steps.context import DecisionMade, LoadedEvent, QueueDelivery, TicketReading

EMBEDDED = "embedded"
RECORDED = "recorded"
# What the run still needs after the model has answered: a reply, a read-back, the records.
_SECONDS_AFTER_MODEL = 15.0
_MIN_MODEL_SECONDS = 0.5
_EARLIER_MESSAGES = 5
# All new messages together; one cleaned message has at most 20,000.
MAX_NEW_TEXT_CHARS = 32_768


def make_decision(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, reading: TicketReading, flags: Flags
) -> DecisionMade:
    """Return the decision for what was read, as of now."""
    text = _require_text(reading)
    seen, language = reading.seen, deps.engine.language(text, _earlier_texts(reading))
    hits = deps.engine.screen(text, language)
    is_escalated, entities = deps.engine.is_escalated(hits), deps.engine.entities(text)
    subject = seen.customer_digest or delivery.conversation_id
    case = Case(
        ticket=_with_asked_order(deps, seen.ticket, loaded, reading),
        classification=_classify(deps, loaded, reading, flags, text, entities, is_escalated, subject, language),
        state=loaded.state,
        flags=flags,
        now_epoch_ms=deps.clock.now_epoch_ms(),
        received_at_epoch_ms=reading.received_at_epoch_ms,
        text=text,
        new_messages=reading.messages,
        entities=entities,
        screen_hits=hits,
        order_lookup=reading.lookup,
        customer_replies_24h=_customer_replies(loaded),
        language=language,
    )
    understood = deps.engine.understand(case)
    if deps.engine.needs_linked_orders(case, understood):
        case = _with_linked_orders(deps, case)
    decision = deps.engine.decide(case, understood)
    return DecisionMade(case, decision, deps.engine.reply_text(decision, case.ticket.channel))


def _require_text(reading: TicketReading) -> str:
    """Return the new messages as one text, which is read once; PermanentError when it is more than is read."""
    text = "\n\n".join(message.text for message in reading.messages if message.text.strip())
    if len(text) > MAX_NEW_TEXT_CHARS:
        raise PermanentError("the new messages are too long to be read together", code=TOO_MUCH_TEXT)
    return text


def _with_asked_order(deps: Dependencies, ticket: Ticket, loaded: LoadedEvent, reading: TicketReading) -> Ticket:
    """Return the ticket with the order it was linked to when the question was asked: the flow kept its digest."""
    lookup, pending = reading.lookup, loaded.state.pending
    if lookup is None or lookup.by != "order_id" or lookup.order is None or pending is None:
        return ticket
    order_id = lookup.order.order_id
    spellings = (order_id, plain_order_id(order_id))
    is_asked = any(salted_hash(spelling, deps.salt) == pending.order_key_digest for spelling in spellings)
    return replace(ticket, linked_order_ids=(order_id,)) if is_asked and not ticket.linked_order_ids else ticket


def _with_linked_orders(deps: Dependencies, case: Case) -> Case:
    """Add the helpdesk's links. Where it answers everything but this, no order is looked up and a person takes over."""
    try:
        linked = deps.helpdesk.load_linked_orders(case.ticket.conversation_id)
    except TransientError as error:
        if error.code != LINK_UNREADABLE:
            raise
        return replace(case, order_lookup=OrderLookup("order_id", "failed", None, LINK_UNREADABLE))
    return replace(case, ticket=replace(case.ticket, linked_order_ids=linked))


def _customer_replies(loaded: LoadedEvent) -> int:
    """Count the customer's replies; a slot this very event took in an earlier run is not against it."""
    if not loaded.customer:
        return 0
    ours = slot_digest(loaded.event_id)
    return sum(slot.by != ours for slot in loaded.customer.slots)


def _earlier_texts(reading: TicketReading) -> tuple[str, ...]:
    """Return what the customer wrote before in the ticket, newest first: a bare number has their language."""
    new = {message.message_id for message in reading.messages}
    before = (
        message.text
        for message in reversed(reading.seen.ticket.messages)
        if message.author is Author.CUSTOMER and message.message_id not in new
    )
    return tuple(islice(before, _EARLIER_MESSAGES))


def _classify(
    deps: Dependencies,
    loaded: LoadedEvent,
    reading: TicketReading,
    flags: Flags,
    text: str,
    entities: tuple[Entity, ...],
    is_escalated: bool,
    subject: str,
    language: str | None,
) -> Classification:
    """A text the screen already escalates needs no model; a parked flow's intents are not asked for twice."""
    if not text.strip():
        return Classification(classifier=flags.classifier)
    name = EMBEDDED if is_escalated else flags.classifier
    recorded = _recorded_intents(deps, loaded, reading, text, entities)
    if recorded and not is_escalated:
        return Classification(recorded, classifier=name, model_version=RECORDED)
    found = _ask(deps, name, text, reading.seen.known_values, subject, language)
    if found.failure is not None:
        log(LogEvent.FALLBACK, reason=found.failure, classifier=found.classifier)
        metric(Metric.FALLBACKS, Reason=found.failure)
    return found


def _recorded_intents(
    deps: Dependencies, loaded: LoadedEvent, reading: TicketReading, text: str, entities: tuple[Entity, ...]
) -> tuple[Intent, ...]:
    """Return what a flow was about whose order has come, or whose number this message is and nothing else."""
    pending = loaded.state.pending
    if reading.lookup is not None and pending is not None and pending.message_id == reading.messages[-1].message_id:
        return pending.intents
    return deps.engine.answered_flow(text, entities, loaded.state, deps.clock.now_epoch_ms())


def _ask(
    deps: Dependencies, name: str, text: str, known_values: tuple[str, ...], subject: str, language: str | None
) -> Classification:
    wanted = deps.options.model_seconds
    seconds = min(wanted, require_seconds(deps.clock, wanted + _SECONDS_AFTER_MODEL) - _SECONDS_AFTER_MODEL)
    deadline = deps.clock.monotonic() + max(seconds, _MIN_MODEL_SECONDS)
    redacted = deps.engine.redact(text, known_values)
    return deps.classifiers.classify(name, redacted, deadline, salted_hash(subject, deps.salt), language)
