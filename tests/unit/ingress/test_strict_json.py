"""The strict JSON reader: what it takes, and what it refuses with which code."""

from __future__ import annotations

import time

import pytest

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.strict_json import MAX_DEPTH, parse_object


def nested(depth: int) -> bytes:
    """An object nested `depth` deep, itself included."""
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", {}),
        (b'  {"a": [1, 2.5, true, null, "x"]}\n', {"a": [1, 2.5, True, None, "x"]}),
        ('{"a": "é — 日本 😀"}'.encode(), {"a": "é — 日本 😀"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[["}', {"a": "[" * 24}),
        (b'{"a": "\\"{{{{{{{{{{{{{{{{{{{{\\\\"}', {"a": '"' + "{" * 20 + "\\"}),
    ],
)
def test_valid_objects_are_read_as_they_are(body: bytes, expected: object) -> None:
    """Whole objects, any script, paired surrogate escapes, and brackets that stand only in strings."""
    assert parse_object(body) == expected


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_body"),
        (b"{", "malformed_body"),
        (b'{"a": 1,}', "malformed_body"),
        (b"{'a': 1}", "malformed_body"),
        (b'{"a": 1} x', "malformed_body"),
        (b'{"a": "\xff"}', "malformed_body"),
        (b'{"a": "\xed\xa0\x80"}', "malformed_body"),
        (b'\xef\xbb\xbf{"a": 1}', "malformed_body"),
        (b'{"a": "line\nbreak"}', "malformed_body"),
        (b'{"a": ' + b"9" * 5000 + b"}", "malformed_body"),
        ('{"a": 1}'.encode("utf-16"), "malformed_body"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"1", "not_an_object"),
        (b"null", "not_an_object"),
        (nested(MAX_DEPTH + 1), "too_deep"),
        (b"[" * 30_000, "too_deep"),
        (b'{"a": ' + b"[" * 17 + b"]" * 17 + b"}", "too_deep"),
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'{"b": {"a": 1, "\\u0061": 2}}', "duplicate_key"),
        (b'{"a": "\x00"}', "forbidden_character"),
        (b'{"a": "\\u0000"}', "forbidden_character"),
        (b'{"a\\u0000": 1}', "forbidden_character"),
        (b'{"a": ["\\ud800"]}', "forbidden_character"),
        (b'{"a": "\\ude00\\ud83d"}', "forbidden_character"),
        (b'{"a": NaN}', "invalid_number"),
        (b'{"a": -Infinity}', "invalid_number"),
        (b'{"a": 1e999}', "invalid_number"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(body: bytes, code: str) -> None:
    """Each refusal has its own code."""
    with pytest.raises(RequestRefused) as refused:
        parse_object(body)
    assert refused.value.code == code


def test_the_deepest_allowed_nesting_passes() -> None:
    """The limit itself is allowed."""
    assert parse_object(nested(MAX_DEPTH))


@pytest.mark.parametrize(
    "body",
    [
        b'{"' + b'\\"' * 16_000,
        b'{"a":"' + b"\\" * 32_000,
        b'"' * 32_000,
        b"[" * 17 + b'"' + b"a" * 32_000,
        b'{"a":' + b"[]," * 10_000 + b"}",
        b'{"a":' + b"-" * 32_000 + b"}",
        b'{"a":' + b"1e" * 16_000 + b"}",
    ],
)
def test_no_body_of_the_allowed_size_takes_long(body: bytes) -> None:
    """Reading time grows with the size only, whatever the body is made of."""
    started = time.process_time()
    with pytest.raises(RequestRefused):
        parse_object(body)
    assert time.process_time() - started < 0.25
