"""What an environment holds after its applies, as Terraform's own JSON says it, against the rows of config/alarms.yaml
and against what `rp-mw` calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.alarms import Alarm
from tools.monthly_cost import alarms_of, composites
from tools.tf.checks import Check
from tools.tf.workspace import ROOT, Workspace

Resource = Mapping[str, Any]
# Operations whose permission has another name. Source: AWS Service Authorization Reference.
ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
LOCAL_ONLY = {"logs:FilterLogEvents"}  # rp-mw stats reads figures from the log where there is no CloudWatch
# `rp-mw archive` has a policy of its own (modules/archive), and the bucket's policy names who reads.
OF_THE_ARCHIVE = "archive.py"
_CLIENT = re.compile(r'client\("([a-z0-9]+)"\)')


def resources(workspace: Workspace, stack: str, env: dict[str, str]) -> list[Resource]:
    """Every resource in the state of a stack, of all its modules."""
    shown = workspace.run("terraform", f"-chdir=terraform/stacks/{stack}", "show", "-json", where=".", env=env)
    content = json.loads(shown.text[shown.text.index("{") :])
    return list(_walk(content.get("values", {}).get("root_module", {})))


def _walk(module: Mapping[str, Any]) -> Iterator[Resource]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _walk(child)


def _metric(dimensions: Mapping[str, str], namespace: str, name: str, statistic: str) -> tuple[str, ...]:
    told = [f"{key}={'*' if key == 'ApiId' else value}" for key, value in sorted(dimensions.items())]
    return (namespace, name, statistic, *told)


def watched(alarm: Resource) -> dict[str, Any]:
    """What an applied alarm asks, how it takes a missing sample, and which topics hear it."""
    values = alarm["values"]
    metrics = [query["metric"][0] for query in values["metric_query"] if query.get("metric")]
    asked = {_metric(one.get("dimensions") or {}, one["namespace"], one["metric_name"], one["stat"]) for one in metrics}
    expressions = [query["expression"] for query in values["metric_query"] if query.get("expression")]
    return {
        "metrics": asked,
        "expression": expressions or None,
        "comparison": values["comparison_operator"],
        "missing": values["treat_missing_data"],
        "is_heard": bool(values.get("alarm_actions")),
    }


def wanted(alarm: Alarm) -> dict[str, Any]:
    """The same of a row."""
    row = alarm.row
    return {
        "metrics": {
            _metric(one["dimensions"], one["namespace"], one["name"], one["statistic"]) for one in alarm.metrics
        },
        "expression": [row["expression"]] if row.get("expression") else None,
        "comparison": row.get("comparison", "GreaterThanThreshold"),
        "missing": row["missing_data"],
        "is_heard": row["severity"] != "condition" and not row.get("only_when"),
    }


def check_alarms(environment: str, by_stack: Mapping[str, list[Resource]]) -> Iterator[Check]:
    """Each row is an alarm and each alarm a row; pages reach one topic, once for an incident."""
    rows = alarms_of(environment)
    for stack, found in by_stack.items():
        alarms = {one["values"]["alarm_name"]: watched(one) for one in _of(found, "aws_cloudwatch_metric_alarm")}
        own = {name: one for name, one in alarms.items() if "-canary-" not in name}
        told = {f"rp-mw-{environment}-{stack}-{row.key}": wanted(row) for row in rows if row.stack == stack}
        wrong = sorted(name for name in own.keys() | told.keys() if own.get(name) != told.get(name))
        yield Check(f"{environment}: the alarms of {stack} are the rows of config/alarms.yaml", not wrong, f"{wrong}")
        joined, counted = (
            len(_of(found, "aws_cloudwatch_composite_alarm")),
            composites([r for r in rows if r.stack == stack]),
        )
        yield Check(f"{environment}: {stack} pages once for an incident", joined == counted, f"{joined}, not {counted}")
        missing = _uncounted([row for row in rows if row.stack == stack], found)
        yield Check(f"{environment}: every metric from a log of {stack} has its filter", not missing, f"{missing}")


def _uncounted(rows: list[Alarm], found: list[Resource]) -> list[str]:
    """Metrics of neither our code nor AWS that no log filter writes."""
    filters = [one["values"]["metric_transformation"][0] for one in _of(found, "aws_cloudwatch_log_metric_filter")]
    written = {(one["namespace"], one["name"]) for one in filters}
    asked = {(one["namespace"], one["name"]) for row in rows for one in row.metrics}
    return sorted(name for space, name in asked - written if space != "rp-mw" and not space.startswith("AWS/"))


def _of(found: list[Resource], kind: str) -> list[Resource]:
    return [one for one in found if one["type"] == kind and one["mode"] == "managed"]


def _calls(text: str) -> set[str]:
    """Names of methods called, and of operations that are read page by page."""
    return {*re.findall(r"\.([a-z_0-9]+)\(", text), *re.findall(r'get_paginator\("([a-z_0-9]+)"\)', text)}


def called_actions() -> set[str]:
    """What the commands of `rp-mw` ask of AWS, as IAM names it: read from their calls of clients."""
    from botocore import xform_name
    from botocore.session import Session

    session, actions = Session(), set()
    for path in (ROOT / "packages" / "ops" / "src").rglob("*.py"):
        text = path.read_text("utf-8")
        for service in set(_CLIENT.findall(text)) if path.name != OF_THE_ARCHIVE else ():
            names = {xform_name(name): name for name in session.get_service_model(service).operation_names}
            prefix = {"apigatewayv2": "apigateway"}.get(service, service)
            actions |= {f"{prefix}:{names[call]}" for call in _calls(text) if call in names}
    return {ACTIONS.get(action, action) for action in actions} - NEEDS_NO_PERMISSION - LOCAL_ONLY


def check_operator(environment: str, foundation: list[Resource]) -> Iterator[Check]:
    """Who operates is let do what the commands do."""
    (policy,) = [
        json.loads(one["values"]["policy"])
        for one in _of(foundation, "aws_iam_policy")
        if one["values"]["name"] == f"rp-mw-{environment}-operator"
    ]
    allowed: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    put = [one["Resource"] for one in policy["Statement"] if "secretsmanager:PutSecretValue" in one["Action"]]
    only = len(put) == 1 and isinstance(put[0], str) and f"rp-mw/{environment}/richpanel/webhook" in put[0]
    yield Check(f"{environment}: who operates rotates the webhook's secret and puts no other", only, f"{put}")
    refused = {action for action in called_actions() if action not in allowed and not _is_wild(action, allowed)}
    yield Check(f"{environment}: who operates may do what rp-mw does", not refused, f"refused: {sorted(refused)}")


def _is_wild(action: str, allowed: set[str]) -> bool:
    """API Gateway's permissions are verbs on paths, not operations."""
    return action.startswith("apigateway:Get") and "apigateway:GET" in allowed
