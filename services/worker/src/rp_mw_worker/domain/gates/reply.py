"""The gates about the reply and the conversation: what the shop lets out, what is proved, how often and how late.

Beside them stands what every gate is given (`GateInput`), and what it answers (`Verdict`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_shared.reasons import Reason
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.claims import Proof, prove
from rp_mw_worker.domain.codes import CODE_REPLIES
from rp_mw_worker.domain.comments import find_agent_at_work, find_doubtful_author
from rp_mw_worker.domain.evidence import Evidence
from rp_mw_worker.domain.interpretation import ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED, Reading
from rp_mw_worker.domain.model import Case, RolloutStage
from rp_mw_worker.domain.order_answer import OrderAnswer
from rp_mw_worker.domain.order_match import Match
from rp_mw_worker.domain.policy import IntentRule, Policy
from rp_mw_worker.domain.reply_text import RenderError, render


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
Gate = Callable[[GateInput], Verdict]
ALLOWED: Verdict = (True, Reason.OK, "")
NOT_NEEDED: Verdict = (True, Reason.NOT_NEEDED, "")


def blocked(reason: Reason, detail: str = "") -> Verdict:
    """Return the verdict of a gate that forbids the reply; `detail` is a short fact without personal data."""
    return False, reason, detail


def kill_switch(given: GateInput) -> Verdict:
    """Nothing goes out with safe mode on, automation off or flags that cannot be read."""
    flags = given.case.flags
    if flags.problem is not None:
        return blocked(Reason.FLAGS_UNREADABLE, flags.problem)
    if flags.safe_mode:
        return blocked(Reason.SAFE_MODE)
    return ALLOWED if flags.automation_enabled else blocked(Reason.AUTOMATION_OFF)


def rollout_stage(given: GateInput) -> Verdict:
    """The rollout has to have reached the reply's tier."""
    stage = given.case.flags.rollout_stage
    if stage is RolloutStage.SHADOW:
        return blocked(Reason.STAGE_SHADOW)
    if stage is RolloutStage.DRAFT:  # a draft of any tier goes to an agent only
        return ALLOWED if given.case.flags.notes_are_private else blocked(Reason.NOTES_UNPROVED)
    needed = RolloutStage.TIER2 if given.proposal.tier == 2 else RolloutStage.TIER1
    return ALLOWED if stage >= needed else blocked(Reason.STAGE_TOO_LOW, stage.name.lower())


def channel_enabled(given: GateInput) -> Verdict:
    """Automation has to be enabled on the ticket's channel."""
    channel = given.case.ticket.channel
    return ALLOWED if channel in given.case.flags.automation_enabled_channels else blocked(Reason.CHANNEL_OFF)


def template_enabled(given: GateInput) -> Verdict:
    """There has to be a template for this, and no operator may have switched it off."""
    templates = given.proposal.templates
    if not templates:
        return blocked(Reason.TEMPLATE_MISSING)
    enabled = [name for name in templates if name not in given.case.flags.disabled_templates]
    return ALLOWED if enabled else blocked(Reason.TEMPLATE_DISABLED, templates[0])


def language(given: GateInput) -> Verdict:
    """The reply has to be there in the customer's own language."""
    code = given.case.language
    if code is None:
        return blocked(Reason.LANGUAGE_UNKNOWN)
    words = given.policy.templates_by_language.get(code)
    if words is None:
        return blocked(Reason.LANGUAGE_NOT_SERVED, code)
    wanted = given.proposal.templates
    there = not wanted or any(name in words.templates for name in wanted)
    return ALLOWED if there else blocked(Reason.LANGUAGE_TEMPLATE_MISSING, f"{code} {wanted[0]}")


def deterministic_match(given: GateInput) -> Verdict:
    """Order facts need proof that the order is the sender's."""
    match = given.proposal.match
    if match is None:
        return NOT_NEEDED
    if given.proposal.tier < 2:
        return True, match.reason, ""  # why the number is asked for; the question discloses nothing
    return match.matched, match.reason, match.question.by if match.question else ""


def order_context(given: GateInput) -> Verdict:
    """The order's facts have to be complete, understood, and good to say without a person."""
    proposal = given.proposal
    if proposal.tier < 2 or (proposal.match is not None and proposal.match.question is not None):
        return NOT_NEEDED
    if proposal.answer is None:
        return blocked(Reason.ORDER_LOOKUP_FAILED)
    return proposal.answer.template_id is not None, proposal.answer.reason, ""


def claims_proved(given: GateInput) -> Verdict:
    """Each claim of the reply rests on a fact, and none is refuted by one."""
    proofs = to_proofs(given.proposal, given.case, given.policy)
    if not proofs:
        return NOT_NEEDED
    unproved = sorted({proof.claim for proof in proofs if proof.fact is None})
    return blocked(Reason.CLAIM_UNPROVED, ",".join(unproved)) if unproved else ALLOWED


def to_proofs(proposal: Proposal, case: Case, policy: Policy) -> tuple[Proof, ...]:
    """Return the claims of the one reply that is proposed, each with its fact or none."""
    if proposal.template_id is None:
        return ()
    said, evidence = (proposal.answer.said, proposal.answer.evidence) if proposal.answer else ((), Evidence())
    values, now = proposal.variables, case.now_epoch_ms
    return prove(proposal.template_id, values, said, evidence, policy, now, case.language)


_MS_PER_MINUTE = 60_000
# After our own question these are no answer: a person has the ticket then.
_WITHOUT_ORDER = tuple((template_id,) for template_id in (*ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED))


def cooldown_interval(given: GateInput) -> Verdict:
    """Our replies keep their distance, except to an answer to our own question."""
    case, minutes = given.case, given.policy.settings.limits.min_minutes_between_replies
    last = max((reply.sent_at_epoch_ms for reply in case.state.auto_replies), default=None)
    if last is None or case.now_epoch_ms - last >= minutes * _MS_PER_MINUTE:
        return ALLOWED
    if _is_answer_to_us(given):
        return True, Reason.ANSWERS_OUR_QUESTION, ""
    return blocked(Reason.COOLDOWN_INTERVAL)


def cooldown_conversation(given: GateInput) -> Verdict:
    """A conversation gets so many replies in 24 hours and no more."""
    case, most = given.case, given.policy.settings.limits.max_replies_per_conversation_24h
    counted = (reply for reply in case.state.auto_replies if reply.template_id not in CODE_REPLIES)  # have their own
    recent = sum(case.now_epoch_ms - reply.sent_at_epoch_ms < MS_PER_DAY for reply in counted)
    return ALLOWED if recent < most else blocked(Reason.COOLDOWN_CONVERSATION, str(recent))


def cooldown_customer(given: GateInput) -> Verdict:
    """A customer gets so many replies in 24 hours over all conversations; a stranger's never use them up."""
    case, most = given.case, given.policy.settings.limits.max_replies_per_customer_24h
    match = given.proposal.match
    may_be_proved = match is not None and (match.matched or match.question is not None)
    sent = case.customer_replies_24h + (0 if may_be_proved else case.unproved_replies_24h)
    return ALLOWED if sent < most else blocked(Reason.COOLDOWN_CUSTOMER, str(sent))


def agent_replied_last(given: GateInput) -> Verdict:
    """Where a person answered, or has the conversation, we keep out."""
    reason = find_agent_at_work(given.case, given.policy)
    return ALLOWED if reason is None else blocked(reason)


def author_known(given: GateInput) -> Verdict:
    """Only the ticket's own customer is answered, in a message the ticket shows; nobody's words may be an agent's."""
    reason = find_doubtful_author(given.case)
    return ALLOWED if reason is None else blocked(reason)


def ticket_open(given: GateInput) -> Verdict:
    """Nobody expects an answer in a closed ticket."""
    return ALLOWED if given.case.ticket.is_open else blocked(Reason.TICKET_CLOSED)


def has_words(given: GateInput) -> Verdict:
    """There has to be something to answer: a file alone is for a person to look at."""
    if given.case.text.strip():
        return ALLOWED
    attached = any(message.attachment_count for message in given.case.new_messages)
    return blocked(Reason.ATTACHMENT_ONLY if attached else Reason.NO_TEXT)


def follow_up(given: GateInput) -> Verdict:
    """Whoever writes again after our reply gets a person, except to give the number we asked for."""
    if not given.case.state.auto_replies:
        return ALLOWED
    if not given.reading.answers_us:
        return blocked(Reason.FOLLOW_UP)
    if given.proposal.templates in _WITHOUT_ORDER:
        return blocked(Reason.ASKED_BEFORE)
    return True, Reason.ANSWERS_OUR_QUESTION, ""


def human_requested(given: GateInput) -> Verdict:
    """A customer who asks for a person gets one."""
    return blocked(Reason.HUMAN_REQUESTED) if given.reading.human_requested else ALLOWED


def message_age(given: GateInput) -> Verdict:
    """A late answer by a machine is worse than none."""
    case, minutes = given.case, given.policy.settings.limits.max_reply_age_minutes
    late = case.now_epoch_ms - case.received_at_epoch_ms > minutes * _MS_PER_MINUTE
    return blocked(Reason.MESSAGE_TOO_OLD) if late else ALLOWED


def not_superseded(given: GateInput) -> Verdict:
    """A message older than one already handled is not answered any more."""
    case = given.case
    latest = max((message.created_at_epoch_ms for message in case.new_messages), default=None)
    older = latest is not None and latest < case.state.last_message_at_epoch_ms
    return blocked(Reason.NEWER_MESSAGE) if older else ALLOWED


def _is_answer_to_us(given: GateInput) -> bool:
    return given.reading.answers_us and given.proposal.templates not in _WITHOUT_ORDER


def business_hours(given: GateInput) -> Verdict:
    """Never blocks: outside business hours the reply may say so."""
    if given.is_open is None:
        return NOT_NEEDED
    return (True, Reason.OK if given.is_open else Reason.OUTSIDE_HOURS, "")


def acknowledgement(given: GateInput) -> Verdict:
    """A reply that neither asks nor informs goes out only where the shop wants such replies."""
    rule = given.policy.template_rules.get(given.proposal.template_id or "")
    if rule is None or not rule.acknowledgement:
        return NOT_NEEDED
    return ALLOWED if given.policy.settings.acknowledgements else blocked(Reason.ACKNOWLEDGEMENT_OFF)


def rendering(given: GateInput) -> Verdict:
    """The reply has to come out whole: every value fits, nothing is missing, it is not too long."""
    template_id = given.proposal.template_id
    if template_id is None:
        return NOT_NEEDED
    try:
        render(template_id, given.case.ticket.channel, given.proposal.variables, given.policy, given.case.language)
    except RenderError:
        return blocked(Reason.TEMPLATE_BROKEN, template_id)
    return ALLOWED
