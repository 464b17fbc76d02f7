"""Each language's words are held against the claims that are declared once; a mistake has file, line and fix."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.screen import screen, wants_human
from rp_mw_worker.policy.loader import COMPILED_NAME, POLICY_DIRECTORY, load_policy


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the shipped policy."""
    copytree(POLICY_DIRECTORY, tmp_path / "policy", ignore=lambda *_: [COMPILED_NAME, "model", "__pycache__"])
    return tmp_path / "policy"


def problems(directory: Path, file: str, old: str, new: str) -> list[str]:
    """What is wrong after one change of a file."""
    path = directory / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(directory)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "claim"),
    [
        ("templates.de.yaml", "wird vorbereitet. Der", "ist unterwegs. Der", "in_transit"),
        ("templates.fr.yaml", "est en préparation. Le", "est en route. Le", "in_transit"),
        ("templates.es.yaml", "está en preparación. El", "está en camino. El", "in_transit"),
        ("templates.it.yaml", "è in preparazione. Il", "è in viaggio. Il", "in_transit"),
        ("templates.nl.yaml", "wordt klaargemaakt. De", "is onderweg. De", "in_transit"),
        ("templates.pt.yaml", "está em preparação. A", "está a caminho. A", "in_transit"),
        ("templates.yaml", "is being prepared. The", "is on its way. The", "in_transit"),
        ("templates.yaml", "Thank you for asking about your order", "It was delivered, your order", "delivered"),
        (
            "templates.de.yaml",
            'parcel_not_scanned: "${parcel}: vom',
            'parcel_not_scanned: "${parcel}: zugestellt, vom',
            "delivered",
        ),
    ],
)
def test_a_text_that_claims_what_is_not_declared_is_a_mistake(
    directory: Path, file: str, old: str, new: str, claim: str
) -> None:
    """`unterwegs` without the claim: the file, the line, the words, and what to do."""
    found = [problem for problem in problems(directory, file, old, new) if f"claims {claim}" in problem]
    assert found and all(re.match(rf"{re.escape(file)}:\d+: (templates|statements)\.", problem) for problem in found)
    assert all("; declare" in problem for problem in found)


def test_a_claim_on_a_line_that_goes_out_without_its_value_is_a_mistake(directory: Path) -> None:
    """The line of a claim that is bound to a variable has to have the variable."""
    found = problems(directory, "templates.yaml", "It left us on ${shipped_on}.", "It left us, and ${tracking_url}.")
    assert any("claims left_us without shipped_on" in problem for problem in found)


def test_a_declared_claim_that_a_language_does_not_say_is_a_mistake(directory: Path) -> None:
    """Each language is held complete, so a word that is missing from the lists is noticed."""
    found = problems(directory, "templates.nl.yaml", "is onderweg.", "is aan het reizen.")
    assert any("declares in_transit, and no word of it is known in nl" in problem for problem in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("claims.yaml", "proved_by: [carrier_scan]", "proved_by: [a_feeling]", "fact a_feeling is unknown"),
        ("claims.yaml", "proved_by: [carrier_scan]", "proved_by: []", "name a fact, or remove the claim"),
        ("claims.yaml", "  parcel_ready: [ready_for_pickup]\n", "", "parcel_ready is missing"),
        ("claims.yaml", "parcel_ready: [ready_for_pickup]", "parcel_ready: [ready]", "claim ready is unknown"),
        ("templates.yaml", "claims: {digital: always}", "claims: {analogue: always}", "claim analogue is unknown"),
        ("templates.yaml", "claims: {digital: always}", "claims: {digital: when}", "write always, or a variable"),
        ("templates.de.yaml", "    tier: 2\n", "    tier: 2\n    claims: {digital: always}\n", "remove it here"),
        ("carriers.yaml", "hosts: [bpost.be]", "hosts: ['https://bpost.be/']", "is no host"),
        ("carriers.yaml", "numbers: ['1Z", "numbers: ['(1Z", "is not a regular expression"),
        ("shipping_methods.yaml", "kind: pickup", "kind: fetch", "write one of shipping, pickup, local_delivery"),
        ("shipping_methods.yaml", "countries: [US]", "countries: [ZZ]", "write a code such as US"),
    ],
)
def test_a_mistake_of_the_ledger_is_named_with_its_fix(
    directory: Path, file: str, old: str, new: str, said: str
) -> None:
    """Facts, claims, statements, carriers and methods that do not exist."""
    assert any(problem.startswith(f"{file}:") and said in problem for problem in problems(directory, file, old, new))


def test_every_reply_is_there_in_all_seven_languages() -> None:
    """Who writes in any of them gets each answer."""
    policy = load_policy()
    replies = set(policy.templates.templates)
    served = {code: set(words.templates) for code, words in policy.templates_by_language.items()}
    assert set(served) == {"en", "de", "fr", "es", "it", "nl", "pt"}
    assert all(replies <= names for names in served.values())
    assert all(
        set(words.statements) == set(policy.claims.statements) for words in policy.templates_by_language.values()
    )


def test_acknowledgements_are_off_as_shipped() -> None:
    """What neither asks nor informs stays away until the shop wants it."""
    policy = load_policy()
    assert not policy.settings.acknowledgements
    assert {name for name, rule in policy.template_rules.items() if rule.acknowledgement} == {
        "general_ack",
        "subscription_ack",
    }


def test_every_language_says_that_a_reply_is_automatic_and_how_to_reach_a_person() -> None:
    """In the words of each language, and a customer who says so is heard by the screen there."""
    policy = load_policy()
    said = {words.language: words.automatic.lower() for words in (policy.templates, *policy.further_templates.values())}
    automatic = {"en": "automatic", "de": "automatische", "fr": "automatique", "es": "automática"}
    automatic |= {"it": "automatica", "nl": "automatisch", "pt": "automática"}
    person = {"en": "a person", "de": "einem menschen", "fr": "une personne", "es": "una persona"}
    person |= {"it": "una persona", "nl": "een medewerker", "pt": "uma pessoa"}
    assert all(word in said[language] for words in (automatic, person) for language, word in words.items())
    wishes = {
        "en": "I would rather talk to a person",
        "de": "Ich möchte lieber mit einem Menschen schreiben",
        "fr": "Je préfère parler à une personne",
        "es": "Prefiero hablar con una persona",
        "it": "Preferisco parlare con una persona",
        "nl": "Ik wil liever een medewerker spreken",
        "pt": "Prefiro falar com uma pessoa",
    }
    heard = {
        language: wants_human(screen(text, policy.screen, language), policy.screen) for language, text in wishes.items()
    }
    assert heard == dict.fromkeys(wishes, True)
