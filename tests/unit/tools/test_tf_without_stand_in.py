"""`make tf` where the provider stand-in is not: what needs no account is checked, the rest is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tools.tf import __main__ as subject
from tools.tf import checks, selftest, workspace
from tools.tf.checks import Check, roots
from tools.tf.workspace import ROOT, RealProviderError, is_mocked

# A Terraform for which a registry answers with a real provider. It keeps each call and where it was made.
TERRAFORM = r"""#!/bin/sh
echo "$1 ${PWD#*/rp-mw-tf-*/}" >>"$HOME/calls"
case $1 in
init)
  [ ! -e "$HOME/no-registry" ] || { echo "Error: could not connect to the registry" >&2; exit 1; }
  mkdir -p .terraform/providers && printf '\177ELF' >.terraform/providers/terraform-provider-aws_v6 ;;
test)
  failed=0; [ ! -e "$HOME/a-test-fails" ] || failed=1
  echo '{"type": "test_summary", "test_summary": {"passed": 1, "failed": '$failed'}}'
  exit $failed ;;
esac
"""
FLAG = "--without-stand-in"
MOCKED = {"alarms", "fifo_queue", "flags", "observability", "secret", "table", "webhook_api"}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], set[str]]:
    """Where each of a command's calls was made, by a recording Terraform; no stand-in, and contracts that hold."""
    (tmp_path / "terraform").write_text(TERRAFORM, "utf-8")
    (tmp_path / "terraform").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(workspace, "STAND_IN", tmp_path / "setup.sh")
    for module in (subject, selftest):
        monkeypatch.setattr(module, "check_contracts", lambda *_: [Check("a contract", True)])

    def made(command: str) -> set[str]:
        path = tmp_path / "calls"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return {place for name, _, place in (line.partition(" ") for line in lines) if name == command}

    return made


def test_in_ci_a_missing_stand_in_fails_unless_it_is_meant(
    calls: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that is skipped in silence is no check."""
    monkeypatch.setenv("CI", "true")
    assert subject.main([]) == 1
    assert "terraform checks failed: the provider stand-in" in capsys.readouterr().out
    assert selftest.main([]) == 1
    assert not calls("init")

    assert subject.main([FLAG]) == 0


def test_with_a_registry_what_needs_no_account_is_checked_and_the_rest_is_named(
    calls: Callable[[str], set[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Format, contracts, every validate, the tests that mock the provider; no plan, no apply, no other test."""
    assert subject.main([FLAG]) == 0
    said = capsys.readouterr().out
    assert calls("fmt") == {"terraform"}
    assert "ok   a contract" in said
    assert set(roots()) <= calls("validate")
    assert calls("test") == {f"terraform/modules/{name}" for name in MOCKED}
    assert not calls("plan") | calls("apply") | calls("destroy")

    left_out = {line.partition("left out: ")[2] for line in said.splitlines() if "left out: " in line}
    others = {f"the tests of {root}" for root in roots() if not is_mocked(ROOT / root)}
    assert len(others) == len(roots()) - len(MOCKED)
    assert left_out == others | set(subject.NEEDS_THE_STAND_IN)


def test_a_stack_of_one_file_is_validated_too(
    calls: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tests are the module's, so there is nothing else to run in it."""
    monkeypatch.setattr(checks, "roots", list)
    monkeypatch.setattr(checks, "stacks_of_one_file", lambda: ["terraform/stacks/worker"])
    assert subject.main([FLAG]) == 0
    assert calls("validate") == {"terraform/stacks/worker"}
    assert not calls("test")


@pytest.mark.parametrize("trouble", ["a-test-fails", "no-registry"])
def test_that_it_is_meant_excuses_nothing_else(calls: Callable[[str], set[str]], tmp_path: Path, trouble: str) -> None:
    """A test that fails and a registry that does not answer are failures, anywhere."""
    (tmp_path / trouble).touch()
    assert subject.main([FLAG]) == 1


def test_on_a_machine_without_it_the_checks_without_provider_are_made(
    calls: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is downloaded that nobody asked for; a contract that is broken fails."""
    assert subject.main([]) == 0
    said = capsys.readouterr().out
    assert "left out: validate and the tests of every module and stack" in said
    assert calls("fmt")
    assert not calls("init")
    monkeypatch.setattr(subject, "check_contracts", lambda *_: [Check("a contract", False)])
    assert subject.main([]) == 1


def test_the_self_test_makes_the_mistakes_that_need_no_provider(
    calls: Callable[[str], set[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that the contracts catch; how many others there are is said."""
    monkeypatch.setenv("CI", "true")
    tried: list[str] = []
    monkeypatch.setattr(selftest, "_caught", lambda _, caught_by: not tried.append(caught_by))
    assert selftest.main([FLAG]) == 0
    assert set(tried) == {"contract"}
    others = [one for one in selftest.load_mistakes() if one["caught_by"] != "contract"]
    assert others
    assert f"left out: {len(others)} mistakes that a module's tests catch" in capsys.readouterr().out
    assert not calls("init")


def test_a_test_is_run_with_a_real_provider_only_where_every_file_mocks_it(
    calls: Callable[[str], set[str]], tmp_path: Path
) -> None:
    """One file that configures the provider would ask AWS."""
    opened = workspace.open_without_stand_in()
    try:
        assert opened.run("terraform", "init", where="terraform/modules/secret").ok
        assert opened.run("terraform", "test", where="terraform/modules/secret").ok
        for command in ("plan", "apply", "destroy"):
            with pytest.raises(RealProviderError, match=f"terraform {command} would use"):
                opened.run("terraform", command, where="terraform/modules/secret")
        beside = opened.folder / "terraform" / "modules" / "secret" / "tests" / "other.tftest.hcl"
        for text in ('provider "aws" {}\n', 'mock_provider "aws" {}\nprovider "aws" {\n  alias = "real"\n}\n', ""):
            beside.write_text(text, "utf-8")
            with pytest.raises(RealProviderError, match="terraform test would use"):
                opened.run("terraform", "test", where="terraform/modules/secret")
        shutil.rmtree(beside.parent)
        assert not is_mocked(opened.folder / "terraform" / "modules" / "secret")
    finally:
        opened.remove()


def test_the_hosted_workflow_says_that_it_does_without_and_what_ci_runs_does_not() -> None:
    """The stand-in lies beside a developer's checkout; a hosted machine has a registry instead."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    told = [step.get("run", "") for step in jobs["hooks"]["steps"]]
    assert f"make tf ARGS={FLAG}" in told
    assert "make tf" not in told
    assert FLAG not in (ROOT / ".ci" / "run").read_text("utf-8")
