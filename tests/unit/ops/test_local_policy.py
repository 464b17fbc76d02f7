"""`rp-mw local up` and `status` say when the running system serves another policy than the files here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local import supervisor
from rp_mw_ops.cli import main
from rp_mw_ops.commands import local
from rp_mw_worker.policy import loader
from tests.fakes.policy import copy_policy

OLDER = "it serves an older policy: "


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder whose policy the commands take for the checkout's."""
    copy_policy(tmp_path)
    monkeypatch.setattr(local, "load_policy", lambda: loader.load_policy(tmp_path))
    return tmp_path


@pytest.fixture
def running(edited: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A system that runs and serves the policy as it was before any edit."""
    state: dict[str, Any] = {
        "pid": 1,
        "webhook_url": "http://127.0.0.1:1/webhook",
        "aws": {"endpoint_url": "http://127.0.0.1:1"},
        "simulators": {"richpanel": "http://127.0.0.1:1"},
        "policy_version": loader.load_policy(edited).version,
    }
    monkeypatch.setattr(local, "find_running", lambda: state)
    monkeypatch.setattr(supervisor, "find_running", lambda: state)
    monkeypatch.setattr(local, "furnish_helpdesk", lambda url, policy, without: None)
    return state


def edit(directory: Path, old: str, new: str) -> None:
    """One edit of settings.yaml."""
    path = directory / "settings.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("action", ["up", "status"])
def test_what_is_up_to_date_needs_no_word(capsys: pytest.CaptureFixture[str], action: str) -> None:
    """The served version is shown, and nothing is said of a reload."""
    assert main(["local", action]) == 0
    out = capsys.readouterr().out
    assert "  policy     1.0.0+" in out
    assert OLDER not in out


@pytest.mark.parametrize("action", ["up", "status"])
def test_after_an_edit_it_says_that_an_older_one_is_served(
    edited: Path, running: dict[str, Any], capsys: pytest.CaptureFixture[str], action: str
) -> None:
    """With the version of the files and the command that serves them."""
    edit(edited, "opens: 9", "opens: 8")
    assert main(["local", action]) == 0
    version = loader.load_policy(edited).version
    assert f"{OLDER}the files are {version}; `rp-mw local reload`" in capsys.readouterr().out
    assert main(["local", action, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["policy_version"], told["policy_of_the_files"]) == (running["policy_version"], version)


@pytest.mark.usefixtures("running")
def test_a_broken_edit_is_named_and_the_system_runs_on(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What runs serves what it served; the mistake comes with file and line."""
    edit(edited, "opens: 9", "opens: nine")
    assert main(["local", "up"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("settings.yaml:") and "whole number" in line for line in lines)
    assert any(line.startswith(OLDER) and "local reload" in line for line in lines)
    assert main(["local", "reload"]) == 1
    assert capsys.readouterr().err.startswith("rp-mw: settings.yaml:")


def test_nothing_is_started_with_a_broken_policy(
    edited: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistakes are said before anything is built."""
    monkeypatch.setattr(local, "find_running", lambda: None)
    monkeypatch.setattr(supervisor, "start", lambda options, progress: pytest.fail("it was started"))
    edit(edited, "opens: 9", "opens: nine")
    assert main(["local", "up"]) == 1
    assert capsys.readouterr().err.startswith("rp-mw: settings.yaml:")


def test_a_reload_needs_something_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to start it."""
    from rp_mw_shared.environments import running_locally

    monkeypatch.setattr(running_locally, "state_dir", lambda: tmp_path)
    assert main(["local", "reload"]) == 3
