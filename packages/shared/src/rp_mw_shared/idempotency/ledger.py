"""The port to the idempotency table: which events and actions are under way, done, or in doubt.

An event's life. The lease is why a crash loses nothing and why two workers do not act at once:

    claim            complete
      |=== lease ======|                         normal: claimed -> completed
      |=== lease ===X......|                     crash at X: nobody touches it until the lease ends ...
                           |=== lease ===|       ... then the next delivery takes over, with the RECORDED plan

    owner: a token made fresh for every run. Every update names it, so a run that wakes up after its lease
    was taken over cannot write (LeaseLostError).

An action's life, for those that must happen at most once:

    begin -> attempting -> done
                 |-> unknown      the answer was lost; the next begin asks for proof (NeedsProof)
                 |-> blocked      stopped at the last moment
    NeedsProof --found--> finish(done)    --provably absent--> begin(proven_absent=...): one more try, never a third

What is expected (somebody else is at work, it is done already) is a typed outcome; only a lost lease is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from rp_mw_shared.errors import TransientError

MAX_ACTION_ATTEMPTS = 2


class EventStatus(StrEnum):
    """Where an event stands."""

    CLAIMED = "claimed"
    COMPLETED = "completed"
    QUARANTINED = "quarantined"  # in the DLQ; a redrive may claim it again


class ActionStatus(StrEnum):
    """Where an action stands."""

    PLANNED = "planned"
    ATTEMPTING = "attempting"
    DONE = "done"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


SETTLED = frozenset({ActionStatus.DONE, ActionStatus.BLOCKED})
IN_DOUBT = frozenset({ActionStatus.ATTEMPTING, ActionStatus.UNKNOWN})


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event's item. `plan` and `result` are JSON objects of ids, codes, numbers and hashes; times epoch ms."""

    event_id: str
    status: EventStatus
    owner: str
    mode: str
    fingerprint: str
    created_at_epoch_ms: int
    attempts: int = 1
    lease_until_epoch_ms: int = 0
    plan: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    completed_at_epoch_ms: int | None = None
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One action's item; `body_digest` is the SHA-256 of what was or will be sent, `attempts` counts the sends."""

    key: str
    status: ActionStatus
    owner: str
    body_digest: str
    updated_at_epoch_ms: int
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """The event is ours until the lease ends. `record.attempts` over 1 is a takeover: carry out `record.plan`."""

    record: EventRecord


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """Another run holds the event until `until_epoch_ms`."""

    until_epoch_ms: int


@dataclass(frozen=True, slots=True)
class AlreadyCompleted:
    """The event reached its final state before."""

    record: EventRecord


@dataclass(frozen=True, slots=True)
class Recorded:
    """The event now stands in its final state, written in one go."""


@dataclass(frozen=True, slots=True)
class Began:
    """The action may be carried out now, once."""

    record: ActionRecord


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """The action is settled (done or blocked): do nothing."""

    record: ActionRecord


@dataclass(frozen=True, slots=True)
class NeedsProof:
    """An earlier try may have taken effect: read back first. With `record.attempts` at the maximum, never again."""

    record: ActionRecord


class LeaseLostError(TransientError):
    """This run's lease was taken over: stop at once; the run that has it now does the work."""

    default_code = "lease_lost"


class Ledger(Protocol):
    """Remembers events and actions so that each takes effect once. `now` is epoch milliseconds everywhere."""

    def load(self, event_id: str) -> EventRecord | None:
        """Return the event's record by a consistent read, or None."""

    def claim(
        self,
        event_id: str,
        *,
        owner: str,
        lease_ms: int,
        mode: str,
        fingerprint: str,
        plan: dict[str, Any] | None,
        now: int,
        trace_id: str = "",
    ) -> Claimed | LeaseHeld | AlreadyCompleted:
        """Take the event and record its plan in one write; on takeover the recorded mode and plan are kept."""

    def complete(
        self,
        event_id: str,
        *,
        owner: str,
        result: dict[str, Any],
        now: int,
        status: EventStatus = EventStatus.COMPLETED,
    ) -> None:
        """Put the claimed event into its final state; raises LeaseLostError when it is no longer ours."""

    def record_completed(
        self,
        event_id: str,
        *,
        owner: str,
        mode: str,
        fingerprint: str,
        result: dict[str, Any],
        now: int,
        trace_id: str = "",
    ) -> Recorded | LeaseHeld | AlreadyCompleted:
        """Insert an event without side effects in its final state; LeaseHeld may name a past time: then claim it."""

    def load_action(self, key: str) -> ActionRecord | None:
        """Return the action's record by a consistent read, or None."""

    def begin_action(
        self, key: str, *, owner: str, body_digest: str, now: int, proven_absent: ActionRecord | None = None
    ) -> Began | AlreadyDone | NeedsProof:
        """Mark the action as attempting. `proven_absent` is the very record whose try was proved without effect."""

    def finish_action(self, key: str, *, owner: str, status: ActionStatus, now: int) -> None:
        """Settle an action this owner began, or mark it unknown; raises LeaseLostError when another run began it."""
