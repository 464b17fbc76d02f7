"""The classifier's features: a hostile message costs no more time than a plain one of its length."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_worker.classifiers import embedded_features
from rp_mw_worker.classifiers.embedded_features import normalise, to_words

LONG = 18_000
MOST_CPU_SECONDS = 1.0
# What the pattern stands for, in the form that needs time with the cube of the length: for short texts only.
PLAIN_EMAIL = re.compile(r"\S+@\S+\.\w+")
# The last two become longer in normal form: one character is three dots.
HOSTILE = ["a.", "a@", "@", "@.", ".@", "-", "a@-", "\u2026@", "@\u2026"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_message_of_nothing_but_address_characters_is_read_at_once(piece: str) -> None:
    """A cubic pattern needs seconds to minutes of CPU here, a linear one about a millisecond."""
    message = (piece * LONG)[:LONG]
    started = time.process_time()
    to_words(message)
    assert time.process_time() - started < MOST_CPU_SECONDS


@pytest.mark.parametrize("run", ["jane.doe@example.com", "a@b.c@d.e@f.gh", "@@..@x.yz"])
def test_a_run_of_characters_is_tried_from_its_start_alone(run: str) -> None:
    """One start for each run is what makes the work linear: from no later character does the pattern match."""
    pattern = embedded_features._EMAIL
    assert pattern.match(run, 0)
    assert [start for start in range(1, len(run)) if pattern.match(run, start)] == []


@given(st.text(alphabet="@.a-1_é \n", max_size=24))
def test_the_bounded_pattern_finds_what_the_plain_one_finds(text: str) -> None:
    """The model was trained on the plain pattern's features: they must not change."""
    assert embedded_features._EMAIL.sub("X", text) == PLAIN_EMAIL.sub("X", text)


def test_addresses_in_ordinary_text_become_one_word() -> None:
    """Brackets and commas that touch an address go with it on the left and stay on the right."""
    found = normalise("Mail <jo@example.com>, or a.b@shop.co.uk!").split()
    assert found == ["mail", "xemail", ">,", "or", "xemail", "!"]
