"""Which environment `rp-mw` works on: --env, else RP_MW_ENV, else the local one; never one nobody knows."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from rp_mw_ops.cli import COMMANDS, build_parser, main, parse
from rp_mw_shared.environments import running_locally

WITH_ENV = {
    "flags": ["flags", "set", "safe_mode", "true", "--why", "test"],
    "dlq": ["dlq", "redrive", "--all", "--yes", "--why", "test"],
    "sweep": ["sweep"],
    "stop": ["stop"],
    "resume": ["resume", "--why", "test"],
    "promote": ["promote", "tier1", "--why", "test"],
    "doctor": ["doctor"],
    "init": ["init"],
    "stats": ["stats"],
    "report": ["report"],
    "forget": ["forget", "--conversation", "c"],
    "explain": ["explain", "c"],
    "drift": ["drift"],
    "console": ["console"],
    "replay": ["replay", "--policy", "p"],
    "learn": ["learn", "--days", "7"],
    "secret": ["secret", "rotate", "--why", "test"],
    "archive": ["archive", "export"],
}
WRITING = ["flags", "stop", "resume", "promote", "dlq", "sweep", "send", "explain", "secret", "archive"]
SEND = ["send", "--text", "Hello"]
UNKNOWN = "rp-mw: no environment is called 'production': give --env (or RP_MW_ENV) one of local, dev, prod, staging"


def test_what_the_documents_tell_to_export_decides_and_env_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also over a misspelt variable; and no command that takes --env is forgotten here."""
    for words in WITH_ENV.values():
        monkeypatch.setenv("RP_MW_ENV", "prod")
        assert parse(words).env == "prod"
        monkeypatch.setenv("RP_MW_ENV", "production")
        assert parse([*words, "--env", "staging"]).env == "staging"
        assert parse(["--env", "staging", *words]).env == "staging"
        monkeypatch.delenv("RP_MW_ENV")
        assert parse(words).env == "local"
    assert {name for name in COMMANDS if "--env" in _help(name)} == set(WITH_ENV)


def _help(name: str) -> str:
    (commands,) = (one for one in build_parser(name)._actions if isinstance(one, argparse._SubParsersAction))
    return str(commands.choices[name].format_help())


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing runs locally, and a command that is not refused finds no AWS either: a closed port of this machine."""
    monkeypatch.setattr(running_locally, "state_dir", lambda: tmp_path)
    fake = {"ENDPOINT_URL": "http://127.0.0.1:1", "ACCESS_KEY_ID": "none", "SECRET_ACCESS_KEY": "none"}
    for name, value in (fake | {"DEFAULT_REGION": "us-east-1", "MAX_ATTEMPTS": "1"}).items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("how", ["option", "variable"])
def test_an_environment_nobody_knows_is_refused(
    name: str, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By every command that writes: one line, the exit code of wrong usage, and the names there are."""
    words = (WITH_ENV | {"send": SEND})[name]
    if how == "variable" or words is SEND:  # which has no --env
        monkeypatch.setenv("RP_MW_ENV", "production")
    else:
        words = [*words, "--env", "production"]
    assert main(words) == 2
    assert capsys.readouterr().err.splitlines() == [UNKNOWN]


@pytest.mark.usefixtures("nowhere")
def test_a_command_of_the_local_system_alone_is_not_taken_for_prod(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has no --env; done here under a name that says prod, it would look done there."""
    monkeypatch.setenv("RP_MW_ENV", "prod")
    assert main(SEND) == 2
    assert "the local system only, and RP_MW_ENV is 'prod'" in capsys.readouterr().err


def test_tests_do_not_see_the_environment_of_a_persons_shell() -> None:
    """They run the commands that write."""
    told = "import os, tests.conftest as c; os.environ['RP_MW_ENV'] = 'prod'; c.pytest_configure()"
    shown = "print(os.environ.get('RP_MW_ENV'))"
    done = subprocess.run([sys.executable, "-c", f"{told}; {shown}"], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
