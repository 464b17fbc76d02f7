"""Words and sense together: what the two models' shares become, and what is told beside the intents."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.cascade import LANGUAGES
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.classifiers.encoder import Encoder, Sense
from rp_mw_worker.classifiers.multilingual import (
    MAX_HARMLESS_SENTENCES,
    MultilingualClassifier,
    load_multilingual_classifier,
)
from rp_mw_worker.domain.model import Classification
from tests.fakes.policy import load_policy

LABELS = ("fraud_suspected", "legal_threat", "refund_request", "unknown_other")
TIER0 = frozenset({"fraud_suspected", "legal_threat"})
EVEN = (0.25, 0.25, 0.25, 0.25)
REFUND = (0.01, 0.01, 0.97, 0.01)
LEGAL = (0.01, 0.97, 0.01, 0.01)
SPLIT = (0.19, 0.18, 0.62, 0.01)
FAINT = (0.01, 0.25, 0.73, 0.01)


@dataclass
class Words:
    """Hashed words that know nothing."""

    labels: tuple[str, ...] = LABELS
    model_version: str = "1"

    def probabilities(self, text: str) -> list[float]:
        """Return the same for every text."""
        del text
        return list(EVEN)


@dataclass
class ScriptedSense:
    """An encoder whose answers are given by text; a text that is not given is a refund."""

    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    persons: frozenset[str] = frozenset()
    is_all_read: bool = True
    labels: tuple[str, ...] = LABELS
    version: str = "2"

    def read(self, text: str) -> Sense:
        """Return what is scripted; shares are squared, so that their mean with EVEN is what the script says."""
        shares = self.shares.get(text, REFUND)
        total = sum(share**2 for share in shares)
        return Sense(tuple(share**2 / total for share in shares), 0.9 * (text in self.persons), self.is_all_read)


@dataclass
class CountingSense(ScriptedSense):
    """Keeps what it read."""

    read_texts: list[str] = field(default_factory=list)

    def read(self, text: str) -> Sense:
        """Count one."""
        self.read_texts.append(text)
        return super().read(text)


def make(sense: ScriptedSense, tier0: frozenset[str] = TIER0) -> MultilingualClassifier:
    """Return the classifier over the two stand-ins."""
    return MultilingualClassifier(tier0, cast("EmbeddedClassifier", Words()), cast("Encoder", sense))


def classified(text: str, sense: ScriptedSense) -> Classification:
    """Return what the classifier makes of `text`."""
    return make(sense).classify(text)


def names(found: Classification) -> list[str]:
    """Return the intents' labels, best first."""
    return [intent.label for intent in found.intents]


def test_the_shares_are_the_geometric_mean_of_both() -> None:
    """Words that know nothing leave the order to the sense; the versions of both are told."""
    found = classified("Geld zurück bitte", ScriptedSense())
    assert names(found) == ["refund_request"]
    assert found.intents[0].confidence == pytest.approx(0.97)
    assert (found.tier0_share, found.model_version, found.classifier) == (0.02, "1+2", "embedded")


def test_labels_of_tier_0_count_together_as_the_surest() -> None:
    """0.19 and 0.18 are one danger of 0.37."""
    found = classified("Betrug und Anwalt", ScriptedSense({"Betrug und Anwalt": SPLIT}))
    assert [(intent.label, intent.confidence) for intent in found.intents] == [
        ("refund_request", 0.62),
        ("fraud_suspected", 0.37),
    ]
    assert found.tier0_share == 0.37


def test_a_faint_tier_0_decides_no_team_and_forbids() -> None:
    """Listed as a risk, not as an intent."""
    found = classified("der Anwalt fragt", ScriptedSense({"der Anwalt fragt": FAINT}))
    assert names(found) == ["refund_request"]
    assert found.risk_flags == {"legal_threat"}


def test_without_another_intent_the_best_other_stands() -> None:
    """A classification is never empty."""
    faint = {"hm hm hm": (0.12, 0.15, 0.65, 0.08)}
    found = make(ScriptedSense(faint), TIER0 | {"refund_request"}).classify("hm hm hm")
    assert found.tier0_share == 0.92
    low = {"hm hm hm": (0.11, 0.15, 0.05, 0.69)}
    found = classified("hm hm hm", ScriptedSense(low))
    assert names(found) == ["unknown_other"]


def test_a_dangerous_sentence_in_a_calm_message_is_no_harmless_message() -> None:
    """The whole is calm, one sentence is not: more than the limit of harmless uses, 0.15, and as much as decides."""
    whole = "Danke für die Lieferung der Lampe. Mein Anwalt schreibt Ihnen morgen."
    sense = ScriptedSense({"Mein Anwalt schreibt Ihnen morgen.": LEGAL})
    found = classified(whole, sense)
    assert found.tier0_share == pytest.approx(0.48, abs=0.01)
    assert "legal_threat" in names(found)


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("Wo ist mein Paket? " * (MAX_HARMLESS_SENTENCES + 1), ScriptedSense()),
        ("Wo ist mein Paket?", ScriptedSense(is_all_read=False)),
    ],
)
def test_of_a_long_text_nothing_is_said_to_be_harmless(text: str, sense: ScriptedSense) -> None:
    """What was not read to its end, or says too much, keeps its words."""
    assert classified(text, sense).tier0_share is None


@pytest.mark.parametrize("asking", ["Ein Mensch soll mir schreiben.", "Hallo Shop. Ein Mensch soll mir schreiben."])
def test_a_person_asked_for_in_one_sentence_is_told(asking: str) -> None:
    """As a risk flag, as a model's answer tells it; nobody else's message has one."""
    sense = ScriptedSense(persons=frozenset({"Ein Mensch soll mir schreiben."}))
    assert "human_requested" in classified(asking, sense).risk_flags
    assert "human_requested" not in classified("Hallo Shop. Wo ist das Paket?", sense).risk_flags


@pytest.mark.parametrize("unit", ["a b. ", "a", "Feuer im Haus. ", "\n", "ab! cd? ", "[NAME_1] "])
def test_a_long_text_is_read_a_bounded_number_of_times(unit: str) -> None:
    """The whole, forty sentences that are chosen from, what was chosen of them, and twenty by themselves."""
    sense = CountingSense()
    classified((unit * 32_768)[:32_768], sense)
    assert len(sense.read_texts) <= 62


def test_two_models_for_other_labels_are_refused() -> None:
    """Their shares could not be put together."""
    with pytest.raises(ConfigurationError, match="different labels"):
        make(ScriptedSense(labels=LABELS[:2]))


def test_an_english_message_loads_nothing_of_it() -> None:
    """In a process of its own, through the worker's choice: no numpy, no encoder, no second model."""
    code = """
import sys
from rp_mw_worker.classifiers.cascade import ClassifierChoice
from rp_mw_worker.classifiers.embedded import load_shop_classifier
def multilingual():
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier
    return load_multilingual_classifier(frozenset())
choice = ClassifierChoice(lambda: load_shop_classifier(frozenset()), lambda: None, make_multilingual=multilingual)
loaded = lambda: bool({"numpy", "rp_mw_worker.classifiers.encoder"} & set(sys.modules))
choice.classify("embedded", "Where is my package?", 0, "", "en"); print(loaded())
choice.classify("embedded", "Gdzie jest moja paczka?", 0, "", "pl"); print(loaded())
choice.classify("embedded", "Wo ist mein Paket?", 0, "", "de"); print(loaded())
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == ["False", "False", "True"]


HARMLESS = {
    "de": "Haben Sie den Krimi vom Anwalt in der Bombengasse auch als Hörbuch?",
    "es": "¿La pistola de silicona viene con barras de pegamento?",
    "fr": "Le couteau à pain existe-t-il avec un manche en bois ?",
    "it": "La pistola ad acqua è adatta a bambini di sei anni?",
    "nl": "Is het broodmes ook te krijgen met een houten greep?",
    "pt": "A faca de pão também existe com cabo de madeira?",
}
DANGER = {
    "de": "Der Föhn hat Funken gesprüht und meiner Tochter die Hand verbrannt.",
    "es": "La plancha empezó a echar humo y mi hijo se quemó la mano.",
    "fr": "Le chargeur a pris feu et mon fils s'est brûlé la main.",
    "it": "La stufa ha preso fuoco e mio figlio si è bruciato una mano.",
    "nl": "De oplader vloog in brand en mijn zoon heeft zijn hand verbrand.",
    "pt": "O carregador pegou fogo e o meu filho queimou a mão.",
}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_shipped_models_tell_harm_from_harmless_words(language: str) -> None:
    """Below the policy's limit on one side, a routed tier 0 on the other."""
    policy = load_policy()
    classifier = load_multilingual_classifier(policy.tier0_labels)
    harmless, danger = classifier.classify(HARMLESS[language]), classifier.classify(DANGER[language])
    assert harmless.tier0_share is not None
    assert danger.tier0_share is not None
    assert harmless.tier0_share < policy.settings.thresholds.harmless_tier0
    assert danger.tier0_share > 0.5
    assert danger.intents[0].label == "product_safety"
