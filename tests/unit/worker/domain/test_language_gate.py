"""No reply in a language the shop has no words in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rp_mw_ops.case_reader import parse_case
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.replay_record import from_replay_record, to_replay_record
from tests.fakes.policy import load_policy

POLICY = load_policy()
BARE = replace(POLICY, further_templates={})


def _decide(text: str, policy: object = POLICY, language: str | None = None) -> Decision:
    row = {
        "now": 1_764_000_000_000,
        "text": text,
        "language": language,
        "classification": {"intents": [{"label": "return_request", "confidence": 0.95}]},
        "flags": {
            "automation_enabled": True,
            "automation_enabled_channels": ["email"],
            "rollout_stage": "tier2",
        },
    }
    return decide(parse_case(row, policy), policy)  # type: ignore[arg-type]


def _gate(decision: Decision) -> tuple[bool, str, str]:
    found = next(gate for gate in decision.gates if gate.gate == "language")
    return found.allowed, found.code, found.detail


def test_english_is_answered() -> None:
    """The first language has its templates and no tag."""
    decision = _decide("I want to send the shoes back to you please")
    assert decision.template_id == "ask_return_details"
    assert not any(tag.startswith("mw-language-") for tag in decision.tags)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Chciałbym zwrócić buty, są za małe na mnie", "pl"),
        ("Jag vill skicka tillbaka skorna, de är för små", "sv"),
        ("返品したいのですが、どうすればいいですか", "ja"),
    ],
)
def test_a_language_that_is_not_served_goes_to_a_person(text: str, code: str) -> None:
    """No reply, the gate's reason, and the tag that tells colleagues which language it is."""
    decision = _decide(text)
    assert decision.template_id is None
    assert _gate(decision) == (False, "language_not_served", code)
    assert f"mw-language-{code}" in decision.tags


def test_an_undetermined_language_goes_to_a_person() -> None:
    """Where nothing tells the language there is no reply either."""
    decision = _decide("Zxqv")
    assert decision.template_id is None
    assert _gate(decision) == (False, "language_unknown", "")
    assert "mw-language-und" in decision.tags


def test_without_its_templates_a_language_is_not_served() -> None:
    """A shop that takes the German templates out answers no German."""
    decision = _decide("Ich möchte die Schuhe zurückschicken, bitte", BARE)
    assert decision.template_id is None
    assert _gate(decision) == (False, "language_not_served", "de")


@pytest.mark.parametrize("language", ["en", "de", "pl", None])
def test_a_replay_decides_in_the_same_language(language: str | None) -> None:
    """The record keeps the language, so that the gate says the same again."""
    row = {"now": 1, "text": "Zxqv", "language": language}
    case = replace(parse_case(row, POLICY), language=language)
    again = from_replay_record(to_replay_record(case, POLICY))
    assert again.language == language
