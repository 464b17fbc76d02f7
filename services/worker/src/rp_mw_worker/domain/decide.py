"""The decision: what to do with one customer message, and why. Pure: the same case and policy give the same answer.

    case --understand--> reading --propose--> proposal --check_gates--> gate report --> decision
             what is meant        what we would say      what forbids it

The route never depends on the gates: a person sees every ticket, whether it was answered or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.codes import (
    CODE_MINUTES,
    CODE_REPLIES,
    DECOY,
    MAIL,
    ORDER_CODE_SENT,
    ORDER_CODE_WRONG,
    RIGHT,
    TRIES_LEFT,
    WRONG,
    may_mail,
    proof_for,
)
from rp_mw_worker.domain.delivery_window import is_business_hour
from rp_mw_worker.domain.gates.reply import GateInput, Proposal, to_proofs
from rp_mw_worker.domain.gates.report import check_gates
from rp_mw_worker.domain.interpretation import (
    ASK_ORDER_NUMBER,
    ASK_WHICH_ORDER,
    ASKS_FOR_NUMBER,
    ORDER_NUMBER_UNMATCHED,
    Reading,
    find_active_pending,
    find_lasting_flags,
    to_pending_intents,
    understand,
)
from rp_mw_worker.domain.machine_mail import HANDS_OFF, WRITTEN_BY_MACHINE
from rp_mw_worker.domain.model import (
    AWAITING_CODE,
    AWAITING_ORDER,
    AWAITING_ORDER_NUMBER,
    Case,
    CodeStanding,
    Decision,
    Flags,
    GateResult,
    Mode,
    OrderQuestion,
    PendingFlow,
    RolloutStage,
)
from rp_mw_worker.domain.note import to_note
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES, answer_about
from rp_mw_worker.domain.order_match import Match, match_order
from rp_mw_worker.domain.policy import BASE_LANGUAGE, IntentRule, Policy
from rp_mw_worker.domain.proof import ONE_TIME_CODE
from rp_mw_worker.domain.reply_text import OUTSIDE_HOURS, variable_names
from rp_mw_worker.domain.screen import ABOUT_ORDER, ASKS_WHERE
from rp_mw_worker.domain.tags import INTENT_PREFIX, LANGUAGE_PREFIX, ROUTE_PREFIX, UNKNOWN_LANGUAGE, Tag

_SETTLED_BY_LOOKUP = frozenset({"deterministic_match", "order_context"})
_MS_PER_MINUTE = 60_000
WORDED = frozenset({Mode.LIVE, Mode.DRAFT})  # the modes in which somebody reads a reply
# After these the number is worth asking for; after a failed lookup it is not.
_ASK_AFTER = frozenset(
    {
        *(Reason.NO_ORDER_NUMBER, Reason.SEVERAL_ORDERS, Reason.ORDER_NOT_FOUND),
        *(Reason.NO_ORDER_OF_ADDRESS, Reason.SEVERAL_OF_ADDRESS),
        *(Reason.NUMBER_MISMATCH, Reason.CONTACT_MISMATCH),
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the ticket goes: the team, the tags that say why, and the reasons."""

    team: str
    tags: tuple[Tag, ...] = ()
    reasons: tuple[Reason, ...] = ()


def decide(case: Case, policy: Policy, reading: Reading | None = None) -> Decision:
    """Return the decision with the full gate report. `reading` is what `understand` gave for this case, if known.

    With `order_question` set nothing else is to be done: look the order up and decide again with `order_lookup`.
    """
    reading = reading or understand(case, policy)
    mode = Mode.DRY_RUN if HANDS_OFF in reading.machine else to_mode(case.flags)
    rule = reading.rule
    # The calendar is slow to load, and where nothing is live nobody will read a reply.
    is_open = is_business_hour(case.now_epoch_ms, policy.settings.shop) if mode in WORDED else None
    proposal = propose(case, reading, rule, policy)
    proposal = _outside_hours(proposal, case, policy) if is_open is False else proposal
    gates = check_gates(GateInput(case, policy, reading, rule, proposal, is_open))
    proposed_id, question = proposal.template_id, _find_question(proposal, gates)
    gates = gates if question else _without_question(gates)
    template_id = proposed_id if all(gate.allowed for gate in gates) else None
    route = _route(case, reading, rule, proposal, policy)
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
        close_ticket=template_id is not None and mode is not Mode.DRAFT and _may_close(template_id, reading, policy),
        order_question=question,
        next_pending=_next_pending(case, reading, question, template_id, policy),
        risk_flags_until=find_lasting_flags(case, reading, policy),
        claims=tuple(map(str, to_proofs(proposal, case, policy))) if template_id else (),
        language=case.language,
        policy_version=policy.version,
        templates_version=policy.templates_version,
        model_version=case.classification.model_version,
        code=_find_code(case, proposal, template_id, policy),
    )
    has_note = policy.settings.private_notes and WRITTEN_BY_MACHINE not in reading.machine and _is_left_open(decision)
    return replace(decision, note=to_note(decision.reasons, reading, proposal, policy) if has_note else None)


def to_mode(flags: Flags) -> Mode:
    """Return dry_run (record only), route_only (never a reply), draft (a reply for agents only) or live."""
    if flags.safe_mode or flags.rollout_stage is RolloutStage.SHADOW:
        return Mode.DRY_RUN
    if not flags.automation_enabled or flags.problem is not None:
        return Mode.ROUTE_ONLY
    if flags.rollout_stage is RolloutStage.DRAFT and flags.notes_are_private:
        return Mode.DRAFT
    return Mode.LIVE if flags.rollout_stage >= RolloutStage.TIER1 else Mode.ROUTE_ONLY


def propose(case: Case, reading: Reading, rule: IntentRule, policy: Policy) -> Proposal:
    """Return the reply that fits what the customer means and what is known of the order.

    No threshold has a say here: thresholds only take answers away.
    """
    if rule.answers_with_order:
        return _propose_order_reply(case, reading, policy)
    return Proposal(templates=(rule.reply,) if rule.reply else ())


def _propose_order_reply(case: Case, reading: Reading, policy: Policy) -> Proposal:
    proof, code = proof_for(case, policy), case.code or CodeStanding()
    if proof.by == ONE_TIME_CODE and code.attempt not in (None, RIGHT):
        return _propose_after_wrong_code(code)
    tells_orders = case.flags.rollout_stage in (RolloutStage.DRAFT, RolloutStage.TIER2)
    if not tells_orders and case.order_lookup is None:
        proof = replace(proof, chosen_by=())  # no order is told yet, so what finds one is asked for
    match = match_order(case.ticket, reading.numbers, case.order_lookup, proof, is_proved_by_code=code.is_proof)
    if match.reason is Reason.CODE_NEEDED:
        return _propose_code(case, match, code, policy)
    if match.question is not None:
        return Proposal(tier=2, templates=ORDER_TEMPLATES, match=match)
    if match.matched and match.order is not None:
        is_late = reading.calls_it_late
        answer = answer_about(match.order, case.now_epoch_ms, policy, case.language, is_called_late=is_late)
        templates = (answer.template_id,) if answer.template_id else ()
        return Proposal(tier=2, templates=templates, variables=answer.variables, match=match, answer=answer)
    if match.reason in _ASK_AFTER:
        return Proposal(templates=(_question_about(match, reading),), match=match)
    return Proposal(tier=2, match=match)


def _propose_code(case: Case, match: Match, code: CodeStanding, policy: Policy) -> Proposal:
    """The words do not depend on what the lookup found: nothing tells whether there is such an order.

    Whoever typed a right code is not sent another: what it was asked for has changed, and a person looks.
    """
    if code.attempt == RIGHT:
        return Proposal(tier=2, match=match)
    if not code.may_issue:
        return Proposal(tier=2, match=replace(match, reason=Reason.CODE_LIMIT))
    if not may_mail(case.flags, case.ticket.channel, policy):
        return Proposal(tier=2, match=replace(match, reason=Reason.CODE_WITHHELD))
    values = {CODE_MINUTES: str(policy.settings.codes.minutes)}
    return Proposal(templates=(ORDER_CODE_SENT,), variables=values, match=match)


def _propose_after_wrong_code(code: CodeStanding) -> Proposal:
    """A wrong code may be typed once more; after the last try a person takes over."""
    if code.attempt != WRONG:
        return Proposal(tier=2, match=Match(False, Reason.CODE_TRIES_USED))
    values = {TRIES_LEFT: str(code.tries_left)}
    return Proposal(templates=(ORDER_CODE_WRONG,), variables=values, match=Match(False, Reason.CODE_WRONG))


def _find_code(case: Case, proposal: Proposal, template_id: str | None, policy: Policy) -> str | None:
    """Return what is to be made besides the reply: a code that is mailed, or one that nobody gets.

    A code is mailed only where it would lead to an answer.
    """
    if template_id != ORDER_CODE_SENT or proposal.match is None:
        return None
    order = proposal.match.order
    is_answered = order is not None and answer_about(order, case.now_epoch_ms, policy, case.language).template_id
    return MAIL if is_answered else DECOY


def _question_about(match: Match, reading: Reading) -> str:
    """Return the template that asks which order is meant, or says that the number given led nowhere.

    What was given is not asked for again. The same words whether the order is unknown, somebody else's or one of
    several: the reply must not tell which. Only the owner of an address hears that it has several orders.
    """
    if reading.numbers:
        return ORDER_NUMBER_UNMATCHED
    return ASK_WHICH_ORDER if match.reason is Reason.SEVERAL_OF_ADDRESS else ASK_ORDER_NUMBER


def _outside_hours(proposal: Proposal, case: Case, policy: Policy) -> Proposal:
    """Outside business hours the reply says that nobody is there, and promises nothing."""
    name = proposal.template_id
    words = policy.templates_by_language.get(case.language)
    if name is None or words is None or OUTSIDE_HOURS not in variable_names(name, policy, case.language):
        return proposal
    return replace(proposal, variables={**proposal.variables, OUTSIDE_HOURS: words.outside_hours})


def _find_question(proposal: Proposal, gates: tuple[GateResult, ...]) -> OrderQuestion | None:
    """An order is looked up only when a reply could follow: everything the lookup does not settle allows it."""
    if proposal.match is None or proposal.match.question is None:
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


def _route(case: Case, reading: Reading, rule: IntentRule, proposal: Proposal, policy: Policy) -> Route:
    """The team comes from what is certain first: an escalation, then a working classifier, then its confidence."""
    settings, team = policy.settings, rule.team_by_channel.get(case.ticket.channel, rule.team)
    tags, reasons = _extra_marks(case, reading, proposal, policy)
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


def _extra_marks(
    case: Case, reading: Reading, proposal: Proposal, policy: Policy
) -> tuple[tuple[Tag, ...], tuple[Reason, ...]]:
    """Tags and reasons that go with any team."""
    attached = any(message.attachment_count for message in case.new_messages)
    marks: list[tuple[bool, Tag, Reason]] = [
        (attached and not case.text.strip(), Tag.ATTACHMENT_ONLY, Reason.ATTACHMENT_ONLY),
        (WRITTEN_BY_MACHINE in reading.machine, Tag.MACHINE, Reason.WRITTEN_BY_MACHINE),
        (reading.human_requested, Tag.HUMAN_REQUESTED, Reason.HUMAN_REQUESTED),
        (bool(reading.risk_flags & policy.safety_labels), Tag.SAFETY, Reason.PRODUCT_SAFETY),
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
        f"{ROUTE_PREFIX}{policy.settings.teams[route.team].slug}",
        *([Tag.ROUTING_APPLIED.value] if mode is not Mode.DRY_RUN else []),
        *(tag.value for tag in route.tags),
        *([f"{LANGUAGE_PREFIX}{case.language or UNKNOWN_LANGUAGE}"] if foreign else []),
        *([_answered_tag(mode)] if template_id else []),
    ]
    return tuple(dict.fromkeys(tags))


def _answered_tag(mode: Mode) -> str:
    return (Tag.DRAFTED if mode is Mode.DRAFT else Tag.AUTO_REPLIED).value


def _reasons(route: Route, gates: tuple[GateResult, ...]) -> tuple[str, ...]:
    blocking = (gate.code for gate in gates if not gate.allowed)
    return tuple(dict.fromkeys((*(reason.value for reason in route.reasons), *blocking)))


def _tier(reading: Reading, proposal: Proposal, template_id: str | None) -> int | None:
    if reading.escalation_words or reading.escalation_intents:
        return 0
    return proposal.tier if template_id else None


def _may_close(template_id: str, reading: Reading, policy: Policy) -> bool:
    """Only after a template of the auto-resolve list, and only a bare question: not a word says anything else."""
    if reading.matters - {ABOUT_ORDER, ASKS_WHERE}:
        return False
    return any(
        rule.template == template_id and reading.label in rule.intents and reading.present <= frozenset(rule.intents)
        for rule in policy.settings.auto_resolve
    )


def _next_pending(
    case: Case, reading: Reading, question: OrderQuestion | None, template_id: str | None, policy: Policy
) -> PendingFlow | None:
    """Return the question in the air after this event; the caller adds request id and order digest to a lookup."""
    if question is None and template_id not in ASKS_FOR_NUMBER | CODE_REPLIES:
        return _still_waiting(case, reading)
    limits, intents = policy.settings.limits, to_pending_intents(case, reading, policy)
    message_id = case.new_messages[-1].message_id if case.new_messages else (case.state.last_message_id or "")
    if question is not None:
        expires = case.now_epoch_ms + limits.order_lookup_wait_minutes * _MS_PER_MINUTE
        return PendingFlow(
            AWAITING_ORDER, message_id, intents, expires, lookup_by=question.by, matters=tuple(sorted(reading.matters))
        )
    expires = case.now_epoch_ms + limits.order_number_wait_hours * 60 * _MS_PER_MINUTE
    kind = AWAITING_CODE if template_id in CODE_REPLIES else AWAITING_ORDER_NUMBER
    return PendingFlow(kind, message_id, intents, expires, matters=tuple(sorted(reading.matters)))


def _still_waiting(case: Case, reading: Reading) -> PendingFlow | None:
    """`One moment, I will look for it` leaves our question open; an answer, an escalation or a person closes it."""
    if case.state.pending is None:
        return None
    pending = find_active_pending(case)
    over = reading.answers_us or reading.escalation_words or reading.escalation_intents or reading.human_requested
    is_asked = pending is not None and pending.kind in {AWAITING_ORDER_NUMBER, AWAITING_CODE}
    return pending if is_asked and not over and not reading.numbers else None


def _is_left_open(decision: Decision) -> bool:
    """Whether automation was on and did not answer."""
    return decision.mode in WORDED and decision.template_id is None and decision.order_question is None
