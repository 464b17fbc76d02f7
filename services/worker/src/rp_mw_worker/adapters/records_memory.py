"""The three tables in memory: for tests and simulations, with the same outcomes as on DynamoDB."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.idempotency.ledger import (
    ActionRecord,
    AlreadyCompleted,
    EventRecord,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
    Recorded,
)
from rp_mw_shared.idempotency.memory import MemoryLedger
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.adapters.code_items import code_key, from_code_values, is_same_code, to_code_values
from rp_mw_worker.adapters.records_items import (
    find_reserved,
    from_customer_values,
    from_state_values,
    to_audit_values,
    to_customer_values,
    to_state_values,
)
from rp_mw_worker.domain.codes import CodeRecord
from rp_mw_worker.domain.model import ConversationState
from rp_mw_worker.ports import CustomerReplies, Finish, Loaded, SettledAction

Values = dict[str, Any]


class MemoryRecords:
    """Keeps items as the tables would; `ledger`, `states`, `customers` and `audit` (rows as read) may be looked at."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.states: dict[str, Values] = {}
        self.customers: dict[str, Values] = {}
        self.audit: dict[tuple[str, str], Values] = {}
        self.codes: dict[str, Values] = {}
        self._lock = threading.Lock()
        self.claim = self.ledger.claim
        self.load_action = self.ledger.load_action
        self.begin_action = self.ledger.begin_action
        self.finish_action = self.ledger.finish_action
        self.complete = self.ledger.complete

    def load(self, event_id: str, conversation_id: str, customer_digest: str | None, now: int) -> Loaded:
        """Return event, state and customer; a pending flow past its expiry is left out."""
        with self._lock:
            state, customer = self.states.get(conversation_id), None
            if customer_digest:
                values = self.customers.get(customer_digest)
                customer = from_customer_values(values, now) if values else CustomerReplies()
            return Loaded(
                self.ledger.load(event_id),
                from_state_values(state, now) if state else ConversationState(conversation_id),
                customer,
            )

    def record_final(self, event: EventRecord, finish: Finish | None) -> Recorded | LeaseHeld | AlreadyCompleted:
        """Write an event without side effects in its final state, with B and C beside it."""
        recorded = self.ledger.record_completed(
            event.event_id,
            owner=event.owner,
            mode=event.mode,
            fingerprint=event.fingerprint,
            result=event.result or {},
            now=event.completed_at_epoch_ms or event.created_at_epoch_ms,
            trace_id=event.trace_id,
        )
        if isinstance(recorded, Recorded) and finish is not None:
            try:
                self.finish(finish)
            except LeaseLostError:
                self._reopen(event)
                raise
        return recorded

    def release(self, event_id: str, *, owner: str) -> None:
        """End this run's lease early; nothing happens when it is no longer this run's."""
        kept = self.ledger.events.get(event_id)
        if kept is not None and kept.owner == owner and kept.status is EventStatus.CLAIMED:
            self.ledger.events[event_id] = replace(kept, lease_until_epoch_ms=0)

    def reserve_reply(
        self,
        customer_digest: str,
        *,
        by: str,
        known: CustomerReplies | None,
        limit: int,
        now: int,
        within_ms: int = MS_PER_DAY,
    ) -> bool:
        """Take one of the customer's `limit` replies in `within_ms`; True also when `by` has one already."""
        del known  # what is known may be outdated; here the truth is at hand
        with self._lock:
            values = self.customers.get(customer_digest)
            replies = from_customer_values(values, now) if values else CustomerReplies()
            reserved = find_reserved(replies, by=by, limit=limit, now=now, within_ms=within_ms)
            if reserved is not None and reserved is not replies:
                self.customers[customer_digest] = to_customer_values(customer_digest, reserved, now)
            return reserved is not None

    def load_code(self, conversation_id: str, now: int) -> CodeRecord | None:
        """Return the conversation's one-time code, or None."""
        with self._lock:
            kept = self.codes.get(code_key(conversation_id))
            return from_code_values(kept, now) if kept is not None else None

    def save_code(self, record: CodeRecord, known_version: int, now: int) -> bool:
        """Write the one-time code if the item still has `known_version`; False when another run wrote meanwhile."""
        key, values = code_key(record.conversation_id), to_code_values(record, now)
        with self._lock:
            kept = self.codes.get(key, {})
            if kept.get("version", 0) != known_version:
                return is_same_code(kept, values)
            self.codes[key] = values
            return True

    def finish(self, finish: Finish) -> None:
        """Write B, C and the actions' ends; raises LeaseLostError when another run wrote meanwhile."""
        is_current = finish.state is None or self._write_state(finish.state, finish.now)
        row = from_stored(to_audit_values(finish.audit, finish.now))
        self.audit.setdefault((finish.audit.conversation_id, finish.audit.ts_action_id), row)
        settled = [self._settle(action, finish) for action in finish.actions]
        if not is_current or not all(settled):
            raise LeaseLostError("another run wrote meanwhile")

    def _write_state(self, state: ConversationState, now: int) -> bool:
        with self._lock:
            kept = self.states.get(state.conversation_id, {})
            if kept.get("version", 0) == state.version - 1:
                values = to_state_values(state, now)
                self.states[state.conversation_id] = {name: kept for name, kept in values.items() if kept is not None}
                return True
            return bool(kept.get("version") == state.version and kept.get("last_event_id") == state.last_event_id)

    def _settle(self, action: SettledAction, finish: Finish) -> bool:
        actions = self.ledger.actions
        kept = actions.get(action.key)
        if action.owner is None:
            record = ActionRecord(action.key, action.status, finish.owner, action.body_digest, finish.now)
            actions.setdefault(action.key, record)
            return True
        if kept is None or kept.owner != action.owner:
            return False
        actions[action.key] = replace(kept, status=action.status, updated_at_epoch_ms=finish.now)
        return True

    def _reopen(self, event: EventRecord) -> None:
        kept = self.ledger.events.get(event.event_id)
        if kept is not None and kept.owner == event.owner:
            self.ledger.events[event.event_id] = replace(
                kept, status=EventStatus.CLAIMED, lease_until_epoch_ms=0, result=None, completed_at_epoch_ms=None
            )
