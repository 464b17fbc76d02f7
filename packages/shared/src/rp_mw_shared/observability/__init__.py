"""Logs and metrics: closed sets of events, fields and metrics, one JSON line each."""

from rp_mw_shared.observability.events import LogEvent
from rp_mw_shared.observability.metrics import Metric
from rp_mw_shared.observability.recorder import (
    Invocation,
    configure,
    current_trace_id,
    flush_metrics,
    initialisation,
    log,
    metric,
    tracing,
)

__all__ = [
    "Invocation",
    "LogEvent",
    "Metric",
    "configure",
    "current_trace_id",
    "flush_metrics",
    "initialisation",
    "log",
    "metric",
    "tracing",
]
