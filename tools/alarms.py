"""The rows of config/alarms.yaml as the stacks read them, each with the stack it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.topology import load_topology

FOUNDATION = "foundation"
FILE = Path("config") / "alarms.yaml"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one stack; `row` is as config/alarms.yaml explains it."""

    stack: str
    key: str
    row: Mapping[str, Any]

    @property
    def metrics(self) -> list[Mapping[str, Any]]:
        """Namespace, name, dimensions and statistic of each metric."""
        return list(self.row["metrics"].values())


def load_alarms(root: Path, environment: str = "dev") -> list[Alarm]:
    """Every alarm of every stack, those of silence too; `root` is a checkout or a scratch copy of one."""
    topology = load_topology(root)
    text = (root / FILE).read_text("utf-8")
    found = [*_stack(text, FOUNDATION, {"env": environment}, [FOUNDATION])]
    for service, function in topology["functions"].items():
        (queue, *_) = [queue for queue in topology["queues"].values() if queue["consumer"] == service] or [None]
        sections = ["every_function", *(["every_consumer"] if queue else []), service, f"{service}_silence"]
        names = {"env": environment, "service": service, "function": function["name"]}
        if queue:
            names |= {"queue": queue["name"], "dlq": queue["dlq_name"]}
        found += _stack(text, service, names, sections)
    return found


def load_events(root: Path) -> dict[str, Mapping[str, Any]]:
    """What EventBridge tells of, by name."""
    import yaml

    events: dict[str, Mapping[str, Any]] = yaml.safe_load((root / FILE).read_text("utf-8"))["events"]
    return events


def load_promises(root: Path) -> dict[str, str]:
    """The promises that alarms tell of the breach of, by name."""
    import yaml

    promises: dict[str, str] = yaml.safe_load((root / FILE).read_text("utf-8"))["promises"]
    return promises


def _stack(text: str, stack: str, names: Mapping[str, str], sections: list[str]) -> Iterator[Alarm]:
    import yaml

    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value.replace("${env}", names["env"]))
    rows = yaml.safe_load(text)
    for section in sections:
        yield from (Alarm(stack, key, row) for key, row in rows.get(section, {}).items())
