"""Reads an untrusted JSON object so that every later reader sees the same one.

The standard parser accepts more than JSON allows: repeated keys, NaN, half surrogate pairs, and nesting up to the
interpreter's recursion limit. Depth is measured before parsing, the rest while parsing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.reasons import Refusal

MAX_DEPTH = 16

# A whole string (or the rest of the text, if it never ends: else each quote in it would be tried again) or a bracket.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_BOM = "\ufeff"


def parse_object(body: bytes, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Return the JSON object in `body`; raises RequestRefused, whose text never repeats the body.

    Source: RFC 8259 (sections 4, 8.1 and 8.2 on repeated names, UTF-8 and unpaired surrogates).
    """
    text = decode_body(body)
    if _is_deeper_than(text, max_depth):
        raise RequestRefused(Refusal.TOO_DEEP)
    parsed = _parse(text)
    if not isinstance(parsed, dict):
        raise RequestRefused(Refusal.NOT_AN_OBJECT)
    # Only an escape can bring NUL or half a pair in: raw ones are refused by the decoder and the parser.
    if "\\u" in text and any(has_forbidden_character(string) for string in _strings_in(parsed)):
        raise RequestRefused(Refusal.FORBIDDEN_CHARACTER)
    return parsed


def decode_body(body: bytes) -> str:
    """Return the body's text; raises RequestRefused for what is not plain UTF-8."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestRefused(Refusal.MALFORMED_BODY) from error
    if "\x00" in text:
        raise RequestRefused(Refusal.FORBIDDEN_CHARACTER)
    if text.startswith(_BOM):
        raise RequestRefused(Refusal.MALFORMED_BODY)
    return text


def _is_deeper_than(text: str, max_depth: int) -> bool:
    if text.count("{") + text.count("[") <= max_depth:
        return False
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in ("{", "["):
            depth += 1
            if depth > max_depth:
                return True
        elif token in ("}", "]"):
            depth -= 1
    return False


def _parse(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except RequestRefused:
        raise
    except (ValueError, RecursionError) as error:
        raise RequestRefused(Refusal.MALFORMED_BODY) from error


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestRefused(Refusal.DUPLICATE_KEY)
    return found


def _refuse_number(_: str) -> NoReturn:
    raise RequestRefused(Refusal.INVALID_NUMBER)


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise RequestRefused(Refusal.INVALID_NUMBER)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_object, parse_constant=_refuse_number, parse_float=_finite_float)


def has_forbidden_character(string: str) -> bool:
    """Return whether `string` holds NUL or half a surrogate pair."""
    return "\x00" in string or any("\ud800" <= character <= "\udfff" for character in string)


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings_in(item)
