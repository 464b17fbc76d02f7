"""Judges what is done with mail of machines and of people who look like them, as the worker does it, with a sure model.

Every message is decided with a classifier that is certain of an order question, all channels on, and tier 2 reached:
what keeps a reply from a machine then is nothing but the marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.domain.machine_mail import (
    CONTACT_FORM,
    DOUBTFUL,
    FORM_OF_RECIPIENT,
    MACHINE_AMONG,
    WRITTEN_BY_MACHINE,
)
from rp_mw_worker.domain.model import (
    Author,
    Case,
    Classification,
    ConversationState,
    Decision,
    Flags,
    Intent,
    RolloutStage,
    Ticket,
    TicketMessage,
)
from rp_mw_worker.policy_engine import PolicyEngine

MACHINE, HUMAN, FORM = "machine", "human", "human_via_form"
_SURE = (Intent("order_status_tracking", 0.99),)
_CHANNELS = frozenset({"livechat", "email", "sms", "social", "tiktok", "phone", "whatsapp", "unknown"})
_SALT = "rows of rp-mw eval-machines"
_NOON = 1_795_600_800_000  # a working day's noon in the shop: no gate of time is in the way


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One message with its label; `expected` is machine, human or human_via_form."""

    id: str
    kind: str
    expected: str
    text: str
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    channel: str = "email"
    is_tier0_fine: bool = False


@dataclass(slots=True)
class Tally:
    """Counts by figure, with the rows that went wrong by figure, and the rows by kind."""

    rows: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def figures(self) -> dict[str, dict[str, Any]]:
        """Return count and share by figure; a share is of the rows that the figure is about."""
        return {name: self._figure(name, about) for name, about in FIGURES.items()}

    def _figure(self, name: str, about: str) -> dict[str, Any]:
        count, of = len(self.wrong.get(name, [])), self.rows[about]
        return {"count": count, "of": of, "share": round(count / of, 4) if of else None}

    def note(self, name: str, row: MachineRow) -> None:
        """Count a row that went wrong."""
        self.wrong.setdefault(name, []).append(row.id)
        self.kinds[name, row.kind] += 1


FIGURES = {
    "machines_answered": MACHINE,
    "machines_unmarked": MACHINE,
    "machines_escalated": MACHINE,
    "people_silenced": HUMAN,
    "people_doubted": HUMAN,
    "forms_answered": FORM,
    "forms_unseen": FORM,
    "forms_silenced": FORM,
}


def measure(rows: Iterable[MachineRow], engine: PolicyEngine) -> Tally:
    """Return what went wrong."""
    tally = Tally()
    for row in rows:
        tally.rows[row.expected] += 1
        case = to_case(row, engine)
        _judge(row, case.machine_marks or frozenset(), engine.decide(case), tally)
    return tally


def _judge(row: MachineRow, verdicts: frozenset[str], decision: Decision, tally: Tally) -> None:
    is_answered = decision.template_id is not None or decision.order_question is not None
    is_silenced = bool(verdicts & {WRITTEN_BY_MACHINE, MACHINE_AMONG})
    found: Mapping[str, bool] = {
        "machines_answered": is_answered,
        "machines_unmarked": not is_silenced,
        "machines_escalated": decision.tier == 0 and not row.is_tier0_fine,
        "people_silenced": is_silenced,
        "people_doubted": DOUBTFUL in verdicts,
        "forms_answered": is_answered,
        "forms_unseen": not verdicts & {CONTACT_FORM, FORM_OF_RECIPIENT},
        "forms_silenced": is_silenced,
    }
    for name, about in FIGURES.items():
        if about == row.expected and found[name]:
            tally.note(name, row)


def to_case(row: MachineRow, engine: PolicyEngine) -> Case:
    """Return the row's case as the worker makes it, with a model that is certain of an order question."""
    marks = engine.sender_marks(
        address=row.sender, name=row.sender_name, subject=row.subject, recipient=row.sender, texts=(row.text,)
    )
    digest = contact_digest(row.sender, _SALT) if row.sender else None
    body = engine.read_body(row.text)
    message = TicketMessage("m", Author.CUSTOMER, body.text, _NOON, with_notices=body.with_notices)
    contacts = frozenset({digest} if digest else ())
    ticket = Ticket("c", row.channel, True, (message,), sender_contact_digests=contacts, sender_marks=marks)
    verdicts, (text,) = engine.read_mail(ticket, [message])
    screened = engine.persons_own_sentences(text) if WRITTEN_BY_MACHINE in verdicts else text
    return Case(
        ticket=ticket,
        classification=Classification(_SURE),
        state=ConversationState("c"),
        flags=_everything_on(),
        now_epoch_ms=_NOON,
        received_at_epoch_ms=_NOON,
        text=text,
        new_messages=(message,),
        entities=engine.entities(text),
        screen_hits=engine.screen(screened, None),
        machine_marks=verdicts,
    )


def _everything_on() -> Flags:
    return Flags(
        safe_mode=False,
        automation_enabled=True,
        automation_enabled_channels=_CHANNELS,
        rollout_stage=RolloutStage.TIER2,
    )
