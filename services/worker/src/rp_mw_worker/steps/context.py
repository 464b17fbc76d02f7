"""One run of one event behind its claim: what is to be done, by whom, and which try it is."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_shared.idempotency.ledger import EventRecord
from rp_mw_worker.domain.recorded_plan import Plan, from_json
from rp_mw_worker.steps.make_decision import Judged


@dataclass(frozen=True, slots=True)
class Run:
    """`plan` is the recorded one: on a takeover it is the dead run's, whatever `judged` says now."""

    judged: Judged
    plan: Plan
    event_id: str
    owner: str
    attempts: int
    lease_until_epoch_ms: int

    @property
    def conversation_id(self) -> str:
        """The conversation every action goes to."""
        return self.judged.case.ticket.conversation_id

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier run may have acted already."""
        return self.attempts > 1


def to_run(judged: Judged, record: EventRecord, plan: Plan) -> Run:
    """Return the run of a claimed event; `plan` is used only when the record holds none."""
    recorded = from_json(record.plan) if record.plan else plan
    return Run(judged, recorded, record.event_id, record.owner, record.attempts, record.lease_until_epoch_ms)
