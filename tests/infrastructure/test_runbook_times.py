"""How soon an alarm fires, as the runbook says, is what its row in config/alarms.yaml comes to (decision 0230)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.alarms import Alarm, load_alarms

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
TABLE = RUNBOOK.partition("## How soon an alarm fires")[2].partition("\n## ")[0]
TIMES = dict(re.findall(r"^\| \[[^]]+\]\(#([a-z0-9-]+)\) \| ([^|]+) \|$", TABLE, re.MULTILINE))
# an age is watched, which comes on top; a number that a stack gives
ON_TOP = {"oldest-message"}
BY_STACK = {"silence": "3 hours of work", "sweep-failed": "4 sweeps"}
BY_EVENT = {"deployment-failed": "at once"}


def minutes_of(alarm: Alarm) -> int | None:
    """Period times the data points that must be bad, minutes; None where a stack gives one of them."""
    row = alarm.row
    points = row.get("datapoints_to_alarm", row["evaluation_periods"])
    if not isinstance(points, int) or not isinstance(row["period_seconds"], int):
        return None
    return points * row["period_seconds"] // 60


HEARD = [alarm for alarm in load_alarms(ROOT) if alarm.row["severity"] != "condition"]


@pytest.mark.parametrize("alarm", HEARD, ids=[f"{alarm.stack}-{alarm.key}" for alarm in HEARD])
def test_an_alarm_fires_after_what_the_runbook_says(alarm: Alarm) -> None:
    """Each row is among the times of its section."""
    section, minutes = alarm.row["runbook"], minutes_of(alarm)
    if section in BY_STACK:
        assert (minutes, TIMES[section]) == (None, BY_STACK[section])
    elif section not in ON_TOP:
        assert re.search(rf"\b{minutes} min\b", TIMES[section]), f"{section}: {minutes} min, and not {TIMES[section]}"


def test_the_table_names_every_section_and_says_that_it_is_calculated() -> None:
    """And no section that no alarm has."""
    assert TIMES.keys() == {alarm.row["runbook"] for alarm in HEARD} | BY_EVENT.keys()
    assert "calculated from what Terraform sets, not measured" in TABLE
    assert (ROOT / "docs" / re.findall(r"\((decisions/0230[^)]+)\)", TABLE)[0]).is_file()
