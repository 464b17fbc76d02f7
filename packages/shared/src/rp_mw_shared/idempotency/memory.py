"""The ledger in memory: for tests and simulations, with the same outcomes as the one on DynamoDB."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from rp_mw_shared.idempotency.ledger import (
    IN_DOUBT,
    MAX_ACTION_ATTEMPTS,
    SETTLED,
    ActionRecord,
    ActionStatus,
    AlreadyCompleted,
    AlreadyDone,
    Began,
    Claimed,
    EventRecord,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
    NeedsProof,
    Recorded,
)


class MemoryLedger:
    """Keeps records in two dicts under one lock; `events` and `actions` may be looked at."""

    def __init__(self) -> None:
        self.events: dict[str, EventRecord] = {}
        self.actions: dict[str, ActionRecord] = {}
        self._lock = threading.Lock()

    def load(self, event_id: str) -> EventRecord | None:
        """Return the event's record, or None."""
        with self._lock:
            return self.events.get(event_id)

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
        """Take the event and record its plan; on takeover the recorded mode and plan are kept."""
        with self._lock:
            kept = self.events.get(event_id)
            if kept is not None and (refused := _find_refusal(kept, owner, now)):
                return refused
            fresh = EventRecord(event_id, EventStatus.CLAIMED, owner, mode, fingerprint, now, 0, plan=plan)
            base = kept or replace(fresh, trace_id=trace_id)
            record = replace(
                base,
                status=EventStatus.CLAIMED,
                owner=owner,
                attempts=base.attempts + 1,
                lease_until_epoch_ms=now + lease_ms,
                plan=plan if base.plan is None else base.plan,
            )
            self.events[event_id] = record
            return Claimed(record)

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
        with self._lock:
            kept = self.events.get(event_id)
            if kept is None or kept.owner != owner or kept.status not in (EventStatus.CLAIMED, status):
                raise LeaseLostError("the event is no longer this run's to complete")
            self.events[event_id] = replace(kept, status=status, result=result, completed_at_epoch_ms=now)

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
        """Insert an event without side effects in its final state."""
        with self._lock:
            kept = self.events.get(event_id)
            if kept is not None:
                return _outcome_of_kept(kept, owner)
            self.events[event_id] = EventRecord(
                event_id,
                EventStatus.COMPLETED,
                owner,
                mode,
                fingerprint,
                now,
                result=result,
                completed_at_epoch_ms=now,
                trace_id=trace_id,
            )
            return Recorded()

    def load_action(self, key: str) -> ActionRecord | None:
        """Return the action's record, or None."""
        with self._lock:
            return self.actions.get(key)

    def begin_action(
        self, key: str, *, owner: str, body_digest: str, now: int, proven_absent: ActionRecord | None = None
    ) -> Began | AlreadyDone | NeedsProof:
        """Mark the action as attempting, unless it is settled or in doubt."""
        with self._lock:
            kept = self.actions.get(key)
            if kept is not None and kept.status in SETTLED:
                return AlreadyDone(kept)
            if kept is not None and kept.status in IN_DOUBT and not _may_try_again(kept, proven_absent):
                return NeedsProof(kept)
            attempts = kept.attempts + 1 if kept is not None and kept.status in IN_DOUBT else 1
            record = ActionRecord(key, ActionStatus.ATTEMPTING, owner, body_digest, now, attempts)
            self.actions[key] = record
            return Began(record)

    def finish_action(self, key: str, *, owner: str, status: ActionStatus, now: int) -> None:
        """Settle an action this owner began, or mark it unknown."""
        with self._lock:
            kept = self.actions.get(key)
            if kept is None or kept.owner != owner or (kept.status in SETTLED and kept.status is not status):
                raise LeaseLostError("the action is not this run's to settle")
            self.actions[key] = replace(kept, status=status, updated_at_epoch_ms=now)


def _find_refusal(kept: EventRecord, owner: str, now: int) -> LeaseHeld | AlreadyCompleted | Claimed | None:
    if kept.status is EventStatus.COMPLETED:
        return AlreadyCompleted(kept)
    if kept.status is EventStatus.CLAIMED and kept.owner == owner:
        return Claimed(kept)
    if kept.status is EventStatus.CLAIMED and kept.lease_until_epoch_ms > now:
        return LeaseHeld(kept.lease_until_epoch_ms)
    return None


def _outcome_of_kept(kept: EventRecord, owner: str) -> Recorded | LeaseHeld | AlreadyCompleted:
    if kept.status is EventStatus.CLAIMED:
        return LeaseHeld(kept.lease_until_epoch_ms)
    return Recorded() if kept.owner == owner else AlreadyCompleted(kept)


def _may_try_again(kept: ActionRecord, proven_absent: ActionRecord | None) -> bool:
    return proven_absent == kept and kept.attempts < MAX_ACTION_ATTEMPTS
