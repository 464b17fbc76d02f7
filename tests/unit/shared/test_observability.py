"""Nothing but allowlisted names with harmless shapes gets into a log line; metrics follow the EMF specification."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.observability import (
    LogEvent,
    Metric,
    configure,
    flush_metrics,
    invocation,
    log,
    metric,
    tracing,
)
from rp_mw_shared.observability.fields import FIELDS, REPLACED
from rp_mw_shared.observability.recorder import FieldNotAllowedError, _Current, _logger
from tests.fakes.recording import Recording, recording


@pytest.fixture
def lenient() -> list[str]:
    """The lines of a production recorder, which withholds instead of raising."""
    lines: list[str] = []
    configure(service="worker", env="prod", write=lines.append)
    return lines


def test_a_line_names_event_level_service_and_environment(recorded: Recording) -> None:
    """One JSON object per line."""
    log(LogEvent.EVENT_DECIDED, tier=1, reasons={"b_code", "a_code"}, confidence=0.12345, route=None)
    (line,) = recorded.lines
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("timestamp"))
    assert re.fullmatch(r"test_a_line_names_\w+:\d+", line.pop("location"))
    assert line == {
        "level": "INFO",
        "message": "event_decided",
        "service": "test",
        "env": "test",
        "tier": 1,
        "reasons": ["a_code", "b_code"],
        "confidence": 0.123,
    }
    assert "\n" not in recorded.raw[0]


def test_the_trace_id_is_on_every_line_of_its_block_only(recorded: Recording) -> None:
    """One id from the webhook to the last call."""
    with tracing("t-1"):
        log(LogEvent.EVENT_STARTED)
    log(LogEvent.EVENT_STARTED)
    assert [line.get("correlation_id") for line in recorded.lines] == ["t-1", None]


class LambdaContext:
    """As much of Lambda's context object as joins our lines to Lambda's."""

    aws_request_id = "3f0c6a52-5d1e-4a0b-9b9c-0a1b2c3d4e5f"
    function_version = "17"


TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


def test_lines_and_metrics_join_to_lambdas_own(recorded: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the keys that Powertools' Logger uses; only a process's first invocation is a cold start."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    monkeypatch.setattr(_Current, "is_cold", True)
    for _ in range(2):
        with invocation(LambdaContext()):
            log(LogEvent.EVENT_STARTED)
            metric(Metric.COMPLETED)
            flush_metrics()
    joined = {
        "function_request_id": "3f0c6a52-5d1e-4a0b-9b9c-0a1b2c3d4e5f",
        "function_version": "17",
        "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    }
    assert all(joined.items() <= line.items() for line in recorded.lines)
    assert [line["cold_start"] for line in recorded.lines] == [True, True, False, False]
    assert recorded.samples("ColdStart") == [1]
    assert all(emf_problems(line) == [] for line in recorded.lines if "_aws" in line)


def test_nothing_of_an_invocation_is_left_after_it(recorded: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even after one that failed; what Lambda does not tell is left out."""
    monkeypatch.setattr(_Current, "is_cold", False)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    with pytest.raises(RuntimeError), invocation(LambdaContext()):
        raise RuntimeError
    log(LogEvent.EVENT_STARTED)
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    with invocation(object()):
        log(LogEvent.EVENT_STARTED)
    outside, untold = recorded.lines
    joining = {"function_request_id", "function_version", "xray_trace_id", "cold_start"}
    assert joining.isdisjoint(outside)
    assert joining & set(untold) == {"cold_start"}


def test_an_unknown_field_is_an_error_in_tests() -> None:
    """A typo or a new field shows at once."""
    with pytest.raises(FieldNotAllowedError):
        log(LogEvent.EVENT_STARTED, customer="x")


def test_an_unknown_field_is_dropped_and_counted_in_production(lenient: list[str]) -> None:
    """A log call never fails an event."""
    log(LogEvent.EVENT_STARTED, customer="canary")
    flush_metrics()
    assert "canary" not in "".join(lenient)
    assert json.loads(lenient[-1])["FieldsWithheld"] == [1]


LEAK = "Ana Canary, 12 Main Street"


def test_what_reaches_powertools_past_our_own_log_call_is_withheld(lenient: list[str]) -> None:
    """A library or a hurried fix may use the logger itself: no message, key, exception or stack of its gets out."""
    logger = _logger()
    try:
        raise ValueError(LEAK)
    except ValueError as error:
        error.add_note(LEAK)
        logger.exception(LEAK, customer=LEAK, reason=LEAK)
    logger.warning("%s", LEAK)
    logger.append_keys(customer=LEAK, service=LEAK)
    logger.info({"body": LEAK}, stack_info=True)
    logger.remove_keys(["customer"])
    flush_metrics()
    assert "Canary" not in "".join(lenient)
    failed = json.loads(lenient[0])
    assert (failed["level"], failed["exception_name"], failed["message"]) == ("ERROR", "ValueError", REPLACED)
    assert json.loads(lenient[-1])["FieldsWithheld"] == [1] * 7


@pytest.mark.parametrize(
    "variable",
    [
        "POWERTOOLS_LOGGER_SAMPLE_RATE",
        "POWERTOOLS_LOGGER_LOG_EVENT",
        "POWERTOOLS_DEV",
        "POWERTOOLS_METRICS_DISABLED",
        "POWERTOOLS_METRICS_NAMESPACE",
        "POWERTOOLS_SERVICE_NAME",
    ],
)
def test_no_environment_variable_of_powertools_changes_what_is_written(variable: str) -> None:
    """Nor does one close it, rename a dimension or indent the output."""
    assert lines_of_a_process({variable: "1"}) == lines_of_a_process({})


def test_the_level_is_the_environments() -> None:
    """Metrics go out whatever it is."""
    quiet = lines_of_a_process({"POWERTOOLS_LOG_LEVEL": "ERROR"})
    assert [line.get("message", "metrics") for line in quiet] == ["metrics"]
    assert [line.get("message", "metrics") for line in lines_of_a_process({})] == ["event_started", "metrics"]


def lines_of_a_process(environment: dict[str, str]) -> list[dict[str, Any]]:
    """What a new process writes, its times left out."""
    code = (
        "from rp_mw_shared.observability import LogEvent, Metric, configure, invocation, log\n"
        "configure(service='worker', env='dev')\n"
        "with invocation(None):\n"
        "    log(LogEvent.EVENT_STARTED)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        line.pop("timestamp", None)
        line.get("_aws", {}).pop("Timestamp", None)
    return lines


LEAKS = [
    "ana@example.com",
    "+15550109999",
    "555-010-9999 x1",
    "4111 1111 1111 1111",
    "order-123456789012",
    "Where is my order?",
    "12 Main Street",
    "https://shop.example/?token=abc",
    "x" * 200,
    "a\nb",
    "",
]


@pytest.mark.parametrize("name", sorted(FIELDS))
@pytest.mark.parametrize("leak", LEAKS)
def test_no_field_lets_personal_text_through(lenient: list[str], name: str, leak: str) -> None:
    """Whatever the caller thought it was passing."""
    is_harmless_identifier = name in IDENTIFIERS and leak == "order-123456789012"
    if is_harmless_identifier:
        return
    log(LogEvent.EVENT_STARTED, **{name: leak})
    log(LogEvent.EVENT_STARTED, **{name: [leak]})
    for line in lenient:
        written: Any = json.loads(line)[name]
        assert written in (REPLACED, [REPLACED])


IDENTIFIERS = {"conversation", "event_digest", "delivery_id", "request_id", "record_id"} | {
    "function_request_id",
    "xray_trace_id",
}


@given(st.sampled_from(sorted(FIELDS)), st.text() | st.floats() | st.binary() | st.lists(st.text()) | st.none())
def test_no_value_breaks_a_log_call(name: str, value: object) -> None:
    """Logging is never the reason an event fails."""
    lines: list[str] = []
    with recording():
        configure(service="worker", env="prod", write=lines.append)
        log(LogEvent.EVENT_STARTED, **{name: value})
        flush_metrics()
    assert all(json.loads(line) for line in lines)


def emf_problems(line: dict[str, Any]) -> list[str]:
    """Check one line against CloudWatch's EMF specification."""
    problems = []
    header = line["_aws"]
    if not isinstance(header["Timestamp"], int):
        problems.append("Timestamp is not an integer")
    for directive in header["CloudWatchMetrics"]:
        if directive["Namespace"] != "rp-mw" or not 1 <= len(directive["Metrics"]) <= 100:
            problems.append("Namespace or number of metrics")
        for names in directive["Dimensions"]:
            if len(names) > 30 or any(not isinstance(line.get(name), str) or not line[name] for name in names):
                problems.append(f"dimension without a text value in {names}")
        for definition in directive["Metrics"]:
            value = line.get(definition["Name"])
            values = value if isinstance(value, list) else [value]
            if len(values) > 100 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
                problems.append(f"value of {definition['Name']}")
    return problems


def test_an_events_metrics_go_out_as_one_valid_line_for_each_set_of_dimension_values(recorded: Recording) -> None:
    """A sample with dimensions of its own counts for the total, too."""
    metric(Metric.COMPLETED)
    metric(Metric.END_TO_END_LATENCY, 812.5)
    metric(Metric.DECISIONS, Tier="1")
    metric(Metric.VENDOR_REQUESTS, Vendor="richpanel")
    metric(Metric.VENDOR_REQUESTS, Vendor="richpanel")
    flush_metrics()
    flush_metrics()
    plain, decisions, requests = recorded.lines
    assert [emf_problems(line) for line in recorded.lines] == [[], [], []]
    assert (plain["Env"], plain["Service"], plain["EndToEndLatency"]) == ("test", "test", [812.5])
    assert (decisions["Tier"], requests["Vendor"], requests["VendorRequests"]) == ("1", "richpanel", [1, 1])
    (directive,) = requests["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Env", "Service"], ["Env", "Service", "Vendor"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Metric)),
            st.floats(0, 1e6),
            st.sampled_from(["richpanel", "openai", "0", "no_match"]),
        ),
        max_size=300,
    )
)
def test_every_sample_reaches_exactly_one_valid_line(samples: list[tuple[Metric, float, str]]) -> None:
    """No sample is lost or counted under another dimension value, however they mix."""
    with recording() as kept:
        for name, value, dimension in samples:
            metric(name, value, **dict.fromkeys(name.dimensions, dimension))
        flush_metrics()
        lines = kept.lines
    written = []
    for line in lines:
        assert emf_problems(line) == []
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert directive["Dimensions"][0] == ["Env", "Service"]
            extra = directive["Dimensions"][-1][2:]
            for definition in directive["Metrics"]:
                value = line[definition["Name"]]
                for sample in value if isinstance(value, list) else [value]:
                    written.append((definition["Name"], sample, tuple(line[name] for name in extra)))
    expected = [(name.label, value, tuple(dimension for _ in name.dimensions)) for name, value, dimension in samples]
    assert sorted(written) == sorted(expected)


def test_numbers_that_are_none_are_withheld(lenient: list[str]) -> None:
    """JSON has no word for them, and a log call never fails an event."""
    log(LogEvent.EVENT_STARTED, confidence=float("nan"), duration_ms=float("inf"))
    assert json.loads(lenient[0])["confidence"] == REPLACED


def test_a_metric_takes_exactly_its_own_dimensions() -> None:
    """Cardinality is decided in metrics.py, not at the call."""
    with pytest.raises(FieldNotAllowedError):
        metric(Metric.DECISIONS)
    with pytest.raises(FieldNotAllowedError):
        metric(Metric.COMPLETED, Vendor="richpanel")


def test_a_dimension_value_that_looks_personal_is_withheld(recorded: Recording) -> None:
    """A dimension is written in the clear."""
    metric(Metric.REJECTED, Reason="ana@example.com")
    flush_metrics()
    assert recorded.lines[0]["Reason"] == REPLACED


def test_threads_do_not_mix_lines_or_lose_samples(recorded: Recording) -> None:
    """The sweep and the simulators log from several threads."""

    def work() -> None:
        for _ in range(200):
            log(LogEvent.EVENT_STARTED, count=1)
            metric(Metric.COMPLETED)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flush_metrics()
    assert len(recorded.events("event_started")) == 800
    assert sum(recorded.samples("Completed")) == 800


def test_names_are_unique() -> None:
    """An alias would silently merge two events or metrics."""
    assert len({event.label for event in LogEvent}) == len(LogEvent.__members__)
    assert len({kept.label for kept in Metric}) == len(Metric.__members__)


def test_lines_go_to_standard_output_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda ships standard output to the log group."""
    configure(service="ingress", env="dev")
    log(LogEvent.EVENT_STARTED)
    assert json.loads(capsys.readouterr().out)["service"] == "ingress"
