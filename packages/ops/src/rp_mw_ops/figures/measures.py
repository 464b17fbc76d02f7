"""What only the metrics know of a period: webhooks, duplicates, vendors' calls. From CloudWatch, locally from the log.

The embedded AWS keeps log lines and makes no metrics of them; in AWS CloudWatch does. Source: Amazon CloudWatch User
Guide, "Embedded metric format".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.observability.metrics import NAMESPACE, Metric

# what is told, under which name, from which service's metric; with a vendor for one of its own
MEASURES: tuple[tuple[str, Metric, str, str | None], ...] = (
    ("received", Metric.ACCEPTED, "ingress", None),
    ("ignored", Metric.IGNORED, "ingress", None),
    ("refused", Metric.REJECTED, "ingress", None),
    ("duplicates", Metric.DUPLICATES, "worker", None),
    ("overridden", Metric.AGENT_OVERRIDES, "worker", None),
    ("in_doubt", Metric.SEND_UNKNOWN, "worker", None),
    ("quarantined", Metric.QUARANTINED, "worker", None),
    ("fallbacks", Metric.FALLBACKS, "worker", None),
    ("model_microdollars", Metric.MODEL_COST, "worker", "openai"),
    *(
        (f"{vendor}_{word}", metric, service, vendor)
        for vendor, service in (("richpanel", "worker"), ("openai", "worker"), ("shopify", "enricher"))
        for word, metric in (
            ("calls", Metric.VENDOR_REQUESTS),
            ("errors", Metric.VENDOR_ERRORS),
            ("throttled", Metric.VENDOR_THROTTLED),
        )
    ),
)
_LOG_PAGE = 10_000  # Source: CloudWatch Logs, FilterLogEvents
_HOUR_MS = 3_600_000
# SQS measures each minute, and some minutes may pass until a data point is there
_OLDEST_WITHIN_MS = 600_000
# a metric in dollars is told in millionths, so that every measure is a whole number
_FACTORS = {Metric.MODEL_COST: 1_000_000}
Measures = dict[str, int]


def load_measures(environment: Environment, since: int, until: int) -> Measures:
    """Return each measure's sum from `since` to `until` (epoch ms), 0 where there is none; raises TransientError."""
    if environment.topology.environment == LOCAL:
        return _from_log(environment, since, until)
    return _from_cloudwatch(environment, since, until)


def _from_cloudwatch(environment: Environment, since: int, until: int) -> Measures:
    name = environment.topology.environment
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric.label,
                    "Dimensions": _dimensions(name, service, vendor),
                },
                # short looks by the minute, so that a part of an hour is not left out
                "Period": 60 if until - since <= 3 * _HOUR_MS else 3_600,
                "Stat": "Sum",
            },
        }
        for number, (_, metric, service, vendor) in enumerate(MEASURES)
    ]
    with mapped_aws_errors("cloudwatch"):
        pages = environment.client("cloudwatch").get_paginator("get_metric_data")
        found: Counter[str] = Counter()
        for page in pages.paginate(MetricDataQueries=queries, StartTime=since // 1000, EndTime=-(-until // 1000)):
            for result in page["MetricDataResults"]:
                found[result["Id"]] += sum(result["Values"])
    return {
        told: round(found[f"m{number}"] * _FACTORS.get(metric, 1)) for number, (told, metric, *_) in enumerate(MEASURES)
    }


def load_oldest(environment: Environment, now: int) -> dict[str, int]:
    """Return when the oldest message of each queue was sent, epoch ms, by the queue's topology key; `now` is epoch ms.

    A queue without a data point of the last minutes is left out; locally nothing measures them. Raises TransientError.
    Source: Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
    """
    if environment.name == LOCAL:
        return {}
    keys = list(environment.topology.queues)
    queries = [_age_query(f"q{number}", environment.topology.queues[key].name) for number, key in enumerate(keys)]
    with mapped_aws_errors("cloudwatch"):
        answer = environment.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=(now - _OLDEST_WITHIN_MS) // 1000,
            EndTime=-(-now // 1000),
            ScanBy="TimestampDescending",
        )
    newest = {
        result["Id"]: round((result["Timestamps"][0].timestamp() - result["Values"][0]) * 1000)
        for result in answer["MetricDataResults"]
        if result["Values"]
    }
    return {key: newest[f"q{number}"] for number, key in enumerate(keys) if f"q{number}" in newest}


def _age_query(name: str, queue: str) -> dict[str, Any]:
    dimensions = [{"Name": "QueueName", "Value": queue}]
    metric = {"Namespace": "AWS/SQS", "MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}


def _dimensions(environment: str, service: str, vendor: str | None) -> list[dict[str, str]]:
    named = {"Env": environment, "Service": service} | ({"Vendor": vendor} if vendor else {})
    return [{"Name": name, "Value": value} for name, value in named.items()]


def _from_log(environment: Environment, since: int, until: int) -> Measures:
    sums: Counter[str] = Counter()
    services = dict.fromkeys(service for _, _, service, _ in MEASURES)
    for service in services:
        wanted = [(told, metric, vendor) for told, metric, of, vendor in MEASURES if of == service]
        for line in _metric_lines(environment, environment.topology.functions[service].name, since, until):
            for told, metric, vendor in wanted:
                if metric.label in line and line.get("Vendor") == vendor:
                    sums[told] += round(_sum(line[metric.label]) * _FACTORS.get(metric, 1))
    return {told: sums[told] for told, *_ in MEASURES}


def _sum(value: Any) -> float:
    return float(sum(value) if isinstance(value, list) else value)


def _metric_lines(environment: Environment, function: str, since: int, until: int) -> Iterator[Mapping[str, Any]]:
    """Yield the lines that hold metrics, at most a page of the log."""
    logs = environment.client("logs")
    try:
        events = logs.filter_log_events(
            logGroupName=f"/aws/lambda/{function}", startTime=since, endTime=until, limit=_LOG_PAGE
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return
    for event in events:
        if '"CloudWatchMetrics"' in event["message"]:
            yield json.loads(event["message"])
