"""Replies in further languages: files beside templates.yaml; a reply may exist in one language only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rp_mw_ops.commands.decide import decide_lines
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reply_text import render
from rp_mw_worker.policy.loader import COMPILED_NAME, compile_policy, load_policy
from tests.fakes.policy import copy_policy

GERMAN = """version: 1.0.0
language: de
brand:
  brand_name: Beispielladen
  signature: Ihr Beispielladen
outside_hours: Gerade ist niemand da.
automatic: Das ist eine automatische Antwort.
templates:
  gruss:
    tier: 1
    optional: [outside_hours]
    text:
      default: |
        Vielen Dank für Ihre Nachricht an ${brand_name}.
        ${outside_hours}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the tests' policy, in which one intent's reply exists in German only."""
    copy_policy(tmp_path)
    (tmp_path / "templates.de.yaml").write_text(GERMAN, "utf-8")
    path = tmp_path / "intents.yaml"
    path.write_text(path.read_text("utf-8").replace("reply: ask_return_details", "reply: gruss"), "utf-8")
    return tmp_path


def decided(policy: Policy, text: str) -> dict[str, object]:
    """What is decided about a return request in this text's language."""
    row = {
        "id": "one",
        "now": 1_764_000_000_000,
        "text": text,
        "classification": {"intents": [{"label": "return_request", "confidence": 0.95}]},
        "flags": {"automation_enabled": True, "automation_enabled_channels": ["email"], "rollout_stage": "tier2"},
    }
    (result,) = decide_lines([json.dumps(row)], policy)
    return result


def test_a_reply_of_one_language_is_sent_in_it_and_blocked_in_the_others(directory: Path) -> None:
    """German is answered; English, which has no such reply, is left to a person by the language gate."""
    policy = load_policy(directory)
    german = decided(policy, "Ich möchte die Schuhe zurückschicken, bitte")
    english = decided(policy, "I want to send the shoes back to you please")
    assert german["template_id"] == "gruss"
    assert "Beispielladen" in str(german["reply"]) and german["reply_language"] == "de"
    assert english["template_id"] is None
    gates = {gate["gate"]: gate for gate in english["gates"]}  # type: ignore[attr-defined]
    assert not gates["language"]["allowed"]
    assert (gates["language"]["code"], gates["language"]["detail"]) == ("language_template_missing", "en gruss")
    assert all(gate["allowed"] for name, gate in gates.items() if name not in {"language", "rendering"})


def test_a_variable_s_limit_is_the_same_in_every_language(directory: Path) -> None:
    """templates.yaml says what a variable may hold, and the other files take it from there."""
    policy = load_policy(directory)
    assert policy.further_templates["de"].variables == policy.templates.variables
    assert "Gerade" in render("gruss", "sms", {"outside_hours": "Gerade ist niemand da."}, policy, "de")


def test_a_compiled_policy_holds_every_language_s_replies(directory: Path) -> None:
    """The deployed worker reads the same words, under the same version."""
    from_yaml = load_policy(directory)
    compile_policy(directory, directory / COMPILED_NAME)
    assert load_policy(directory) == from_yaml


def test_a_changed_word_of_a_further_language_is_another_version(directory: Path) -> None:
    """Both versions name it: the policy's and the templates'."""
    before = load_policy(directory)
    (directory / "templates.de.yaml").write_text(GERMAN.replace("Vielen Dank", "Danke"), "utf-8")
    after = load_policy(directory)
    assert before.version != after.version
    assert before.templates_version != after.templates_version


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("language: de", "language: fr", "is not de"),
        ("language: de\n", "", "is not de"),
        ("templates:\n", "variables: {}\ntemplates:\n", "belongs into templates.yaml"),
        ("  gruss:", "  Gruß:", "is not a template's name"),
        ("    tier: 1", "    tier: 2", "is not 1"),
        ("      default:", "      email:", "has no default"),
        ("  gruss:", "  general_ack:", "'gruss' is unknown"),
        ("    optional: [outside_hours]", "    optional: [outside_hours, vorname]", "vorname has no rule"),
        ("Vielen Dank", "Vielen Dank " * 130, "shorten it"),
        ("Vielen Dank", "${danke}", "danke is not declared"),
    ],
)
def test_a_mistake_in_a_language_file_is_named(directory: Path, old: str, new: str, said: str) -> None:
    """The same strict checks hold as for templates.yaml."""
    (directory / "templates.de.yaml").write_text(GERMAN.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(directory)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_reply_takes_the_same_variables_in_every_language(directory: Path) -> None:
    """A reply that is there twice is given the same values, so both have to take them."""
    path = directory / "templates.de.yaml"
    path.write_text(GERMAN.replace("  gruss:", "  order_status_verified:").replace("tier: 1", "tier: 2"), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(directory)
    assert any(
        problem.startswith("templates.de.yaml:") and "required: is not the same in every language" in problem
        for problem in caught.value.problems
    )
