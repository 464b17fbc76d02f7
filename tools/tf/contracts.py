"""Code and Terraform agree: settings, metrics, names, retention, runbook sections. Pure reading, no Terraform needed.

Reads the tree below `root`, so that the self-test can point it at a scratch copy with a mistake in it; the code that
is compared with is always this checkout's.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rp_mw_shared.clients.richpanel_budget import CALLS_OF_ONE_EVENT, REQUESTS_PER_WINDOW
from rp_mw_shared.observability.events import LogEvent
from rp_mw_shared.observability.metrics import NAMESPACE, Metric
from rp_mw_shared.settings import setting_spec
from rp_mw_shared.sqs.consumer import ConsumerSettings
from rp_mw_shared.sqs.delays import RetryDelays
from tools.alarms import load_alarms, load_events, load_promises
from tools.generate.files import text_of
from tools.generate.stacks import render_stacks
from tools.tf.checks import Check
from tools.tf.lint import read_folder
from tools.tf.unplanned import check_unplanned
from tools.tf.workspace import ROOT
from tools.topology import load_topology, service_names
from tools.zips.layout import POLLED_BY_LAMBDA, Repository

SERVICES = service_names(ROOT)
# By namespace the metrics and the dimension an alarm asks by. Sources: Lambda Developer Guide, "Types of metrics"; SQS
# Developer Guide, "Available CloudWatch metrics"; API Gateway Developer Guide, "Working with metrics for HTTP APIs";
# DynamoDB Developer Guide, "DynamoDB Metrics and dimensions"
AWS_DIMENSION = {
    "AWS/Lambda": "FunctionName",
    "AWS/SQS": "QueueName",
    "AWS/ApiGateway": "ApiId",
    "AWS/DynamoDB": "TableName",
}
AWS_METRICS = {
    "AWS/Lambda": {"Errors", "Throttles", "Invocations", "Duration", "RecursiveInvocationsDropped"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/ApiGateway": {"Latency", "5xx"},
    "AWS/DynamoDB": {"ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
}
SET_BY_LAMBDA = {"AWS_REGION"}
# Operations whose permission has another name; a statement's verb decides which of them an ExecuteStatement needs.
PARTIQL = {"BatchExecuteStatement", "ExecuteStatement"}
PARTIQL_ACTIONS = {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"}
# An operation that a service asks for without a client (record 0163)
SPOKEN = re.compile(r'\.call\(\s*"([A-Z]\w+)"')
# Source: the owner's document on data flow and storage
OWNERS_TABLES = {
    "idempotency": ("rp_mw_${env}_idempotency", "event_id", None, 30),
    "conversation_state": ("rp_mw_${env}_conversation_state", "conversation_id", None, 90),
    "audit_trail": ("rp_mw_${env}_audit_trail", "conversation_id", "ts_action_id", 60),
}


def settings_variables(service: str) -> tuple[set[str], set[str]]:
    """Names of the environment variables a service's settings read: all of them, and those without a default."""
    has_own = importlib.util.find_spec(f"rp_mw_{service}.settings") is not None
    settings = importlib.import_module(f"rp_mw_{service}.settings").Settings if has_own else ConsumerSettings
    specs = {spec.name: field for field in dataclasses.fields(settings) if (spec := setting_spec(field)) is not None}
    required = {name for name, field in specs.items() if field.default is dataclasses.MISSING}
    return set(specs), required - SET_BY_LAMBDA


def check_settings(root: Path) -> Iterator[Check]:
    """Every variable a service needs is set, and none that it does not know."""
    functions = load_topology(root)["functions"]
    for service in SERVICES:
        every, required = settings_variables(service)
        given = set(functions[service]["environment"])
        yield Check(f"{service}: required settings are set", required <= given, f"not set: {sorted(required - given)}")
        yield Check(f"{service}: no unknown setting", given <= every, f"unknown: {sorted(given - every)}")


def spoken_operations(service: str) -> set[str]:
    """Names of the operations a service asks for itself, without a client of the SDK: `call("SendMessage", …)`."""
    source = ROOT / "services" / service / "src"
    return {name for path in source.rglob("*.py") for name in SPOKEN.findall(path.read_text("utf-8"))}


def check_permissions(root: Path) -> Iterator[Check]:
    """A role allows what its service's SDK is cut to or the service speaks itself, Lambda's polling, nothing more."""
    functions = load_topology(root)["functions"]
    for service in SERVICES:
        carried = Repository(ROOT).service(service).contents.aws_operations
        called = {f"{api}:{name}" for api, names in carried.items() for name in names if name not in PARTIQL}
        if PARTIQL & set(carried.get("dynamodb", ())):
            called |= PARTIQL_ACTIONS
        allowed = {action for statement in functions[service]["permissions"] for action in statement["actions"]}
        spoken = spoken_operations(service)
        surplus = {action for action in allowed - called - POLLED_BY_LAMBDA if _operation(action) not in spoken}
        refused = (called - allowed) | (spoken - set(map(_operation, allowed)))
        yield Check(f"{service}: every call is allowed", not refused, f"refused: {sorted(refused)}")
        yield Check(f"{service}: nothing more is allowed", not surplus, f"surplus: {sorted(surplus)}")
        things = [permission["on"] for permission in functions[service]["permissions"]]
        twice = {thing for thing in things if things.count(thing) > 1}  # a statement's name, so a plan of two fails
        yield Check(f"{service}: each thing has one row of permissions", not twice, f"put together: {sorted(twice)}")


def _operation(action: str) -> str:
    return action.partition(":")[2]


def check_tables(root: Path) -> Iterator[Check]:
    """Names, keys and retention are the owner's."""
    for name, table in load_topology(root)["tables"].items():
        found = (table["name"], table["partition_key"], table.get("sort_key"), table["ttl_days"])
        yield Check(f"table {name} is the owner's", found == OWNERS_TABLES.get(name), f"found: {found}")


def check_names(root: Path) -> Iterator[Check]:
    """Everything but the tables is named rp-mw-<env>-<thing>."""
    topology = load_topology(root)
    named = [queue[key] for queue in topology["queues"].values() for key in ("name", "dlq_name")]
    named += [function["name"] for function in topology["functions"].values()]
    wrong = [name for name in named if not re.fullmatch(r"rp-mw-\$\{env\}-[a-z-]+(\.fifo)?", name)]
    yield Check("names follow the convention", not wrong, f"off: {wrong}")


def emitters_by_metric() -> dict[str, set[str]]:
    """Services by metric label: those whose own or shared code writes the metric."""
    shared = ROOT / "packages" / "shared" / "src"
    found: dict[str, set[str]] = {metric.label: set() for metric in Metric}
    for service in SERVICES:
        folders = (ROOT / "services" / service / "src", shared)
        code = "".join(path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py"))
        for metric in Metric:
            if f"Metric.{metric.name}" in code:
                found[metric.label].add(service)
    return found


def _own_problem(name: str, service: str, extra: set[str], emitters: dict[str, set[str]]) -> str | None:
    metric = next((metric for metric in Metric if metric.label == name), None)
    if metric is None:
        return f"{name}: no such metric"
    if service not in emitters[name]:
        return f"{name}: the {service} does not write it"
    if extra and extra != set(metric.dimensions):
        return f"{name}: written with {sorted(metric.dimensions)}, watched with {sorted(extra)}"
    return None


def _problem(metric: Mapping[str, Any], emitters: dict[str, set[str]]) -> str | None:
    """What is wrong with a watched metric; one that a log filter counts is held to the plan (tools/tf/lifecycle.py)."""
    namespace, name, dimensions = metric["namespace"], metric["name"], metric["dimensions"]
    if namespace == NAMESPACE:
        return _own_problem(name, dimensions["Service"], set(dimensions) - {"Env", "Service"}, emitters)
    is_documented = name in AWS_METRICS.get(namespace, ()) and {*dimensions} == {AWS_DIMENSION[namespace]}
    if namespace.startswith("AWS/") and not is_documented:
        return f"{namespace} {name} by {sorted(dimensions)}: not a metric of that namespace"
    return None


def check_alarms(root: Path) -> Iterator[Check]:
    """Every alarm watches a metric that exists, that its service writes, with the dimensions it is written with."""
    emitters = emitters_by_metric()
    alarms = load_alarms(root)
    for stack in (*SERVICES, "foundation"):
        watched = [metric for alarm in alarms if alarm.stack == stack for metric in alarm.metrics]
        problems = [problem for metric in watched if (problem := _problem(metric, emitters))]
        yield Check(f"{stack}: alarms watch what is written", bool(watched) and not problems, "; ".join(problems))


def check_promises(root: Path) -> Iterator[Check]:
    """Every alarm tells of a promise, every promise has an alarm."""
    rows = [alarm.row for alarm in load_alarms(root)] + list(load_events(root).values())
    told, promises = {row["promise"] for row in rows}, set(load_promises(root))
    yield Check("every alarm tells of a promise and every promise has one", told == promises, f"{told ^ promises}")


def check_silence(root: Path) -> Iterator[Check]:
    """Where too little is the news, a missing sample is the news; nowhere else, or a quiet night would be one."""
    wrong = [
        alarm.key
        for alarm in load_alarms(root)
        if (alarm.row.get("comparison") == "LessThanThreshold") != (alarm.row["missing_data"] == "breaching")
    ]
    yield Check("a missing sample counts where silence is the news", not wrong, f"otherwise: {wrong}")


def check_retry_delays(root: Path) -> Iterator[Check]:
    """The wait that pages nobody is the one the code makes."""
    told = load_topology(root)["retry_delays_seconds"]
    made = [RetryDelays().choose(received, None, lambda: 0.0) for received in range(1, 5)]  # five deliveries
    yield Check("no alarm pages while a message waits on purpose", told == made, f"the code waits {made}")


def check_watched_everywhere(root: Path) -> Iterator[Check]:
    """Every function is watched for loops, and every one that consumes a queue for its dead letters."""
    alarms = load_alarms(root)
    consumers = {queue["consumer"] for queue in load_topology(root)["queues"].values()}
    for service in SERVICES:
        paging = [alarm for alarm in alarms if alarm.stack == service and alarm.row["severity"] == "page"]
        watched = {metric["name"] for alarm in paging for metric in alarm.metrics}
        wanted = {"RecursiveInvocationsDropped"} | ({"Quarantined"} if service in consumers else set())
        yield Check(
            f"{service}: loops and dead letters page", wanted <= watched, f"missing: {sorted(wanted - watched)}"
        )


def check_dashboard(root: Path) -> Iterator[Check]:
    """Every metric a widget names is written by some service, or is one of AWS."""
    text = (root / "terraform" / "stacks" / "foundation" / "resources" / "observability.tf").read_text("utf-8")
    own = {label for label, services in emitters_by_metric().items() if services}
    known = own.union(*AWS_METRICS.values())
    lists = re.findall(r"for (?:title, )?name in [\[{]([^\]}]*)[\]}]", text)
    named = set(re.findall(r'name = "([A-Z][A-Za-z]+)"', text))
    for inner in lists:
        named |= set(re.findall(r'(?:= )?"([A-Z][A-Za-z]+)"', inner))
    yield Check(
        "dashboard shows what is written", len(named) > 10 and named <= known, f"unknown: {sorted(named - known)}"
    )


def check_queries(root: Path) -> Iterator[Check]:
    """Every message that a saved query or a canary's filter asks for is one that the code can write."""
    folders = ("stacks/foundation/resources/observability.tf", "modules/service/canary.tf")
    text = "".join((root / "terraform" / path).read_text("utf-8") for path in folders)
    asked = {*re.findall(r"\bmessage = '(\w+)'", text), *re.findall(r'\$\.message = \\"(\w+)\\"', text)}
    unknown = asked - {event.label for event in LogEvent}
    yield Check("log messages asked for are written", len(asked) > 5 and not unknown, f"unknown: {sorted(unknown)}")


def check_runbook(root: Path) -> Iterator[Check]:
    """Every alarm's runbook section exists."""
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    sections = {
        re.sub(r"[^a-z0-9 -]", "", line[3:].lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("## ")
    }
    rows = [alarm.row for alarm in load_alarms(root)] + list(load_events(root).values())
    named = {"paging", *(row["runbook"] for row in rows)}
    yield Check("every alarm's runbook section exists", named <= sections, f"missing: {sorted(named - sections)}")


def check_same_files(root: Path) -> Iterator[Check]:
    """What every stack repeats, because Terraform roots share no files, follows from the worker's stack."""
    functions = load_topology(root)["functions"]
    wrong = [path for path, text in render_stacks(root, functions) if text_of(root / path) != text]
    yield Check("what stacks repeat follows from the worker's", not wrong, f"make generate would write {wrong}")


def check_share(root: Path) -> Iterator[Check]:
    """The worker's stack refuses a concurrency by the numbers by which the worker refuses to start."""
    text = (root / "terraform" / "stacks" / "worker" / "resources" / "scaling.tf").read_text("utf-8")
    found = re.findall(r"(?:PER_WINDOW, |calls_of_one_event +=) *(\d+)", text)
    expected = [str(REQUESTS_PER_WINDOW), str(CALLS_OF_ONE_EVENT)]
    told = "worker: the limit of the concurrency by Richpanel's budget is the code's"
    yield Check(told, found == expected, f"{found}, not {expected}")


def check_ttl(root: Path) -> Iterator[Check]:
    """The worker's stack refuses a table's days by the numbers by which the worker refuses to start."""
    folder = read_folder(root / "terraform" / "stacks" / "worker" / "resources", "worker")
    found = [block["ttl_minimum_days"] for block in folder.blocks["locals"] if "ttl_minimum_days" in block]
    told = {name: days for one in found for name, days in one.items() if not name.startswith("__")}
    settings = importlib.import_module("rp_mw_worker.settings").Settings
    specs = {spec.name: spec for field in dataclasses.fields(settings) if (spec := setting_spec(field)) is not None}
    made = {name: specs[f"{name.upper()}_TTL_DAYS"].minimum for name in OWNERS_TABLES}
    yield Check("worker: the least days of each table are the code's", told == made, f"{told}, not {made}")


CONTRACTS = (
    check_unplanned,
    check_share,
    check_ttl,
    check_settings,
    check_permissions,
    check_tables,
    check_names,
    check_alarms,
    check_promises,
    check_silence,
    check_retry_delays,
    check_watched_everywhere,
    check_dashboard,
    check_queries,
    check_runbook,
    check_same_files,
)


def check_contracts(root: Path = ROOT) -> list[Check]:
    """Run every contract against the tree below `root`."""
    return [check for contract in CONTRACTS for check in contract(root)]
