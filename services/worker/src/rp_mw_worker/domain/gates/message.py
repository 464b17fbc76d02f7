"""The gates about the message: who wrote it, what it is about, and how sure that is."""

from __future__ import annotations

from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.gates.reply import ALLOWED, NOT_NEEDED, GateInput, Verdict, blocked
from rp_mw_worker.domain.machine_mail import (
    CONTACT_FORM,
    DOUBTFUL,
    FORM_OF_RECIPIENT,
    HANDS_OFF,
    MACHINE_AMONG,
    WRITTEN_BY_MACHINE,
)
from rp_mw_worker.domain.policy import IntentRule, Policy
from rp_mw_worker.domain.screen import ABOUT_ORDER, DEADLINE, second_matters

_PROBLEMS, _REMEDIES = 2, 3  # priorities: what went wrong with a parcel; returns, exchanges and refunds
# The variables that say when an order comes.
_DATES = frozenset({"expected_by", "carrier_estimate_on"})


def hands_off(given: GateInput) -> Verdict:
    """An excluded sender and a hands-off tag keep us away from the ticket."""
    return blocked(Reason.HANDS_OFF) if HANDS_OFF in given.reading.machine else ALLOWED


def written_by_machine(given: GateInput) -> Verdict:
    """A machine is never answered, and no order is looked up for it."""
    verdicts = given.reading.machine
    if WRITTEN_BY_MACHINE in verdicts:
        return blocked(Reason.WRITTEN_BY_MACHINE)
    return blocked(Reason.MACHINE_AMONG) if MACHINE_AMONG in verdicts else ALLOWED


def person_evident(given: GateInput) -> Verdict:
    """Where something speaks for a machine and nothing for a person, a person looks."""
    return blocked(Reason.MAYBE_MACHINE) if DOUBTFUL in given.reading.machine else ALLOWED


def recipient_certain(given: GateInput) -> Verdict:
    """Where a Reply-To names another address than wrote, an answer might go to somebody who asked nothing."""
    return blocked(Reason.RECIPIENT_UNCERTAIN) if given.case.ticket.is_redirected else ALLOWED


def contact_form(given: GateInput) -> Verdict:
    """A form's reply may go to nobody but the address in the form, and that address proves no order."""
    verdicts = given.reading.machine
    if FORM_OF_RECIPIENT in verdicts and given.proposal.match is not None:
        return blocked(Reason.CONTACT_FORM, FORM_OF_RECIPIENT)
    return blocked(Reason.CONTACT_FORM) if CONTACT_FORM in verdicts else ALLOWED


def escalation(given: GateInput) -> Verdict:
    """A tier-0 word or intent, however faint, forbids every reply."""
    reading = given.reading
    if reading.escalation_words:
        return blocked(Reason.TIER0_WORD, ",".join(sorted(reading.escalation_words)))
    if reading.escalation_intents:
        return blocked(Reason.TIER0_INTENT, ",".join(sorted(reading.escalation_intents)))
    return ALLOWED


def escalated_before(given: GateInput) -> Verdict:
    """A conversation that once showed a tier-0 sign, or in which a person was asked for, stays with people."""
    flags = given.case.state.risk_flags
    return blocked(Reason.ESCALATED_BEFORE, ",".join(sorted(flags))) if flags else ALLOWED


def tier(given: GateInput) -> Verdict:
    """The reply's tier must not exceed the intent's."""
    ceiling = given.rule.tier
    return ALLOWED if 1 <= given.proposal.tier <= ceiling else blocked(Reason.TIER_CEILING, str(ceiling))


def priority_mix(given: GateInput) -> Verdict:
    """A P0 to P2 intent anywhere forbids a tier-2 reply."""
    if given.proposal.tier < 2:
        return NOT_NEEDED
    policy, limit = given.policy, given.policy.settings.no_tier2_priority
    urgent = sorted(
        label for label in given.reading.labels if label in policy.intents and policy.intents[label].priority <= limit
    )
    return blocked(Reason.URGENT_INTENT_PRESENT, ",".join(urgent)) if urgent else ALLOWED


def classification(given: GateInput) -> Verdict:
    """A failed classifier, or a label nobody defined, is nothing to answer by."""
    if given.reading.failure is not None:
        return blocked(Reason.MODEL_FAILURE, given.reading.failure)
    return blocked(Reason.UNKNOWN_LABEL) if given.reading.unknown_labels else ALLOWED


def confidence(given: GateInput) -> Verdict:
    """The leading intent has to be as sure as its tier asks, and no less than routing asks."""
    thresholds, rule = given.policy.settings.thresholds, given.rule
    if given.proposal.tier == 2:
        own = thresholds.tier2 if rule.tier2_threshold is None else rule.tier2_threshold
    else:
        own = thresholds.tier1 if rule.tier1_threshold is None else rule.tier1_threshold
    needed = max(own, thresholds.route, thresholds.uncertain)
    sure = min(given.reading.reply_confidence, given.reading.confidence)
    return ALLOWED if sure >= needed else blocked(Reason.CONFIDENCE_LOW, f"{sure:.2f} < {needed:.2f}")


def order_wording(given: GateInput) -> Verdict:
    """An order fact is sent only where words speak of an order, or the number we asked for has come."""
    if given.proposal.tier < 2 or given.reading.answers_us:
        return NOT_NEEDED
    return ALLOWED if ABOUT_ORDER in given.reading.matters else blocked(Reason.NO_ORDER_WORDS)


def second_matter(given: GateInput) -> Verdict:
    """What a reply about an order does not cover is a person's: a deadline only where the reply says no date."""
    if given.proposal.tier < 2:
        return NOT_NEEDED
    left, proposal = second_matters(given.reading.matters), given.proposal
    is_followed_up = proposal.answer is not None and proposal.answer.delayed
    if proposal.template_id is None or is_followed_up or _DATES & set(proposal.variables):
        left -= {DEADLINE}  # open until the lookup, answered by a date, or a colleague's already
    return blocked(Reason.SECOND_MATTER, ",".join(sorted(left))) if left else ALLOWED


def intent_wording(given: GateInput) -> Verdict:
    """A tier-1 reply asks for the details of one matter: its own words speak for it, and no other one's against it."""
    rule, matters = given.rule, given.reading.matters
    if given.proposal.tier != 1 or given.proposal.match is not None or not rule.words:
        return NOT_NEEDED
    rivals = sorted(other for other in matters if _is_rival(other, rule, given.policy))
    if rivals:
        return blocked(Reason.SECOND_MATTER, ",".join(rivals))
    sure = min(given.reading.reply_confidence, given.reading.confidence)
    is_said = matters.issuperset(rule.words) or sure >= given.policy.settings.thresholds.wordless
    return ALLOWED if is_said else blocked(Reason.NO_INTENT_WORDS, rule.words[0])


def _is_rival(kind: str, rule: IntentRule, policy: Policy) -> bool:
    """Another intent's own words are a rival's, but for a remedy beside what went wrong: problem first, then remedy."""
    priority = next((other.priority for other in policy.intents.values() if other.words[:1] == (kind,)), None)
    if priority is None or kind in rule.words:
        return False
    return not (priority == _REMEDIES and rule.priority == _PROBLEMS)
