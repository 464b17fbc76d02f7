"""`rp-mw dlq` takes its options before the word and after it, and does nothing without being told."""

from __future__ import annotations

import pytest

from rp_mw_ops.cli import parse


@pytest.mark.parametrize(
    "words",
    [
        ["--env", "prod", "--json", "redrive", "a", "b"],
        ["redrive", "--env", "prod", "--json", "a", "b"],
        ["--env", "prod", "redrive", "a", "b", "--json"],
    ],
)
def test_options_mean_the_same_on_either_side_of_the_word(words: list[str]) -> None:
    """Above all the environment: what stands before the word is not undone after it."""
    args = parse(["dlq", *words])
    assert (args.action, args.env, args.json, args.ids, args.yes) == ("redrive", "prod", True, ["a", "b"], False)


def test_without_a_word_the_local_dead_letters_are_listed() -> None:
    """The harmless default."""
    args = parse(["dlq"])
    assert (args.action, args.env, args.yes, args.limit, args.rate) == ("list", "local", False, 100, None)
