"""The rules of claims.yaml: facts that exist, and texts that claim what is declared, no more and no less.

templates.*.yaml --lines that have a claim's words--> claims said --held against--> claims declared, per language
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from string import Template
from typing import TYPE_CHECKING, Any

from rp_mw_worker.domain.claim_rules import ALWAYS
from rp_mw_worker.domain.evidence import FACT_NAMES
from rp_mw_worker.domain.order_words import STATEMENTS
from rp_mw_worker.domain.policy_file import BASE_LANGUAGE

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

Claims = dict[str, Any]


def find_claim_problems(documents: dict[str, Document], languages: list[tuple[str, Document]]) -> Iterator[str]:
    """Yield every mistake of claims.yaml, and each text that says another thing than it declares."""
    document = documents["claims"]
    claims: Claims = document.value["claims"]
    yield from _fact_problems(document)
    yield from _statement_problems(document)
    rules: dict[str, Any] = {}
    for language, templates in languages:
        for name, text in templates.value.get("statements", {}).items():
            where = ("statements", name)
            declared = dict.fromkeys(document.value["statements"].get(name, ()), ALWAYS)
            yield from _text_problems(templates, where, text, declared, claims, language)
        for name, rule in templates.value["templates"].items():
            first = rules.setdefault(name, rule)
            yield from _declaration_problems(templates, ("templates", name), rule, first, claims)
            for channel, text in rule["text"].items():
                place = ("templates", name, "text", channel)
                yield from _text_problems(templates, place, text, first.get("claims", {}), claims, language)


def _fact_problems(document: Document) -> Iterator[str]:
    for name, claim in document.value["claims"].items():
        for key in ("proved_by", "never_with"):
            for fact in claim.get(key, ()):
                if fact not in FACT_NAMES:
                    fix = f"write one of {', '.join(sorted(FACT_NAMES))}"
                    yield document.problem(("claims", name, key), f"fact {fact} is unknown", fix)
        if not claim["proved_by"]:
            yield document.problem(("claims", name, "proved_by"), "is empty", "name a fact, or remove the claim")
        if not claim["words"].get(BASE_LANGUAGE):
            yield document.problem(("claims", name, "words"), "has no words in en", "add the phrases that say it")


def _statement_problems(document: Document) -> Iterator[str]:
    declared = document.value["statements"]
    for name in sorted(STATEMENTS - set(declared)):
        yield document.problem(("statements",), f"{name} is missing", "add it with its claims")
    for name, claims in declared.items():
        if name not in STATEMENTS:
            yield document.problem(("statements", name), "is no statement", "remove it or correct its spelling")
        for claim in claims:
            if claim not in document.value["claims"]:
                yield document.problem(("statements", name), f"claim {claim} is unknown", "add it under claims")


def _declaration_problems(
    document: Document, where: tuple[str, ...], rule: dict[str, Any], first: dict[str, Any], claims: Claims
) -> Iterator[str]:
    for key in ("claims", "acknowledgement"):
        if rule is not first and key in rule:
            yield document.problem((*where, key), "is declared once, in the first language", "remove it here")
    values = {ALWAYS, *rule.get("required", ()), *rule.get("optional", ())}
    for claim, when in rule.get("claims", {}).items():
        if claim not in claims:
            yield document.problem((*where, "claims"), f"claim {claim} is unknown", "add it to claims.yaml")
        if when not in values:
            yield document.problem((*where, "claims"), f"{when} is no variable of it", "write always, or a variable")


def _text_problems(
    document: Document,
    where: tuple[str, ...],
    text: str,
    declared: dict[str, str],
    claims: Claims,
    language: str,
) -> Iterator[str]:
    """A claim said without being declared, or declared and not said by any line that goes out with it."""
    said: set[str] = set()
    for line in text.splitlines():
        variables = set(Template(line).get_identifiers()) if Template(line).is_valid() else set()
        for claim, phrase in _claims_in(line, claims, language):
            when = declared.get(claim)
            if when is None or (when != ALWAYS and when not in variables):
                wrong = f"says {phrase!r}, which claims {claim}" + ("" if when is None else f" without {when}")
                yield document.problem(where, wrong, f"declare `{claim}` under claims, or say it otherwise")
            said.add(claim)
    if where[-1] == "email" or where[0] == "statements":
        for claim in declared:
            if claim in claims and claim not in said:
                fix = f"say it, or add its phrase to claims.yaml claims.{claim}.words.{language}"
                yield document.problem(where, f"declares {claim}, and no word of it is known in {language}", fix)


def _claims_in(line: str, claims: Claims, language: str) -> Iterator[tuple[str, str]]:
    plain = _plain(line)
    for name, claim in claims.items():
        left = plain
        for phrase in claim.get("harmless", {}).get(language, ()):
            left = _pattern(phrase).sub(" ", left)
        for phrase in claim["words"].get(language, ()):
            if _pattern(phrase).search(left):
                yield name, phrase


def _plain(text: str) -> str:
    return re.sub(r"[\s,]+", " ", text.lower().replace("’", "'"))


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    body = re.escape(_plain(phrase)).replace(r"\*", r"\w*")
    return re.compile(rf"(?<!\w){body}(?!\w)")
