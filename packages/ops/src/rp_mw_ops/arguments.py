"""The command line's parser: a mistake is one line with the nearest word there is, and nothing is abbreviated."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from rp_mw_ops.errors import UsageError
from rp_mw_shared.edit_distance import is_within

# an event's key holds the id and more. Source: DynamoDB, limits: 2,048 bytes of a partition key
MAX_ID_BYTES = 1_024
_MAX_SLIPS = 3
_UNKNOWN = re.compile(r"unrecognized arguments: (?P<words>.*)")
_NO_CHOICE = re.compile(r"argument (?P<name>[^:]+): invalid choice: '(?P<word>[^']*)' \(choose from (?P<choices>.*)\)")


class Parser(argparse.ArgumentParser):
    """argparse's parser, which raises UsageError where that one prints its usage and ends the process."""

    def __init__(self, **given: Any) -> None:
        # an option that is cut short could mean another one tomorrow
        given.setdefault("allow_abbrev", False)
        given.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**given)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the mistake, the nearest word, and where the help is."""
        raise UsageError(f"{self._worded(message)}; see {self.prog} --help")

    def _worded(self, message: str) -> str:
        unknown, choice = _UNKNOWN.fullmatch(message), _NO_CHOICE.fullmatch(message)
        if unknown:
            words = unknown["words"]
            return f"{self.prog} does not take {words}{near_miss(words.split()[0].partition('=')[0], self._options())}"
        if choice:
            choices = [word.strip().strip("'") for word in choice["choices"].split(",")]
            return f"there is no {choice['name']} {choice['word']!r}{near_miss(choice['word'], choices)}"
        return message

    def _options(self) -> list[str]:
        return [*self._option_string_actions, *(word for sub in self._subparsers_chosen() for word in sub)]

    def _subparsers_chosen(self) -> Iterable[Iterable[str]]:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from (parser._option_string_actions for parser in action.choices.values())


def conversation_id(text: str) -> str:
    """Return a conversation's id as given; raises ArgumentTypeError for nothing, and for what no table could hold."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a conversation's id is wanted, as Richpanel shows it")
    if len(text.encode()) > MAX_ID_BYTES:
        raise argparse.ArgumentTypeError(f"that is no conversation's id: it has more than {MAX_ID_BYTES} bytes")
    return text


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return `: did you mean ...?` for the nearest of the known words, or nothing when none is near."""
    found = find_nearest(word, known)
    return f": did you mean {found}?" if found else ""


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that fewest slips of the keyboard lie between, None when it would take half the word."""
    names = sorted(set(known))
    for slips in range(1, min(_MAX_SLIPS, max(1, len(word) // 2)) + 1):
        for name in names:
            if is_within(word.lower(), name.lower(), slips):
                return name
    return next((name for name in names if word and name.startswith(word)), None)
