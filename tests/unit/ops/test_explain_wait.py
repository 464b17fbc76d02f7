"""`rp-mw explain --wait` looks until the latest message is decided, and README shows its answer before a switch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import parse
from rp_mw_ops.commands.explain import MAX_WAIT_SECONDS, wait_until_decided
from rp_mw_ops.commands.send import _show
from rp_mw_ops.errors import UsageError
from rp_mw_shared.clock import FakeClock

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")
PARKED, DECIDED = {"outcome": "parked"}, {"outcome": "completed"}
OPERATOR = {"kind": "outcome"}


class Trail:
    """The rows of a conversation, which come one at a time: look by look."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows, self.looks = rows, 0

    def load(self) -> list[dict[str, Any]]:
        """What is there at this look."""
        self.looks += 1
        return list(self.rows[: self.looks - 1])


def test_the_decision_is_waited_for_and_no_longer() -> None:
    """Nothing yet, then the shop is asked, then it is decided; what came of the ticket is no decision."""
    trail, clock = Trail(PARKED, DECIDED, OPERATOR), FakeClock()
    began = clock.monotonic()
    assert wait_until_decided(trail.load, 60, clock)
    assert (trail.looks, clock.monotonic() - began) == (3, 1.0)


@pytest.mark.parametrize("rows", [[], [PARKED], [OPERATOR]])
def test_what_is_not_decided_in_time_is_said_so(rows: list[dict[str, Any]]) -> None:
    """The shop's answer may be still awaited."""
    clock = FakeClock()
    began = clock.monotonic()
    assert not wait_until_decided(lambda: rows, 2, clock)
    assert clock.monotonic() - began == 2


def test_without_a_wait_it_looks_once() -> None:
    """As before."""
    clock = FakeClock()
    assert not wait_until_decided(list, 0, clock)
    assert clock.monotonic() == FakeClock().monotonic()


@pytest.mark.parametrize("given", ["-1", "soon", str(MAX_WAIT_SECONDS + 1)])
def test_a_wait_that_is_none_is_wrong_usage(given: str) -> None:
    """Told before anything is asked of an environment."""
    with pytest.raises(UsageError, match="--wait"):
        parse(["explain", "c", "--wait", given])


def test_what_was_sent_is_explained_with_a_wait(capsys: pytest.CaptureFixture[str]) -> None:
    """The line can be copied at once."""
    _show("first", [], as_json=False)
    assert "next: rp-mw explain 'first' --wait 60" in capsys.readouterr().out


def test_readmes_block_shows_the_answer_before_a_switch_and_puts_the_switch_back() -> None:
    """Typed at once it holds what it says; every command of it is one that there is."""
    block = README.partition("Then by hand:")[2].partition("make down")[0]
    words = [re.split(r" {2,}#", line)[0].split() for line in re.findall(r"rp-mw (.*)", block)]
    names = [" ".join(one[:2]) if one[0] == "flags" else one[0] for one in words]
    assert names.index("send") < names.index("explain") < names.index("flags set") < names.index("resume")
    assert "--wait" in words[names.index("explain")]
