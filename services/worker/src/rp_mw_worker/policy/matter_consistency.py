"""The rules of matters.yaml: phrases that can be looked up, groups that exist, kinds that every language has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rp_mw_worker.domain.phrase_notation import WRITE, expand, is_phrase
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.domain.screen import ABOUT_ORDER, ASKS_WHERE, PLAIN, SAYS_LATE

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

_NEEDED = (ABOUT_ORDER, ASKS_WHERE, SAYS_LATE, PLAIN)


def find_matter_problems(documents: dict[str, Document]) -> Iterator[str]:
    """Yield every mistake of matters.yaml, and every intent whose `words` it does not have, with file, line and fix."""
    document = documents["matters"]
    languages = document.value["languages"]
    base = languages.get(BASE_LANGUAGE, {}).get("kinds", {})
    for name in _NEEDED:
        if name not in base:
            yield document.problem(("languages", BASE_LANGUAGE), f"{name} is missing", "add it: order replies need it")
    for language, words in languages.items():
        if missing := sorted(set(base) - set(words["kinds"])):
            fix = "add them: what has no words in a language is never noticed there"
            yield document.problem(("languages", language, "kinds"), f"{', '.join(missing)} is missing", fix)
        for kind, phrases in words["kinds"].items():
            for place, phrase in enumerate(phrases):
                where = ("languages", language, "kinds", kind, place)
                if not _is_written_well(phrase, words.get("groups", {})):
                    yield document.problem(where, f"{phrase!r} is no phrase", f"write {WRITE}")
    known = {kind for words in languages.values() for kind in words["kinds"]}
    for label, rule in documents["intents"].value["intents"].items():
        for kind in rule.get("words", ()):
            if kind not in known:
                wrong = f"{kind!r} is unknown"
                yield documents["intents"].problem(("intents", label, "words"), wrong, "write a kind of matters.yaml")


def _is_written_well(phrase: str, groups: dict[str, list[str]]) -> bool:
    try:
        return all(is_phrase(expanded) for expanded in expand(phrase, groups))
    except KeyError:
        return False
