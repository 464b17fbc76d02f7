"""The policy's files: what is wrong is said with file, line and fix, all at once; a compiled policy is the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rp_mw_ops.case_reader import parse_case
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.policy.loader import COMPILED_NAME, compile_policy, load_policy
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes import policy as tests_policy
from tests.fakes.policy import copy_policy


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the tests' policy."""
    copy_policy(tmp_path)
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
    ("rollout", "min_tickets: 200", "min_tickets: many", "whole number"),
    ("rollout", "min_tickets: 200", "min_ticket: 200", "not a known key"),
    ("rollout", "agreement_low: 0.90", "agreement_low: 90", "is no share"),
    ("rollout", "agreement_low: 0.90", "agreement_low: 0.80", "asks for less"),
    ("rollout", "agreement_floor: 0.85", "agreement_floor: 0.95", "above agreement_low"),
    ("rollout", "  tier1:\n", "  tier9:\n", "name tags, assign, draft, tier1, tier2"),
    ("rollout", "floor_days: 7", "floor_days: 0", "does not fit"),
    ("intents", "    tier: 0\n", "    tier: zero\n", "whole number"),
    ("intents", "team: Backend", "team: Backoffice", "'Backoffice' is unknown"),
    ("intents", "reply: order_edit_ack", "reply: order_edit_ok", "'order_edit_ok' is unknown"),
    ("intents", "reply: order_edit_ack", "reply: order_status_verified", "not a tier-1 template"),
    ("intents", "priority: 1", "priority: 9", "0 to 7"),
    ("intents", "    answers_with_order: true", "    answers_with_orders: true", "not a known key"),
    ("intents", "tier1_threshold: 0.65", "tier1_threshold: 65", "not 0 to 1"),
    ("intents", "    tier: 0\n", "    tier: 0\n    reply: general_ack\n", "0 but the intent has a reply"),
    ("templates", "    tier: 2\n", "    tier: 1\n", "is not 2"),
    ("templates", "        Your order ${order_number} is on its way.\n", "        ${first_name},\n", "first_name"),
    ("templates", "        Your order ${order_number} is on its way.\n", "        It costs $ 5.\n", "no variable"),
    ("templates", "        Your order ${order_number} is on its way.\n", "        https://x.example\n", "fixed link"),
    ("templates", "        Your order ${order_number} is on its way.\n", "        see help.example\n", "fixed link"),
    ("templates", "required: [order_number, expected_by]", "required: [order_number]", "not declared"),
    ("templates", "outside_hours: Our", f"outside_hours: {'x' * 900} Our", "shorten it"),
    ("templates", "  order_number: {max_chars: 24}", "  order_number: {max_chars: many}", "whole number"),
    ("templates", "  ask_order_number:\n", "  ask_order_no:\n", "ask_order_number is missing"),
    ("settings", r"\s{0,3}#?", r"\s*#?", "repeats without an end"),
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
    ("intents", "priority: 1\n", "priority: 01\n", "plain digits"),
    ("intents", "answers_with_order: true", "answers_with_order: yes", "write true"),
    ("intents", "    reply: order_edit_ack\n", "    reply:\n", "a value is missing"),
    ("intents", "  cancel_order:\n", "  Cancel Order:\n", "not a label"),
    ("settings", "opens: 9", "opens: 9:00", "plain digits"),
    ("product_words", "words: [\n", "words: [\n  Snow_Globe,\n", "not a product word"),
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
    change(directory, "templates", "New scans can", "A new scan can")
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
    assert load_policy(directory) == tests_policy.load_policy()


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


def test_one_mistake_is_one_line_and_no_line_has_two(directory: Path) -> None:
    """A value that readers disagree about is said once, not again for its type; no message has a line break."""
    line = change(directory, "intents", "    priority: 1\n", "    priority: 01\n")
    change(directory, "templates", "    tier: 2\n", '    "ti\\ner": 2\n')
    found = problems(directory)
    assert [problem for problem in found if problem.startswith(f"intents.yaml:{line}:")] == [
        f"intents.yaml:{line}: 01 is not the same to every reader of YAML; write a number in plain digits such as 10 "
        "or 0.6, or put it in quotes where it is text"
    ]
    assert not any("\n" in problem for problem in found)


def test_line_ends_do_not_change_the_policy(directory: Path) -> None:
    """A checkout with carriage returns has the same words and the same version."""
    before = load_policy(directory)
    for path in directory.glob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_policy(directory) == before


def test_product_words_are_part_of_the_policy_and_its_version(directory: Path) -> None:
    """A shop's own word is found in messages, and the version tells that it came."""
    before = load_policy(directory)
    change(directory, "product_words", "words: [\n", "words: [\n  snow globe,\n")
    after = load_policy(directory)
    assert before.version != after.version
    assert set(after.product_words) - set(before.product_words) == {"snow globe"}
    kinds = {entity.type for entity in PolicyEngine(after).entities("my snow globes are late")}
    assert kinds == {"product"}
    assert not PolicyEngine(before).entities("my snow globes are late")


def test_the_tier0_order_is_the_file_s(directory: Path) -> None:
    """Of several escalations in one message the one that intents.yaml names first leads."""
    policy = load_policy(directory)
    text = "I will call my lawyer, and I start a chargeback"
    row = {"id": "x", "now": 1_764_000_000_000, "text": text, "classification": {"intents": []}}
    assert decide(parse_case(row, policy), policy).intent == "legal_threat"
    path = directory / "intents.yaml"
    start, first, second, end = _blocks(path.read_text("utf-8"), "legal_threat", "chargeback_dispute")
    path.write_text(start + second + first + end, "utf-8")
    turned = load_policy(directory)
    assert decide(parse_case(row, turned), turned).intent == "chargeback_dispute"


def test_what_endangers_people_is_tagged_as_the_policy_says(directory: Path) -> None:
    """The tag follows the intent's own line, not its name."""
    row = {"id": "x", "now": 1_764_000_000_000, "text": "my lawyer will call you", "classification": {"intents": []}}
    before = load_policy(directory)
    assert "mw-safety" not in decide(parse_case(row, before), before).tags
    change(directory, "intents", "  legal_threat:\n", "  legal_threat:\n    endangers_people: true\n")
    after = load_policy(directory)
    assert "mw-safety" in decide(parse_case(row, after), after).tags


def _blocks(text: str, first: str, second: str) -> tuple[str, str, str, str]:
    """Split the file into what is before two neighbouring or distant intents, the first with all up to the second."""
    begin, middle = text.index(f"  {first}:\n"), text.index(f"  {second}:\n")
    end = text.index("\n  fraud_suspected:\n") + 1
    return text[:begin], text[begin:middle], text[middle:end], text[end:]
