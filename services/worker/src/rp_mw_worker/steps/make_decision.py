"""Screen, classify, decide: from what was read to a decision and the words of its reply.

Nothing here has an effect outside the process, except that a model may be asked, with redacted text only.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from itertools import islice

from rp_mw_shared.clock import find_deadline, require_seconds, until
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import customers_subject
from rp_mw_worker.domain.entities import ORDER_NUMBER, order_numbers, with_subject_numbers
from rp_mw_worker.domain.machine_mail import WRITTEN_BY_MACHINE
from rp_mw_worker.domain.model import Author, Case, Classification, Entity, Flags, Intent, OrderLookup, Ticket
from rp_mw_worker.domain.order_match import plain_order_id
from rp_mw_worker.domain.records import count_slots
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


def to_case(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, reading: TicketReading, flags: Flags
) -> Case:
    """Return everything a decision about what was read depends on, as of now, but the links to orders."""
    seen, (verdicts, text) = reading.seen, _read_mail(deps, reading)
    entities = deps.engine.entities(text)
    language = _language(deps, text, entities, _earlier_texts(reading))
    about = customers_subject(seen.ticket)
    own_hits, further_hits = _screened(deps, text, verdicts, reading, about, language)
    hits = own_hits | further_hits
    is_escalated = deps.engine.is_escalated(hits)
    needs_no_model = is_escalated or WRITTEN_BY_MACHINE in verdicts
    subject = seen.customer_digest or delivery.conversation_id
    replies, unproved_replies = _customer_replies(loaded)
    found = _classify(deps, loaded, reading, flags, text, entities, needs_no_model, subject, language)
    return Case(
        ticket=_with_asked_order(deps, seen.ticket, loaded, reading),
        classification=found,
        state=replace(loaded.state, customer_digest=seen.customer_digest or loaded.state.customer_digest),
        flags=flags,
        now_epoch_ms=deps.clock.now_epoch_ms(),
        received_at_epoch_ms=reading.received_at_epoch_ms,
        text=text,
        new_messages=reading.messages,
        entities=_with_proved_number(_with_subject(deps, text, entities, about), reading, text),
        screen_hits=hits,
        harmless_hits=own_hits - further_hits if is_escalated and _is_harmless(deps, found, verdicts) else frozenset(),
        machine_marks=verdicts,
        matters=deps.engine.matters(text, entities, language),
        order_lookup=reading.lookup,
        customer_replies_24h=replies,
        unproved_replies_24h=unproved_replies,
        language=language,
        code=reading.code,
    )


def _is_harmless(deps: Dependencies, found: Classification, verdicts: frozenset[str]) -> bool:
    """Whether the classifier has read all of a person's words and holds all labels of tier 0 for unlikely."""
    limit = deps.engine.policy.settings.thresholds.harmless_tier0
    return found.tier0_share is not None and found.tier0_share < limit and WRITTEN_BY_MACHINE not in verdicts


def _with_proved_number(entities: tuple[Entity, ...], reading: TicketReading, text: str) -> tuple[Entity, ...]:
    """Add the number that a right code was asked for with: the message itself brings the code alone."""
    number = reading.proved_number
    if number is None or order_numbers(entities):
        return entities
    return (*entities, Entity(ORDER_NUMBER, number, len(text), len(text)))


def make_decision(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, reading: TicketReading, flags: Flags
) -> DecisionMade:
    """Return the decision for what was read, as of now."""
    case = to_case(deps, delivery, loaded, reading, flags)
    understood = deps.engine.understand(case)
    if deps.engine.needs_linked_orders(case, understood):
        case = _with_linked_orders(deps, case)
    decision = deps.engine.decide(case, understood)
    return DecisionMade(case, decision, deps.engine.reply_text(decision, case.ticket.channel))


def _language(deps: Dependencies, text: str, entities: tuple[Entity, ...], earlier: tuple[str, ...]) -> str | None:
    """Return the language: a number with a name below it is in that of what was written before."""
    told_by_earlier = bool(earlier) and deps.engine.says_only_answer(text, entities)
    return deps.engine.language("" if told_by_earlier else text, earlier)


def _screened(
    deps: Dependencies,
    text: str,
    verdicts: frozenset[str],
    reading: TicketReading,
    about: str,
    language: str | None,
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the hits in the customer's words, and those in what was cut from them on weak evidence or in the subject.

    Of what a machine wrote only a person's own sentences are screened.
    """
    if WRITTEN_BY_MACHINE in verdicts:
        return deps.engine.screen(deps.engine.persons_own_sentences(text), language), frozenset()
    doubtful = "\n\n".join(message.doubtful for message in reading.messages if message.doubtful)
    own = deps.engine.screen(text, language)
    further: frozenset[str] = frozenset()
    for more in (doubtful, about):
        further |= deps.engine.screen(more, language) if more else frozenset()
    return own, further


def _with_subject(deps: Dependencies, text: str, entities: tuple[Entity, ...], about: str) -> tuple[Entity, ...]:
    return with_subject_numbers(entities, deps.engine.entities(about), len(text)) if about else entities


def _read_mail(deps: Dependencies, reading: TicketReading) -> tuple[frozenset[str], str]:
    """Return what the new messages are taken for, and their words as one text, which is read once.

    Raises PermanentError when it is more than is read.
    """
    if sum(len(message.text) + len(message.doubtful) for message in reading.messages) > MAX_NEW_TEXT_CHARS:
        raise PermanentError("the new messages are too long to be read together", code=TOO_MUCH_TEXT)
    verdicts, words = deps.engine.read_mail(reading.seen.ticket, reading.messages)
    return verdicts, "\n\n".join(text for text in words if text.strip())


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


def _customer_replies(loaded: LoadedEvent) -> tuple[int, int]:
    slots = loaded.customer.slots if loaded.customer else ()
    return count_slots([slot.by for slot in slots], loaded.event_id)


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
    needs_no_model: bool,
    subject: str,
    language: str | None,
) -> Classification:
    """A text the screen escalates, and a machine's, need no model; a parked flow's intents are not asked for twice."""
    if not text.strip():
        return Classification(classifier=flags.classifier)
    name = EMBEDDED if needs_no_model else flags.classifier
    recorded = _recorded_intents(deps, loaded, reading, text, entities)
    if recorded and not needs_no_model:
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
    if reading.code is not None and reading.code.attempt is not None and pending is not None:
        return pending.intents if deps.engine.says_only_code(text) else ()
    return deps.engine.answered_flow(text, entities, loaded.state, deps.clock.now_epoch_ms())


def _ask(
    deps: Dependencies, name: str, text: str, known_values: tuple[str, ...], subject: str, language: str | None
) -> Classification:
    wanted = deps.options.model_seconds
    seconds = min(wanted, require_seconds(deps.clock, wanted + _SECONDS_AFTER_MODEL) - _SECONDS_AFTER_MODEL)
    deadline = deps.clock.monotonic() + max(seconds, _MIN_MODEL_SECONDS)
    redacted = deps.engine.redact(text, known_values)
    who = salted_hash(subject, deps.salt)
    run_end = find_deadline()
    with nullcontext() if run_end is None else until(run_end - _SECONDS_AFTER_MODEL):
        return deps.classifiers.classify(name, redacted, deadline, who, language)
