"""The runbook says of every alarm how soon it fires, as Terraform sets it, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
ALARM = re.compile(r'^    ("?[\w${}-]+"?) = \{\n(.*?)^    \}', re.MULTILINE | re.DOTALL)
TOLD = dict(re.findall(r"^\| \[[^]]+\]\(#([^)]+)\) \| (.+) \|$", RUNBOOK, re.MULTILINE))
IN_WORDS = {"var.business_day.hours": "a working day", "local.two_sweeps_seconds": "4 sweeps"}


def _value(name: str, block: str, default: str) -> str:
    found = re.search(rf"{name}\s*=\s*([^\s#]+)", block)
    return found[1].strip('"') if found else default


def alarms() -> Iterator[tuple[str, str]]:
    """The runbook section of every alarm that is heard, and how soon it fires, in the table's words."""
    for path in sorted((ROOT / "terraform" / "stacks").glob("*/resources/alarms.tf")):
        for _, block in ALARM.findall(path.read_text("utf-8")):
            period, count = _value("period_seconds", block, "60"), _value("evaluation_periods", block, "1")
            said = IN_WORDS.get(period) or IN_WORDS.get(count) or f"{int(period) * int(count) // 60} min"
            if _value("severity", block, "") != "condition":
                yield _value("runbook", block, ""), said


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
