"""Counts, at the client, every AWS call our code makes, and what its table writes cost; and what a vendor was asked."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.write_units import index_units, read_units, write_units
from rp_mw_shared.environments.topology import IndexSpec, TableSpec

_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "ExecuteStatement", "BatchExecuteStatement", "TransactWriteItems"}
Items = dict[tuple[str, ...], dict[str, Any]]


@dataclass(slots=True)
class Cost:
    """What one event cost: AWS calls by `service.operation`, units, clients built, the helpdesk's calls in order."""

    calls: Counter[str] = field(default_factory=Counter)
    write_units: int = 0
    read_units: float = 0
    clients_built: int = 0
    helpdesk: tuple[str, ...] = ()

    def of(self, service: str) -> int:
        """Calls to one service."""
        return sum(number for name, number in self.calls.items() if name.startswith(f"{service}."))

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.calls + other.calls,
            self.write_units + other.write_units,
            self.read_units + other.read_units,
            self.clients_built + other.clients_built,
            self.helpdesk + other.helpdesk,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "calls": dict(sorted(self.calls.items())),
            "dynamodb_calls": self.of("dynamodb"),
            "write_units": self.write_units,
            "read_units": self.read_units,
            "clients_built": self.clients_built,
            "helpdesk_calls": list(self.helpdesk),
        }


class CallCounter:
    """Sits in the SDK while its block runs; `snapshot` returns every item of every table, by table and key."""

    def __init__(self, snapshot: Callable[[], Items], tables: Iterable[TableSpec]) -> None:
        self._snapshot = snapshot
        self._tables = {table.name: table for table in tables}
        self._cost: Cost | None = None

    @contextlib.contextmanager
    def event(self) -> Iterator[Cost]:
        """Count what happens inside the block."""
        self._cost = cost = Cost()
        try:
            yield cost
        finally:
            self._cost = None

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Hook every client of this process: all of the SDK's calls go through one method."""
        import botocore.client
        import botocore.session

        make_call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
        create = botocore.session.Session.create_client

        def counted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            return self._count(client, operation, parameters, make_call)

        def counted_create(session: Any, *arguments: Any, **options: Any) -> Any:
            if self._cost is not None:
                self._cost.clients_built += 1
            return create(session, *arguments, **options)

        botocore.client.BaseClient._make_api_call = counted  # type: ignore[attr-defined]
        botocore.session.Session.create_client = counted_create  # type: ignore[assignment]
        try:
            yield
        finally:
            botocore.client.BaseClient._make_api_call = make_call  # type: ignore[attr-defined]
            botocore.session.Session.create_client = create  # type: ignore[method-assign]

    def _count(self, client: Any, operation: str, parameters: dict[str, Any], make_call: Any) -> Any:
        cost = self._cost
        if cost is None:
            return make_call(client, operation, parameters)
        service = client.meta.service_model.service_name
        cost.calls[f"{service}.{operation}"] += 1
        if service != "dynamodb":
            return make_call(client, operation, parameters)
        before = self._look()
        try:
            return make_call(client, operation, parameters)
        finally:
            if operation in _WRITES:
                after = self._look()
                cost.write_units += _units_written(operation, parameters, before, after)
                cost.write_units += self._units_of_indexes(before, after)
            else:
                cost.read_units += _units_read(parameters)

    def _units_of_indexes(self, before: Items, after: Items) -> int:
        return sum(
            index_units(
                _projected(before.get(key), table, index),
                _projected(after.get(key), table, index),
                (index.partition_key, index.sort_key),
                _keys_of(table),
            )
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
            for table in [self._tables[key[0]]]
            for index in table.indexes
        )

    def _look(self) -> Items:
        cost, self._cost = self._cost, None
        try:
            return self._snapshot()
        finally:
            self._cost = cost


def _keys_of(table: TableSpec) -> tuple[str, ...]:
    return (table.partition_key, *([table.sort_key] if table.sort_key else []))


def _projected(item: dict[str, Any] | None, table: TableSpec, index: IndexSpec) -> dict[str, Any] | None:
    if item is None or index.projection == "ALL":
        return item
    kept = {*_keys_of(table), index.partition_key, index.sort_key}
    return {name: value for name, value in item.items() if name in kept}


def _units_written(operation: str, parameters: dict[str, Any], before: Items, after: Items) -> int:
    is_transaction = operation == "TransactWriteItems"
    listed = parameters.get("Statements") or parameters.get("TransactItems") or [parameters]
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    units = sum(write_units(before.get(key), after.get(key), in_transaction=is_transaction) for key in changed)
    # A statement that changed nothing, because its condition failed, is charged too.
    return units + max(0, len(listed) - len(changed)) * (2 if is_transaction else 1)


def _units_read(parameters: dict[str, Any]) -> float:
    requests = parameters.get("RequestItems")
    if not requests:
        return read_units(None, is_consistent=bool(parameters.get("ConsistentRead")))
    return sum(
        read_units(None, is_consistent=bool(table.get("ConsistentRead"))) * len(table["Keys"])
        for table in requests.values()
    )
