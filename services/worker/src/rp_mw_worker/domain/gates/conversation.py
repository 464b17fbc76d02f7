"""How the conversation stands: how often and how late we answer, and who else is in it."""

from __future__ import annotations

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.agents_in_ticket import after_latest, latest_agent_age_ms
from rp_mw_worker.domain.authors import find_doubtful_author
from rp_mw_worker.domain.gates.gate_input import ALLOWED, GateInput, Verdict, blocked
from rp_mw_worker.domain.interpretation import ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.reasons import Reason

_MS_PER_MINUTE = 60_000
_MS_PER_HOUR = 3_600_000
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
    recent = sum(case.now_epoch_ms - reply.sent_at_epoch_ms < MS_PER_DAY for reply in case.state.auto_replies)
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
    since = after_latest(given.case)
    if any(message.author is Author.OPERATOR for message in since):
        return blocked(Reason.AGENT_REPLIED)
    return blocked(Reason.AGENT_ACTIVE) if _has_active_agent(given) else ALLOWED


def author_known(given: GateInput) -> Verdict:
    """Only the ticket's own customer is answered, in a message the ticket shows; nobody's words may be an agent's."""
    reason = find_doubtful_author(given.case)
    return ALLOWED if reason is None else blocked(reason)


def ticket_open(given: GateInput) -> Verdict:
    """Nobody expects an answer in a closed ticket."""
    return ALLOWED if given.case.ticket.is_open else blocked(Reason.TICKET_CLOSED)


def follow_up(given: GateInput) -> Verdict:
    """Whoever writes again after our reply gets a person, except to give the number we asked for."""
    if not given.case.state.auto_replies:
        return ALLOWED
    if not given.reading.answers_us:
        return blocked(Reason.FOLLOW_UP)
    if given.proposal.templates in _WITHOUT_ORDER:
        return blocked(Reason.ASKED_BEFORE)
    return True, Reason.ANSWERS_OUR_QUESTION, ""


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


def _has_active_agent(given: GateInput) -> bool:
    age = latest_agent_age_ms(given.case, given.policy)
    return age is not None and age <= given.policy.settings.limits.agent_active_hours * _MS_PER_HOUR
