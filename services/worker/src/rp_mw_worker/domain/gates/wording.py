"""Whether the reply comes out whole, and what it may add."""

from __future__ import annotations

from rp_mw_worker.domain.gates.gate_input import ALLOWED, NOT_NEEDED, GateInput, Verdict, blocked
from rp_mw_worker.domain.reasons import Reason
from rp_mw_worker.domain.render import RenderError, render


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
