"""The gates between a proposed reply and the customer: each one small question, all of them always answered.

A gate sees the case, what was understood, and the proposal; it says allowed or blocked, with a reason code. No gate
knows another, and one that blocks does not keep the next from being reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.interpretation import ASK_ORDER_NUMBER, ORDER_NUMBER_UNMATCHED, Reading
from rp_mw_worker.domain.machine_mail import (
    CONTACT_FORM,
    DOUBTFUL,
    FORM_OF_RECIPIENT,
    HANDS_OFF,
    MACHINE_AMONG,
    WRITTEN_BY_MACHINE,
)
from rp_mw_worker.domain.model import Author, Case, GateResult, RolloutStage, TicketMessage
from rp_mw_worker.domain.order_answer import OrderAnswer
from rp_mw_worker.domain.order_match import Match
from rp_mw_worker.domain.policy import IntentRule, Policy
from rp_mw_worker.domain.reasons import Reason
from rp_mw_worker.domain.render import RenderError, render

_MS_PER_MINUTE = 60_000
# After our own question these are no answer: a person has the ticket then.
_WITHOUT_ORDER = ((ASK_ORDER_NUMBER,), (ORDER_NUMBER_UNMATCHED,))
_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reply before its gates. `templates`: the one meant, or before the lookup all it may become; empty: no reply."""

    tier: int = 1
    templates: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    match: Match | None = None
    answer: OrderAnswer | None = None

    @property
    def template_id(self) -> str | None:
        """The one template meant, None when there is none or it is still open."""
        return self.templates[0] if len(self.templates) == 1 else None


@dataclass(frozen=True, slots=True)
class GateInput:
    """What a gate may look at. `rule` is the leading label's; `is_open`: people are at work, None where nobody asks."""

    case: Case
    policy: Policy
    reading: Reading
    rule: IntentRule
    proposal: Proposal
    is_open: bool | None


Verdict = tuple[bool, Reason, str]
_ALLOWED: Verdict = (True, Reason.OK, "")
_NOT_NEEDED: Verdict = (True, Reason.NOT_NEEDED, "")


def _blocked(reason: Reason, detail: str = "") -> Verdict:
    return False, reason, detail


def kill_switch(given: GateInput) -> Verdict:
    """Nothing goes out with safe mode on, automation off or flags that cannot be read."""
    flags = given.case.flags
    if flags.problem is not None:
        return _blocked(Reason.FLAGS_UNREADABLE, flags.problem)
    if flags.safe_mode:
        return _blocked(Reason.SAFE_MODE)
    return _ALLOWED if flags.automation_enabled else _blocked(Reason.AUTOMATION_OFF)


def hands_off(given: GateInput) -> Verdict:
    """An excluded sender and a hands-off tag keep us away from the ticket."""
    return _blocked(Reason.HANDS_OFF) if HANDS_OFF in given.reading.machine else _ALLOWED


def written_by_machine(given: GateInput) -> Verdict:
    """A machine is never answered, and no order is looked up for it."""
    verdicts = given.reading.machine
    if WRITTEN_BY_MACHINE in verdicts:
        return _blocked(Reason.WRITTEN_BY_MACHINE)
    return _blocked(Reason.MACHINE_AMONG) if MACHINE_AMONG in verdicts else _ALLOWED


def person_evident(given: GateInput) -> Verdict:
    """Where something speaks for a machine and nothing for a person, a person looks."""
    return _blocked(Reason.MAYBE_MACHINE) if DOUBTFUL in given.reading.machine else _ALLOWED


def contact_form(given: GateInput) -> Verdict:
    """A form's reply may go to nobody but the address in the form, and that address proves no order."""
    verdicts = given.reading.machine
    if FORM_OF_RECIPIENT in verdicts and given.proposal.match is not None:
        return _blocked(Reason.CONTACT_FORM, FORM_OF_RECIPIENT)
    return _blocked(Reason.CONTACT_FORM) if CONTACT_FORM in verdicts else _ALLOWED


def rollout_stage(given: GateInput) -> Verdict:
    """The rollout has to have reached the reply's tier."""
    stage = given.case.flags.rollout_stage
    if stage is RolloutStage.SHADOW:
        return _blocked(Reason.STAGE_SHADOW)
    needed = RolloutStage.TIER2 if given.proposal.tier == 2 else RolloutStage.TIER1
    return _ALLOWED if stage >= needed else _blocked(Reason.STAGE_TOO_LOW, stage.name.lower())


def channel_enabled(given: GateInput) -> Verdict:
    """Automation has to be enabled on the ticket's channel."""
    channel = given.case.ticket.channel
    return _ALLOWED if channel in given.case.flags.automation_enabled_channels else _blocked(Reason.CHANNEL_OFF)


def template_enabled(given: GateInput) -> Verdict:
    """There has to be a template for this, and no operator may have switched it off."""
    templates = given.proposal.templates
    if not templates:
        return _blocked(Reason.TEMPLATE_MISSING)
    enabled = [name for name in templates if name not in given.case.flags.disabled_templates]
    return _ALLOWED if enabled else _blocked(Reason.TEMPLATE_DISABLED, templates[0])


def language(given: GateInput) -> Verdict:
    """The reply has to be there in the customer's own language."""
    code = given.case.language
    if code is None:
        return _blocked(Reason.LANGUAGE_UNKNOWN)
    words = given.policy.templates_by_language.get(code)
    if words is None:
        return _blocked(Reason.LANGUAGE_NOT_SERVED, code)
    wanted = given.proposal.templates
    there = not wanted or any(name in words.templates for name in wanted)
    return _ALLOWED if there else _blocked(Reason.LANGUAGE_TEMPLATE_MISSING, f"{code} {wanted[0]}")


def escalation(given: GateInput) -> Verdict:
    """A tier-0 word or intent, however faint, forbids every reply."""
    reading = given.reading
    if reading.escalation_words:
        return _blocked(Reason.TIER0_WORD, ",".join(sorted(reading.escalation_words)))
    if reading.escalation_intents:
        return _blocked(Reason.TIER0_INTENT, ",".join(sorted(reading.escalation_intents)))
    return _ALLOWED


def escalated_before(given: GateInput) -> Verdict:
    """A conversation that once showed a tier-0 sign, or in which a person was asked for, stays with people."""
    flags = given.case.state.risk_flags
    return _blocked(Reason.ESCALATED_BEFORE, ",".join(sorted(flags))) if flags else _ALLOWED


def tier(given: GateInput) -> Verdict:
    """The reply's tier must not exceed the intent's."""
    ceiling = given.rule.tier
    return _ALLOWED if 1 <= given.proposal.tier <= ceiling else _blocked(Reason.TIER_CEILING, str(ceiling))


def priority_mix(given: GateInput) -> Verdict:
    """A P0 to P2 intent anywhere forbids a tier-2 reply."""
    if given.proposal.tier < 2:
        return _NOT_NEEDED
    policy, limit = given.policy, given.policy.settings.no_tier2_priority
    urgent = sorted(
        label for label in given.reading.labels if label in policy.intents and policy.intents[label].priority <= limit
    )
    return _blocked(Reason.URGENT_INTENT_PRESENT, ",".join(urgent)) if urgent else _ALLOWED


def classification(given: GateInput) -> Verdict:
    """A failed classifier, or a label nobody defined, is nothing to answer by."""
    if given.reading.failure is not None:
        return _blocked(Reason.MODEL_FAILURE, given.reading.failure)
    return _blocked(Reason.UNKNOWN_LABEL) if given.reading.unknown_labels else _ALLOWED


def confidence(given: GateInput) -> Verdict:
    """The leading intent has to be as sure as its tier asks, and no less than routing asks."""
    thresholds, rule = given.policy.settings.thresholds, given.rule
    if given.proposal.tier == 2:
        own = thresholds.tier2 if rule.tier2_threshold is None else rule.tier2_threshold
    else:
        own = thresholds.tier1 if rule.tier1_threshold is None else rule.tier1_threshold
    needed = max(own, thresholds.route, thresholds.uncertain)
    sure = min(given.reading.reply_confidence, given.reading.confidence)
    return _ALLOWED if sure >= needed else _blocked(Reason.CONFIDENCE_LOW, f"{sure:.2f} < {needed:.2f}")


def deterministic_match(given: GateInput) -> Verdict:
    """Order facts need proof that the order is the sender's."""
    match = given.proposal.match
    if match is None:
        return _NOT_NEEDED
    if given.proposal.tier < 2:
        return True, match.reason, ""  # why the number is asked for; the question discloses nothing
    return match.matched, match.reason, match.question.by if match.question else ""


def order_context(given: GateInput) -> Verdict:
    """The order's facts have to be complete, understood, and good to say without a person."""
    proposal = given.proposal
    if proposal.tier < 2 or (proposal.match is not None and proposal.match.question is not None):
        return _NOT_NEEDED
    if proposal.answer is None:
        return _blocked(Reason.ORDER_LOOKUP_FAILED)
    return _ALLOWED if proposal.answer.template_id else _blocked(proposal.answer.reason)


def cooldown_interval(given: GateInput) -> Verdict:
    """Our replies keep their distance, except to an answer to our own question."""
    case, minutes = given.case, given.policy.settings.limits.min_minutes_between_replies
    last = max((reply.sent_at_epoch_ms for reply in case.state.auto_replies), default=None)
    if last is None or case.now_epoch_ms - last >= minutes * _MS_PER_MINUTE:
        return _ALLOWED
    if _is_answer_to_us(given):
        return True, Reason.ANSWERS_OUR_QUESTION, ""
    return _blocked(Reason.COOLDOWN_INTERVAL)


def cooldown_conversation(given: GateInput) -> Verdict:
    """A conversation gets so many replies in 24 hours and no more."""
    case, most = given.case, given.policy.settings.limits.max_replies_per_conversation_24h
    recent = sum(case.now_epoch_ms - reply.sent_at_epoch_ms < MS_PER_DAY for reply in case.state.auto_replies)
    return _ALLOWED if recent < most else _blocked(Reason.COOLDOWN_CONVERSATION, str(recent))


def cooldown_customer(given: GateInput) -> Verdict:
    """A customer gets so many replies in 24 hours over all conversations."""
    sent, most = given.case.customer_replies_24h, given.policy.settings.limits.max_replies_per_customer_24h
    return _ALLOWED if sent < most else _blocked(Reason.COOLDOWN_CUSTOMER, str(sent))


def agent_replied_last(given: GateInput) -> Verdict:
    """Where a person answered, or has the conversation, we keep out."""
    since = after_latest(given.case)
    if any(message.author is Author.OPERATOR for message in since):
        return _blocked(Reason.AGENT_REPLIED)
    return _blocked(Reason.AGENT_ACTIVE) if _has_active_agent(given) else _ALLOWED


def author_known(given: GateInput) -> Verdict:
    """If the helpdesk does not say who wrote the latest words, they may be ours or an agent's."""
    messages = (*given.case.new_messages, *given.case.ticket.messages[-1:], *after_latest(given.case))
    known = bool(messages) and all(message.author is not Author.UNKNOWN for message in messages)
    return _ALLOWED if known else _blocked(Reason.AUTHOR_UNKNOWN)


def ticket_open(given: GateInput) -> Verdict:
    """Nobody expects an answer in a closed ticket."""
    return _ALLOWED if given.case.ticket.is_open else _blocked(Reason.TICKET_CLOSED)


def has_words(given: GateInput) -> Verdict:
    """There has to be something to answer: a file alone is for a person to look at."""
    if given.case.text.strip():
        return _ALLOWED
    attached = any(message.attachment_count for message in given.case.new_messages)
    return _blocked(Reason.ATTACHMENT_ONLY if attached else Reason.NO_TEXT)


def follow_up(given: GateInput) -> Verdict:
    """Whoever writes again after our reply gets a person, except to give the number we asked for."""
    if not given.case.state.auto_replies:
        return _ALLOWED
    if not given.reading.answers_us:
        return _blocked(Reason.FOLLOW_UP)
    if given.proposal.templates in _WITHOUT_ORDER:
        return _blocked(Reason.ASKED_BEFORE)
    return True, Reason.ANSWERS_OUR_QUESTION, ""


def human_requested(given: GateInput) -> Verdict:
    """A customer who asks for a person gets one."""
    return _blocked(Reason.HUMAN_REQUESTED) if given.reading.human_requested else _ALLOWED


def message_age(given: GateInput) -> Verdict:
    """A late answer by a machine is worse than none."""
    case, minutes = given.case, given.policy.settings.limits.max_reply_age_minutes
    late = case.now_epoch_ms - case.received_at_epoch_ms > minutes * _MS_PER_MINUTE
    return _blocked(Reason.MESSAGE_TOO_OLD) if late else _ALLOWED


def not_superseded(given: GateInput) -> Verdict:
    """A message older than one already handled is not answered any more."""
    case = given.case
    latest = max((message.created_at_epoch_ms for message in case.new_messages), default=None)
    older = latest is not None and latest < case.state.last_message_at_epoch_ms
    return _blocked(Reason.NEWER_MESSAGE) if older else _ALLOWED


def business_hours(given: GateInput) -> Verdict:
    """Never blocks: outside business hours the reply may say so."""
    if given.is_open is None:
        return _NOT_NEEDED
    return (True, Reason.OK if given.is_open else Reason.OUTSIDE_HOURS, "")


def rendering(given: GateInput) -> Verdict:
    """The reply has to come out whole: every value fits, nothing is missing, it is not too long."""
    template_id = given.proposal.template_id
    if template_id is None:
        return _NOT_NEEDED
    try:
        render(template_id, given.case.ticket.channel, given.proposal.variables, given.policy, given.case.language)
    except RenderError:
        return _blocked(Reason.TEMPLATE_BROKEN, template_id)
    return _ALLOWED


Gate = Callable[[GateInput], Verdict]

# In the order they are shown. `deterministic_match` and `order_context` are what a lookup settles.
GATES: tuple[Gate, ...] = (
    kill_switch,
    hands_off,
    written_by_machine,
    person_evident,
    contact_form,
    rollout_stage,
    channel_enabled,
    template_enabled,
    language,
    escalation,
    escalated_before,
    tier,
    priority_mix,
    classification,
    confidence,
    deterministic_match,
    order_context,
    cooldown_interval,
    cooldown_conversation,
    cooldown_customer,
    agent_replied_last,
    author_known,
    ticket_open,
    has_words,
    follow_up,
    human_requested,
    message_age,
    not_superseded,
    business_hours,
    rendering,
)
GATE_NAMES = tuple(gate.__name__ for gate in GATES)


def check_gates(given: GateInput) -> tuple[GateResult, ...]:
    """Return every gate's result, in the order of `GATES`."""
    results = []
    for gate in GATES:
        allowed, reason, detail = gate(given)
        results.append(GateResult(gate.__name__, allowed, reason.value, detail))
    return tuple(results)


def _is_answer_to_us(given: GateInput) -> bool:
    return given.reading.answers_us and given.proposal.templates not in _WITHOUT_ORDER


def after_latest(case: Case) -> tuple[TicketMessage, ...]:
    """Return the ticket's messages after the customer's newest one that this event is about."""
    messages = case.ticket.messages
    newest = case.new_messages[-1].message_id if case.new_messages else None
    places = [
        place
        for place, message in enumerate(messages)
        if message.message_id == newest or (newest is None and message.author is Author.CUSTOMER)
    ]
    return messages[places[-1] + 1 :] if places else ()


def latest_agent_age_ms(case: Case, policy: Policy) -> int | None:
    """Return how long ago a person of the shop wrote last, None when none did; our own replies do not count."""
    ours = [reply.sent_at_epoch_ms for reply in case.state.auto_replies]
    near = policy.settings.limits.own_reply_match_seconds * 1000
    written = (
        message.created_at_epoch_ms
        for message in case.ticket.messages
        if message.author is Author.OPERATOR
        and not any(abs(message.created_at_epoch_ms - sent) <= near for sent in ours)
    )
    latest = max(written, default=None)
    return None if latest is None else max(0, case.now_epoch_ms - latest)


def _has_active_agent(given: GateInput) -> bool:
    age = latest_agent_age_ms(given.case, given.policy)
    return age is not None and age <= given.policy.settings.limits.agent_active_hours * _MS_PER_HOUR
