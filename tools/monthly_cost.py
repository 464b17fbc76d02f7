"""What an environment costs: by the month what stands still, and by the million events what runs. US dollars.

    .venv/bin/python -m tools.monthly_cost

Counts come from config/alarms.yaml, config/topology.yaml, the declared metrics and the environments' tfvars; prices and
what had to be assumed from benchmarks/prices.yaml; calls from the last recorded `make bench` (benchmarks/results).
Exit code 1 where an environment would cost what its own budget reports. The model of OpenAI is not in it: it
is off unless the flag `classifier` says otherwise, and has a metric of its own (ModelCost).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rp_mw_shared.observability.metrics import Metric
from tools.alarms import Alarm, load_alarms
from tools.tf.contracts import emitters_by_metric
from tools.topology import load_topology

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ("dev", "staging", "prod")
PRICES = ROOT / "benchmarks" / "prices.yaml"
CALLS = ROOT / "benchmarks" / "results" / "calls.json"
# modules/service/canary.tf: five alarms of a service, each over two metrics.
CANARY_METRICS = 10
HOURS_OF_A_MONTH = 730
HEARD_SHARE = 0.8  # of the budget, by forecast: stacks/foundation/resources/alarms.tf


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: what, how many, US dollars for all of them."""

    what: str
    number: float
    usd: float


def tfvars(environment: str, stack: str, root: Path = ROOT) -> dict[str, str]:
    """The plain values of an environment's tfvars, common ones too, as written."""
    folder = root / "terraform" / "environments" / environment
    text = "".join((folder / f"{name}.tfvars").read_text("utf-8") for name in ("common", stack))
    return dict(re.findall(r"^(\w+)\s*=\s*\"?([^\s\"]+)", text, re.MULTILINE))


def alarms_of(environment: str) -> list[Alarm]:
    """The alarms an environment has: silence only where its tfvars say after how many hours."""
    has_silence = "silence_hours" in tfvars(environment, "ingress")
    return [alarm for alarm in load_alarms(ROOT, environment) if has_silence or "silence" not in _heard_as(alarm)]


def _heard_as(alarm: Alarm) -> tuple[str, ...]:
    return (alarm.key, "silence") if alarm.key == "shop-open" else (alarm.key,)


def composites(alarms: list[Alarm]) -> int:
    """Composite alarms: one for each gated row, one for each incident of more than one row."""
    gated = sum(1 for alarm in alarms if alarm.row.get("only_when"))
    incidents = Counter((alarm.stack, alarm.row["incident"]) for alarm in alarms if alarm.row["severity"] == "page")
    return gated + sum(1 for rows in incidents.values() if rows > 1)


def custom_metrics(assumed: Mapping[str, int]) -> int:
    """Custom metrics in an hour in which everything is written: each total, and each value of a dimension."""
    vendors = {name: len(function.get("vendors", [])) for name, function in load_topology(ROOT)["functions"].items()}
    return sum(
        1 + sum(vendors[service] if name == "Vendor" else assumed[name] for name in metric.dimensions)
        for metric in Metric
        for service in emitters_by_metric()[metric.label]
    )


def standing(environment: str, prices: Mapping[str, Any]) -> Iterator[Line]:
    """What an environment costs in a month without an event; metrics by the hours in which events come."""
    usd = {name: price["usd"] for name, price in prices["prices"].items()}
    alarms, topology = alarms_of(environment), load_topology(ROOT)
    is_canary = tfvars(environment, "worker")["traffic"] == "canary"
    watched = sum(len(alarm.metrics) for alarm in alarms)
    watched += CANARY_METRICS * len(topology["functions"]) if is_canary else 0
    joined = composites(alarms)
    metrics = custom_metrics(prices["values_in_an_hour"])
    share = prices["active_hours_share"][environment]
    secrets = len(topology["secrets"])
    yield Line("metrics that alarms watch", watched, watched * usd["alarm_metric_month"])
    yield Line("composite alarms", joined, joined * usd["composite_alarm_month"])
    yield Line(f"custom metrics, {share:.0%} of the hours", metrics, metrics * share * usd["custom_metric_month"])
    yield Line("dashboards", 1, usd["dashboard_month"])
    yield Line("keys", 1, usd["key_month"])
    yield Line("secrets", secrets, secrets * usd["secret_month"])


def running(prices: Mapping[str, Any], log_bytes: int) -> Iterator[Line]:
    """What a million events cost, at the mix and the load of the price file."""
    usd = {name: price["usd"] for name, price in prices["prices"].items()}
    calls = json.loads(CALLS.read_text("utf-8"))["bill"]["total_usd_per_million"]
    functions, invocations = load_topology(ROOT)["functions"], prices["invocations_per_event"]
    seconds = prices["waiting_seconds"]
    gb_seconds = sum(invocations[name] * seconds[name] * functions[name]["memory_mb"] / 1024 for name in invocations)
    key = prices["key_requests_per_refresh"] / (prices["events_per_hour"] * prices["secret_refresh_seconds"] / 3600)
    yield Line("DynamoDB, SQS, secrets (make bench)", 1, calls)
    yield Line("requests of the API", 1, usd["http_api_per_million"])
    yield Line("invocations", sum(invocations.values()), sum(invocations.values()) * usd["lambda_per_million"])
    yield Line("GB-seconds of functions, Arm", gb_seconds, gb_seconds * 1e6 * usd["lambda_gb_second_arm"])
    yield Line("KB of log lines and metrics", log_bytes / 1e3, log_bytes / 1e3 * usd["logs_per_gb"])
    yield Line("requests to the key", key, key * 1e6 * usd["key_per_10_thousand"] / 1e4)


def log_bytes_per_event() -> int:
    """Bytes of log lines and metrics of one tier-1 reply in the worker, taken twice: the other functions write less."""
    from tests.fakes.recording import recording
    from tests.fakes.worker_world import World

    with recording() as kept:
        world = World()
        message = world.helpdesk.customer_writes("c1", "I would like to return the blue mug please", channel="livechat")
        world.deliver(world.event("c1", message))
        return 2 * sum(len(line.encode()) for line in kept.raw)


def _table(title: str, lines: list[Line]) -> Iterator[str]:
    yield f"\n{title}"
    for line in lines:
        yield f"  {line.what:44} {line.number:9.4g} {line.usd:9.2f}"
    yield f"  {'together':44} {'':9} {sum(line.usd for line in lines):9.2f}"


def bill_of(environment: str, prices: Mapping[str, Any], per_event: float) -> list[Line]:
    """A month of an environment, with its events at the peak's load in all hours in which events come."""
    events = prices["events_per_hour"] * HOURS_OF_A_MONTH * prices["active_hours_share"][environment]
    return [*standing(environment, prices), Line("events, at the peak's load", events, events * per_event)]


def main() -> int:
    """Print the tables; 1 where a month would set off the budget that watches it."""
    prices = yaml.safe_load(PRICES.read_text("utf-8"))
    million = list(running(prices, log_bytes_per_event()))
    print("\n".join(_table("A million events, USD", million)))
    over = []
    for environment in ENVIRONMENTS:
        lines = bill_of(environment, prices, sum(line.usd for line in million) / 1e6)
        budget = float(tfvars(environment, "foundation")["monthly_budget_usd"])
        print("\n".join(_table(f"{environment}, USD a month; its budget is {budget:.0f}", lines)))
        if sum(line.usd for line in lines) > HEARD_SHARE * budget:
            over.append(f"terraform/environments/{environment}/foundation.tfvars: raise monthly_budget_usd")
    print("\n".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
