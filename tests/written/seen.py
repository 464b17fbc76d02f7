"""What was really written: messages, fields and metrics, read from the lines that running zips printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rp_mw_shared.observability import LogEvent, Metric
from rp_mw_shared.observability.fields import FIELDS, STANDARD_KEYS

# Every line has them without being asked; they are in no list.
_OF_EVERY_LINE = {"level", "location", "timestamp", *STANDARD_KEYS}
# Lambda's own, which Logs Insights adds. Source: CloudWatch Logs User Guide, "Supported logs and discovered fields".
DISCOVERED = {"@timestamp", "@message", "@requestId", "@duration", "@initDuration", "@type", "@logStream", "@log"}
_TOTAL = {"Env", "Service"}


@dataclass(slots=True)
class Seen:
    """By service: its log lines, and the dimension sets, besides Env and Service, that each metric was written with."""

    lines: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    metrics: dict[str, dict[str, set[frozenset[str]]]] = field(default_factory=dict)

    @property
    def messages(self) -> set[str]:
        """The messages of all services."""
        return {str(line["message"]) for lines in self.lines.values() for line in lines}

    def fields(self, services: Iterable[str], message: str | None = None, level: str | None = None) -> set[str]:
        """The fields seen on these services' lines, of one message or level if named."""
        return {
            name
            for service in services
            for line in self.lines.get(service, ())
            if message in {None, line["message"]} and level in {None, line["level"]}
            for name in line
        }

    def values(self, name: str) -> set[str]:
        """Every value a field was seen with, as text; of a list, its members."""
        found = [line[name] for lines in self.lines.values() for line in lines if name in line]
        return {str(one) for value in found for one in (value if isinstance(value, list) else [value])}

    @property
    def metric_names(self) -> set[str]:
        """The metrics of all services."""
        return {name for metrics in self.metrics.values() for name in metrics}


def read_lines(printed: Mapping[str, Iterable[dict[str, Any]]]) -> Seen:
    """Sort what each service printed into log lines and metrics."""
    seen = Seen()
    for service, lines in printed.items():
        metrics: dict[str, set[frozenset[str]]] = defaultdict(set)
        for line in lines:
            if "_aws" not in line:
                seen.lines[service].append(line)
                continue
            for directive in line["_aws"]["CloudWatchMetrics"]:
                sets = {frozenset(names) - _TOTAL for names in directive["Dimensions"]}
                for definition in directive["Metrics"]:
                    metrics[definition["Name"]] |= sets
        seen.metrics[service] = dict(metrics)
    return seen


def find_unwritten(
    seen: Seen,
    messages: Iterable[str] = tuple(event.label for event in LogEvent),
    fields: Iterable[str] = tuple(FIELDS),
    metrics: Iterable[str] = tuple(metric.label for metric in Metric),
) -> list[str]:
    """Return the declared names that nothing wrote, each with its kind."""
    kinds = (
        ("message", messages, seen.messages),
        ("field", fields, seen.fields(seen.lines) - _OF_EVERY_LINE),
        ("metric", metrics, seen.metric_names),
    )
    return [f"{kind} {name}" for kind, declared, written in kinds for name in sorted(set(declared) - written)]
