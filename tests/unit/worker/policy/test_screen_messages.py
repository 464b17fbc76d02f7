"""The shipped words on messages of our own: each language's recall, near misses, and people asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.jsonl import Row
from rp_mw_ops.screening import load_rows, measure, to_answer
from rp_mw_worker.domain.interpretation import HUMAN_RISK_FLAG
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.domain.phrase_notation import expand, is_phrase
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.screen import escalations, screen, wants_human
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine

MESSAGES = Path(__file__).parents[3] / "data/screen/messages.jsonl"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy()


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """All messages."""
    return load_rows(MESSAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_is_seen_and_harmless_words_are_left_alone(language: str, rows: list[Row], policy: Policy) -> None:
    """Read in its own language, as detected or told by the conversation."""
    tier0, near, humans = [], [], []
    for row in (row for row in rows if row["lang"] == language):
        hits = screen(row["text"], policy.screen, language)
        is_escalated = bool(escalations(hits, policy.screen))
        if row["intent"] in policy.tier0_labels:
            tier0.append(is_escalated)
        if row["near_miss"]:
            near.append(is_escalated)
        if row["human_request"]:
            humans.append(wants_human(hits, policy.screen) and not is_escalated)
    assert sum(tier0) / len(tier0) >= 0.95
    assert sum(near) / len(near) <= 0.2
    assert sum(humans) / len(humans) >= 0.95


@pytest.mark.parametrize(
    "text", ["retard de deux semaines", "el pedido lleva retardo", "slut på lager", "Agent Mulder"]
)
@pytest.mark.parametrize("language", ["fr", "es", "sv"])
def test_a_word_that_is_harmless_in_a_language_is_no_threat_there(text: str, language: str, policy: Policy) -> None:
    """A late parcel is no insult."""
    assert not escalations(screen(text, policy.screen, language), policy.screen)


def test_figures_count_what_they_say(policy: Policy) -> None:
    """A missed threat lowers recall; a near miss that escalates raises its share."""
    made = [
        {"lang": "en", "text": "my lawyer will sue you", "intent": "legal_threat"},
        {"lang": "en", "text": "nothing of the kind", "intent": "legal_threat"},
        {"lang": "de", "text": "Mein Anwalt verklagt Sie.", "intent": "unknown_other", "near_miss": True},
    ]
    figures, missed = measure(made, PolicyEngine(policy), lambda _text, _language: Classification())
    assert figures["en.tier0"] == {"share": 0.5, "found": 1, "total": 2}
    assert figures["six.near_miss"]["share"] == 1.0
    assert missed["en.tier0"] == ["nothing of the kind"]
    assert missed["de.near_miss"] == ["Mein Anwalt verklagt Sie."]


def test_what_the_model_says_counts_as_in_the_worker(policy: Policy) -> None:
    """Harmless words of the text are doubted, those of the subject are not; a person asked for is seen by either."""
    engine = PolicyEngine(policy)

    def answer(share: float | None, flags: frozenset[str] = frozenset(), subject: str = "") -> dict[str, Any]:
        found = Classification(risk_flags=flags, tier0_share=share)
        return to_answer({"text": "Mein Anwalt verklagt Sie.", "subject": subject}, engine, lambda *_: found)

    limit = policy.settings.thresholds.harmless_tier0
    believed, doubted = answer(limit), answer(limit - 0.01)
    assert (believed["labels"], believed["doubted"]) == (["legal_threat"], [])
    assert (doubted["labels"], doubted["doubted"]) == ([], believed["hits"])
    assert answer(0.0, subject="Mein Anwalt verklagt Sie.")["labels"] == ["legal_threat"]
    assert answer(None)["labels"] == ["legal_threat"]
    assert not believed["human_requested"]
    assert answer(limit, frozenset({HUMAN_RISK_FLAG}))["human_requested"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Käufer*", ("kaufer*|kaeufer*",)),
        ("a1|b1 <> c1", ("a1|b1 .. c1", "c1 .. a1|b1")),
        ("x1 a1|b1_c1", ("x1 a1", "x1 b1 c1")),
        ("{group} *anwalt", ("one|two *anwalt",)),
    ],
)
def test_the_notation_is_expanded(written: str, meant: tuple[str, ...]) -> None:
    """What a phrase stands for, written out."""
    expanded = expand(written, {"group": ["one", "two"]})
    assert expanded == meant
    assert all(map(is_phrase, expanded))


@pytest.mark.parametrize("written", ["a*", "*ab", "a1 <> b1 <> c1 <> d1", "a1..b1", "x1 ..", ""])
def test_what_cannot_be_looked_up_is_no_phrase(written: str) -> None:
    """The policy check names it."""
    assert not all(map(is_phrase, expand(written, {})))
