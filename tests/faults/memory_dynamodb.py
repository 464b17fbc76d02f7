"""DynamoDB in memory, at the level of a boto client: the calls the product makes, with their conditions and errors.

Held against real engines by `tests/contract/second_engine`: the same random writes, the same answers.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.expressions import (
    Attribute,
    Insert,
    Item,
    Update,
    apply_update,
    parse_condition,
    parse_statement,
    plain,
)

OnWrite = Callable[[str, Item, Item], None]
Key = tuple[Any, ...]
_ONE_KEY = re.compile(r"#\w+ = :\w+")
_ONE_KEY_PAST = re.compile(r"(#\w+) = (:\w+) AND (#\w+) > (:\w+)")


def refused(code: str, operation: str, **extra: Any) -> ClientError:
    """Return a boto error as the service's answer makes one."""
    answer: Any = {"Error": {"Code": code, "Message": code}, **extra}
    return ClientError(answer, operation)


class MemoryDynamoDB:
    """`keys` names each table's key attributes. `on_write(table, before, after)` sees every write that took effect."""

    def __init__(self, keys: dict[str, tuple[str, ...]], on_write: OnWrite = lambda table, before, after: None) -> None:
        self._keys = keys
        self._on_write = on_write
        self._lock = threading.RLock()
        self.items: dict[str, dict[Key, Item]] = {table: {} for table in keys}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:
        """Return the item, if it is there."""
        with self._lock:
            found = self.items[TableName].get(self._key(TableName, Key))
            return {"Item": dict(found)} if found else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """Return the items that are there, by table; refuses one that is named twice."""
        with self._lock:
            for table, wanted in RequestItems.items():
                _require_distinct([self._key(table, key) for key in wanted["Keys"]], "BatchGetItem")
            answers = {
                table: [self.get_item(TableName=table, Key=key).get("Item") for key in wanted["Keys"]]
                for table, wanted in RequestItems.items()
            }
            return {"Responses": {table: [item for item in found if item] for table, found in answers.items()}}

    def query(
        self,
        *,
        TableName: str,
        IndexName: str = "",
        KeyConditionExpression: str,
        ExpressionAttributeNames: dict[str, str],
        ExpressionAttributeValues: dict[str, Attribute],
    ) -> dict[str, Any]:
        """Return the items of one key in order, on one page: an index's past a sort key, or a partition of the table.

        Refuses every other condition.
        """
        if not IndexName:
            return self._query_table(TableName, KeyConditionExpression, ExpressionAttributeValues)
        condition = _ONE_KEY_PAST.fullmatch(KeyConditionExpression)
        if condition is None:
            raise refused("ValidationException", "Query")
        key, wanted, sort, past = condition.groups()
        key, sort = ExpressionAttributeNames[key], ExpressionAttributeNames[sort]
        wanted, past = (ExpressionAttributeValues[name]["S"] for name in (wanted, past))
        with self._lock:
            indexed = [item for item in self.items[TableName].values() if key in item and sort in item]
            found = [item for item in indexed if item[key]["S"] == wanted and item[sort]["S"] > past]
            return {"Items": [dict(item) for item in sorted(found, key=lambda item: str(item[sort]["S"]))]}

    def _query_table(self, table: str, condition: str, values: dict[str, Attribute]) -> dict[str, Any]:
        """Return a partition's items in the order of their keys."""
        if not _ONE_KEY.fullmatch(condition):
            raise refused("ValidationException", "Query")
        (wanted,) = values.values()
        with self._lock:
            found = [(key, item) for key, item in self.items[table].items() if key[0] == wanted["S"]]
            return {"Items": [dict(item) for _, item in sorted(found, key=lambda pair: pair[0])]}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ConditionExpression: str = "",
        ExpressionAttributeNames: dict[str, str],
        ExpressionAttributeValues: dict[str, Attribute],
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
    ) -> dict[str, Any]:
        """Write under a condition; raises ConditionalCheckFailedException with the item in the way."""
        names, values = ExpressionAttributeNames, ExpressionAttributeValues
        _require_all_used(UpdateExpression + ConditionExpression, [*names, *values])
        with self._lock:
            key = self._key(TableName, Key)
            kept = self.items[TableName].get(key, {})
            if ConditionExpression and not parse_condition(ConditionExpression)(kept, names, values):
                is_shown = kept and ReturnValuesOnConditionCheckFailure == "ALL_OLD"
                raise refused(
                    "ConditionalCheckFailedException", "UpdateItem", **({"Item": dict(kept)} if is_shown else {})
                )
            changed = apply_update(UpdateExpression, {**kept, **Key}, names, values)
            self._put(TableName, key, changed)
            return {"Attributes": dict(changed)} if ReturnValues == "ALL_NEW" else {}

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:
        """Run each statement by itself; refuses reads among writes, and an item that is named twice.

        The latter is refused although all of it took effect. Source: DynamoDB API Reference, BatchExecuteStatement
        (reads and writes); DynamoDB Local 1.25.1 by tests/contract/second_engine (an item named twice).
        """
        with self._lock:
            reads = [statement["Statement"].lstrip().upper().startswith("SELECT") for statement in Statements]
            if any(reads) and not all(reads):
                raise refused("ValidationException", "BatchExecuteStatement")
            parsed = [parse_statement(statement["Statement"], statement["Parameters"]) for statement in Statements]
            answers = [self._execute(*pair) for pair in zip(Statements, parsed, strict=True)]
            keys = [(one.table, self._key(one.table, _key_values(one))) for one in parsed]
            _require_distinct(keys, "BatchExecuteStatement")
            return {"Responses": answers}

    def _execute(self, statement: dict[str, Any], parsed: Insert | Update) -> dict[str, Any]:
        is_shown = statement.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return self._insert(parsed, is_shown) if isinstance(parsed, Insert) else self._update(parsed, is_shown)

    def _insert(self, statement: Insert, is_shown: bool) -> dict[str, Any]:
        key = self._key(statement.table, statement.item)
        kept = self.items[statement.table].get(key)
        if kept is not None:
            return _error("DuplicateItem", kept if is_shown else None)
        self._put(statement.table, key, statement.item)
        return {"TableName": statement.table}

    def _update(self, statement: Update, is_shown: bool) -> dict[str, Any]:
        key = self._key(statement.table, statement.where)
        kept = self.items[statement.table].get(key)
        is_met = kept is not None and all(
            name in kept and plain(kept[name]) == plain(value) for name, value in statement.where.items()
        )
        if kept is None or not is_met:
            return _error("ConditionalCheckFailed", kept if is_shown else None)
        changed = {name: value for name, value in {**kept, **statement.sets}.items() if name not in statement.removes}
        self._put(statement.table, key, changed)
        return {"TableName": statement.table}

    def _put(self, table: str, key: Key, item: Item) -> None:
        before = self.items[table].get(key, {})
        self.items[table][key] = dict(item)
        self._on_write(table, before, item)

    def _key(self, table: str, item: Item) -> Key:
        return tuple(item[name]["S"] for name in self._keys[table])


def _key_values(statement: Insert | Update) -> Item:
    return statement.item if isinstance(statement, Insert) else statement.where


def _require_distinct(keys: list[Any], operation: str) -> None:
    """DynamoDB refuses the whole call: "Provided list of item keys contains duplicates"."""
    if len(set(keys)) < len(keys):
        raise refused("ValidationException", operation)


def _error(code: str, kept: Item | None) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": code, **({"Item": dict(kept)} if kept else {})}}


def _require_all_used(expressions: str, placeholders: list[str]) -> None:
    """DynamoDB refuses a name or value no expression uses: so does this."""
    unused = [name for name in placeholders if name not in expressions]
    if unused:
        raise refused("ValidationException", "UpdateItem")
