"""The rules of the replies, in every language: names, variables that are declared, texts that render and fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Template
from typing import TYPE_CHECKING, Any

from rp_mw_worker.domain.codes import CODE_TEMPLATES
from rp_mw_worker.domain.interpretation import ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES
from rp_mw_worker.domain.policy import BASE_LANGUAGE, DEFAULT_CHANNEL
from rp_mw_worker.domain.reply_text import EMAIL, OUTSIDE_HOURS, find_bare_links
from rp_mw_worker.policy.claim_consistency import find_claim_problems

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_HTML_OVERHEAD = 1.6  # escaping and paragraph tags lengthen an e-mail
_BASE_FILE = "templates"


def template_rules(documents: dict[str, Document]) -> dict[str, dict[str, Any]]:
    """Return every template's rule by name, templates.yaml's first: a reply may exist in one language only."""
    found: dict[str, dict[str, Any]] = {}
    for _, document in _languages(documents):
        for name, rule in document.value["templates"].items():
            found.setdefault(name, rule)
    return found


def find_template_problems(documents: dict[str, Document]) -> Iterator[str]:
    """Yield every mistake of templates.yaml and its further languages."""
    base = documents[_BASE_FILE]
    for name in (*ORDER_TEMPLATES, *sorted(ASKS_FOR_NUMBER), ORDER_NUMBER_UNMATCHED, *CODE_TEMPLATES):
        if name not in base.value["templates"]:
            yield base.problem(("templates",), f"{name} is missing", "add it: the order path needs it")
    known = template_rules(documents)
    for language, document in _languages(documents):
        if document.value.get("language", BASE_LANGUAGE) != language:
            yield document.problem(("language",), f"is not {language}", "write the language of the file's name")
        if document is not base and "variables" in document.value:
            yield document.problem(("variables",), "belongs into templates.yaml", "remove it here")
        for name, rule in document.value["templates"].items():
            where = ("templates", name)
            yield from _rule_problems(document, where, name, rule, known[name])
            for channel, text in rule["text"].items():
                yield from _text_problems(document, (*where, "text", channel), text, rule, base.value["variables"])
    yield from find_claim_problems(documents, list(_languages(documents)))
    yield from _length_problems(documents)


def _languages(documents: dict[str, Document]) -> Iterator[tuple[str, Document]]:
    yield BASE_LANGUAGE, documents[_BASE_FILE]
    for file, document in documents.items():
        name, _, language = file.partition(".")
        if name == _BASE_FILE and language:
            yield language, document


def _rule_problems(
    document: Document, where: tuple[str, ...], name: str, rule: dict[str, Any], first: dict[str, Any]
) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield document.problem(where, "is not a template's name", "use a-z, 0-9 and single underscores")
    expected = 2 if name in ORDER_TEMPLATES else 1
    if rule["tier"] != expected:
        yield document.problem((*where, "tier"), f"is not {expected}", f"write {expected}")
    if DEFAULT_CHANNEL not in rule["text"]:
        yield document.problem((*where, "text"), "has no default", "add the text for every other channel")
    for key in ("required", "optional"):
        if set(rule.get(key, ())) != set(first.get(key, ())):
            wrong = "is not the same in every language"
            yield document.problem((*where, key), wrong, f"write {sorted(first.get(key, ()))}, or change it everywhere")


def _text_problems(
    document: Document, where: tuple[str, ...], text: str, rule: dict[str, Any], variables: dict[str, Any]
) -> Iterator[str]:
    required, optional = rule.get("required", []), rule.get("optional", [])
    pattern = Template(text)
    if not pattern.is_valid():
        yield document.problem(where, "has a `$` that is no variable", "write ${name}, or $$ for a dollar sign")
        return
    used, brand = set(pattern.get_identifiers()), set(document.value["brand"])
    for name in sorted(used - set(required) - set(optional) - brand):
        yield document.problem(where, f"variable {name} is not declared", "list it under required or optional")
    for name in sorted(set(required) - used):
        if len(rule["text"]) == 1 or where[-1] == DEFAULT_CHANNEL:
            yield document.problem(where, f"required variable {name} is not used", "use it or remove it")
    for name in sorted((set(required) | set(optional)) - set(variables) - {OUTSIDE_HOURS}):
        yield document.problem(where, f"variable {name} has no rule", "add it under variables of templates.yaml")
    if "http:" in text or "https:" in text or find_bare_links(text):
        yield document.problem(where, "has a fixed link", "links come in through a checked variable only")


def _length_problems(documents: dict[str, Document]) -> Iterator[str]:
    """A reply with every variable at its longest has to fit its channel."""
    limits = documents["settings"].value["max_reply_chars"]
    if DEFAULT_CHANNEL not in limits:
        yield documents["settings"].problem(("max_reply_chars",), "has no default", "add one for other channels")
        return
    variables = documents[_BASE_FILE].value["variables"]
    for _, document in _languages(documents):
        sizes = _sizes(document.value, variables)
        for name, rule in document.value["templates"].items():
            for channel, text in rule["text"].items():
                longest = _longest(text + document.value["automatic"], sizes) * (
                    _HTML_OVERHEAD if channel == EMAIL else 1
                )
                covered = [limit for key, limit in limits.items() if key == channel or _falls_back(key, rule, channel)]
                if covered and longest > min(covered):
                    wrong = f"can be {longest:.0f} characters long, {channel} takes {min(covered)}"
                    yield document.problem(("templates", name, "text", channel), wrong, "shorten it")


def _falls_back(channel: str, rule: dict[str, Any], text_channel: str) -> bool:
    return text_channel == DEFAULT_CHANNEL and channel not in rule["text"]


def _sizes(templates: dict[str, Any], variables: dict[str, Any]) -> dict[str, int]:
    sizes = {name: rule["max_chars"] for name, rule in variables.items()}
    sizes |= {name: len(value) for name, value in templates["brand"].items()}
    return sizes | {OUTSIDE_HOURS: len(templates["outside_hours"])}


def _longest(text: str, sizes: dict[str, int]) -> int:
    return len(Template(text).safe_substitute({name: "x" * size for name, size in sizes.items()}))
