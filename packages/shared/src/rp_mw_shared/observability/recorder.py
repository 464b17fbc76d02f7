"""Powertools' Logger and Metrics, fenced by the closed sets: one JSON object per line on standard output.

    configure(service="worker", env="dev")            once, by the service's wiring
    with invocation(context):                         once per invocation, by the handler: what joins to Lambda's lines
        with tracing(message.trace_id):               one correlation id from the webhook to the last call
            log(LogEvent.EVENT_DECIDED, tier=1)       allowlisted fields only
            metric(Metric.DECISIONS, Tier="1")        buffered ...
        flush_metrics()                               ... and written as EMF, a line for each set of dimension values

The level comes from POWERTOOLS_LOG_LEVEL or Lambda's own AWS_LAMBDA_LOG_LEVEL; nothing is sampled.
Sources: Powertools for AWS Lambda (Python), "Logger" and "Metrics"; Amazon CloudWatch User Guide, "Specification:
Embedded metric format".
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics

from rp_mw_shared.observability.events import LogEvent
from rp_mw_shared.observability.fields import FIELDS, REPLACED, STANDARD_KEYS, Shape
from rp_mw_shared.observability.metrics import NAMESPACE, Metric

Write = Callable[[str], None]
Dimensions = tuple[tuple[str, str], ...]

# Powertools prints by itself, past `write`, what reaches 100 values. Source: EMF specification, length of an array.
_MOST_VALUES = 99
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({})))
_LABELS = frozenset(event.label for event in LogEvent)
_MAX_LISTED = 40
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.+/-]{0,79}\Z")
_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_:.=-]{1,80}\Z")
_VERSION = re.compile(r"\$LATEST\Z|[0-9]{1,6}\Z")
_LONG_DIGITS = re.compile(r"[0-9](?:[ .-]?[0-9]){8,}")
# A line is made of shaped values and Powertools' own: it holds no circle.
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


class FieldNotAllowedError(Exception):
    """A log field or dimension is not in the closed list, or its value has the wrong shape (strict mode only)."""


def _write_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")  # one call per line, so that lines of two threads never mix


def _code(value: Any) -> Any:
    """Pass a reason code, label or name from a closed set; withhold anything else."""
    text = str(value)
    return text if _CODE.match(text) and not _LONG_DIGITS.search(text) else REPLACED


def _identifier(value: Any) -> Any:
    """Pass a digest, UUID or trace id; withhold anything else."""
    text = str(value)
    return text if _ID.match(text) else REPLACED


def _version(value: Any) -> Any:
    """Pass the number of a published function version, or $LATEST; withhold anything else."""
    text = str(value)
    return text if _VERSION.match(text) else REPLACED


def _event_label(value: Any) -> Any:
    """Pass a label of events.py; withhold anything else."""
    return value if str(value) in _LABELS else REPLACED


def _number(value: Any) -> Any:
    """Pass a finite number; floats are kept to three decimals."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else REPLACED
    return value if isinstance(value, int) and not isinstance(value, bool) else REPLACED


def _boolean(value: Any) -> Any:
    """Pass true or false."""
    return value if isinstance(value, bool) else REPLACED


def _codes(value: Any) -> Any:
    """Pass a list of codes, sorted if it is a set, at most 40."""
    if isinstance(value, str) or not isinstance(value, Collection):
        return REPLACED
    listed = sorted(value) if isinstance(value, set | frozenset) else list(value)
    return [_code(item) for item in listed[:_MAX_LISTED]]


_SHAPES: dict[Shape, Callable[[Any], Any]] = {
    Shape.CODE: _code,
    Shape.CODES: _codes,
    Shape.IDENTIFIER: _identifier,
    Shape.VERSION: _version,
    Shape.EVENT_LABEL: _event_label,
    Shape.NUMBER: _number,
    Shape.BOOLEAN: _boolean,
}


def _to_shaped(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields as a line may carry them, and what was withheld of them and why; None values are left out."""
    shaped: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if value is None:
            continue
        shape = FIELDS.get(name) or STANDARD_KEYS.get(name)
        if shape is None:
            problems.append(f"log field {name!r} is not in fields.py")
            continue
        shaped[name] = kept = _SHAPES[shape](value)
        if kept == REPLACED or (isinstance(kept, list) and REPLACED in kept):
            problems.append(f"log field {name!r} holds a value its shape does not allow")
    return shaped, problems


class _Formatter(LambdaPowertoolsFormatter):
    """Powertools' formatter, but for what gets into a line: declared fields in their shapes.

    An exception is its class name: its text and its stack could quote what a customer wrote.
    """

    def __init__(self) -> None:
        super().__init__(use_rfc3339=True, utc=True)
        self.remove_keys(self.log_record_order)  # written by `format`; what is left are the keys that were appended

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what is not declared or fails its shape is withheld and counted."""
        told = {"message": record.msg, **self.get_current_keys(), **self.thread_safe_get_current_keys()}
        added = vars(record).keys() - _OF_EVERY_RECORD
        told |= {name: getattr(record, name) for name in sorted(added)}
        if record.exc_info and record.exc_info[0]:
            told["exception_name"] = record.exc_info[0].__name__
        shaped, problems = _to_shaped(told)
        for problem in problems:
            _Current.withhold(problem)
        place = f"{record.funcName}:{record.lineno}"
        standard = {"level": record.levelname, "location": place, "timestamp": self.formatTime(record)}
        return _ENCODER.encode(standard | shaped | _Current.joining)


class _LineHandler(logging.Handler):
    """Writes where `configure` says, and lets the strict mode's error through to the caller."""

    def emit(self, record: logging.LogRecord) -> None:
        _Current.write(self.format(record))


class _Metrics:
    """Samples until they are flushed; one Powertools provider for each set of dimension values, as it knows only one.

    Every metric is also written without its own dimensions. Safe to use from several threads.
    """

    def __init__(self, *, service: str, env: str) -> None:
        self._identity = {"Env": env, "Service": service}
        self._providers: dict[Dimensions, EphemeralMetrics] = {}
        self._lock = threading.Lock()

    def add(self, name: Metric, value: float, dimensions: Dimensions) -> None:
        """Keep one sample."""
        with self._lock:
            provider = self._providers.get(dimensions) or self._new_provider(dimensions)
            if len(provider.metric_set.get(name.label, {}).get("Value", ())) >= _MOST_VALUES:
                _write(provider)
            provider.add_metric(name.label, name.unit, value)

    def flush(self) -> None:
        """Write the kept samples."""
        with self._lock:
            for provider in self._providers.values():
                if provider.metric_set:
                    _write(provider)

    def _new_provider(self, dimensions: Dimensions) -> EphemeralMetrics:
        # an empty service: Powertools would add a dimension `service` of its own, also from its environment variable
        provider = EphemeralMetrics(namespace=NAMESPACE, service="", default_dimensions=self._identity)
        if dimensions:
            provider.add_dimensions(**dict(dimensions))
        self._providers[dimensions] = provider
        return provider


def _write(provider: EphemeralMetrics) -> None:
    _Current.write(_ENCODER.encode(provider.serialize_metric_set(metadata=_Current.joining)))
    provider.metric_set.clear()


class _Current:
    """The process's logger and metrics, so that `configure` reaches every module that imported `log`.

    `joining` is of the process and not of a context: Lambda gives a process one event at a time, whose threads belong
    to it.
    """

    logger: Logger | None = None
    metrics = _Metrics(service="unset", env="unset")
    write: Write = staticmethod(_write_stdout)
    is_strict = False
    joining: dict[str, Any] = {}  # noqa: RUF012  replaced as a whole
    is_cold = True

    @classmethod
    def withhold(cls, problem: str) -> None:
        """Count a value that was stopped; in strict mode raise FieldNotAllowedError."""
        if cls.is_strict:
            raise FieldNotAllowedError(problem)
        metric(Metric.FIELDS_WITHHELD)


def _logger() -> Logger:
    if _Current.logger is None:
        _Current.logger = Logger(
            service="unset", sampling_rate=0, logger_handler=_LineHandler(), logger_formatter=_Formatter()
        )
        _Current.logger.remove_keys(["sampling_rate"])
        logging.getLogger("unset").propagate = False  # Lambda's own root handler would write each line again
        # Not on our lines, so not looked for. Source: Python, Logging HOWTO, "Optimization".
        logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    return _Current.logger


def configure(*, service: str, env: str, strict: bool = False, write: Write | None = None) -> None:
    """Name the service and environment of every following line; `strict` raises on a field that is not allowed."""
    _logger().append_keys(service=service, env=env)
    _Current.metrics = _Metrics(service=service, env=env)
    _Current.write = write or _write_stdout
    _Current.is_strict = strict


@contextmanager
def invocation(context: object) -> Iterator[None]:
    """Put on every line and metric written inside the block what joins it to Lambda's own lines of this invocation.

    `context` is Lambda's context object: `aws_request_id` and `function_version` are read from it, the trace id from
    the environment, where the runtime puts it anew for each invocation. What is missing is left out. What is left of
    the metrics is written at the end.
    Source: AWS Lambda Developer Guide, "Using the Lambda context object" and "Defined runtime environment variables".
    """
    root = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0].removeprefix("Root=")
    told = {
        "function_request_id": getattr(context, "aws_request_id", None),
        "function_version": getattr(context, "function_version", None),
        "cold_start": _Current.is_cold,
        "xray_trace_id": root or None,
    }
    _Current.joining, _ = _to_shaped(told)
    if _Current.is_cold:
        _Current.is_cold = False
        metric(Metric.COLD_START)
    try:
        yield
    finally:
        flush_metrics()
        _Current.joining = {}


@contextmanager
def initialisation() -> Iterator[None]:
    """Put on every line of a function's start what joins it to Lambda's INIT_START: there is no request id yet."""
    told = {"function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"), "cold_start": True}
    _Current.joining, _ = _to_shaped(told)
    try:
        yield
    finally:
        _Current.joining = {}


def log(event: LogEvent, **fields: Any) -> None:
    """Write one JSON log line for `event` with allowlisted fields (`fields.py`) and the current correlation id."""
    extra = {name: value for name, value in fields.items() if name in FIELDS}
    if len(extra) < len(fields):
        _Current.withhold(f"log fields {sorted(fields.keys() - extra)} are not in fields.py")
    getattr(_logger(), event.level)(event.label, extra=extra, stacklevel=3)


def metric(name: Metric, value: float = 1, **dimensions: str) -> None:
    """Keep one sample of a metric (`metrics.py` has its unit and dimensions) until `flush_metrics`.

    `dimensions` must be exactly the metric's own, each a short code; else FieldNotAllowedError.
    """
    if tuple(dimensions) != name.dimensions and set(dimensions) != set(name.dimensions):
        raise FieldNotAllowedError(f"{name.label} takes dimensions {name.dimensions}")
    cut = tuple([(key, _dimension_value(text)) for key, text in dimensions.items()]) if dimensions else ()
    _Current.metrics.add(name, value, cut)


def _dimension_value(text: str) -> str:
    return text if text.isdecimal() and len(text) == 1 else str(_code(text))


def flush_metrics() -> None:
    """Write the kept samples; called once per event, at the handler's edge."""
    _Current.metrics.flush()


@contextmanager
def tracing(trace_id: str) -> Iterator[None]:
    """Put `trace_id` as correlation id on every line written inside the block; blocks do not nest."""
    _logger().thread_safe_append_keys(correlation_id=trace_id)
    try:
        yield
    finally:
        _logger().thread_safe_remove_keys(["correlation_id"])
