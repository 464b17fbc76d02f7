"""The short form of the fuzzers: the whole saved corpus, then a few seconds of searching."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_ingress.domain.strict_json import parse_object
from tests.fuzz import targets
from tests.fuzz.run import fuzz
from tests.fuzz.targets import TARGETS, fuzz_auth, fuzz_parser

CORPUS = Path(__file__).resolve().parent / "corpus"
SECONDS = 8.0

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def find_broken_promise(target: Callable[[bytes], None], raw: bytes) -> str | None:
    """Return what the target has to say against the product, or None."""
    try:
        target(raw)
    except AssertionError as error:
        return str(error)
    return None


@pytest.mark.parametrize("target", TARGETS)
def test_every_saved_input_keeps_the_promises(target: str) -> None:
    """What was once interesting stays tested."""
    inputs = sorted((CORPUS / target).iterdir())
    assert len(inputs) >= 20
    for path in inputs:
        TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_seconds_of_searching_find_nothing(target: str) -> None:
    """Coverage-guided where atheris is installed; `python -m tests.fuzz.run` is the long form."""
    report = fuzz(target, SECONDS)
    assert report.crash is None, report.output[-2000:]
    assert report.executed > 100


@given(st.dictionaries(texts, values, max_size=5))
@settings(max_examples=100, deadline=None)
def test_every_ordinary_object_is_read_as_the_standard_parser_reads_it(payload: dict[str, object]) -> None:
    """Strictness refuses nothing that is plain JSON of modest depth."""
    body = json.dumps(payload).encode()
    assert parse_object(body, max_depth=50) == payload
    fuzz_parser(body)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_the_parser_or_the_credential_check(raw: bytes) -> None:
    """Whatever comes in is refused or read, never anything else."""
    assert [find_broken_promise(target, raw) for target in (fuzz_parser, fuzz_auth)] == [None, None]


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_no_text_in_any_field_breaks_the_way_to_the_queue(text: str) -> None:
    """Ids, times, addresses and free text, lone surrogates included."""
    fields = ("ticket_id", "message_id", "text", "channel", "created_at", "customer_email")
    body = json.dumps(dict.fromkeys(fields, text) | {"attachments": [{"url": text}]}).encode()
    assert find_broken_promise(fuzz_parser, body) is None


def test_the_target_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the lenient standard parser in place of ours, a lone surrogate breaks the parser target's promise."""
    monkeypatch.setattr(targets, "parse_object", json.loads)
    with pytest.raises((AssertionError, UnicodeEncodeError)):
        fuzz_parser(b'{"ticket_id":"\\ud800"}')
