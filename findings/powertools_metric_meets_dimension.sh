#!/bin/sh
# Powertools' Metrics: a metric and a dimension of one name write one value over the other, and a second unit renames the first value's.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'aws-lambda-powertools==3.37.0'
cat >"$work/finding.py" <<'PYTHON'
import contextlib
import io
import json
from importlib.metadata import version

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit


def flushed(add) -> dict:
    metrics = Metrics(namespace="shop", service="worker")
    add(metrics)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        metrics.flush_metrics()
    return json.loads(out.getvalue())


def one_name(metrics):
    metrics.add_dimension(name="Carrier", value="north")
    metrics.add_metric(name="Carrier", unit=MetricUnit.Count, value=3)


def two_units(metrics):
    metrics.add_metric(name="Wait", unit=MetricUnit.Milliseconds, value=250)
    metrics.add_metric(name="Wait", unit=MetricUnit.Seconds, value=2)


print("aws-lambda-powertools", version("aws-lambda-powertools"))
print("expected: an error, or both values kept apart")
clash = flushed(one_name)
print("  dimension and metric of one name: dimensions", clash["_aws"]["CloudWatchMetrics"][0]["Dimensions"], "value", clash["Carrier"])
units = flushed(two_units)
described = units["_aws"]["CloudWatchMetrics"][0]["Metrics"]
print("  250 Milliseconds, then 2 Seconds:", described, units["Wait"])
assert clash["Carrier"] == [3.0], "it changed"
assert "Carrier" in clash["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0], "it changed"
assert described == [{"Name": "Wait", "Unit": "Seconds"}] and units["Wait"] == [250.0, 2.0], "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
