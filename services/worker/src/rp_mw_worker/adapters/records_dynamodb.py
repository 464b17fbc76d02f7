"""The three tables on DynamoDB, in as few calls as safety allows.

    call                      what                                                   write units
    BatchGetItem              event, state, customer; one consistent read            0
    UpdateItem                claim with plan                                        1
    UpdateItem                one of the customer's replies (only before a reply)    1
    UpdateItem                begin the reply (only before a reply)                  1
    BatchExecuteStatement     state, audit row, actions                              1 each
    UpdateItem                complete                                               1

The statements of the batch are independent of each other. That is safe because the event completes last and alone:
a run that dies between leaves a claimed event behind, whose next run finds what is written already.
Source: DynamoDB API Reference, BatchGetItem, BatchExecuteStatement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError, TransientError
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger, outcome_of_refused_record
from rp_mw_shared.idempotency.items import DEFAULT_TTL_DAYS, from_event_values
from rp_mw_shared.idempotency.ledger import (
    ActionRecord,
    AlreadyCompleted,
    EventRecord,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
    Recorded,
)
from rp_mw_shared.idempotency.statements import (
    Outcome,
    Statement,
    StatementResult,
    execute_batch,
    finish_action,
    insert,
    insert_action,
    insert_event,
    update,
)
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.adapters.records_items import (
    AUDIT_TTL_DAYS,
    STATE_TTL_DAYS,
    customer_key,
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
_READ_TRIES = 4
_FIRST_WAIT_SECONDS = 0.05
_RESERVE_TRIES = 3


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which each table's items expire."""

    events: int = DEFAULT_TTL_DAYS
    states: int = STATE_TTL_DAYS
    audit: int = AUDIT_TTL_DAYS


class DynamoDBRecords:
    """The `Records` port over one boto3 DynamoDB client; table names and retention are the environment's."""

    def __init__(
        self,
        client: Any,
        clock: Clock,
        *,
        event_table: str,
        state_table: str,
        audit_table: str | None,
        retention: Retention = Retention(),
    ) -> None:
        self._client = client
        self._clock = clock
        self._events = event_table
        self._states = state_table
        self._audit = audit_table
        self._retention = retention
        self._ledger = DynamoDBLedger(client, event_table, retention.events)
        # The ledger's own steps are the port's: nothing to add to them.
        self.claim = self._ledger.claim
        self.load_action = self._ledger.load_action
        self.begin_action = self._ledger.begin_action
        self.finish_action = self._ledger.finish_action
        self.complete = self._ledger.complete

    def load(self, event_id: str, conversation_id: str, customer_digest: str | None, now: int) -> Loaded:
        """Return event, state and customer by one consistent read; a pending flow past its expiry is left out."""
        state_keys = [conversation_id, *([customer_key(customer_digest)] if customer_digest else [])]
        events, states = self._read([event_id], state_keys)
        event, state = events.get(event_id), states.get(conversation_id)
        customer = None
        if customer_digest:
            values = states.get(customer_key(customer_digest))
            customer = from_customer_values(values, now) if values else CustomerReplies()
        return Loaded(
            from_event_values(event) if event else None,
            from_state_values(state, now) if state else ConversationState(conversation_id),
            customer,
        )

    def record_final(self, event: EventRecord, finish: Finish | None) -> Recorded | LeaseHeld | AlreadyCompleted:
        """Write an event without side effects in its final state, with B and C beside it in the same call."""
        if finish is None:
            return self._ledger.record_completed(
                event.event_id,
                owner=event.owner,
                mode=event.mode,
                fingerprint=event.fingerprint,
                result=event.result or {},
                now=event.completed_at_epoch_ms or event.created_at_epoch_ms,
                trace_id=event.trace_id,
            )
        try:
            return self._record_repeatably(event, finish)
        except RpMwError:
            self._reopen(event)
            raise

    def _record_repeatably(self, event: EventRecord, finish: Finish) -> Recorded | LeaseHeld | AlreadyCompleted:
        """Write once more when no answer came: what stands already is recognised as our own."""
        try:
            return self._record_batch(event, finish)
        except LeaseLostError:
            raise
        except TransientError:
            return self._record_batch(event, finish)

    def _record_batch(self, event: EventRecord, finish: Finish) -> Recorded | LeaseHeld | AlreadyCompleted:
        statements = [insert_event(self._events, event, self._retention.events), *self._statements(finish)]
        results = execute_batch(self._client, statements, self._clock)
        refused = self._find_refused(event, results[0])
        if isinstance(refused, Recorded):
            self._require_written(finish, results[1:])
        return refused

    def release(self, event_id: str, *, owner: str) -> None:
        """End this run's lease early; nothing happens when it is no longer this run's."""
        where = {"owner": owner, "status": EventStatus.CLAIMED.value}
        execute_batch(
            self._client, [update(self._events, {"event_id": event_id}, {"lease_until": 0}, where=where)], self._clock
        )

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
        """Take one of the customer's `limit` replies in `within_ms`, if nobody took one meanwhile."""
        replies = known or CustomerReplies()
        for _ in range(_RESERVE_TRIES):
            reserved = find_reserved(replies, by=by, limit=limit, now=now, within_ms=within_ms)
            if reserved is None or reserved is replies:
                return reserved is not None
            kept = self._put_customer(customer_digest, reserved, replies.version, now)
            if kept is None:
                return True
            replies = from_customer_values(kept, now)
        raise TransientError("the customer's replies change too fast", code="reply_slot_contended")

    def finish(self, finish: Finish) -> None:
        """Write B, C and the actions' ends in one call; raises LeaseLostError when another run wrote meanwhile."""
        statements = self._statements(finish)
        if not statements:
            return
        results = execute_batch(self._client, statements, self._clock)
        self._require_written(finish, results)

    def _read(self, event_ids: Sequence[str], state_keys: Sequence[str]) -> tuple[dict[str, Values], dict[str, Values]]:
        wanted: Values = {
            self._events: {"Keys": [{"event_id": {"S": key}} for key in event_ids], "ConsistentRead": True},
            self._states: {"Keys": [{"conversation_id": {"S": key}} for key in state_keys], "ConsistentRead": True},
        }
        found: dict[str, list[Values]] = {self._events: [], self._states: []}
        for tried in range(_READ_TRIES):
            with mapped_aws_errors("dynamodb"):
                answer = self._client.batch_get_item(RequestItems=wanted)
            items = require_answered(answer, "Responses", dict, "dynamodb")
            unprocessed = answer.get("UnprocessedKeys") or {}
            for table in wanted:
                if table not in items and table not in unprocessed:  # not empty but unread: the event is not new
                    raise TransientError("DynamoDB left out a table", code="dynamodb_answer_invalid")
                found[table] += [from_item(item) for item in items.get(table, ())]
            wanted = unprocessed
            if not wanted:
                events = {item["event_id"]: item for item in found[self._events]}
                return events, {item["conversation_id"]: item for item in found[self._states]}
            self._clock.sleep(_FIRST_WAIT_SECONDS * 2**tried)
        raise TransientError("the tables did not give all items", code="dynamodb_throttled")

    def _statements(self, finish: Finish) -> list[Statement]:
        state = [self._state_statement(finish.state, finish.now)] if finish.state else []
        row = to_audit_values(finish.audit, finish.now, self._retention.audit)
        audit = [insert(self._audit, row)] if self._audit else []
        return [*state, *audit, *(self._action_statement(action, finish) for action in finish.actions)]

    def _state_statement(self, state: ConversationState, now: int) -> Statement:
        values = to_state_values(state, now, self._retention.states)
        if state.version == 1:
            return insert(self._states, values)
        key = {"conversation_id": values.pop("conversation_id")}
        return update(self._states, key, values, where={"version": state.version - 1})

    def _action_statement(self, action: SettledAction, finish: Finish) -> Statement:
        if action.owner is not None:
            return finish_action(self._events, action.key, owner=action.owner, status=action.status, now=finish.now)
        record = ActionRecord(action.key, action.status, finish.owner, action.body_digest, finish.now)
        return insert_action(self._events, record, self._retention.events)

    def _require_written(self, finish: Finish, results: Sequence[StatementResult]) -> None:
        """An audit row or an inserted action that exists is our own; a state that moved on is not."""
        offset = bool(finish.state) + bool(self._audit)
        if finish.state and results[0].outcome is not Outcome.WRITTEN:
            self._require_own_state(finish.state)
        begun = [action for action in finish.actions if action.owner is not None]
        ends = dict(zip(finish.actions, results[offset:], strict=True))
        if any(ends[action].outcome is not Outcome.WRITTEN for action in begun):
            raise LeaseLostError("another run has settled this run's action")

    def _require_own_state(self, state: ConversationState) -> None:
        kept = self._find_state(state.conversation_id) or {}
        if kept.get("last_event_id") != state.last_event_id or kept.get("version") != state.version:
            raise LeaseLostError("the conversation's state moved on meanwhile")

    def _find_state(self, conversation_id: str) -> Values | None:
        key = {"conversation_id": {"S": conversation_id}}
        with mapped_aws_errors("dynamodb"):
            answer = self._client.get_item(TableName=self._states, Key=key, ConsistentRead=True)
        return from_item(answer["Item"]) if answer.get("Item") else None

    def _find_refused(self, event: EventRecord, result: StatementResult) -> Recorded | LeaseHeld | AlreadyCompleted:
        if result.outcome is Outcome.WRITTEN:
            return Recorded()
        kept = from_event_values(result.kept) if result.kept else self._ledger.load(event.event_id)
        if kept is None:
            raise TransientError("the record vanished meanwhile", code="dynamodb_unavailable")
        return outcome_of_refused_record(kept, event.owner)

    def _reopen(self, event: EventRecord) -> None:
        """Take back a final state whose companions could not be written, so that the next delivery does it all again.

        Safe because such an event has no side effects. Best effort: the error that led here is the one to report.
        """
        values = {"status": EventStatus.CLAIMED.value, "lease_until": 0, "result": None, "completed_at": None}
        where = {"owner": event.owner, "status": EventStatus.COMPLETED.value}
        statement = update(self._events, {"event_id": event.event_id}, values, where=where)
        try:
            execute_batch(self._client, [statement], self._clock)
        except RpMwError:
            return

    def load_code(self, conversation_id: str, now: int) -> CodeRecord | None:
        """Return the conversation's one-time code by a consistent read, or None."""
        from rp_mw_worker.adapters.code_items import code_key, from_code_values

        kept = self._find_state(code_key(conversation_id))
        return from_code_values(kept, now) if kept is not None else None

    def save_code(self, record: CodeRecord, known_version: int, now: int) -> bool:
        """Write the one-time code if the item still has `known_version`; False when another run wrote meanwhile."""
        from rp_mw_worker.adapters.code_items import is_same_code, to_code_values

        values = to_code_values(record, now)
        kept = self._put_versioned(values["conversation_id"], values, known_version)
        return kept is None or is_same_code(kept, values)

    def _put_customer(self, customer_digest: str, replies: CustomerReplies, version: int, now: int) -> Values | None:
        """Write the customer's item if it still has `version`; return the item in the way, or None when written."""
        values = to_customer_values(customer_digest, replies, now, self._retention.states)
        return self._put_versioned(customer_key(customer_digest), values, version)

    def _put_versioned(self, key: str, values: Values, version: int) -> Values | None:
        """Write an item of conversation_state if it still has `version`, 0 for none; return what is in the way."""
        from botocore.exceptions import ClientError

        del values["conversation_id"]
        is_unchanged = "#version = :known" if version else "attribute_not_exists(#version)"
        known = {":known": {"N": str(version)}} if version else {}
        try:
            with mapped_aws_errors("dynamodb"):
                self._client.update_item(
                    TableName=self._states,
                    Key={"conversation_id": {"S": key}},
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                    ConditionExpression=is_unchanged,
                    ExpressionAttributeNames={f"#{name}": name for name in values},
                    ExpressionAttributeValues={f":{name}": value for name, value in to_item(values).items()} | known,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:  # only a failed condition comes through
            kept: Values = error.response.get("Item") or {"version": {"N": "0"}}  # type: ignore[assignment]
            return from_item(kept)
        return None
