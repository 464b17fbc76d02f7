"""Texts that bring a pattern to its worst, made from the pattern itself, and the shapes that cost too much.

compiled pattern -> its parse tree -> for every repeat: what stands before it, the repeated part again and again, a
character that cannot follow -> a near match at every start
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

parser: Any = re._parser
_PROBES = [chr(code) for code in (*range(9, 14), *range(32, 127), 0xE9, 0x4E00, 0x2022)]
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_MAX_WAYS = 1_000
_MANY = 1_000  # a repeat up to here is bounded
_BREAK = "\x01"

Seed = tuple[str, str]


def find_patterns(modules: Iterable[ModuleType]) -> dict[str, re.Pattern[str]]:
    """Return the compiled patterns that the modules hold or make on first use, by module, name and place in it."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules:
        for name, value in vars(module).items():
            for place, pattern in enumerate(_patterns_in(value() if _is_made_on_first_use(value) else value)):
                found.setdefault(f"{module.__name__}.{name}.{place}", pattern)
    return found


def _is_made_on_first_use(value: object) -> bool:
    """Whether `value` is a cached function of the modules that needs nothing and says it returns a pattern."""
    return hasattr(value, "cache_info") and getattr(value, "__annotations__", {}) == {"return": "re.Pattern[str]"}


def _patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _patterns_in(item)


def make_texts(pattern: re.Pattern[str], size: int, end: str = _BREAK) -> set[str]:
    """Return near matches of about `size` characters, one for every repeat and one of the whole again and again.

    Each ends in `end`: a character the pattern does not go on with.
    """
    return {to_text(seed, size, end) for seed in make_seeds(pattern)}


def make_seeds(pattern: re.Pattern[str]) -> set[Seed]:
    """Return what the near matches are made of: a beginning, and what comes after it again and again."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    repeats = [(before, body) for before, body in _repeats(tree, "")]
    units = {_sample(tree), *(before for before, _ in repeats)}
    units |= {unit for before, body in repeats if body for unit in (body, before + body)}
    return {("", unit) for unit in units if unit} | {(before, body) for before, body in repeats if body}


def to_text(seed: Seed, size: int, end: str = _BREAK) -> str:
    """Return a text of `size` characters of a beginning and a unit that is repeated."""
    before, unit = seed
    return (before + unit * (size // len(unit) + 1))[: size - 1] + end


def make_varied(unit: str, size: int) -> str:
    """Return `unit` again and again, never twice the same: `9` is any digit, `z` any of a to z, `Z` any capital.

    What a stage keeps for the words it has seen hides what new ones cost.
    """
    chance = random.Random(unit)
    kinds = {"9": string.digits, "z": string.ascii_lowercase, "Z": string.ascii_uppercase}
    text = (unit * (size // len(unit) + 1))[:size]
    return "".join(chance.choice(kinds[char]) if char in kinds else char for char in text)


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    """Yield, for each repeat of a tree, a text that leads to it and one turn of it."""
    for op, argument in tree:
        for inner in _inner(op, argument):
            yield from _repeats(inner, before)
        if str(op) in _REPEATS and argument[1] > 3:
            yield before, _sample(argument[2])
        before += _sample([(op, argument)])


def _inner(op: Any, argument: Any) -> list[Any]:
    name = str(op)
    if name in _REPEATS:
        return [argument[2]]
    if name == "SUBPATTERN":
        return [argument[3]]
    if name == "BRANCH":
        return list(argument[1])
    return [argument] if name == "ATOMIC_GROUP" else []


def _sample(tree: Any) -> str:
    """Return a short text that the tree matches, as far as that can be said without trying."""
    pieces: list[str] = []
    for op, argument in tree:
        name = str(op)
        if name in {"LITERAL"}:
            pieces.append(chr(argument))
        elif (chars := _characters(op, argument)) is not None:
            pieces.append(next(iter(sorted(chars, key=lambda char: (not char.isalnum(), char))), ""))
        elif name in _REPEATS:
            pieces.append(_sample(argument[2]) * max(argument[0], min(1, argument[1])))
        elif name == "BRANCH":
            pieces.append(_sample(argument[1][0]))
        elif inner := _inner(op, argument):
            pieces.append(_sample(inner[0]))
    return "".join(pieces)


def _characters(op: Any, argument: Any) -> frozenset[str] | None:
    """Return which probe characters a single-character node matches; None for another node."""
    if str(op) not in {"IN", "ANY", "NOT_LITERAL", "LITERAL"}:
        return None
    one = parser.SubPattern(parser.State(), [(op, argument)])
    matcher = re._compiler  # type: ignore[attr-defined]
    code = matcher._code(one, re.UNICODE.value)
    compiled = matcher._sre.compile("", re.UNICODE.value, code, 0, {}, (None,))
    return frozenset(char for char in _PROBES if compiled.match(char))


def find_costly_shapes(pattern: re.Pattern[str]) -> list[str]:
    """Return what in a pattern may cost more than in proportion: unbounded repeats inside or beside one another."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    return [*_costly(tree, inside=False), *_begun_anywhere(list(tree)), *_shared_in_many_ways(tree)]


def _shared_in_many_ways(tree: Any) -> Iterator[str]:
    """Yield the bounded repeat inside another whose turns can share one run in very many ways: all are tried."""
    for op, argument in tree:
        if str(op) in _REPEATS and str(op) != "POSSESSIVE_REPEAT":
            turns, body = min(argument[1], _MANY), argument[2]
            for least, most, repeated in _repeats_of(body) if turns > 1 else ():
                lengths = min(most, _MANY) - least + 1
                if lengths ** min(turns, 12) > _MAX_WAYS and _goes_on(body, _first_characters(repeated)):
                    yield f"{turns} turns share a run of {_sample(repeated)!r}, each in {lengths} ways"
        for within in _inner(op, argument):
            yield from _shared_in_many_ways(within)


def _goes_on(turn: Any, chars: frozenset[str]) -> bool:
    """Whether a turn is possible that holds nothing but `chars`: then nothing tells where the one before ended."""
    return all(_may_be_empty(*node) or _first_characters([node]) & chars for node in turn)


def _repeats_of(tree: Any) -> Iterator[Any]:
    """Yield the bounds and the body of each repeat that can give back what it took."""
    for op, argument in tree:
        if str(op) in _REPEATS:
            if str(op) != "POSSESSIVE_REPEAT":
                yield argument
        else:
            for within in _inner(op, argument):
                yield from _repeats_of(within)


def _begun_anywhere(nodes: list[Any]) -> Iterator[str]:
    """Yield the endless repeat a search begins with: on a run of its characters every place is a start."""
    for place, (op, argument) in enumerate(nodes):
        name = str(op)
        if name in {"AT", "ASSERT", "ASSERT_NOT"} or (not _may_be_empty(op, argument) and name not in _REPEATS):
            return
        needs_more = any(not _may_be_empty(*node) for node in nodes[place + 1 :])
        if name in _REPEATS and argument[1] > _MANY and needs_more:
            yield f"a search begins with an endless repeat of {_sample(argument[2])!r}"


def _costly(tree: Any, inside: bool) -> Iterator[str]:
    earlier: frozenset[str] = frozenset()
    for op, argument in tree:
        endless = str(op) in _REPEATS and argument[1] > _MANY
        chars = _first_characters(argument[2]) if endless else frozenset()
        if endless and inside and _is_ambiguous(tree, chars):
            yield f"an endless repeat inside another: {_sample(argument[2])!r}"
        if endless and earlier & chars:
            yield f"two endless repeats beside each other both take {min(earlier & chars)!r}"
        if not _may_be_empty(op, argument):
            earlier = frozenset()
        if endless:
            earlier = earlier | chars
        for inner in _inner(op, argument):
            yield from _costly(inner, inside or endless)


def _is_ambiguous(tree: Any, chars: frozenset[str]) -> bool:
    """Whether a turn of the outer repeat may begin with what the inner one takes: then there are many ways to share."""
    return bool(_first_characters(tree) & chars)


def _first_characters(tree: Any) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for op, argument in tree:
        if (chars := _characters(op, argument)) is not None:
            return found | chars
        for inner in _inner(op, argument):
            found |= _first_characters(inner)
        if not _may_be_empty(op, argument):
            return found
    return found


def _may_be_empty(op: Any, argument: Any) -> bool:
    name = str(op)
    if name in _REPEATS:
        return argument[0] == 0 or all(_may_be_empty(*node) for node in argument[2])
    if name == "BRANCH":
        return any(all(_may_be_empty(*node) for node in way) for way in argument[1])
    if inner := _inner(op, argument):
        return all(_may_be_empty(*node) for node in inner[0])
    return name in {"AT", "ASSERT", "ASSERT_NOT"}
