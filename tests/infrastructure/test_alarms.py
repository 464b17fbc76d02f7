"""Every alarm is a row: which promise it tells of, a metric that is written, and its runbook section."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from rp_mw_shared.sqs.delays import RetryDelays
from tools.alarms import load_alarms, load_events, load_promises
from tools.monthly_cost import ENVIRONMENTS, alarms_of, composites, tfvars
from tools.tf.contracts import check_contracts
from tools.topology import load_topology, service_names

ROOT = Path(__file__).resolve().parents[2]
ROWS = load_alarms(ROOT)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the contracts read."""
    for name in ("config", "terraform"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".terraform*"))
    return tmp_path


def failed(root: Path) -> set[str]:
    """The contracts that do not hold."""
    return {check.name for check in check_contracts(root) if not check.passed}


def test_every_row_holds() -> None:
    """Metric, dimensions, promise, missing samples, runbook section; tests/written sees the metrics written."""
    assert failed(ROOT) == set()


@pytest.mark.parametrize(
    ("file", "find", "put", "contract"),
    [
        ("alarms", "name: FieldsWithheld", "name: FieldWithheld", "worker: alarms watch what is written"),
        ("alarms", "name: ReadThrottleEvents", "name: ThrottledReads", "foundation: alarms watch what is written"),
        ("alarms", "{QueueName: ", "{Queue: ", "enricher: alarms watch what is written"),
        ("alarms", "Service: worker}, statistic: Minimum", "Service: ingress}, statistic: Minimum", "ingress: alarms"),
        ("alarms", "promise: one-switch", "promise: one-swich", "every alarm tells of a promise"),
        ("alarms", "runbook: tables-throttled", "runbook: tables", "every alarm's runbook section exists"),
        ("alarms", "missing_data: breaching # an hour", "missing_data: notBreaching # an hour", "a missing sample"),
        ("alarms", "name: RecursiveInvocationsDropped", "name: Errors", "worker: loops and dead letters page"),
        ("topology", '"on": table.audit_trail.by_day', '"on": table.audit_trail', "worker: each thing has one row"),
        ("topology", "[10, 40, 160, 640]", "[10, 40, 160, 600]", "no alarm pages while a message waits on purpose"),
    ],
)
def test_a_planted_mistake_is_found(tree: Path, file: str, find: str, put: str, contract: str) -> None:
    """One of each kind."""
    path = tree / "config" / f"{file}.yaml"
    text = path.read_text("utf-8")
    assert find in text
    path.write_text(text.replace(find, put), "utf-8")
    assert any(name.startswith(contract) for name in failed(tree))


@pytest.mark.parametrize(
    ("stack", "key", "severity"),
    [
        ("ingress", "silence", "page"),
        ("ingress", "all-refused", "page"),
        ("ingress", "api-throttled", "warn"),
        ("ingress", "fields-withheld", "warn"),
        ("worker", "fields-withheld", "warn"),
        ("enricher", "fields-withheld", "warn"),
        ("worker", "stage-demoted", "warn"),
        ("worker", "sweep-failed", "warn"),
        ("worker", "sweep-found-many", "warn"),
        ("foundation", "tables-throttled", "warn"),
        ("worker", "richpanel-throttled", "warn"),
        ("enricher", "shopify-throttled", "warn"),
        ("worker", "recursion", "page"),
        ("worker", "dlq-grew", "page"),
        ("enricher", "dlq-grew", "page"),
    ],
)
def test_silence_and_meaning_are_watched(stack: str, key: str, severity: str) -> None:
    """What raises no error of its own."""
    (row,) = [one.row for one in ROWS if (one.stack, one.key) == (stack, key)]
    assert row["severity"] == severity


def test_a_failed_deployment_is_heard() -> None:
    """CodeDeploy tells of it: no metric does."""
    assert "DeploymentFailure" in load_events(ROOT)["deployment-failed"]["codedeploy"]


@pytest.mark.parametrize("service", ["worker", "enricher"])
def test_no_alarm_pages_while_a_conversation_waits_on_purpose(service: str) -> None:
    """Five deliveries, each as long as the function may take, 640 s before the last: the age stays below the page."""
    topology: dict[str, Any] = load_topology(ROOT)
    timeout = topology["functions"][service]["timeout_seconds"]
    age = 0
    for received in range(1, 6):
        age += timeout + (RetryDelays().choose(received, None, lambda: 0.0) if received < 5 else 0)
    (row,) = [one.row for one in ROWS if (one.stack, one.key) == (service, "oldest-message-critical")]
    assert row["threshold"] == "planned_wait_seconds"
    planned = sum(topology["retry_delays_seconds"]) + 5 * timeout
    assert age <= planned < age + 60
    ages = [one for one in ROWS if one.stack == service and "Age" in one.metrics[0]["name"]]
    assert [one.key for one in ages if one.row["severity"] == "page"] == ["oldest-message-critical"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_wakes_somebody_does_so_once_for_an_incident(environment: str) -> None:
    """The rows of a stack that one failure fires together name one incident; what must not be hidden has its own."""
    rows = [one for one in alarms_of(environment) if one.row["severity"] == "page"]
    worker = {one.key: one.row["incident"] for one in rows if one.stack == "worker"}
    together = {"errors", "quarantined", "dlq-grew", "oldest-message-critical", "recursion"}
    assert {worker[key] for key in together} == {"work"}
    assert {worker["automation-while-off"], worker["flags-unreadable"]}.isdisjoint({"work"})
    gated = 2 if environment == "prod" else 1  # webhooks that are all refused, and silence where it is watched
    assert composites(alarms_of(environment)) == gated + len(service_names(ROOT))


def test_every_promise_but_a_price_can_wake_somebody_or_says_why_not() -> None:
    """A late ticket and a withheld field wait for the morning: nothing is lost, nothing leaked."""
    paging = {one.row["promise"] for one in ROWS if one.row["severity"] == "page"}
    assert set(load_promises(ROOT)) - paging == {"answered-once", "no-personal-data", "in-time"}


def test_silence_is_watched_where_customers_write() -> None:
    """Production, and no other environment."""
    assert [env for env in ENVIRONMENTS if "silence_hours" in tfvars(env, "ingress")] == ["prod"]
