"""The one writer of log lines and metrics: one JSON object per line on standard output.

    configure(service="worker", env="dev")            once, by the service's wiring
    with Invocation(context):                         once per invocation, by the handler: what joins to Lambda's lines
    with tracing(message.trace_id):                   one trace id from the webhook to the last call
        log(LogEvent.EVENT_DECIDED, tier=1)           allowlisted fields only
        metric(Metric.DECISIONS, Tier="1")            buffered ...
    flush_metrics()                                   ... and written together as EMF lines

Keys that Powertools' Logger has too are named as there: `level` in upper case, `message` (the event's label),
`service`, `function_request_id`, `cold_start`, `xray_trace_id`. Metrics use CloudWatch's embedded metric format,
which turns a log line into metrics without a call.
Sources: Amazon CloudWatch User Guide, "Specification: Embedded metric format"; Powertools for AWS Lambda (Python),
"Logger", standard structured keys.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from rp_mw_shared.observability.events import LogEvent
from rp_mw_shared.observability.fields import FIELDS, code, identifier, to_shaped
from rp_mw_shared.observability.metrics import NAMESPACE, Metric

Write = Callable[[str], None]
Dimensions = tuple[tuple[str, str], ...]

_MAX_VALUES_PER_METRIC = 100  # Source: EMF specification, length of a metric's array
_NO_INVOCATION: Mapping[str, Any] = MappingProxyType({})
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False)
_trace_id: ContextVar[str] = ContextVar("rp_mw_trace_id", default="")


class FieldNotAllowedError(Exception):
    """A log field or dimension is not in the closed list, or its value has the wrong shape (strict mode only)."""


class _Line:
    """One EMF line in the making: dimension values, and the samples of each (metric, dimension names)."""

    __slots__ = ("dimensions", "samples")

    def __init__(self) -> None:
        self.dimensions: dict[str, str] = {}
        self.samples: dict[Metric, list[float]] = {}

    def takes(self, metric_name: Metric, dimensions: Dimensions) -> bool:
        """Tell whether the sample fits: no dimension with another value, no full or differently cut metric."""
        if len(self.samples.get(metric_name, ())) >= _MAX_VALUES_PER_METRIC:
            return False
        return not dimensions or all(self.dimensions.get(name, value) == value for name, value in dimensions)


def _write_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")  # one call per line, so that lines of two threads never mix


class Recorder:
    """Writes log lines and keeps metric samples until they are flushed; safe to use from several threads."""

    def __init__(self, *, service: str = "unset", env: str = "unset", strict: bool = False, write: Write | None = None):
        self._service = service
        self._env = env
        self._strict = strict
        self._write = write or _write_stdout
        self._lines: list[_Line] = []
        self._lock = threading.Lock()

    def log(self, event: LogEvent, **fields: Any) -> None:
        """Write one line; None values are left out, a value that fails its shape is withheld and counted."""
        line: dict[str, Any] = {"level": event.level, "message": event.label, "ts": time.time_ns() // 1_000_000}
        line |= {"service": self._service, "env": self._env, **_Current.invocation}
        trace_id = _trace_id.get()
        if trace_id:
            line["trace_id"] = identifier(trace_id)
        shaped, problems = to_shaped(fields)
        for problem in problems:
            self._withhold(problem)
        self._write(_ENCODER.encode(line | shaped))

    def _withhold(self, problem: str) -> None:
        if self._strict:
            raise FieldNotAllowedError(problem)
        self.metric(Metric.FIELDS_WITHHELD)

    def metric(self, metric_name: Metric, value: float = 1, **dimensions: str) -> None:
        """Keep one sample; `dimensions` must be exactly the metric's own, each a short code."""
        if tuple(dimensions) != metric_name.dimensions and set(dimensions) != set(metric_name.dimensions):
            raise FieldNotAllowedError(f"{metric_name.label} takes dimensions {metric_name.dimensions}")
        cut = tuple([(name, _dimension_value(text)) for name, text in dimensions.items()])
        with self._lock:
            for line in self._lines:
                if line.takes(metric_name, cut):
                    break
            else:
                self._lines.append(line := _Line())
            line.dimensions.update(cut)
            line.samples.setdefault(metric_name, []).append(value)

    def flush(self) -> None:
        """Write the kept samples as EMF, as few lines as their dimensions allow (one for a normal event)."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            self._write(_ENCODER.encode(self._emf(line)))

    def _emf(self, line: _Line) -> dict[str, Any]:
        header = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": _directives(tuple(line.samples))}
        values = {name.label: kept[0] if len(kept) == 1 else kept for name, kept in line.samples.items()}
        named = {"Env": self._env, "Service": self._service, **line.dimensions}
        return {"_aws": header, **named, **values, **_Current.invocation}


@lru_cache
def _directives(metrics: tuple[Metric, ...]) -> list[dict[str, Any]]:
    """Return what CloudWatch is to make of these samples; most events of a service have the same ones."""
    by_dimensions: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for metric_name in metrics:
        directive = by_dimensions.setdefault(metric_name.dimensions, [])
        directive.append({"Name": metric_name.label, "Unit": metric_name.unit})
    return [
        {"Namespace": NAMESPACE, "Dimensions": _dimension_sets(names), "Metrics": named}
        for names, named in by_dimensions.items()
    ]


def _dimension_sets(names: tuple[str, ...]) -> list[list[str]]:
    total = ["Env", "Service"]
    return [total, [*total, *names]] if names else [total]


def _dimension_value(text: str) -> str:
    return text if text.isdecimal() and len(text) == 1 else str(code(text))


class _Current:
    """Holds the process's recorder, so that `configure` reaches every module that imported `log`.

    `invocation` is of the process and not of a context: Lambda gives a process one event at a time, whose threads
    belong to it.
    """

    recorder = Recorder()
    invocation: Mapping[str, Any] = _NO_INVOCATION
    is_cold = True


def configure(*, service: str, env: str, strict: bool = False, write: Write | None = None) -> None:
    """Name the service and environment of every following line; `strict` raises on a field that is not allowed."""
    _Current.recorder = Recorder(service=service, env=env, strict=strict, write=write)


class Invocation:
    """Put on every line and metric written inside the block what joins it to Lambda's own lines of this invocation.

    `context` is Lambda's context object: `aws_request_id` and `function_version` are read from it, the trace id from
    the environment, where the runtime puts it anew for each invocation. What is missing is left out.
    Source: AWS Lambda Developer Guide, "Using the Lambda context object" and "Defined runtime environment variables".
    """

    __slots__ = ("_told",)

    def __init__(self, context: object) -> None:
        root = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0].removeprefix("Root=")
        self._told = {
            "function_request_id": getattr(context, "aws_request_id", None),
            "function_version": getattr(context, "function_version", None),
            "cold_start": _Current.is_cold,
            "xray_trace_id": root or None,
        }

    def __enter__(self) -> None:
        _Current.is_cold = False
        _Current.invocation = {name: FIELDS[name](value) for name, value in self._told.items() if value is not None}

    def __exit__(self, *_: object) -> None:
        _Current.invocation = _NO_INVOCATION


@contextmanager
def initialisation() -> Iterator[None]:
    """Put on every line of a function's start what joins it to Lambda's INIT_START: there is no request id yet."""
    told = {"function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"), "cold_start": True}
    _Current.invocation, _ = to_shaped(told)
    try:
        yield
    finally:
        _Current.invocation = _NO_INVOCATION


def log(event: LogEvent, **fields: Any) -> None:
    """Write one JSON log line for `event` with allowlisted fields (`fields.py`) and the current trace id."""
    _Current.recorder.log(event, **fields)


def metric(metric_name: Metric, value: float = 1, **dimensions: str) -> None:
    """Keep one sample of a metric (`metrics.py` has its unit and dimensions) until `flush_metrics`."""
    _Current.recorder.metric(metric_name, value, **dimensions)


def flush_metrics() -> None:
    """Write the kept samples; called once per event, at the handler's edge."""
    _Current.recorder.flush()


def current_trace_id() -> str:
    """Return the trace id in force, or an empty string."""
    return _trace_id.get()


@contextmanager
def tracing(trace_id: str) -> Iterator[None]:
    """Put `trace_id` on every line written inside the block."""
    token = _trace_id.set(trace_id)
    try:
        yield
    finally:
        _trace_id.reset(token)
