"""The log and metric names that Terraform, the runbook and the failure table rely on, compared with what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.written.seen import DISCOVERED, Seen
from tools.alarms import load_alarms
from tools.tf.contracts import AWS_METRICS
from tools.topology import load_topology, service_names

ROOT = Path(__file__).resolve().parents[2]
SERVICES = service_names(ROOT)
OWN_NAMESPACE = "rp-mw"
# What no story can bring about in every service, because it is a defect of ours; the code that counts it is shared.
DEFECTS = {"FieldsWithheld"}
_KEYWORDS = {
    "fields", "filter", "sort", "limit", "stats", "count", "sum", "max", "by", "asc", "desc", "and", "or", "not",
    "like", "in", "as", "ispresent", "bin",
}  # fmt: skip
_QUERY = re.compile(r'"([a-z-]+)" = \{\s*log_groups = local\.(\w+)_logs\s*query\s*= "([^"]+)"')
_CAMEL = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b|\bFallbacks\b|\bDuplicates\b|\bQuarantined\b")


def find_unseen_names(root: Path, seen: Seen) -> list[str]:
    """Return, with its place, each name that somebody on call would look for in vain."""
    return [
        *_alarms(root, seen),
        *_dashboard(root, seen),
        *_queries(root, seen),
        *_runbook(root, seen),
        *_table(root, seen),
    ]


def _alarms(root: Path, seen: Seen) -> Iterator[str]:
    for alarm in load_alarms(root):
        for metric in alarm.metrics:
            if metric["namespace"] != OWN_NAMESPACE:
                continue
            name, writer = metric["name"], metric["dimensions"]["Service"]
            wanted = frozenset(metric["dimensions"]) - {"Env", "Service"}
            writers = seen.metrics if name in DEFECTS else (writer,)
            if not any(wanted in seen.metrics[one].get(name, ()) for one in writers):
                yield f"alarm {alarm.key}: metric {name} with {sorted(wanted)} was not written by the {writer}"


def dashboard_metrics(text: str) -> set[tuple[str, str]]:
    """Return (service, metric) for every metric of ours that a widget draws."""
    found = {
        (service, name)
        for line in text.splitlines()
        for service in re.findall(r"local\.service_metric\.(\w+)", line)
        for listed in re.findall(r'for name in \[([^\]]*)\]|name = ("\w+")', line)
        for name in re.findall(r'"(\w+)"', "".join(listed))
    }
    titles = re.search(r"for title, name in \{([^}]*)\}", text)
    assert "function.vendors" in text and titles is not None
    functions = load_topology(ROOT)["functions"]
    services = {service for service, function in functions.items() if function.get("vendors")}
    return found | {(service, name) for service in services for name in re.findall(r'= "(\w+)"', titles[1])}


def _dashboard(root: Path, seen: Seen) -> Iterator[str]:
    text = (root / "terraform" / "stacks" / "foundation" / "resources" / "observability.tf").read_text("utf-8")
    for service, name in sorted(dashboard_metrics(text)):
        if name not in seen.metrics[service]:
            yield f"dashboard: metric {name} was not written by the {service}"


def queried_names(query: str) -> set[str]:
    """Return the fields a Logs Insights query reads."""
    without_texts = re.sub(r"'[^']*'|\"[^\"]*\"|/[^/]*/", " ", query)
    return {word for word in re.findall(r"@?[A-Za-z_]\w*", without_texts) if word.lower() not in _KEYWORDS}


def _queries(root: Path, seen: Seen) -> Iterator[str]:
    text = (root / "terraform" / "stacks" / "foundation" / "resources" / "observability.tf").read_text("utf-8")
    queries = _QUERY.findall(text)
    if not queries:
        yield "saved queries: none was found"
    for name, groups, query in queries:
        services = SERVICES if groups == "all" else (groups,)
        asked = dict(re.findall(r"\b(message|level) = '(\w+)'", query))
        written = seen.fields(services, asked.get("message"), asked.get("level")) | DISCOVERED
        for missing in sorted(queried_names(query) - written):
            yield f"saved query {name}: field {missing} is on none of the lines it reads ({asked})"


def _runbook(root: Path, seen: Seen) -> Iterator[str]:
    text = (root / "docs" / "runbook.md").read_text("utf-8")
    fields = seen.fields(seen.lines) | DISCOVERED
    quoted = r"((?:`[^`]+`(?:,| and| or)? ?)+)"
    kinds = (
        ("field", fields),
        ("message", seen.messages),
        ("metric", seen.metric_names | set().union(*AWS_METRICS.values())),
    )
    for kind, known in kinds:
        for listed in re.findall(rf"\b{kind}s?\s+{quoted}", text):
            for name in re.findall(r"`([^`]+)`", listed):
                if name not in known:
                    yield f"runbook: {kind} {name} was not written"
    for name, value in re.findall(r"`([a-z_]+) = '?([\w-]+)'?`", text):
        if name not in fields or value not in seen.values(name):
            yield f"runbook: no line with {name} = {value} was written"


def _table(root: Path, seen: Seen) -> Iterator[str]:
    text = (root / "ARCHITECTURE.md").read_text("utf-8").partition("### The process")[2]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 5 or cells[0] == "fault":
            continue
        said = re.sub(r"\b(?:code|reason|outcome|tag|gate)s? (?:`[\w-]+`(?: or |, )?)+", "", cells[2])
        for name in re.findall(r"`(\w+)`", said):
            if name not in seen.messages:
                yield f"failure table, {cells[0]}: message {name} was not written"
        for name in _CAMEL.findall(re.sub(r'"[^"]*"', "", said)):
            if name not in seen.metric_names:
                yield f"failure table, {cells[0]}: metric {name} was not written"
