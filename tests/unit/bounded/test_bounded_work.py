"""Whatever a customer writes: twice the text costs twice the work, in every stage after the webhook.

Held two ways, both without a clock. Inside a pattern nothing can be counted, so its shape must be one whose cost is in
proportion (no endless repeat in or beside another that takes the same characters, none that a search begins with). The
code around the patterns is counted, call by call, on near matches made from the patterns themselves.
`python -m benchmarks.hostile` measures the CPU of the same texts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType

import pytest

from tests.fakes.blow_up import find_costly_shapes, make_texts
from tests.fakes.stages import stage_patterns, stages

SMALL, LARGE = 320, 4_096
GROWTH = 2.5
MAX_DOUBTFUL = 32  # measuring them again is the dear part
# What a stage does once, whatever the text: below it a ratio says nothing.
FIXED_CALLS = 400
PATTERNS = stage_patterns()
# Searched with match or fullmatch, or on one line of bounded length: begun at one place only.
BEGUN_AT_ONE_PLACE = {"rp_mw_shared.redaction.orders._BARE.0"}
OF_THE_POLICYS_OWN_TEXT = {"rp_mw_worker.domain.phrase_notation._PHRASE.0"}
HAND_MADE = ("order 1001,", "a@", "1 ", "A1-", "password ", "[EMAIL]", "Aa Bb\n", "<b>", "> a\n", "l a w ", "born 1 ")


@cache
def corpus(size: int) -> tuple[str, ...]:
    """The near matches of every pattern, and a few by hand that lists of things are made of."""
    made = {text for pattern in PATTERNS.values() for text in make_texts(pattern, size)}
    return (*sorted(made), *((unit * size)[:size] for unit in HAND_MADE))


def count_calls(work: Callable[[], object]) -> int:
    """How many calls and returns, in Python and C, the work makes: the same on every machine."""
    calls = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_the_patterns_of_all_stages_are_looked_at() -> None:
    """A stage whose module moves would else be left out unseen."""
    modules = {name.rsplit(".", 2)[0] if name.count(".") > 1 else name.partition(".")[0] for name in PATTERNS}
    assert len(PATTERNS) >= 250
    assert {"rp_mw_worker.domain.message_text", "rp_mw_shared.redaction.online", "policy"} <= modules


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_pattern_has_a_shape_that_blows_up(name: str) -> None:
    """Endless repeats stand apart, and a search does not begin with one."""
    shapes = find_costly_shapes(PATTERNS[name])
    assert name in BEGUN_AT_ONE_PLACE | OF_THE_POLICYS_OWN_TEXT or shapes == []


@pytest.mark.parametrize(
    "pattern", [r"(?:a+)+b", r"\d+\d*x", r"\w+@\w+", r"\s*x", r"(?:\w|a+)*b", r"x(?:[ab]*,?a*)y", r"\S+\.\w+@"]
)
def test_a_shape_that_blows_up_is_seen(pattern: str) -> None:
    """The proof of the proof."""
    assert find_costly_shapes(re.compile(pattern))


@pytest.mark.parametrize("stage", sorted(stages()))
def test_twice_the_text_costs_at_most_two_and_a_half_times_the_calls(stage: str) -> None:
    """On every near match. What grows faster from little to twice as little must not from much to twice as much.

    Redaction reads a text again after it found something, up to twelve times: a short text needs fewer rounds.
    """
    run = stages()[stage]
    run("order 1001 and Carmen Ruiz, call +1 201-555-0123")  # loads once what is loaded once
    short = zip(corpus(SMALL), corpus(2 * SMALL), strict=True)
    doubtful = [place for place, (small, large) in enumerate(short) if grows_too_fast(run, small, large)]
    assert len(doubtful) <= MAX_DOUBTFUL
    much, more = corpus(LARGE), corpus(2 * LARGE)
    assert [much[place][:24] for place in doubtful if grows_too_fast(run, much[place], more[place])] == []


def test_work_that_grows_with_the_square_is_seen() -> None:
    """The proof of the proof."""
    assert grows_too_fast(lambda text: [max(len(text), 1) for _ in text for _ in text], "a" * 64, "a" * 128)


def grows_too_fast(run: Callable[[str], object], small: str, large: str) -> bool:
    """Whether the text of twice the size takes more than 2.5 times the calls."""
    once, twice = count_calls(lambda: run(small)), count_calls(lambda: run(large))
    return twice > GROWTH * max(once, FIXED_CALLS)
