"""Whatever a customer writes: twice the text costs twice the work, in every stage after the webhook.

Held two ways, both without a clock. Inside a pattern nothing can be counted, so its shape must be one whose cost is in
proportion (no endless repeat in or beside another that takes the same characters, none that a search begins with). The
code around the patterns is counted, call by call, on near matches made from the patterns themselves.
`python -m benchmarks.hostile` measures the CPU of the same texts.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.fakes.blow_up import find_costly_shapes, make_seeds, to_text
from tests.fakes.call_count import grows_too_fast
from tests.fakes.stages import BEGUN_AT_ONE_PLACE, stage_patterns, stages

SMALL, LARGE = 320, 4_096
MAX_DOUBTFUL = 32  # measuring them again is the dear part
PATTERNS = stage_patterns()
SEEDS = sorted({seed for pattern in PATTERNS.values() for seed in make_seeds(pattern)})
OF_THE_POLICYS_OWN_TEXT = {"rp_mw_worker.domain.phrase_notation._PHRASE.0"}
HAND_MADE = ("order 1001,", "a@", "1 ", "A1-", "password ", "[EMAIL]", "Aa Bb\n", "<b>", "> a\n", "l a w ", "born 1 ")


@cache
def corpus(size: int) -> tuple[str, ...]:
    """The near matches of every pattern, and a few by hand that lists of things are made of."""
    return (*(to_text(seed, size) for seed in SEEDS), *((unit * size)[:size] for unit in HAND_MADE))


def test_the_patterns_of_all_stages_are_looked_at() -> None:
    """A stage whose module moves would else be left out unseen."""
    modules = {name.rsplit(".", 2)[0] if name.count(".") > 1 else name.partition(".")[0] for name in PATTERNS}
    assert len(PATTERNS) >= 280
    assert {"rp_mw_worker.domain.message_text", "rp_mw_shared.redaction.online", "policy"} <= modules


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_pattern_has_a_shape_that_blows_up(name: str) -> None:
    """Endless repeats stand apart, and a search does not begin with one."""
    shapes = find_costly_shapes(PATTERNS[name])
    is_begun_once = name in BEGUN_AT_ONE_PLACE and len(shapes) == 1 and shapes[0].startswith("a search begins")
    assert name in OF_THE_POLICYS_OWN_TEXT or shapes == [] or is_begun_once


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"(?:a+)+b", r"\d+\d*x", r"\w+@\w+", r"\s*x", r"(?:\w|a+)*b", r"x(?:[ab]*,?a*)y", r"\S+\.\w+@"),
        *(r"x{3,16}(?:-?[*x]{2,8}){0,5}\d", r"a(?:[-.]?[a-z0-9]{1,12}){0,6}(?!\w)", r"(?:[A-Z][a-zA-Z]{0,24} ?){1,3},"),
    ],
)
def test_a_shape_that_blows_up_is_seen(pattern: str) -> None:
    """The proof of the proof."""
    assert find_costly_shapes(re.compile(pattern))


# Reads no more than so many pieces of a text, however long: tests/unit/worker/classifiers/test_multilingual.py.
CAPPED = {"classify by sense"}


@pytest.mark.parametrize("stage", sorted(stages().keys() - CAPPED))
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


@pytest.mark.parametrize("name", sorted(BEGUN_AT_ONE_PLACE))
def test_what_is_begun_at_one_place_is_still_a_pattern(name: str) -> None:
    """A pattern that was renamed would else keep its leave."""
    assert name in PATTERNS


def test_work_that_grows_with_the_square_is_seen() -> None:
    """The proof of the proof."""
    assert grows_too_fast(lambda text: [max(len(text), 1) for _ in text for _ in text], "a" * 64, "a" * 128)
