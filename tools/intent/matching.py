"""One planned value held against what the intent says of it.

An expectation is a value, a list of expectations (in any order), a block (a mapping, closed: what it does not name must
not be set), or one of the words below, written as a mapping with that one key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.intent import policies

Found = Iterator[tuple[str, str]]


def is_unset(value: Any) -> bool:
    """Whether a provider reads the value as one that nobody wrote."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _between(limits: Any, value: Any) -> Iterator[str]:
    number = _number(value)
    if number is None or not limits[0] <= number <= limits[1]:
        yield f"is {value!r}, not {limits[0]} to {limits[1]}"


def _one_of(choices: Any, value: Any) -> Iterator[str]:
    if all(any(differences(choice, value)) for choice in choices):
        yield f"is {value!r}, none of {choices}"


def _matches(pattern: Any, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or re.fullmatch(pattern, value, re.DOTALL) is None:
        yield f"is {value!r}, not as {pattern!r}"


def _free(why: Any, value: Any) -> Iterator[str]:
    if is_unset(value):
        yield f"is not set ({why})"


def _json(expected: Any, value: Any) -> Iterator[str]:
    try:
        content = json.loads(value)
    except (TypeError, ValueError):
        yield "is no JSON"
        return
    for path, words in differences(expected, content):
        yield f"{path} {words}".strip()


def _names(expected: Any, value: Any) -> Iterator[str]:
    """A composite alarm's rule: ALARM of each of the names, joined by the one word."""
    (word, names) = next(iter(expected.items()))
    found = str(value).split(f" {word} ")
    wanted = [f'ALARM("{name}")' for name in names]
    if sorted(found) != sorted(wanted):
        yield f"is {value!r}, not {word} of {sorted(names)}"


WORDS: Mapping[str, Callable[[Any, Any], Iterator[str]]] = {
    "between": _between,
    "one_of": _one_of,
    "matches": _matches,
    "free": _free,
    "json": _json,
    "alarms": _names,
    "statements": policies.differences,
}
TOLERANT = {"between", "one_of", "matches", "free"}


def word_of(expected: Any) -> str | None:
    """Which of the words an expectation is, if any."""
    if isinstance(expected, Mapping) and len(expected) == 1:
        (word,) = expected
        return word if word in WORDS else None
    return None


def _equal(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return bool(expected == found)


def _block(expected: Mapping[str, Any], found: Any) -> Found:
    if isinstance(found, list) and len(found) == 1:
        found = found[0]  # a block that may be there once
    if not isinstance(found, Mapping):
        yield "", f"is {found!r}, not one block"
        return
    for name in expected:
        for path, words in differences(expected[name], found.get(name)):
            yield f"{name}{'.' if path else ''}{path}", words
    for name in found:
        if name not in expected and not is_unset(found[name]):
            yield name, f"is {found[name]!r}, of which the intent says nothing"


def _list(expected: list[Any], found: Any) -> Found:
    left = list(found) if isinstance(found, list) else [] if found is None else [found]
    missing = []
    for wanted in expected:
        fitting = next((index for index, have in enumerate(left) if not any(differences(wanted, have))), None)
        if fitting is None:
            missing.append(wanted)
        else:
            left.pop(fitting)
    if len(missing) == len(left) == 1:
        yield from differences(missing[0], left[0])
        return
    yield from (("", f"lacks {wanted!r}") for wanted in missing)
    yield from (("", f"holds {have!r}, of which the intent says nothing") for have in left)


def differences(expected: Any, found: Any) -> Found:
    """Each difference as the path within the value and words; none if the value is as intended."""
    word = word_of(expected)
    if word is not None:
        yield from (("", words) for words in WORDS[word](expected[word], found))
    elif isinstance(expected, Mapping):
        yield from _block(expected, {} if not expected and found is None else found)
    elif isinstance(expected, list):
        yield from _list(expected, found)
    elif is_unset(expected):
        if not is_unset(found) or (expected is None and found is False):
            yield "", f"is {found!r}, and must not be set"
    elif not _equal(expected, found):
        yield "", f"is {found!r}, not {expected!r}"
