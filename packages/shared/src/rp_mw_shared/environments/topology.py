"""Reads config/topology.yaml: queues, tables, functions, environment and permissions of one environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_shared.environments.checkout import topology_path
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.times import SECONDS_PER_DAY

_REFERENCE = re.compile(r"\$\{([a-z0-9_.]+)\}")


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """One global secondary index; `projection` is ALL or KEYS_ONLY."""

    name: str
    partition_key: str
    sort_key: str
    projection: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table; the TTL attribute holds epoch seconds, `ttl_days` is how far ahead the product writes it."""

    key: str
    name: str
    partition_key: str
    sort_key: str | None
    ttl_attribute: str
    ttl_days: int
    indexes: tuple[IndexSpec, ...] = ()

    def to_definition(self) -> dict[str, Any]:
        """Return keys and indexes as CreateTable takes them. Source: DynamoDB API Reference, CreateTable."""
        names = dict.fromkeys(
            name
            for name in (
                self.partition_key,
                self.sort_key,
                *(key for index in self.indexes for key in (index.partition_key, index.sort_key)),
            )
            if name
        )
        definition: dict[str, Any] = {
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
            "KeySchema": _key_schema(self.partition_key, self.sort_key),
        }
        if self.indexes:
            definition["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index.name,
                    "KeySchema": _key_schema(index.partition_key, index.sort_key),
                    "Projection": {"ProjectionType": index.projection},
                }
                for index in self.indexes
            ]
        return definition


def _key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    keys = [(partition_key, "HASH"), *([(sort_key, "RANGE")] if sort_key else [])]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One FIFO queue with its FIFO dead-letter queue; durations in seconds."""

    key: str
    name: str
    dlq_name: str
    consumer: str
    max_receive_count: int
    retention_seconds: int
    dlq_retention_seconds: int
    visibility_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions allowed on one resource; `on` is a reference such as queue.events or table.idempotency."""

    actions: tuple[str, ...]
    on: str


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda; `environment` still holds references, see `resolve`. `batch_size` is None without a queue."""

    key: str
    name: str
    handler: str
    memory_mb: int
    timeout_seconds: int
    environment: Mapping[str, str]
    permissions: tuple[Permission, ...]
    batch_size: int | None


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything one environment consists of, by its key in the file."""

    environment: str
    tables: Mapping[str, TableSpec]
    queues: Mapping[str, QueueSpec]
    secrets: Mapping[str, str]
    flags_path: str
    erasures_path: str
    flag_defaults: Mapping[str, str]
    flag_meanings: Mapping[str, str]
    functions: Mapping[str, FunctionSpec]


def load_topology(environment: str, path: Path | None = None) -> Topology:
    """The topology with the environment's name filled in; raises ConfigurationError when the file does not fit."""
    import yaml

    source = path or topology_path()
    try:
        raw = yaml.safe_load(source.read_text("utf-8"))
        return _to_topology(_fill_environment(raw, environment), environment)
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError([f"{source} is not a topology: {error!r}"]) from error


def resolve(text: str, values: Mapping[str, str]) -> str:
    """The text with every ${reference} replaced; raises ConfigurationError for one nobody provides."""

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            problem = f"config/topology.yaml refers to {match[0]}, which this deployment does not provide"
            raise ConfigurationError([problem])
        return values[match[1]]

    return _REFERENCE.sub(value_of, text)


def _fill_environment(node: Any, environment: str) -> Any:
    if isinstance(node, dict):
        return {key: _fill_environment(value, environment) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill_environment(value, environment) for value in node]
    return node.replace("${env}", environment) if isinstance(node, str) else node


def _to_topology(raw: dict[str, Any], environment: str) -> Topology:
    functions = {key: _to_function(key, value) for key, value in raw["functions"].items()}
    factor = int(raw["visibility_factor"])
    return Topology(
        environment=environment,
        tables={key: _to_table(key, value) for key, value in raw["tables"].items()},
        queues={
            key: _to_queue(key, value, factor * functions[value["consumer"]].timeout_seconds)
            for key, value in raw["queues"].items()
        },
        secrets=dict(raw["secrets"]),
        flags_path=raw["flags"]["path"],
        erasures_path=raw["erasures"]["path"],
        flag_defaults={name: flag["at_birth"] for name, flag in raw["flags"]["declared"].items()},
        flag_meanings={name: flag["means"] for name, flag in raw["flags"]["declared"].items()},
        functions=functions,
    )


def _to_table(key: str, raw: dict[str, Any]) -> TableSpec:
    return TableSpec(
        key=key,
        name=raw["name"],
        partition_key=raw["partition_key"],
        sort_key=raw.get("sort_key"),
        ttl_attribute=raw["ttl_attribute"],
        ttl_days=int(raw["ttl_days"]),
        indexes=tuple(
            IndexSpec(name, index["partition_key"], index["sort_key"], index["projection"])
            for name, index in raw.get("indexes", {}).items()
        ),
    )


def _to_queue(key: str, raw: dict[str, Any], visibility_timeout_seconds: int) -> QueueSpec:
    return QueueSpec(
        key=key,
        name=raw["name"],
        dlq_name=raw["dlq_name"],
        consumer=raw["consumer"],
        max_receive_count=int(raw["max_receive_count"]),
        retention_seconds=int(raw["retention_days"]) * SECONDS_PER_DAY,
        dlq_retention_seconds=int(raw["dlq_retention_days"]) * SECONDS_PER_DAY,
        visibility_timeout_seconds=visibility_timeout_seconds,
    )


def _to_function(key: str, raw: dict[str, Any]) -> FunctionSpec:
    return FunctionSpec(
        key=key,
        name=raw["name"],
        handler=raw["handler"],
        memory_mb=int(raw["memory_mb"]),
        timeout_seconds=int(raw["timeout_seconds"]),
        environment={name: str(value) for name, value in raw["environment"].items()},
        permissions=tuple(Permission(tuple(entry["actions"]), entry["on"]) for entry in raw["permissions"]),
        batch_size=raw.get("batch_size"),
    )
