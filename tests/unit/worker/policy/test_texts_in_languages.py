"""What readers of each language stumble over, and what no fact of an order can prove, in the replies that ship."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from rp_mw_worker.policy.loader import load_policy

POLICY = load_policy()
# After the greeting of a mail English, French, Spanish, Dutch and Portuguese go on in upper case.
GREETINGS = {
    "en": ("Hello,", True),
    "de": ("Guten Tag,", False),
    "fr": ("Bonjour,", True),
    "es": ("Hola:", True),
    "it": ("Buongiorno,", False),
    "nl": ("Hallo,", True),
    "pt": ("Olá,", True),
}
# German nouns and words of address, which are capital anywhere.
ALWAYS_CAPITAL = {"de": {"Ihre", "Ihr"}, "it": set()}
# That a request is closed: whether it will be is decided beside the text (`close_ticket`).
CLOSES = {
    "en": r"(?<!may )close[sd]? this request|closing this request|we have closed",
    "de": r"\bwir schließen|haben wir geschlossen",
    "fr": r"\bnous fermons|avons fermé",
    "es": r"\bcerramos|hemos cerrado",
    "it": r"(?<!che per ora )chiudiamo|abbiamo chiuso",
    "nl": r"\bwe sluiten|\bwij sluiten|hebben we gesloten",
    "pt": r"\bfechamos|foi fechado",
}


# That somebody is at work on it now: a reply may go out at night.
AT_WORK = {
    "en": r"\bis (checking|looking)|are (checking|looking)",
    "de": r"der prüft|prüft gerade|ist dabei",
    "fr": r"\bs'en occupe\b|\bvérifie\b|en train de",
    "es": r"está comprobando|se está ocupando",
    "it": r"sta controllando|se ne occupa\b",
    "nl": r"en zoekt uit|is aan het",
    "pt": r"está a verificar|está a tratar",
}


def mails(language: str) -> Iterator[tuple[str, list[str]]]:
    """Each reply of the language that has a text for mails, by template: its lines that have words."""
    for name, rule in POLICY.templates_by_language[language].templates.items():
        if "email" in rule.text:
            yield name, [line for line in rule.text["email"].splitlines() if line.strip()]


def test_every_language_is_looked_at() -> None:
    """A new language names its greeting here."""
    assert set(GREETINGS) == set(CLOSES) == set(AT_WORK) == set(POLICY.templates_by_language)


@pytest.mark.parametrize("language", sorted(GREETINGS))
def test_a_mail_greets_and_goes_on_as_its_language_does(language: str) -> None:
    """One greeting in every mail, for any hour of the day, and the next word as the language writes it."""
    greeting, is_capital = GREETINGS[language]
    wrong = []
    for name, (first, second, *_) in mails(language):
        word = re.split(r"[\s']", second)[0]
        fits = word[0].isupper() == is_capital or word in ALWAYS_CAPITAL.get(language, ())
        if first != greeting or not fits:
            wrong.append((name, first, word))
    assert wrong == []


@pytest.mark.parametrize("language", sorted(AT_WORK))
def test_no_reply_says_that_somebody_is_at_work_on_it(language: str) -> None:
    """A colleague has the request, and will look: whether anybody does so now nobody knows."""
    found = [name for name, lines in mails(language) if re.search(AT_WORK[language], "\n".join(lines), re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize("language", sorted(CLOSES))
def test_no_reply_says_that_the_request_is_closed(language: str) -> None:
    """The reply with a date goes out beside a deadline too, and then the ticket stays open."""
    texts = (
        (name, text)
        for name, rule in POLICY.templates_by_language[language].templates.items()
        for text in rule.text.values()
    )
    assert [name for name, text in texts if re.search(CLOSES[language], text, re.IGNORECASE)] == []
