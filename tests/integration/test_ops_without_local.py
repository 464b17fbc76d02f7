"""The operator's tool where the local system is not installed: it imports, and works on an environment in AWS."""

from __future__ import annotations

import functools
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

import rp_mw_ops
from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_shared.environments.accounts import load_place
from rp_mw_shared.environments.topology import load_topology

ENVIRONMENT = "staging"
NEED_IT = {"rp_mw_ops.commands.local", "rp_mw_ops.commands.send", "rp_mw_ops.commands.demo"}
# as an environment without the package behaves: the import system finds none of that name
WITHOUT_LOCAL = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "rp_mw_local":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
Operate = Callable[..., subprocess.CompletedProcess[str]]


def run_without_local(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs Python code where rp_mw_local cannot be imported."""
    command = [sys.executable, "-c", WITHOUT_LOCAL + code, *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def operate(emulator: Emulator) -> Operate:
    """Runs `rp-mw` as a person on call does: credentials and address of AWS come from the environment."""
    topology = load_topology(ENVIRONMENT)
    region = load_place(ENVIRONMENT).region
    client = functools.partial(
        boto3.client,
        endpoint_url=emulator.endpoint_url,
        region_name=region,
        aws_access_key_id=emulator.access_key_id,
        aws_secret_access_key=emulator.secret_access_key,
    )
    target = Target(topology, client)
    key = ensure_key(target)
    for table in topology.tables.values():
        ensure_table(target, table, key)
    for queue in topology.queues.values():
        ensure_queue(target, queue, key)
    ensure_flags(target, {})

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = "from rp_mw_ops.cli import main; sys.exit(main(sys.argv[1:]))"
        return run_without_local(
            code,
            *arguments,
            AWS_ENDPOINT_URL=emulator.endpoint_url,
            AWS_ACCESS_KEY_ID=emulator.access_key_id,
            AWS_SECRET_ACCESS_KEY=emulator.secret_access_key,
        )

    return run


def test_the_package_is_really_absent() -> None:
    """Else the others would prove nothing."""
    result = run_without_local("import rp_mw_local.errors")
    assert "No module named 'rp_mw_local'" in result.stderr


def test_every_module_but_three_commands_imports() -> None:
    """Also those that a command imports only when it runs."""
    found = pkgutil.walk_packages(rp_mw_ops.__path__, "rp_mw_ops.")
    names = sorted({module.name for module in found} - NEED_IT)
    result = run_without_local("import importlib; [importlib.import_module(name) for name in sys.argv[1:]]", *names)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(names) > 40


def test_flags_are_set_and_shown(operate: Operate) -> None:
    """With their record in the audit trail."""
    setting = ("flags", "set", "safe_mode", "true", "--why", "a test", "--no-wait")
    changed = operate(*setting, "--env", ENVIRONMENT, "--json")
    assert changed.returncode == 0, changed.stderr
    flag = json.loads(operate("flags", "--env", ENVIRONMENT, "--json").stdout)["flags"]["safe_mode"]
    assert (flag["value"], flag["last_change"]["why"]) == ("true", "a test")


def test_dead_letters_are_listed(operate: Operate) -> None:
    """None here."""
    listed = operate("dlq", "list", "--env", ENVIRONMENT, "--json")
    assert json.loads(listed.stdout)["messages"] == [], listed.stderr


def test_an_unknown_conversation_is_named(operate: Operate) -> None:
    """Two tables were read for it."""
    told = operate("explain", "nobody", "--env", ENVIRONMENT)
    assert (told.returncode, "nothing is recorded of conversation 'nobody'" in told.stderr) == (1, True), told.stderr


def test_a_replay_without_a_recorded_decision_is_a_finding(operate: Operate) -> None:
    """None yet: no answer is not the answer that nothing changes."""
    policy = Path(__file__).parents[2] / "services/worker/src/rp_mw_worker/policy"
    told = operate("replay", "--policy", str(policy), "--env", ENVIRONMENT, "--json")
    assert (told.returncode, json.loads(told.stdout)["error"]["code"]) == (1, "not_found"), told.stderr


@pytest.mark.parametrize("command", ["sweep", "drift"])
def test_an_aws_error_is_one_line(operate: Operate, command: str) -> None:
    """There is no worker here to ask."""
    told = operate(command, "--env", ENVIRONMENT)
    (line,) = told.stderr.splitlines()
    assert told.returncode == 3
    assert "is the environment deployed, and the region the right one? (ResourceNotFoundException)" in line


@pytest.mark.parametrize("arguments", [["local", "status"], ["local", "demo"], ["send", "--sample", "tracked"]])
def test_a_command_that_needs_it_says_so(operate: Operate, arguments: list[str]) -> None:
    """With what to do; a status needs no package to say that nothing runs."""
    told = operate(*arguments)
    if arguments[-1] == "status":
        assert told.stdout.startswith(("not running", "running"))
    else:
        assert told.stderr == (
            "rp-mw: this needs the local system, which is not installed here: install it with `make setup`\n"
        )
        assert told.returncode == 3
