"""What formats.yaml says: the columns of a CSV, the objects of a JSON export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from rp_mw_worker.domain.model import Author

FIELDS = ("ticket", "body", "html", "author", "time", "subject", "channel", "sender", "team", "tags", "merged", "label")


@dataclass(frozen=True, slots=True)
class Formats:
    """The file, read. `columns`: our field to folded header words; `objects`: helpdesk to its paths."""

    columns: Mapping[str, Sequence[str]]
    authors: Mapping[str, Author]
    merged_tags: frozenset[str]
    row_words: frozenset[str]
    objects: Mapping[str, Mapping[str, Any]]

    def author(self, value: object) -> Author:
        """Return who `value` of an author column or key names; UNKNOWN for a word that is not in the file."""
        return self.authors.get(fold(str(value)), Author.UNKNOWN)

    def is_merged(self, merged_into: object, tags: Sequence[str]) -> bool:
        """Return whether the ticket went into another one."""
        named = str(merged_into or "").strip().casefold() not in {"", "false", "0", "no", "none"}
        return named or not self.merged_tags.isdisjoint(tag.casefold() for tag in tags)


@cache
def load_formats() -> Formats:
    """Return the shipped formats."""
    text = files("rp_mw_ops").joinpath("backtest/formats.yaml").read_text("utf-8")
    given = yaml.safe_load(text)
    return Formats(
        columns=given["columns"],
        authors={word: Author(author) for author, words in given["authors"].items() for word in words},
        merged_tags=frozenset(given["merged_tags"]),
        row_words=frozenset(given["row_words"]),
        objects=given["objects"],
    )


def fold(name: str) -> str:
    """Return a name in lower case, letters and digits only."""
    return "".join(character for character in name.casefold() if character.isalnum())
