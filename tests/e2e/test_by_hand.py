"""README's block "Then by hand" as it stands, in the running system; the demo's story in plain lines to its end."""

from __future__ import annotations

import os
import re
import shlex
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rp_mw_local import supervisor
from rp_mw_local.demo import scenarios
from rp_mw_local.shop import stock
from rp_mw_local.stack import Stack, connection_facts
from rp_mw_ops.cli import main
from rp_mw_ops.commands import demo, local
from rp_mw_shared.environments import running_locally

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
README, MAKEFILE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile"))
BLOCK = README.partition("Then by hand:\n")[2].partition("\n`make help`")[0]
STEPS = [step.strip() for step in re.findall(r"^    ([^#\n]+)", BLOCK, re.MULTILINE)]
# the helpdesk lacks what the policy names
FINDINGS = {"drift"}
CONSOLE_SECONDS = 3.0
PLAYED = ("number", "five-times", "kill-switch")


def to_command(step: str) -> str:
    """What `rp-mw` is called with: `make up` is what the Makefile says of it."""
    if not step.startswith("make "):
        return step.removeprefix(".venv/bin/rp-mw ")
    recipe = re.search(rf"^{step.removeprefix('make ')}:.*\n\t@\$\(RP\) ([^$\n]+)", MAKEFILE, re.MULTILINE)
    assert recipe, f"{step} is no call of rp-mw"
    return recipe[1].strip()


@pytest.fixture
def running(system: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The shared system is what `make up` finds running: stocked, without dead letters, its state the test's file.

    The helpdesk is not furnished: workers keep the ids of its tags, and other tests read tags by name.
    """
    facts = connection_facts(system) | {"pid": 1, "policy_version": "as deployed"}
    for module in (running_locally, supervisor, local):
        monkeypatch.setattr(module, "find_running", lambda: dict(facts))
    monkeypatch.setattr(supervisor, "require_running", lambda: dict(facts))
    monkeypatch.setattr(supervisor, "state_file", lambda: tmp_path / "state.json")
    monkeypatch.setattr(supervisor, "build_zips", lambda progress: system.zips)
    monkeypatch.setattr(local, "furnish_helpdesk", lambda url, policy, without: None)
    stock(system)
    for queue in system.topology.queues.values():
        url = system.client("sqs").get_queue_url(QueueName=queue.dlq_name)["QueueUrl"]
        system.client("sqs").purge_queue(QueueUrl=url)
    return system


def test_the_readmes_commands_work_as_they_stand_and_the_first_message_is_answered(
    running: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each ends with its code; what the customer asked for is in the ticket."""

    def say(command: str) -> str:
        code = main(shlex.split(command))
        told = capsys.readouterr()
        assert code == (command in FINDINGS), (command, told.err)
        return told.out

    commands = [to_command(step) for step in STEPS]
    assert commands[:2] == ["local up", "send --sample tracked --conversation first"]
    assert commands[-1] == "local down"
    told = {}
    for command in commands:
        if command == "console":
            told[command] = say_until_ctrl_c(say, f"{command} --port 0")
        else:
            told[command] = say(command)
    (explained,) = (said for command, said in told.items() if command.startswith("explain first --wait"))
    assert "rp_reply done" in explained and "lookup found" in explained
    reply = running.richpanel.store.tickets["first"].comments[-1].body
    assert scenarios.tracking_of("#1001") in reply
    assert "200 accepted" in told["send --sample tracked --conversation first"]
    assert told["console"].splitlines()[0].startswith("local at http://127.0.0.1:")
    assert "safe_mode: false -> true" in told['flags set safe_mode true --why "trying it"']


def say_until_ctrl_c(say: Callable[[str], str], command: str) -> str:
    """What a command says that goes on until Ctrl-C."""
    ends = threading.Timer(CONSOLE_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
    ends.start()
    try:
        return say(command)
    finally:
        ends.cancel()


def test_the_demo_in_plain_lines_says_what_duplicates_and_the_switch_came_to(
    system: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To its end, in the shared system instead of one of its own, with the scenarios that tell these lines."""
    monkeypatch.setattr(demo, "build_zips", lambda progress: system.zips)
    monkeypatch.setattr(demo, "Stack", lambda *_: system)
    monkeypatch.setattr(system, "start", lambda: None)
    monkeypatch.setattr(system, "stop", lambda: None)
    played = tuple(one for one in scenarios.SCENARIOS if one[0] in PLAYED)
    monkeypatch.setattr(scenarios, "SCENARIOS", played)
    code = main(["local", "demo", "--plain"])
    told = capsys.readouterr().out
    assert code == 0, told
    repeats = re.search(
        r"^ +duplicates  of the four others the queue dropped (\d) as repeats, the worker knew (\d)$", told, re.M
    )
    assert repeats and int(repeats[1]) + int(repeats[2]) == 4
    stopped = "the answer about order #1003 was not sent. Automatic replies are switched off (automation_enabled)."
    assert f"       stopped  {stopped}\n" in told
    assert "\n3 of 3 scenarios came out as told, in " in told
    assert "actions   rp_reply done" in told.partition("rp-mw explain '")[2]
