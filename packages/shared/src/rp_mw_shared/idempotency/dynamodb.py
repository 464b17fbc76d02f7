"""The ledger on DynamoDB: one conditional write per step, each condition named before it is joined.

boto3 may repeat a write whose answer was lost. The repeat then fails its condition against the first one's item,
so a failed condition whose stored item carries our own token counts as success.
Source: DynamoDB Developer Guide, "Condition expressions"; API Reference, ReturnValuesOnConditionCheckFailure.
"""

from __future__ import annotations

import os
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.errors import TransientError
from rp_mw_shared.idempotency.attributes import from_item, to_attribute, to_item
from rp_mw_shared.idempotency.items import (
    DEFAULT_TTL_DAYS,
    from_action_values,
    from_event_values,
    to_action_values,
    to_event_values,
    to_json_text,
)
from rp_mw_shared.idempotency.ledger import (
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
from rp_mw_shared.times import expires_at

Values = dict[str, Any]

_KEY = "event_id"
_IS_NEW = "attribute_not_exists(#event_id)"


class DynamoDBLedger:
    """The idempotency table through a boto3 DynamoDB client; owner tokens must be fresh for every run."""

    def __init__(self, client: Any, table_name: str, ttl_days: int = DEFAULT_TTL_DAYS) -> None:
        self._client = client
        self._table_name = table_name
        self._ttl_days = ttl_days

    def load(self, event_id: str) -> EventRecord | None:
        """Return the event's record by a consistent read, or None; raises TransientError."""
        found = self._find(event_id)
        return from_event_values(found) if found else None

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
        is_abandoned = "(#status = :claimed AND #lease_until <= :now)"
        is_redriven = "#status = :quarantined"
        always: Values = {
            "status": EventStatus.CLAIMED.value,
            "owner": owner,
            "lease_until": now + lease_ms,
            "expires_at": expires_at(now, self._ttl_days),
        }
        first_run_only: Values = {
            "mode": mode,
            "fingerprint": fingerprint,
            "created_at": now,
            "plan": to_json_text(plan),
            "trace_id": trace_id or None,
        }
        written, kept = self._write(
            event_id,
            always,
            keep_if_set=first_run_only,
            add={"attempts": 1},
            condition=f"{_IS_NEW} OR {is_abandoned} OR {is_redriven}",
            operands={
                "claimed": EventStatus.CLAIMED.value,
                "quarantined": EventStatus.QUARANTINED.value,
                "now": now,
            },
            names=("event_id", "status", "lease_until"),
        )
        record = from_event_values(_require(kept))
        return Claimed(record) if written else _outcome_of_refused_claim(record, owner)

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
        is_ours = "#owner = :owner_now"
        is_open = "#status = :claimed"
        written, kept = self._write(
            event_id,
            {"status": status.value, "result": to_json_text(result), "completed_at": now},
            condition=f"{is_ours} AND {is_open}",
            operands={"owner_now": owner, "claimed": EventStatus.CLAIMED.value},
            names=("owner", "status"),
        )
        is_own_repeat = kept.get("owner") == owner and kept.get("status") == status.value
        if not written and not is_own_repeat:
            raise LeaseLostError("the event is no longer this run's to complete")

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
        record = EventRecord(
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
        values = to_event_values(record, self._ttl_days)
        del values[_KEY]
        written, kept = self._write(event_id, values, condition=_IS_NEW, names=("event_id",))
        return Recorded() if written else outcome_of_refused_record(from_event_values(_require(kept)), owner)

    def load_action(self, key: str) -> ActionRecord | None:
        """Return the action's record by a consistent read, or None; raises TransientError."""
        found = self._find(key)
        return from_action_values(found) if found else None

    def begin_action(
        self, key: str, *, owner: str, body_digest: str, now: int, proven_absent: ActionRecord | None = None
    ) -> Began | AlreadyDone | NeedsProof:
        """Mark the action as attempting; `proven_absent` is the very record whose try was proved without effect."""
        attempts = 1 if proven_absent is None else proven_absent.attempts + 1
        record = ActionRecord(key, ActionStatus.ATTEMPTING, owner, body_digest, now, attempts)
        if attempts > MAX_ACTION_ATTEMPTS:
            return NeedsProof(proven_absent or record)
        call = os.urandom(6).hex()  # tells our own repeated write from an earlier begin of the same run
        values = to_action_values(record, self._ttl_days) | {"call": call}
        del values[_KEY]
        condition, operands = _may_begin(proven_absent)
        names = ("event_id", "status") if proven_absent is None else ("status", "owner", "attempts")
        written, kept = self._write(key, values, condition=condition, operands=operands, names=names)
        if written or kept.get("call") == call:
            return Began(record)
        refused = from_action_values(_require(kept))
        return AlreadyDone(refused) if refused.status in SETTLED else NeedsProof(refused)

    def finish_action(self, key: str, *, owner: str, status: ActionStatus, now: int) -> None:
        """Settle an action this owner began, or mark it unknown; raises LeaseLostError when it is not ours."""
        is_ours = "#owner = :owner_now"
        is_open = "#status IN (:attempting, :unknown)"
        written, kept = self._write(
            key,
            {"status": status.value, "updated_at": now},
            condition=f"{is_ours} AND {is_open}",
            operands={
                "owner_now": owner,
                "attempting": ActionStatus.ATTEMPTING.value,
                "unknown": ActionStatus.UNKNOWN.value,
            },
            names=("owner", "status"),
        )
        is_own_repeat = kept.get("owner") == owner and kept.get("status") == status.value
        if not written and not is_own_repeat:
            raise LeaseLostError("the action is not this run's to settle")

    def _find(self, key: str) -> Values | None:
        with mapped_aws_errors("dynamodb"):
            answer = self._client.get_item(TableName=self._table_name, Key={_KEY: {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        return from_item(item) if item else None

    def _write(
        self,
        key: str,
        values: Values,
        *,
        condition: str,
        names: tuple[str, ...],
        operands: Values | None = None,
        keep_if_set: Values | None = None,
        add: Values | None = None,
    ) -> tuple[bool, Values]:
        """Update one item under a condition; return whether it was written, and the item as it now stands."""
        update, update_names, update_values = _update_expression(values, keep_if_set or {}, add or {})
        arguments: Values = {
            "TableName": self._table_name,
            "Key": {_KEY: {"S": key}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": update_names | {f"#{name}": name for name in names},
            "ExpressionAttributeValues": update_values
            | {f":{name}": to_attribute(value) for name, value in (operands or {}).items()},
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return self._send_update(arguments)

    def _send_update(self, arguments: Values) -> tuple[bool, Values]:
        from botocore.exceptions import ClientError

        try:
            with mapped_aws_errors("dynamodb"):
                answer = self._client.update_item(**arguments)
        except ClientError as error:  # only a failed condition comes through
            return False, _kept_item(error)
        return True, from_item(require_answered(answer, "Attributes", dict, "dynamodb"))


def outcome_of_refused_record(kept: EventRecord, owner: str) -> Recorded | LeaseHeld | AlreadyCompleted:
    """Say what an existing record means to a run that wanted to insert a finished one."""
    if kept.status is EventStatus.CLAIMED:
        return LeaseHeld(kept.lease_until_epoch_ms)
    return Recorded() if kept.owner == owner else AlreadyCompleted(kept)


def _outcome_of_refused_claim(kept: EventRecord, owner: str) -> Claimed | LeaseHeld | AlreadyCompleted:
    if kept.status is EventStatus.COMPLETED:
        return AlreadyCompleted(kept)
    if kept.owner == owner:
        return Claimed(kept)
    return LeaseHeld(kept.lease_until_epoch_ms)


def _may_begin(proven_absent: ActionRecord | None) -> tuple[str, Values]:
    if proven_absent is None:
        is_planned = "#status = :planned"
        return f"{_IS_NEW} OR {is_planned}", {"planned": ActionStatus.PLANNED.value}
    is_same_try = "#owner = :owner_then AND #attempts = :attempts_then"
    is_in_doubt = "#status IN (:attempting, :unknown)"
    return f"{is_same_try} AND {is_in_doubt}", {
        "owner_then": proven_absent.owner,
        "attempts_then": proven_absent.attempts,
        "attempting": ActionStatus.ATTEMPTING.value,
        "unknown": ActionStatus.UNKNOWN.value,
    }


def _update_expression(values: Values, keep_if_set: Values, add: Values) -> tuple[str, dict[str, str], Values]:
    """Return the SET and ADD clauses with their names and typed values; None values are left out."""
    chosen = {name: value for name, value in (values | keep_if_set | add).items() if value is not None}
    sets = [f"#{name} = :{name}" for name in chosen if name in values]
    sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in chosen if name in keep_if_set]
    adds = [f"#{name} :{name}" for name in chosen if name in add]
    expression = "SET " + ", ".join(sets) + (" ADD " + ", ".join(adds) if adds else "")
    typed = {f":{name}": attribute for name, attribute in to_item(chosen).items()}
    return expression, {f"#{name}": name for name in chosen}, typed


def _kept_item(error: Any) -> Values:
    """Return the item a failed condition met, empty when there was none."""
    return from_item(error.response.get("Item", {}))


def _require(kept: Values) -> Values:
    """Return the item; raises TransientError when it expired between the write and the answer."""
    if not kept:
        raise TransientError("the record vanished meanwhile", code="dynamodb_unavailable")
    return kept
