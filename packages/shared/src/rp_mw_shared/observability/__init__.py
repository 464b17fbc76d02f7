"""Logs and metrics: closed sets of events, fields and metrics, one JSON line each."""

from rp_mw_shared.observability.events import LogEvent
from rp_mw_shared.observability.metrics import Metric
from rp_mw_shared.observability.recorder import (
    configure,
    flush_metrics,
    initialisation,
    invocation,
    log,
    metric,
    tracing,
)

__all__ = [
    "LogEvent",
    "Metric",
    "configure",
    "flush_metrics",
    "initialisation",
    "invocation",
    "log",
    "metric",
    "tracing",
]
