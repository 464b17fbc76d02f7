"""The rules of machine_marks.yaml and channels.yaml: phrases that can match, and no word that decides alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rp_mw_worker.domain.machine_rules import BODY, NAME, PLACES, SUBJECT, to_phrase
from rp_mw_worker.domain.proof import CHOICES, PROOFS, REPLY_ADDRESS

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

# Who writes may be told by one word of the address; what is written may not.
_READ_AS_WORDS = (NAME, SUBJECT, BODY)
_WITHOUT_CODE = ("email", "phone", "unknown")
_PUBLIC = re.compile(r"comment|post|mention|story|youtube|^pinterest$")
_CHANNELS = ("livechat", "email", "sms", "social", "tiktok", "phone", "whatsapp", "unknown")


def find_machine_problems(document: Document) -> Iterator[str]:
    """Yield every mistake in machine_marks.yaml, with file, line and fix."""
    threshold, bonus = document.value["threshold"], document.value["without_person"]
    if threshold < 1:
        yield document.problem(("threshold",), "is not above 0", "write 10, say")
    if not 0 < document.value["doubtful_from"] <= threshold:
        yield document.problem(("doubtful_from",), "is not between 0 and the threshold", "write 7, say")
    for name, mark in document.value["marks"].items():
        where = ("marks", name)
        if mark["reads"] not in PLACES:
            yield document.problem((*where, "reads"), "is no place", f"write one of {', '.join(PLACES)}")
        for index, text in enumerate(mark["phrases"]):
            most = mark["weight"] + (bonus if mark["reads"] in _READ_AS_WORDS else 0)
            yield from _phrase_problems(document, (*where, "phrases", index), text, most >= threshold)
    for name, pair in document.value.get("together", {}).items():
        unknown = sorted(set(pair["marks"]) - set(document.value["marks"]))
        if unknown or len(set(pair["marks"])) < 2:
            wrong = f"names no mark {unknown[0]}" if unknown else "needs two marks"
            yield document.problem(("together", name, "marks"), wrong, "name two or more of the marks below")
    for index, names in enumerate(document.value.get("same_sign", ())):
        if unknown := sorted(set(names) - set(document.value["marks"])):
            yield document.problem(("same_sign", index), f"names no mark {unknown[0]}", "name marks below")
    for index, text in enumerate(document.value["form"]["address_labels"]):
        if "@" not in to_phrase(text):
            yield document.problem(("form", "address_labels", index), "has no @", "put @ where the address stands")
    if document.value.get("max_replies_per_domain_hour", 1) < 1:
        yield document.problem(("max_replies_per_domain_hour",), "is below 1", "write at least 1")


def _phrase_problems(document: Document, where: tuple[str | int, ...], text: str, decides: bool) -> Iterator[str]:
    tokens = to_phrase(text).split()
    if not tokens or ".." in (tokens[0], tokens[-1]):
        yield document.problem(where, f"{text!r} is no phrase", "write words, with .. between two of them only")
    is_whole_message = tokens[:1] == ["^"] and tokens[-1:] == ["$"]
    telling = [token for token in tokens if token not in ("..", "^", "$")]
    if decides and len(telling) < 2 and not is_whole_message:
        yield document.problem(where, f"{text!r} would decide alone", "give a single word a mark below the threshold")


def find_channel_problems(document: Document) -> Iterator[str]:
    """Yield every mistake in channels.yaml, with file, line and fix."""
    for name, ours in document.value["names"].items():
        if ours not in _CHANNELS:
            yield document.problem(("names", name), f"{ours!r} is no channel", f"write one of {', '.join(_CHANNELS)}")
        if name != name.strip().lower():
            yield document.problem(("names", name), "is not in lower case", "write it in lower case")
    for channel, proof in document.value["proof"].items():
        where = ("proof", channel)
        if channel not in _CHANNELS:
            yield document.problem(where, "is no channel", f"write one of {', '.join(_CHANNELS)}")
        if proof["by"] not in PROOFS:
            yield document.problem((*where, "by"), "is no proof", f"write one of {', '.join(PROOFS)}")
        if proof.get("by_code"):
            yield from _code_problems(document, channel)
        for way in proof.get("chosen_by", ()):
            if way not in CHOICES:
                yield document.problem((*where, "chosen_by"), f"{way!r} is no way", f"write {' or '.join(CHOICES)}")
            elif proof["by"] != REPLY_ADDRESS:
                wrong = "needs the number on this channel"
                yield document.problem((*where, "chosen_by"), wrong, f"remove it: only {REPLY_ADDRESS} does without")


def _code_problems(document: Document, channel: str) -> Iterator[str]:
    """A code proves whoever types it, so nobody else may read what is written there."""
    where = ("proof", channel, "by_code")
    if channel in _WITHOUT_CODE:
        yield document.problem(where, f"is no choice on {channel}", "remove it: a code is typed on a chat")
    public = [name for name, ours in document.value["names"].items() if ours == channel and _PUBLIC.search(name)]
    if public:
        wrong = f"would tell an order in public: {public[0]} is {channel} too"
        yield document.problem(where, wrong, "remove it, or give the private messages a channel of their own above")
