"""Dollars per million events, from counted calls and units and the price file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.counting import Cost

PRICE_FILE = Path(__file__).resolve().parent / "prices.yaml"
# The ingress: one SendMessage, no table. A repeat that SQS drops ends there.
INGRESS_SENDS = 1
DROPPED = "dropped repeat"
# Lambda's poller reads and deletes each message of a queue: one receive and one delete for a batch.
CALLS_PER_BATCH = 2


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for one unit of each thing, the mix of kinds, and how queues and secrets are read."""

    write_unit: float
    read_unit: float
    sqs_call: float
    secret_read: float
    mix: Mapping[str, float]
    messages_per_receive: float
    secret_reads_per_event: float


def load_prices(path: Path = PRICE_FILE) -> Prices:
    """Read the price file."""
    return to_prices(yaml.safe_load(path.read_text("utf-8")))


def to_prices(raw: Mapping[str, Any]) -> Prices:
    """Return the prices of a parsed file; raises KeyError for a missing one and ValueError for one without a source."""
    listed = raw["prices"]
    for name, price in listed.items():
        if not price.get("source") or not price.get("read"):
            raise ValueError(f"price {name} has no source or date")
    events_per_refresh = raw["events_per_hour"] * raw["secret_refresh_seconds"] / 3600
    return Prices(
        write_unit=listed["dynamodb_write_per_million"]["usd"] / 1e6,
        read_unit=listed["dynamodb_read_per_million"]["usd"] / 1e6,
        sqs_call=listed["sqs_fifo_per_million"]["usd"] / 1e6,
        secret_read=listed["secrets_per_10_thousand"]["usd"] / 1e4,
        mix=raw["mix"],
        messages_per_receive=raw["messages_per_receive"],
        secret_reads_per_event=raw["secret_reads_per_refresh"] / max(1.0, events_per_refresh),
    )


def totals_by_load(costs: Mapping[str, Cost], factors: tuple[int, ...] = (1, 10, 1000)) -> dict[str, float]:
    """Return dollars per million events of the mix at multiples of today's load, by events an hour."""
    raw = yaml.safe_load(PRICE_FILE.read_text("utf-8"))
    loads = [raw["events_per_hour"] * factor for factor in factors]
    return {
        str(load): bill_of_mix(costs, to_prices(raw | {"events_per_hour": load}))["total_usd_per_million"]
        for load in loads
    }


def usd_of(cost: Cost, queue_messages: int, prices: Prices) -> dict[str, float]:
    """Return what one event costs by service; `queue_messages` is how many messages it put into queues."""
    polls = queue_messages * CALLS_PER_BATCH / prices.messages_per_receive
    sends = INGRESS_SENDS + cost.of("sqs")
    return {
        "dynamodb": cost.write_units * prices.write_unit + cost.read_units * prices.read_unit,
        "sqs": (sends + polls) * prices.sqs_call,
        "secrets": (cost.of("secretsmanager") + prices.secret_reads_per_event) * prices.secret_read,
        "ssm": 0.0,
    }


def bill_of_mix(costs: Mapping[str, Cost], prices: Prices) -> dict[str, Any]:
    """Return dollars per million events of the mix, in total, by service and by kind."""
    by_kind = {}
    for kind in prices.mix:
        cost = Cost() if kind == DROPPED else costs[kind]
        queued = 0 if kind == DROPPED else INGRESS_SENDS + cost.of("sqs")
        by_kind[kind] = usd_of(cost, queued, prices)
    events = sum(prices.mix.values())
    services = {
        service: sum(by_kind[kind][service] * number for kind, number in prices.mix.items()) / events * 1e6
        for service in ("dynamodb", "sqs", "secrets", "ssm")
    }
    return {
        "total_usd_per_million": round(sum(services.values()), 3),
        "by_service": {service: round(usd, 3) for service, usd in services.items()},
        "by_kind": {kind: round(sum(parts.values()) * 1e6, 3) for kind, parts in by_kind.items()},
        "mix": dict(prices.mix),
    }
