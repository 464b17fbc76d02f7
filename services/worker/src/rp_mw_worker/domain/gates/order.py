"""What a lookup settles: whose order it is, and whether its facts may be said."""

from __future__ import annotations

from rp_mw_worker.domain.gates.gate_input import NOT_NEEDED, GateInput, Verdict, blocked
from rp_mw_worker.domain.reasons import Reason


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
