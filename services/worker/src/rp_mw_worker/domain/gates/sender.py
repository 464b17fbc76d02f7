"""Who wrote: a machine, a form, somebody to be left alone, or a person we may answer."""

from __future__ import annotations

from rp_mw_worker.domain.gates.gate_input import ALLOWED, GateInput, Verdict, blocked
from rp_mw_worker.domain.machine_mail import (
    CONTACT_FORM,
    DOUBTFUL,
    FORM_OF_RECIPIENT,
    HANDS_OFF,
    MACHINE_AMONG,
    WRITTEN_BY_MACHINE,
)
from rp_mw_worker.domain.reasons import Reason


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
