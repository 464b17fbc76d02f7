"""What the intent wants of one stack in one environment, with every name and reference put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.intent.plans import Planned
from tools.tf.workspace import ROOT

INTENT = ROOT / "tests" / "infrastructure" / "intent.yaml"
ALARM, COMPOSITE = "aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"
COMPARISONS = {"above": "GreaterThanThreshold", "below": "LessThanThreshold"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource that must be there: what it is called, by which argument, what holds of it, whether it is kept."""

    type: str
    name: str
    called: str
    values: Mapping[str, Any]
    kept: bool


@cache
def load(path: Path = INTENT) -> dict[str, Any]:
    """The intent as it is written."""
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content


def kept_types(intent: Mapping[str, Any]) -> set[str]:
    """Types of which Terraform must refuse to destroy some."""
    return {entry["type"] for entry in intent["resources"] if entry.get("kept")}


def _reference(planned: Planned, places: list[list[str]]) -> str | None:
    """The attribute that a reference names: of the one resource of its type here, or else of the one read by name."""
    for kind, attribute in places:
        own = planned.reads if kind.startswith("read ") else planned.resources
        found = [one.values.get(attribute) for one in own if one.type == kind.removeprefix("read ")]
        if len(found) == 1 and found[0] is not None:
            return str(found[0])
    return None


def names_of(intent: Mapping[str, Any], planned: Planned) -> dict[str, str]:
    """What each <word> of the intent stands for."""
    fixed = {"env": planned.environment, "account": intent["account"], "region": intent["region"]}
    own = {"stack": planned.stack, "service": planned.stack, "function": f"rp-mw-{planned.environment}-{planned.stack}"}
    own["queue"] = intent.get("queue_of", {}).get(planned.stack, "none")
    references = {name: _reference(planned, places) for name, places in intent["references"].items()}
    return fixed | own | {name: value for name, value in references.items() if value is not None}


class Filler:
    """Puts the values of one environment and stack where the intent has words for them."""

    def __init__(self, intent: Mapping[str, Any], planned: Planned) -> None:
        self.intent = intent
        self.planned = planned
        self.names = names_of(intent, planned)
        self.switched_on = set(intent["environments"][planned.environment]["switched_on"])

    def applies(self, entry: Mapping[str, Any]) -> bool:
        """Whether the environment has switched on what an entry is for."""
        on = entry.get("when") is None or entry["when"] in self.switched_on
        return on and entry.get("when_stack", self.planned.stack) == self.planned.stack

    def text(self, value: str, name: str = "") -> str:
        known = self.names | {"name": name}
        return re.sub(r"<(\w+)>", lambda found: known.get(found[1], found[0]), value)

    def fill(self, value: Any, name: str = "") -> Any:
        """The expectation with names put in, the environment's choice made and shared statements spelt out."""
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, list):
            return [self.fill(one, name) for one in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"per"}:
            return self.fill(value["per"][self.planned.environment], name)
        if set(value) == {"statements"}:
            return {"statements": [self.fill(one, name) for one in self._statements(value["statements"])]}
        if set(value) == {"drawn"}:
            return {"json": self.fill({"widgets": list(_widgets(self.intent[value["drawn"]]))}, name)}
        return {self.fill(key, name): self.fill(one, name) for key, one in value.items()}

    def _statements(self, statements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for statement in statements:
            if "also" in statement:
                yield from self._statements(self.intent["statements"][statement["also"]])
            elif self.applies(statement):
                yield {key: value for key, value in statement.items() if key != "when"}


def _widgets(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A dashboard's widgets, each somewhere on the grid: a title for each row, and what is drawn below it."""
    somewhere = {side: {"between": [0, 100]} for side in ("x", "y")} | {
        side: {"between": [1, 24]} for side in ("width", "height")
    }
    for row, widgets in rows.items():
        yield somewhere | {"type": "text", "properties": {"markdown": f"## {row}"}}
        for title, widget in widgets.items():
            drawn = [_line(number, line, "math" not in widget) for number, line in enumerate(widget["draws"])]
            if "math" in widget:
                drawn.append([{"id": {"free": "its own"}, "expression": widget["math"], "label": {"free": "words"}}])
            about = {"title": title, "region": "<region>", "view": "timeSeries", "period": 60, "metrics": drawn}
            yield somewhere | {"type": "metric", "properties": about}


def _line(number: int, line: Sequence[Any], is_visible: bool) -> list[Any]:
    """A metric as a dashboard writes it: namespace, name, each dimension and its value, and how it is drawn."""
    space, metric, statistic, dimensions = line
    asked = [part for name in sorted(dimensions) for part in (name, dimensions[name])]
    return [space, metric, *asked, {"id": f"m{number}", "stat": statistic, "visible": is_visible}]


def _written(filler: Filler) -> Iterator[Wanted]:
    for entry in filler.intent["resources"]:
        if filler.planned.stack not in entry["stacks"] or not filler.applies(entry):
            continue
        each = entry.get("each", {})
        for label, own in entry.get("these", {"": {}}).items():
            if not filler.applies(own):
                continue
            name = filler.text(label)
            merged = {key: value for key, value in {**each, **own}.items() if key != "when_stack"}
            yield Wanted(
                entry["type"], name, entry.get("called", ""), filler.fill(merged, name), entry.get("kept", False)
            )


def _queries(alarm: Mapping[str, Any], seconds: Any) -> list[dict[str, Any]]:
    single = "math" not in alarm
    queries = [
        {
            "id": key,
            "return_data": single,
            "metric": {"namespace": space, "metric_name": metric, "stat": stat, "dimensions": dims, "period": seconds},
        }
        for key, (space, metric, stat, dims) in alarm["watches"].items()
    ]
    if not single:
        result = {
            "id": {"free": "its own"},
            "label": {"free": "words"},
            "expression": alarm["math"],
            "return_data": True,
        }
        queries.append(result)
    return queries


def _meaning(name: str, page: str) -> dict[str, str]:
    """A description that says what it means, names no other environment, and ends with what to do."""
    environment = name.split("-")[2]
    return {"matches": rf"(?!.*rp[-_]mw[-_](?!{environment})(dev|staging|prod)).{{20,}} What to do: {re.escape(page)}"}


def _alarm(alarm: Mapping[str, Any], name: str, heard_by: list[str]) -> dict[str, Any]:
    side = "above" if "above" in alarm else "below"
    return {
        "alarm_name": name,
        "actions_enabled": True,
        "alarm_description": _meaning(name, f"docs/runbook.md#{alarm['runbook']}"),
        "comparison_operator": COMPARISONS[side],
        "threshold": alarm[side],
        "evaluation_periods": alarm.get("periods", 1),
        "datapoints_to_alarm": alarm.get("points", alarm.get("periods", 1)),
        "treat_missing_data": alarm.get("missing", "notBreaching"),
        "alarm_actions": heard_by,
        "ok_actions": heard_by,
        "metric_query": _queries(alarm, alarm.get("seconds", 60)),
    }


def _composite(name: str, heard_by: list[str], rule: Mapping[str, Any], section: str) -> Wanted:
    values = {
        "alarm_name": name,
        "actions_enabled": True,
        "alarm_description": _meaning(name, f"docs/runbook.md#{section}"),
        "alarm_rule": {"alarms": rule},
        "alarm_actions": heard_by,
        "ok_actions": heard_by,
    }
    return Wanted(COMPOSITE, name, "alarm_name", values, kept=False)


def _incidents(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Keys of the alarms that wake somebody, by incident."""
    found: dict[str, list[str]] = {}
    for key, row in rows.items():
        if row["heard"] == "page":
            found.setdefault(row["incident"], []).append(key)
    return found


def _alarms(filler: Filler) -> Iterator[Wanted]:
    topics = {name: filler.text(f"arn:aws:sns:<region>:<account>:rp-mw-<env>-{name}") for name in ("alarms", "pages")}
    prefix = filler.text("rp-mw-<env>-<stack>")
    written = filler.intent["alarms"].get(filler.planned.stack, {})  # in a stack that is not named all are too many
    rows = {key: filler.fill(row) for key, row in written.items() if filler.applies(row)}
    incidents = _incidents(rows)
    alone = {keys[0] for keys in incidents.values() if len(keys) == 1}
    names = {key: f"{prefix}-{key}" + (f"-and-{row['gate']}" if "gate" in row else "") for key, row in rows.items()}
    for key, row in rows.items():
        heard_by = [topics["alarms"], *([topics["pages"]] if key in alone else [])]
        itself = heard_by if row["heard"] != "condition" and "gate" not in row else []
        yield Wanted(ALARM, f"{prefix}-{key}", "alarm_name", _alarm(row, f"{prefix}-{key}", itself), kept=False)
        if "gate" in row:
            rule = {"AND": [f"{prefix}-{key}", f"{prefix}-{row['gate']}"]}
            yield _composite(names[key], heard_by, rule, row["runbook"])
    for incident, keys in incidents.items():
        if len(keys) > 1:
            rule = {"OR": [names[key] for key in keys]}
            yield _composite(f"{prefix}-page-{incident}", [topics["pages"]], rule, "paging")


def _canary(filler: Filler) -> Iterator[Wanted]:
    if "canary" not in filler.switched_on or filler.planned.stack == "foundation":
        return
    about = filler.fill(filler.intent["canary_alarms"])
    function, version = filler.names["function"], filler.names.get("version", "?")
    executed = {"FunctionName": function, "Resource": f"{function}:live", "ExecutedVersion": version}
    for key, threshold in about["above"].items():
        raised = key == "raised"
        bad = (
            ["AWS/Lambda", "Errors", "Sum", executed]
            if raised
            else ["rp-mw/canary", f"{function}-{key}", "Sum", {"Version": version}]
        )
        math = f"IF(invocations >= {about['least']}, 100 * FILL(bad, 0) / invocations, 0)"
        alarm = {"math": math, "watches": {"invocations": ["AWS/Lambda", "Invocations", "Sum", executed], "bad": bad}}
        values = {
            "alarm_name": f"{function}-canary-{key}",
            "actions_enabled": True,
            "alarm_description": _meaning(function, "docs/deploy.md."),
            "comparison_operator": COMPARISONS["above"],
            "threshold": threshold,
            "evaluation_periods": 1,
            "treat_missing_data": "notBreaching",
            "metric_query": _queries(alarm, about["seconds"]),
        }
        yield Wanted(ALARM, f"{function}-canary-{key}", "alarm_name", values, kept=False)


def wanted(filler: Filler) -> list[Wanted]:
    """Everything that must be in the stack's plan, and nothing else may."""
    return [*_written(filler), *_alarms(filler), *_canary(filler)]


def readable(filler: Filler) -> tuple[set[str], dict[str, dict[str, set[str]]]]:
    """Types a stack may look up whatever their arguments, and by type and argument the names it may look up."""
    types: set[str] = set()
    named: dict[str, dict[str, set[str]]] = {}
    for entry in filler.intent["reads"]:
        if filler.planned.stack in entry["stacks"]:
            types |= set(entry.get("types", []))
            for kind, arguments in filler.fill(entry.get("named", {})).items():
                for argument, names in arguments.items():
                    named.setdefault(kind, {}).setdefault(argument, set()).update(names)
    return types, named
