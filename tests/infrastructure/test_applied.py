"""An applied environment that differs from the rows, or lets people do less than their commands, is seen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tools.alarms import Alarm
from tools.monthly_cost import alarms_of
from tools.tf.applied import called_actions, check_alarms, check_operator
from tools.tf.checks import judge_tests
from tools.tf.workspace import Outcome

ENVIRONMENT = "prod"
INGRESS = [row for row in alarms_of(ENVIRONMENT) if row.stack == "ingress"]


def applied(row: Alarm) -> dict[str, Any]:
    """The row as Terraform's state shows its alarm."""
    queries: list[dict[str, Any]] = [
        {
            "metric": [
                {
                    "namespace": one["namespace"],
                    "metric_name": one["name"],
                    "dimensions": {**one["dimensions"]} | ({"ApiId": "a1b2"} if "ApiId" in one["dimensions"] else {}),
                    "stat": one["statistic"],
                }
            ]
        }
        for one in row.metrics
    ]
    if row.row.get("expression"):
        queries.append({"metric": [], "expression": row.row["expression"]})
    is_heard = row.row["severity"] != "condition" and not row.row.get("only_when")
    values = {
        "alarm_name": f"rp-mw-{ENVIRONMENT}-{row.stack}-{row.key}",
        "metric_query": queries,
        "comparison_operator": row.row.get("comparison", "GreaterThanThreshold"),
        "treat_missing_data": row.row["missing_data"],
        "alarm_actions": ["topic"] if is_heard else [],
    }
    return {"type": "aws_cloudwatch_metric_alarm", "mode": "managed", "values": values}


def ingress() -> list[dict[str, Any]]:
    """The ingress's stack as it should be: its alarms, two gated ones, one page, and the filter of the access log."""
    composite = {"type": "aws_cloudwatch_composite_alarm", "mode": "managed", "values": {}}
    written = {"namespace": "rp-mw/api", "name": f"rp-mw-{ENVIRONMENT}-webhook-throttled"}
    counted = {"metric_transformation": [written]}
    kept = {"type": "aws_cloudwatch_log_metric_filter", "mode": "managed", "values": counted}
    return [*map(applied, INGRESS), composite, composite, composite, kept]


def failed(found: list[dict[str, Any]]) -> list[str]:
    """The checks that see a difference, with what they say."""
    return [f"{one.name} {one.detail}" for one in check_alarms(ENVIRONMENT, {"ingress": found}) if not one.passed]


def test_what_follows_from_the_rows_holds() -> None:
    """Every row an alarm, every alarm a row."""
    assert failed(ingress()) == []


def _values(found: list[dict[str, Any]], key: str) -> dict[str, Any]:
    named = (one["values"] for one in found if one["values"].get("alarm_name", "").endswith(f"ingress-{key}"))
    values: dict[str, Any] = next(named)
    return values


PLANTED: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "ingress-errors": lambda found: found.pop(0),
    "auth-failures": lambda found: _values(found, "auth-failures").update(treat_missing_data="breaching"),
    "none-accepted": lambda found: _values(found, "none-accepted").update(alarm_actions=["topic"]),
    "ack-latency": lambda found: _values(found, "ack-latency")["metric_query"][0]["metric"][0].update(stat="p50"),
    "silence": lambda found: _values(found, "silence").update(comparison_operator="GreaterThanThreshold"),
    "pages once for an incident": lambda found: found.pop(-2),
    "has its filter": lambda found: found.pop(),
}


@pytest.mark.parametrize("told", PLANTED)
def test_a_difference_is_seen(told: str) -> None:
    """An alarm that is gone, silent, deaf or heard when it should not be; a page too few; a metric nobody counts."""
    found = copy.deepcopy(ingress())
    PLANTED[told](found)
    assert [one for one in failed(found) if told in one]


def policy(actions: set[str], secret: str = "rp-mw/prod/richpanel/webhook-Ab1") -> list[dict[str, Any]]:
    """The operator's policy as the state holds it."""
    put = {"Action": "secretsmanager:PutSecretValue", "Resource": f"arn:aws:secretsmanager:x:1:secret:{secret}"}
    statements = [{"Action": sorted(actions - {"secretsmanager:PutSecretValue"}), "Resource": "*"}, put]
    values = {"name": f"rp-mw-{ENVIRONMENT}-operator", "policy": json.dumps({"Statement": statements})}
    return [{"type": "aws_iam_policy", "mode": "managed", "values": values}]


def test_who_operates_may_do_what_the_commands_do() -> None:
    """A command's call that the policy lacks is named; so is a secret that is not the webhook's."""
    called = called_actions()
    assert {"secretsmanager:PutSecretValue", "dynamodb:Query", "lambda:InvokeFunction"} <= called
    assert all(check.passed for check in check_operator(ENVIRONMENT, policy(called)))
    (_, without) = check_operator(ENVIRONMENT, policy(called - {"dynamodb:Query"}))
    assert not without.passed
    assert "dynamodb:Query" in without.detail
    (other, _) = check_operator(ENVIRONMENT, policy(called, secret="rp-mw/prod/internal/hash-salt-Ab1"))
    assert not other.passed


@pytest.mark.parametrize(
    ("summary", "passed"),
    [
        ({"passed": 5, "failed": 0, "errored": 0, "skipped": 0}, True),
        ({"passed": 5, "failed": 1, "errored": 0, "skipped": 0}, False),
        ({"passed": 5, "failed": 0, "errored": 0, "skipped": 1}, False),
        ({"passed": 0, "failed": 0, "errored": 0, "skipped": 0}, False),
        (None, False),
    ],
)
def test_terraforms_tests_pass_where_some_passed_and_none_did_not(summary: dict[str, int] | None, passed: bool) -> None:
    """A run that says nothing is no run that passed."""
    lines = [{"@level": "error", "@message": "broken", "type": "diagnostic"}] if not passed else []
    lines += [{"@level": "info", "@message": "", "type": "test_summary", "test_summary": summary}] if summary else []
    printed = "a warning before\n" + "\n".join(json.dumps(line) for line in lines)
    assert judge_tests("modules/x", Outcome(0, printed)).passed is passed
