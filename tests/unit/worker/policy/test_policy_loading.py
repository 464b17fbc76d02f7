"""The policy's files: what is wrong is said with file, line and fix, all at once; a compiled policy is the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.policy.files import FILES
from rp_mw_worker.policy.loader import COMPILED_NAME, POLICY_DIRECTORY, compile_policy, load_policy


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the shipped policy."""
    for name in FILES:
        shutil.copy(POLICY_DIRECTORY / f"{name}.yaml", tmp_path)
    for path in POLICY_DIRECTORY.glob("screen.??.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(directory: Path, name: str, old: str, new: str) -> int:
    """Replace text in a file once; returns the line it was on."""
    path = directory / f"{name}.yaml"
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(directory: Path) -> list[str]:
    """What loading complains of."""
    with pytest.raises(ConfigurationError) as caught:
        load_policy(directory)
    return caught.value.problems


MISTAKES = [
    ("intents", "    tier: 0\n", "    tier: zero\n", "whole number"),
    ("intents", "team: Backend", "team: Backoffice", "'Backoffice' is unknown"),
    ("intents", "reply: order_edit_ack", "reply: order_edit_ok", "'order_edit_ok' is unknown"),
    ("intents", "reply: order_edit_ack", "reply: order_status_verified", "not a tier-1 template"),
    ("intents", "priority: 1", "priority: 9", "0 to 7"),
    ("intents", "    answers_with_order: true", "    answers_with_orders: true", "not a known key"),
    ("intents", "tier1_threshold: 0.65", "tier1_threshold: 65", "not 0 to 1"),
    ("intents", "    tier: 0\n", "    tier: 0\n    reply: general_ack\n", "0 but the intent has a reply"),
    ("templates", "    tier: 2\n", "    tier: 1\n", "is not 2"),
    ("templates", "        Your order ${order_number} is on its way. T", "        ${first_name}, T", "first_name"),
    ("templates", "        Your order ${order_number} is on its way. T", "        It costs $ 5. T", "no variable"),
    ("templates", "        Your order ${order_number} is on its way. T", "        https://x.example T", "fixed link"),
    ("templates", "required: [order_number, tracking_number]", "required: [order_number]", "not declared"),
    ("templates", "outside_hours: Our", f"outside_hours: {'x' * 900} Our", "shorten it"),
    ("templates", "  order_number: {max_chars: 24}", "  order_number: {max_chars: many}", "whole number"),
    ("templates", "  ask_order_number:\n", "  ask_order_no:\n", "ask_order_number is missing"),
    ("settings", "  route: 0.60", "  route: 60", "not 0 to 1"),
    ("settings", "  uncertain: 0.50", "  uncertain: 0.70", "above route"),
    ("settings", "time_zone: America/New_York", "time_zone: America/New_Amsterdam", "time zone"),
    ("settings", "country: US", "country: XX", "holiday calendar"),
    ("settings", "  Sales: {slug: sales}", "  Sales: {slug: Sales!}", "slug"),
    ("settings", "  Sales: {slug: sales}", "  Sales: {slug: backend}", "give each team its own"),
    ("settings", "fallback_team: Email Support", "fallback_team: Nobody", "not one of teams"),
    ("settings", r"(?P<number>\d{4,10})", r"(\d{4,10})", "no group number"),
    ("settings", r"(?P<number>\d{4,10})", r"(?P<number>\d{4,10}", "regular expression"),
    ("settings", "template: order_eta_no_tracking", "template: order_eta", "unknown"),
    ("settings", "closed_on: []", 'closed_on: ["24 December"]', "not a date"),
    ("settings", "opens: 9", "opens: 19", "opens before closes"),
    ("settings", "version: 1.0.0", "version: one", "not a version"),
    ("shipping_methods", "handling_days: [0, 2]", "handling_days: [2, 0]", "least, most"),
    ("shipping_methods", "transit_days: [0, 0]", "transit_days: [0, 0, 1]", "two numbers"),
    ("shipping_methods", "patterns: ['same[ -]?day']", "patterns: ['same[ -?day']", "regular expression"),
    ("screen", "escalates_to: legal_threat", "escalates_to: return_request", "not a tier-0 label"),
    ("screen", "      - lawyer*", "      - Lawyer!", "not a phrase"),
    ("screen", "      - lawyer*", "      - l*", "not a phrase"),
    ("screen", "      - lawyer*", "  - lawyer*", "check the indentation"),
    ("screen", "      - sue\n", "      - no\n", "put it in quotes"),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"), MISTAKES, ids=[mistake[3] + ": " + mistake[2].strip()[:40] for mistake in MISTAKES]
)
def test_a_mistake_is_named_with_file_line_and_fix(directory: Path, name: str, old: str, new: str, said: str) -> None:
    """Each kind of mistake is found, near the line it is on, with what to do."""
    line = change(directory, name, old, new)
    found = [problem for problem in problems(directory) if said in problem]
    assert found, problems(directory)
    file, where, rest = found[0].split(":", 2)
    assert file.endswith(".yaml") and ";" in rest
    if file == f"{name}.yaml" and said not in {"ask_order_number is missing", "shorten it"}:
        assert abs(int(where) - line) <= 12, found[0]


def test_the_line_is_exact(directory: Path) -> None:
    """A wrong value is reported on the very line it stands on."""
    line = change(directory, "settings", "  route: 0.60", "  route: high")
    assert problems(directory) == [
        f"settings.yaml:{line}: thresholds.route: is not a number; write a number such as 0.60"
    ]


def test_all_mistakes_are_said_at_once(directory: Path) -> None:
    """Three mistakes in three files make three lines."""
    change(directory, "settings", "  route: 0.60", "  route: high")
    change(directory, "intents", "    tier: 0\n", "    tier: none\n")
    change(directory, "shipping_methods", "transit_days: [0, 0]", "transit_days: soon")
    assert len(problems(directory)) == 3


def test_a_key_that_is_there_twice_is_a_mistake(directory: Path) -> None:
    """YAML would silently keep the last one."""
    change(directory, "settings", "  tier1: 0.60\n", "  tier1: 0.60\n  tier1: 0.10\n")
    assert any("tier1 is there twice" in problem for problem in problems(directory))


def test_a_missing_file_is_named(directory: Path) -> None:
    """Loading says which file it looked for."""
    (directory / "screen.yaml").unlink()
    assert "screen.yaml: cannot be read" in problems(directory)[0]


def test_a_file_that_is_no_mapping_is_named(directory: Path) -> None:
    """An empty file and one in another encoding are two problems."""
    (directory / "screen.yaml").write_text("", "utf-8")
    (directory / "settings.yaml").write_bytes("brand: Café".encode("latin-1"))
    assert [problem.split(":")[0] for problem in problems(directory)] == ["settings.yaml", "screen.yaml"]


def test_the_version_names_the_contents(directory: Path) -> None:
    """A changed word is another version; a changed template changes the templates' version too."""
    before = load_policy(directory)
    change(directory, "settings", "tier2: 0.70", "tier2: 0.71")
    middle = load_policy(directory)
    change(directory, "templates", "good news", "great news")
    after = load_policy(directory)
    assert len({before.version, middle.version, after.version}) == 3
    assert before.templates_version == middle.templates_version != after.templates_version
    assert before.version.startswith("1.0.0+")


def test_a_compiled_policy_is_the_same_policy(directory: Path) -> None:
    """Read from JSON, the policy equals the one read from YAML, and compiling twice gives the same bytes."""
    from_yaml = load_policy(directory)
    compile_policy(directory, directory / COMPILED_NAME)
    first = (directory / COMPILED_NAME).read_bytes()
    compile_policy(directory, directory / COMPILED_NAME)
    assert (directory / COMPILED_NAME).read_bytes() == first
    assert load_policy(directory) == from_yaml


def test_a_stale_compiled_policy_is_not_used(directory: Path) -> None:
    """What was compiled from other bytes is ignored, whatever it says."""
    compile_policy(directory, directory / COMPILED_NAME)
    change(directory, "settings", "tier2: 0.70", "tier2: 0.99")
    assert load_policy(directory).settings.thresholds.tier2 == 0.99


@pytest.mark.parametrize("content", ["", "{", '{"format": 0}', "null", "[]"])
def test_a_damaged_compiled_policy_is_not_used(directory: Path, content: str) -> None:
    """The YAML files are read instead."""
    (directory / COMPILED_NAME).write_text(content, "utf-8")
    assert load_policy(directory) == load_policy()


def test_a_compiled_policy_needs_no_yaml_and_no_pydantic(directory: Path) -> None:
    """A cold start that finds a compiled policy pays for neither library, and not for the calendars."""
    compile_policy(directory, directory / COMPILED_NAME)
    code = (
        "import sys; from pathlib import Path; from rp_mw_worker.policy.loader import load_policy;"
        f"load_policy(Path({str(directory)!r})); import rp_mw_worker.domain.decide;"
        "print(sorted({'yaml', 'pydantic', 'holidays', 'phonenumbers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
