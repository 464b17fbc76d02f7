"""The runbook says of every alarm how soon it fires, as Terraform sets it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.alarms import load_alarms, load_events
from tools.topology import load_topology

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
TOLD = dict(re.findall(r"^\| \[[^]]+\]\(#([^)]+)\) \| (.+) \|$", RUNBOOK, re.MULTILINE))
IN_WORDS = {"silence_hours": "3 hours of work", "two_sweeps_seconds": "4 sweeps"}


def _words(row: Mapping[str, Any], topology: Mapping[str, Any], service: str) -> str:
    """How soon it fires; an age that pages is itself most of the wait."""
    periods = row.get("datapoints_to_alarm", row["evaluation_periods"])
    said = IN_WORDS.get(row["period_seconds"]) or IN_WORDS.get(periods)
    seconds = 0
    if row["threshold"] == "planned_wait_seconds":
        seconds = sum(topology["retry_delays_seconds"]) + 5 * topology["functions"][service]["timeout_seconds"]
    elif row["threshold"] == "queue_age_warn_seconds":
        seconds = 300
    return said or f"{(seconds + row['period_seconds'] * periods) // 60} min"


def alarms() -> Iterator[tuple[str, str]]:
    """The runbook section of every alarm that is heard, and how soon it fires, in the table's words."""
    topology = load_topology(ROOT)
    for alarm in load_alarms(ROOT):
        if alarm.row["severity"] != "condition":
            yield alarm.row["runbook"], _words(alarm.row, topology, alarm.stack)
    for row in load_events(ROOT).values():
        yield row["runbook"], "at once"


def test_every_alarm_is_in_the_table_with_the_time_that_terraform_sets() -> None:
    """The sections where two alarms differ name both times."""
    found = list(alarms())
    assert len(found) > 25
    assert [(section, said) for section, said in found if said not in TOLD.get(section, "")] == []
    assert sorted(TOLD) == sorted({section for section, _ in found})


def test_every_section_of_an_alarm_says_what_it_means_and_is_not_empty() -> None:
    """Silence included."""
    for section in TOLD:
        title = section.replace("-", " ")
        text = re.search(rf"^## {title}\n\n(.+?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL | re.IGNORECASE)
        assert text and text[1].startswith("*Means*:"), section
