"""The decision: what to do with one customer message, and why. Pure: the same case and policy give the same answer.

    case --understand--> reading --propose--> proposal --check_gates--> gate report --> decision
             what is meant        what we would say      what forbids it

The route never depends on the gates: a person sees every ticket, whether it was answered or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rp_mw_worker.domain.delivery_window import is_business_hour
from rp_mw_worker.domain.gates import GateInput, check_gates
from rp_mw_worker.domain.interpretation import (
    ASK_ORDER_NUMBER,
    PRODUCT_SAFETY,
    Reading,
    find_active_pending,
    to_pending_intents,
    understand,
)
from rp_mw_worker.domain.model import (
    AWAITING_ORDER,
    AWAITING_ORDER_NUMBER,
    Case,
    Decision,
    GateResult,
    Mode,
    OrderQuestion,
    PendingFlow,
)
from rp_mw_worker.domain.modes import to_mode
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Policy
from rp_mw_worker.domain.proposal import Proposal, propose
from rp_mw_worker.domain.reasons import Reason
from rp_mw_worker.domain.render import OUTSIDE_HOURS, variable_names
from rp_mw_worker.domain.tags import INTENT_PREFIX, LANGUAGE_PREFIX, ROUTE_PREFIX, UNKNOWN_LANGUAGE, Tag

_SETTLED_BY_LOOKUP = frozenset({"deterministic_match", "order_context"})
_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Route:
    """Where the ticket goes: the team, the tags that say why, and the reasons."""

    team: str
    tags: tuple[Tag, ...] = ()
    reasons: tuple[Reason, ...] = ()


def decide(case: Case, policy: Policy) -> Decision:
    """Return the decision with the full gate report.

    With `order_question` set nothing else is to be done: look the order up and decide again with `order_lookup`.
    """
    reading = understand(case, policy)
    proposal = _with_hours(propose(case, reading, policy), case, policy)
    gates = check_gates(GateInput(case, policy, reading, proposal))
    question = _find_question(proposal, gates)
    gates = gates if question else _without_question(gates)
    template_id = proposal.template_id if all(gate.allowed for gate in gates) else None
    route = _route(case, reading, proposal, policy)
    mode = to_mode(case.flags)
    decision = Decision(
        route_team=route.team,
        intent=reading.label,
        confidence=reading.confidence,
        tags=_tags(case, reading, route, mode, template_id, policy),
        mode=mode,
        gates=gates,
        reasons=_reasons(route, gates),
        tier=_tier(reading, proposal, template_id),
        template_id=template_id,
        variables=dict(proposal.variables) if template_id else {},
        close_ticket=template_id is not None and _may_close(template_id, reading, policy),
        order_question=question,
        next_pending=_next_pending(case, reading, question, template_id, policy),
        risk_flags=tuple(sorted(reading.risk_flags)),
        language=case.language,
        policy_version=policy.version,
        templates_version=policy.templates_version,
        model_version=case.classification.model_version,
    )
    return replace(decision, note=_note(decision))


def _with_hours(proposal: Proposal, case: Case, policy: Policy) -> Proposal:
    """Outside business hours the reply says that nobody is there, and promises nothing."""
    name = proposal.template_id
    words = policy.find_templates(case.language)
    if name is None or words is None or OUTSIDE_HOURS not in variable_names(name, policy, case.language):
        return proposal
    if to_mode(case.flags) is not Mode.LIVE or is_business_hour(case.now_epoch_ms, policy.settings.shop):
        return proposal
    return replace(proposal, variables={**proposal.variables, OUTSIDE_HOURS: words.outside_hours})


def _find_question(proposal: Proposal, gates: tuple[GateResult, ...]) -> OrderQuestion | None:
    """An order is looked up only when a reply could follow: everything the lookup does not settle allows it."""
    if not proposal.needs_lookup or proposal.match is None:
        return None
    others_allow = all(gate.allowed for gate in gates if gate.gate not in _SETTLED_BY_LOOKUP)
    return proposal.match.question if others_allow else None


def _without_question(gates: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    return tuple(
        replace(gate, code=Reason.ORDER_LOOKUP_NOT_ASKED.value)
        if gate.code == Reason.ORDER_LOOKUP_NEEDED.value
        else gate
        for gate in gates
    )


def _route(case: Case, reading: Reading, proposal: Proposal, policy: Policy) -> Route:
    """The team comes from what is certain first: an escalation, then a working classifier, then its confidence."""
    settings, team = policy.settings, policy.team_for(reading.label, case.ticket.channel)
    tags, reasons = _extra_marks(case, reading, proposal)
    if reading.certain_escalation:
        return Route(team, (Tag.ESCALATED, *tags), reasons)
    if reading.failure is not None:
        failed = (Tag.MODEL_FAILURE,) if case.classification.failure else ()
        return Route(settings.fallback_team, (*failed, Tag.NEEDS_TRIAGE, *tags), (Reason.NEEDS_TRIAGE, *reasons))
    if reading.confidence < settings.thresholds.uncertain:
        return Route(settings.low_confidence_team, (Tag.NEEDS_MANUAL_TRIAGE, *tags), (Reason.NEEDS_TRIAGE, *reasons))
    if reading.confidence < settings.thresholds.route:
        return Route(team, (Tag.UNCERTAIN, *tags), (Reason.UNCERTAIN, *reasons))
    if proposal.answer is not None and proposal.answer.reason is Reason.ORDER_DELIVERED:
        return Route(settings.delivered_team, tags, reasons)
    return Route(team, tags, reasons)


def _extra_marks(case: Case, reading: Reading, proposal: Proposal) -> tuple[tuple[Tag, ...], tuple[Reason, ...]]:
    """Tags and reasons that go with any team."""
    attached = any(message.attachment_count for message in case.new_messages)
    marks: list[tuple[bool, Tag, Reason]] = [
        (attached and not case.text.strip(), Tag.ATTACHMENT_ONLY, Reason.ATTACHMENT_ONLY),
        (reading.human_requested, Tag.HUMAN_REQUESTED, Reason.HUMAN_REQUESTED),
        (PRODUCT_SAFETY in reading.risk_flags, Tag.SAFETY, Reason.PRODUCT_SAFETY),
        (
            bool(reading.escalation_intents) and not reading.certain_escalation,
            Tag.POSSIBLE_ESCALATION,
            Reason.POSSIBLE_ESCALATION,
        ),
        (
            proposal.match is not None and proposal.match.reason is Reason.ORDER_LOOKUP_FAILED,
            Tag.ORDER_LOOKUP_FAILED,
            Reason.ORDER_LOOKUP_FAILED,
        ),
        (
            proposal.answer is not None and proposal.answer.reason is Reason.ORDER_INCOMPLETE,
            Tag.ORDER_LOOKUP_FAILED,
            Reason.ORDER_INCOMPLETE,
        ),
        (proposal.answer is not None and proposal.answer.delayed, Tag.DELAYED_ORDER, Reason.DELAYED_ORDER),
    ]
    return tuple(tag for due, tag, _ in marks if due), tuple(reason for due, _, reason in marks if due)


def _tags(
    case: Case, reading: Reading, route: Route, mode: Mode, template_id: str | None, policy: Policy
) -> tuple[str, ...]:
    foreign = case.language != BASE_LANGUAGE
    tags = [
        Tag.PROCESSED.value,
        f"{INTENT_PREFIX}{reading.label}",
        f"{ROUTE_PREFIX}{policy.slug(route.team)}",
        *([Tag.ROUTING_APPLIED.value] if mode is not Mode.DRY_RUN else []),
        *(tag.value for tag in route.tags),
        *([f"{LANGUAGE_PREFIX}{case.language or UNKNOWN_LANGUAGE}"] if foreign else []),
        *([Tag.AUTO_REPLIED.value] if template_id else []),
    ]
    return tuple(dict.fromkeys(tags))


def _reasons(route: Route, gates: tuple[GateResult, ...]) -> tuple[str, ...]:
    blocking = (gate.code for gate in gates if not gate.allowed)
    return tuple(dict.fromkeys((*(reason.value for reason in route.reasons), *blocking)))


def _tier(reading: Reading, proposal: Proposal, template_id: str | None) -> int | None:
    if reading.escalation_words or reading.escalation_intents:
        return 0
    return proposal.tier if template_id else None


def _may_close(template_id: str, reading: Reading, policy: Policy) -> bool:
    """Only after a template of the auto-resolve list, and only when nothing else was asked."""
    return any(
        rule.template == template_id and reading.label in rule.intents and reading.present <= frozenset(rule.intents)
        for rule in policy.settings.auto_resolve
    )


def _next_pending(
    case: Case, reading: Reading, question: OrderQuestion | None, template_id: str | None, policy: Policy
) -> PendingFlow | None:
    """Return the question in the air after this event; the caller adds request id and order digest to a lookup."""
    limits, intents = policy.settings.limits, to_pending_intents(case, reading, policy)
    message_id = case.new_messages[-1].message_id if case.new_messages else (case.state.last_message_id or "")
    if question is not None:
        expires = case.now_epoch_ms + limits.order_lookup_wait_minutes * _MS_PER_MINUTE
        return PendingFlow(AWAITING_ORDER, message_id, intents, expires, lookup_by=question.by)
    if template_id == ASK_ORDER_NUMBER:
        expires = case.now_epoch_ms + limits.order_number_wait_hours * 60 * _MS_PER_MINUTE
        return PendingFlow(AWAITING_ORDER_NUMBER, message_id, intents, expires)
    return _still_waiting(case, reading)


def _still_waiting(case: Case, reading: Reading) -> PendingFlow | None:
    """`One moment, I will look for it` leaves our question open; an answer, an escalation or a person closes it."""
    pending = find_active_pending(case)
    over = reading.answers_us or reading.escalation_words or reading.escalation_intents or reading.human_requested
    return pending if pending and pending.kind == AWAITING_ORDER_NUMBER and not over and not reading.numbers else None


def _note(decision: Decision) -> str | None:
    """Where automation was on and did not answer, one line tells the colleague why; never a word of the customer's."""
    if decision.mode is not Mode.LIVE or decision.template_id or decision.order_question:
        return None
    why = ", ".join(code.replace("_", " ") for code in decision.reasons) or "no reply for this intent"
    return (
        f"rp-mw: {decision.intent} ({decision.confidence:.2f}), routed to {decision.route_team}. "
        f"No automatic reply: {why}."
    )
