"""An edited policy is served by the running system, and what it holds stays."""

from __future__ import annotations

import copy
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rp_mw_local import supervisor
from rp_mw_local.demo.scenario_runner import ScenarioRunner
from rp_mw_local.stack import Stack
from rp_mw_worker.policy.loader import COMPILED_NAME, compile_policy
from rp_mw_worker.policy.plain_yaml import read_plain_yaml

TELL_NOBODY = lambda kind, text: None  # noqa: E731
FOLDER = "rp_mw_worker/policy/"
PROMO = "Hi, do you have a discount code for new customers? How do I get one?"


def with_other_words(worker_zip: Path, folder: Path) -> Path:
    """A worker's zip whose every reply begins with a word of the test's own."""
    policy, edited = folder / "policy", folder / "worker-edited.zip"
    policy.mkdir()
    with zipfile.ZipFile(worker_zip) as before:
        for name in before.namelist():
            if name.startswith(FOLDER) and name.endswith(".yaml"):
                (policy / name.removeprefix(FOLDER)).write_bytes(before.read(name))
        _edit(policy / "templates.yaml")
        compile_policy(policy, policy / COMPILED_NAME)
        with zipfile.ZipFile(edited, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as after:
            for entry in before.infolist():
                own = policy / entry.filename.removeprefix(FOLDER)
                is_policy = entry.filename.startswith(FOLDER) and own.is_file()
                after.writestr(entry, own.read_bytes() if is_policy else before.read(entry))
    return edited


def _edit(templates: Path) -> None:
    value = copy.deepcopy(read_plain_yaml(templates.read_bytes()).value)
    for rule in value["templates"].values():
        rule["text"] = {channel: f"Edited. {text}" for channel, text in rule["text"].items()}
    templates.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.fixture
def reloaded(system: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The running system's state file, and an edited policy that the next build of the zips brings."""
    edited = with_other_words(system.zips["worker"], tmp_path)
    state = {"pid": 1, "policy_version": "older"}
    monkeypatch.setattr(supervisor, "build_zips", lambda progress: {**system.zips, "worker": edited})
    monkeypatch.setattr(supervisor, "require_running", lambda: dict(state))
    monkeypatch.setattr(supervisor, "state_file", lambda: tmp_path / "state.json")
    yield tmp_path / "state.json"
    system.deploy()


def reply_to_a_new_customer(runner: ScenarioRunner) -> tuple[str, str]:
    """A conversation about a discount code, and the one reply it got."""
    asked = runner.customer_writes(PROMO, email=f"{uuid.uuid4().hex}@example.com")
    runner.webhook(asked)
    runner.settle(asked)
    (reply,) = runner.replies(asked.conversation_id)
    return asked.conversation_id, reply


def test_a_reload_serves_the_edited_words_and_keeps_what_was_there(system: Stack, reloaded: Path) -> None:
    """The next customer gets the new words; the first one's rows, ticket and ledger are as they were."""
    runner = ScenarioRunner(system, TELL_NOBODY)
    first, old_words = reply_to_a_new_customer(runner)
    rows, comments = runner.observer.records(first), len(runner.ticket(first).comments)
    told: list[str] = []
    state = supervisor.reload(system.topology, system.client, "newer", told.append)
    assert state["policy_version"] == "newer" and '"newer"' in reloaded.read_text("utf-8")
    assert told == [f"code of {system.topology.functions['worker'].name}"]
    _, new_words = reply_to_a_new_customer(runner)
    assert "Edited" in new_words and "Edited" not in old_words
    assert runner.observer.records(first) == rows
    assert len(runner.ticket(first).comments) == comments
    supervisor.reload(system.topology, system.client, "newer", told.append)
    assert len(told) == 1


def test_a_second_deploy_leaves_a_thrown_switch_thrown(system: Stack) -> None:
    """The flags a system starts with are set once."""
    name = f"{system.topology.flags_path}/automation_enabled"
    system.set_flag("automation_enabled", "false")
    try:
        system.deploy()
        assert system.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "false"
    finally:
        system.set_flag("automation_enabled", "true")
