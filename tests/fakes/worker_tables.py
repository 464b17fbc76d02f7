"""The worker's three tables, and a count of what a client's calls to them cost."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

from rp_mw_shared.environments.topology import load_topology

EVENT_TABLE = "rp_mw_worker_idempotency"
STATE_TABLE = "rp_mw_worker_conversation_state"
AUDIT_TABLE = "rp_mw_worker_audit_trail"
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchExecuteStatement", "ExecuteStatement"}


def create_worker_tables(client: Any, names: tuple[str, str, str] = (EVENT_TABLE, STATE_TABLE, AUDIT_TABLE)) -> None:
    """Create idempotency, conversation_state and audit_trail, in this order, with the topology's keys and indexes."""
    tables = load_topology("test").tables
    for name, key in zip(names, ("idempotency", "conversation_state", "audit_trail"), strict=True):
        client.create_table(**replace(tables[key], name=name).to_definition())


def item_bytes(item: dict[str, Any]) -> int:
    """Return an item's size as DynamoDB counts it: names and values, three bytes and one per entry for a collection.

    Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(attribute: dict[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return math.ceil(len(value.strip("-").replace(".", "")) / 2) + 2
    if kind == "L":
        return 3 + sum(1 + _value_bytes(entry) for entry in value)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_bytes(entry) for name, entry in value.items())
    return 1


class CallCounter:
    """Counts a client's calls by operation, and its writes by item written; register it on the client's events."""

    def __init__(self, client: Any) -> None:
        self.calls: Counter[str] = Counter()
        self.items_written = 0
        client.meta.events.register("before-parameter-build.dynamodb", self._count)

    def _count(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        if model.name in _WRITES:
            self.items_written += len(params.get("Statements", [None]))

    def reset(self) -> None:
        """Start counting anew."""
        self.calls.clear()
        self.items_written = 0

    @property
    def total(self) -> int:
        """Calls of every kind."""
        return sum(self.calls.values())
