"""The watch over the product's processes: clean as it stands, and a planted leak of each channel shows."""

from __future__ import annotations

import pytest

from tests.privacy.customer import EVERYTHING
from tests.privacy.selftest import Planted, load_planted, selftest
from tests.privacy.watch import ROOT, watch


def test_nothing_of_the_canary_outlives_its_events() -> None:
    """Standard output, error output, files, tables, dead letters, what the model was asked."""
    seen = watch()
    assert (seen.leaks, seen.failure) == ((), "")


@pytest.mark.parametrize("leak", load_planted(), ids=lambda leak: leak.name)
def test_a_leak_can_still_be_planted(leak: Planted) -> None:
    """A pattern that does not stand in the sources any more proves nothing: `make privacy-selftest` plants them all."""
    assert leak.count(ROOT) == 1
    assert leak.find != leak.replace


def test_there_are_enough_leaks_and_none_twice() -> None:
    """At least 25, of different kinds."""
    planted = load_planted()
    assert len({(leak.file, leak.replace) for leak in planted}) == len(planted) >= 25
    assert len({leak.file for leak in planted}) >= 10


@pytest.mark.slow
def test_a_planted_leak_is_seen() -> None:
    """One, as the proof of the proof in every test run."""
    assert selftest("the worker prints the message turned round") == 0


def test_the_canary_is_whole() -> None:
    """A datum that is part of another would be found with it."""
    assert all(one not in other for one in EVERYTHING for other in EVERYTHING if one is not other)
