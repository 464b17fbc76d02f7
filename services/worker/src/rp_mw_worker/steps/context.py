"""One run of one event behind its claim: what is to be done, by whom, and which try it is."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_shared.idempotency.ledger import EventRecord
from rp_mw_worker.domain.recorded_plan import Plan, from_json
from rp_mw_worker.steps.make_decision import DecisionMade


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """`plan` is the recorded one: on a takeover it is the dead run's, whatever `made` says now."""

    made: DecisionMade
    plan: Plan
    event_id: str
    owner: str
    attempts: int
    lease_until_epoch_ms: int

    @property
    def conversation_id(self) -> str:
        """The conversation every action goes to."""
        return self.made.case.ticket.conversation_id

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier run may have acted already."""
        return self.attempts > 1


def to_claimed(made: DecisionMade, record: EventRecord, plan: Plan) -> ClaimedEvent:
    """Return the run of a claimed event; `plan` is used only when the record holds none."""
    recorded = from_json(record.plan) if record.plan else plan
    return ClaimedEvent(made, recorded, record.event_id, record.owner, record.attempts, record.lease_until_epoch_ms)
