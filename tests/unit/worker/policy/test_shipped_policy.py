"""The policy that ships: it is valid, and no other test in this process reads it, so that a shop's edit breaks none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from rp_mw_ops.drift.checks import LOCAL_GAPS, find_needs
from rp_mw_worker.policy.loader import COMPILED_NAME, POLICY_DIRECTORY, compile_policy, load_policy
from tests.fakes.outgoing import find_held_back

TESTS = Path(__file__).resolve().parents[3]
# What makes the tests' policy, what tests the loader on folders of its own, and the table of what is shipped.
MAY_READ_THE_LOADER = {"fakes/policy.py", "unit/worker/policy/", "oracle/table.py"}
SHIPPED = {"load_policy", "POLICY_DIRECTORY"}


def test_the_shipped_policy_is_valid() -> None:
    """It loads from its YAML files; a mistake is told with file, line and fix. `rp-mw policy check` says the same."""
    assert load_policy(POLICY_DIRECTORY).version


def test_the_shipped_policy_compiles_to_itself(tmp_path: Path) -> None:
    """What a zip carries is what the files say."""
    compile_policy(POLICY_DIRECTORY, tmp_path / COMPILED_NAME)
    for path in POLICY_DIRECTORY.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert load_policy(tmp_path) == load_policy(POLICY_DIRECTORY)


def test_every_shipped_reply_may_leave() -> None:
    """In each of the seven languages: the last look at a reply's bytes takes nothing in it for a strange link."""
    policy = load_policy(POLICY_DIRECTORY)
    assert len(policy.templates_by_language) == 7
    assert find_held_back(policy) == []


def test_what_the_local_helpdesk_lacks_is_needed() -> None:
    """`rp-mw drift` finds something locally, because the shipped policy names what is left out there."""
    assert {need.name for need in find_needs(load_policy(), None)} >= LOCAL_GAPS


def readers(tests: Path) -> list[str]:
    """The test files that take the shipped policy from its loader though they should not."""
    found = []
    for path in sorted(tests.rglob("*.py")):
        name = path.relative_to(tests).as_posix()
        if not any(name.startswith(allowed) for allowed in MAY_READ_THE_LOADER) and _reads(path.read_text("utf-8")):
            found.append(name)
    return found


def _reads(source: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "rp_mw_worker.policy.loader"
        and SHIPPED & {alias.name for alias in node.names}
        for node in ast.walk(ast.parse(source))
    )


def test_tests_of_behaviour_run_on_the_tests_policy() -> None:
    """They import `load_policy` from tests.fakes.policy: a support lead's edit then turns none of them red."""
    assert readers(TESTS) == []


def test_a_test_that_reads_the_shipped_policy_is_found(tmp_path: Path) -> None:
    """The check above sees a breach, also inside a function."""
    (tmp_path / "test_a.py").write_text(
        "def f():\n    from rp_mw_worker.policy.loader import COMPILED_NAME, load_policy\n", "utf-8"
    )
    (tmp_path / "test_b.py").write_text("from tests.fakes.policy import load_policy\n", "utf-8")
    assert readers(tmp_path) == ["test_a.py"]


@pytest.mark.parametrize("label", ["order_status_tracking", "shipping_delay_not_shipped", "unknown_other"])
@pytest.mark.parametrize(
    ("channel", "team"),
    [
        ("tiktok", "TikTok Support"),
        ("social", "Social Media"),
        ("livechat", "LiveChat Support"),
        ("email", "Email Support"),
    ],
)
def test_teams_follow_the_channel(label: str, channel: str, team: str) -> None:
    """A TikTok or social ticket reaches its team without naming the network."""
    assert load_policy().team_for(label, channel) == team
