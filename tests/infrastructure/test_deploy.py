"""`make deploy`, against a Terraform that keeps what it is told: the plan that was read is applied, or nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.release import commands
from tools.release.__main__ import main
from tools.release.environment import Aws
from tools.release.terraform import LOCK_TIMEOUT, DeployError, Stack

# Keeps a line a call; `plan` writes its file, `show` and `apply` read the one they are given and fail without it.
TERRAFORM = """#!/bin/sh
told=$TERRAFORM_TOLD
echo "$*" >>"$told/calls"
echo "$TF_DATA_DIR $TF_VAR_data_folder ${TF_WORKSPACE:-no TF_WORKSPACE}" >>"$told/environments"
for last; do case $last in -out=*) out=${last#-out=} ;; esac; done
case "$1 $2" in
"plan "*) echo "planned by call $(wc -l <"$told/calls")" >"$out" ;;
"show -json") cat "$last" >"$told/read" && cat "$told/plan.json" ;;
"workspace show") cat "$told/selected" ;;
"apply "*) cat "$last" >"$told/applied" ;;
esac
"""
QUEUE = 'module.resources.module.queues["events"].aws_sqs_queue.this'
NO_CHANGE: Mapping[str, Any] = {"resource_changes": []}
LOSS: Mapping[str, Any] = {
    "resource_changes": [{"address": QUEUE, "type": "aws_sqs_queue", "change": {"actions": ["delete"]}}]
}


@dataclass(frozen=True, slots=True)
class Recorder:
    """What the recording Terraform was told, and what it answers."""

    folder: Path

    def answer(self, *, plan: Mapping[str, Any] = NO_CHANGE, selected: str = "dev") -> None:
        (self.folder / "plan.json").write_text(json.dumps(plan), "utf-8")
        (self.folder / "selected").write_text(f"{selected}\n", "utf-8")

    @property
    def calls(self) -> list[list[str]]:
        """Every call's words, in order."""
        return [line.split() for line in (self.folder / "calls").read_text("utf-8").splitlines()]

    def words_of(self, command: str) -> list[list[str]]:
        return [call for call in self.calls if call[0] == command]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A Terraform on the path that does nothing; it plans no change and has dev's workspace selected."""
    program = tmp_path / "terraform"
    program.write_text(TERRAFORM, "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TERRAFORM_TOLD", str(tmp_path))
    monkeypatch.delenv("TF_WORKSPACE", raising=False)
    recorder = Recorder(tmp_path)
    recorder.answer()
    return recorder


@pytest.fixture
def deploy(tmp_path: Path) -> Callable[..., None]:
    """Deploys the foundation of dev from a checkout of its own; what may go is named."""
    stack = Stack("foundation", "dev", tmp_path / "checkout")
    stack.folder.mkdir(parents=True)
    return lambda *destroy: commands.deploy(Aws("dev", stack.root), stack, destroy)


def test_the_plan_that_was_read_is_applied_and_is_gone_afterwards(
    terraform: Recorder, deploy: Callable[..., None]
) -> None:
    """One plan to a file, that file read, that file applied: no plan is made anew, and no later deploy finds it."""
    deploy()
    assert [call[:2] for call in terraform.calls] == [
        ["init", "-input=false"],
        ["workspace", "select"],
        ["plan", "-input=false"],
        ["show", "-json"],
        ["workspace", "show"],
        ["apply", "-input=false"],
    ]
    ((*_, out),) = terraform.words_of("plan")
    ((*_, applied),) = terraform.words_of("apply")
    ((*_, read),) = terraform.words_of("show")
    assert out == f"-out={applied}"
    assert read == applied
    assert not Path(applied).exists()
    assert terraform.text("applied") == terraform.text("read") == "planned by call 3\n"


def test_a_deletion_that_nobody_named_is_not_applied(terraform: Recorder, deploy: Callable[..., None]) -> None:
    """The message names the address and how to mean it; named, it goes."""
    terraform.answer(plan=LOSS)
    with pytest.raises(DeployError, match="nothing is applied") as refused:
        deploy()
    assert QUEUE in str(refused.value)
    assert terraform.words_of("plan")
    assert not terraform.words_of("apply")

    deploy(QUEUE)
    assert len(terraform.words_of("apply")) == 1


def test_a_workspace_that_changed_after_the_plan_gets_nothing(terraform: Recorder, deploy: Callable[..., None]) -> None:
    """A saved plan keeps its store but not its workspace: another terminal may have selected another one."""
    terraform.answer(selected="staging")
    with pytest.raises(DeployError, match="the workspace is staging now, the plan was made for dev"):
        deploy()
    assert terraform.words_of("plan")
    assert not terraform.words_of("apply")


def test_every_deploy_begins_at_its_environment_whatever_the_checkout_was_used_for(
    terraform: Recorder, deploy: Callable[..., None]
) -> None:
    """The store of another environment is not asked about, and the data folder is the environment's own."""
    deploy()
    backend = "-backend-config=../../environments/dev/backend.s3.tfbackend"
    assert terraform.words_of("init") == [["init", "-input=false", "-reconfigure", backend]]
    assert ["workspace", "select", "-or-create", "dev"] in terraform.calls
    assert set(terraform.text("environments").splitlines()) == {".terraform-dev .terraform-dev no TF_WORKSPACE"}


def test_a_second_deploy_of_the_stack_waits_for_the_first(terraform: Recorder, deploy: Callable[..., None]) -> None:
    """What takes the state's lock waits for it."""
    deploy()
    (planned,), (applied,) = terraform.words_of("plan"), terraform.words_of("apply")
    assert LOCK_TIMEOUT.startswith("-lock-timeout=")
    assert LOCK_TIMEOUT in planned
    assert LOCK_TIMEOUT in applied


def test_a_plan_shows_what_a_deploy_would_refuse_and_applies_nothing(
    terraform: Recorder, deploy: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes no name, since nothing is taken away."""
    terraform.answer(plan=LOSS)
    root = tmp_path / "checkout"
    commands.plan(Aws("dev", root), Stack("foundation", "dev", root))
    assert f"a deploy refuses this: it takes away {QUEUE}" in capsys.readouterr().out
    assert not terraform.words_of("apply")


@pytest.mark.parametrize(("service", "is_shifted"), [("worker", True), ("foundation", False)])
def test_a_services_deploy_goes_on_to_its_traffic(
    terraform: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, is_shifted: bool
) -> None:
    """After the apply, never before; the foundation has no alias."""
    stack = Stack(service, "dev", tmp_path / "checkout")
    stack.folder.mkdir(parents=True)
    shifted: list[list[list[str]]] = []
    monkeypatch.setattr(commands, "_require_deployable", lambda aws, stack: None)
    monkeypatch.setattr(commands, "shift", lambda aws, service: shifted.append(terraform.words_of("apply")))
    commands.deploy(Aws("dev", stack.root), stack, [])
    assert [len(applies) for applies in shifted] == ([1] if is_shifted else [])


def test_destroy_is_passed_on_from_the_command_line(terraform: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make deploy DESTROY=…` names addresses, separated by spaces."""
    named: list[list[str]] = []
    monkeypatch.setattr(commands, "deploy", lambda aws, stack, destroy: named.append(list(destroy)))
    assert main(["deploy", "--service", "foundation", "--destroy", f"{QUEUE} module.other"]) == 0
    assert named == [[QUEUE, "module.other"]]
