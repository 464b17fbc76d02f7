"""The end of docs/deploy.md by its own commands: born in shadow, promoted to tags, the first ticket is routed."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rp_mw_local.stack import Stack, connection_facts
from rp_mw_ops.cli import main
from rp_mw_shared.environments import running_locally

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deploy.md").read_text("utf-8")
COMMANDS = re.findall(r"^    rp-mw ([^#\n]+)", PAGE.partition("## What stands in for the account")[2], re.MULTILINE)
SECONDS = 60  # an explanation is asked for until the ticket has its row
Say = Callable[[str], str]


@pytest.fixture
def say(system: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs one `rp-mw` command against the running system and returns what it printed; it must succeed."""
    monkeypatch.setattr(running_locally, "find_running", lambda: connection_facts(system))

    def run(command: str) -> str:
        until = time.monotonic() + SECONDS
        while (code := main(shlex.split(command))) != 0 and "explain" in command and time.monotonic() < until:
            time.sleep(0.5)
        told = capsys.readouterr()
        assert code == 0, told.err
        return told.out

    return run


def test_the_pages_own_commands_end_at_the_first_routed_ticket(system: Stack, say: Say) -> None:
    """In shadow the ticket is as the customer left it; in stage tags it has its route."""
    told = {command: say(command) for command in COMMANDS}
    shadow, tags = (told[command] for command in COMMANDS if command.startswith("explain"))
    assert "mode dry_run" in shadow and "rp_tags" not in shadow
    assert "mode route_only" in tags and "rp_tags done" in tags
    tickets = system.richpanel.store.tickets
    untouched, routed = (tickets[command.split()[1]].tags for command in COMMANDS if command.startswith("explain"))
    assert [tag for tag in untouched if tag.startswith("route-")] == []
    assert [tag for tag in routed if tag.startswith("route-")] != []
