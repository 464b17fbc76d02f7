"""The `rp-mw` command: every mistake is one clear line and a non-zero exit; a running system is found and ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rp_mw_local import supervisor
from rp_mw_local.emulator import Emulator
from rp_mw_ops import flags as flags_module
from rp_mw_ops.audit_trail import write_operator_action
from rp_mw_ops.cli import COMMANDS, main
from rp_mw_ops.commands import flags as flags_commands
from rp_mw_ops.commands.local import parse_ports
from rp_mw_ops.environment import Environment
from rp_mw_ops.flags import load_flags
from rp_mw_shared.environments import running_locally
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.flags.writing import FlagChange


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of the test's own, empty."""
    monkeypatch.setattr(running_locally, "state_dir", lambda: tmp_path)
    yield tmp_path


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_help_lists_every_command_without_importing_any() -> None:
    """Starting fast is part of being usable."""
    code = (
        "import sys, rp_mw_ops.cli as cli; cli.build_parser(None).format_help(); print(json.dumps(sorted(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", f"import json; {code}"], capture_output=True, text=True, check=True)
    assert not {command.module for command in COMMANDS.values()} & set(json.loads(shown.stdout))
    assert not {"boto3", "rich", "yaml"} & set(json.loads(shown.stdout))


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "nothing-here"],
        ["send", "--text", "Hello"],
        ["flags"],
        ["flags", "set", "safe_mode", "true", "--why", "test"],
    ],
)
def test_a_command_without_a_running_system_says_how_to_start_it(
    nothing_runs: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Not a connection error."""
    assert main(arguments) == 3
    assert complaint(capsys) == "rp-mw: nothing runs locally: start it with `make up`"


def test_status_has_an_exit_code_of_its_own(nothing_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts."""
    assert main(["local", "status", "--json"]) == 3
    assert json.loads(capsys.readouterr().out) == {"running": False}


def test_a_stale_state_file_is_noticed_and_removed(nothing_runs: Path) -> None:
    """Its process is gone, or is somebody else's by now."""
    for pid in (2**22 - 1, os.getpid()):
        state = {"pid": pid, "aws": {"endpoint_url": "http://127.0.0.1:1"}}
        (nothing_runs / "state.json").write_text(json.dumps(state), "utf-8")
        assert running_locally.find_running() is None
        assert not (nothing_runs / "state.json").exists()


def test_stopping_never_ends_a_process_that_is_not_ours(nothing_runs: Path) -> None:
    """Process ids are used again."""
    (nothing_runs / "state.json").write_text(json.dumps({"pid": os.getpid()}), "utf-8")
    assert supervisor.stop() is False


@pytest.mark.parametrize("text", ["aws", "aws=", "aws=x", "aws=0", "aws=65536", "azure=80"])
def test_a_bad_port_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Naming what is wanted."""
    assert main(["local", "up", "--port", text]) == 2
    assert "PART=PORT" in complaint(capsys)


def test_good_ports_are_read() -> None:
    """Several at once."""
    assert parse_ports(["aws=4566", "openai=9000"]) == {"aws": 4566, "openai": 9000}


def test_flags_of_an_environment_that_is_not_there_are_missing(emulator: Emulator) -> None:
    """Shown as such, not as an error."""
    from rp_mw_local.deployment.changes import Target
    from rp_mw_local.deployment.storage import ensure_key, ensure_table

    topology = load_topology("flagless")
    target = Target(topology, emulator.client)
    ensure_table(target, topology.tables["audit_trail"], ensure_key(target))
    flags = load_flags(Environment(topology, emulator.client))
    assert {flag["value"] for flag in flags.values()} == {None}


@pytest.fixture
def flag_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment with an audit trail, which `rp-mw flags` opens."""

    from rp_mw_local.deployment.changes import Target
    from rp_mw_local.deployment.storage import ensure_key, ensure_table

    topology = load_topology("flagreason")
    target = Target(topology, emulator.client)
    ensure_table(target, topology.tables["audit_trail"], ensure_key(target))
    environment = Environment(topology, emulator.client)
    monkeypatch.setattr(flags_commands, "open_environment", lambda name: environment)
    return environment


PERSONAL = ("Jane", "Doe", "jane.doe@example.com", "4111")
REASON = "Jane Doe (jane.doe@example.com, card 4111 1111 1111 1111) was answered twice"
REDACTED_REASON = "[NAME] [NAME] ([EMAIL], card [CARD]) was answered twice"


def require_no_customer(text: str) -> None:
    """The reason without the customer, and nothing of the customer beside it."""
    assert REDACTED_REASON in text
    assert [word for word in PERSONAL if word in text] == []


def test_the_reason_of_a_flag_is_stored_and_shown_without_the_customer(
    flag_environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reason is typed in a hurry, out of a ticket; the audit trail keeps it for long."""
    assert main(["flags", "set", "safe_mode", "true", "--who", "dana", "--why", REASON, "--no-wait"]) == 0
    require_no_customer(capsys.readouterr().out)
    table = flag_environment.table("audit_trail")
    require_no_customer(json.dumps(flag_environment.client("dynamodb").scan(TableName=table)["Items"]))
    assert main(["flags", "--json"]) == 0
    require_no_customer(capsys.readouterr().out)


def test_a_reason_that_was_stored_as_typed_is_shown_without_the_customer(
    flag_environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier version stored what was typed, and its items live on."""
    change = FlagChange("rollout_stage", "tag", "assign", "dana", REASON, 1_900_000_000_000)
    write_operator_action(flag_environment, flags_module._to_action(change))
    assert main(["flags"]) == 0
    require_no_customer(capsys.readouterr().out)
