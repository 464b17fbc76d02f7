"""Whether a CSV's first line is a header: only then may it be shown, since it may be a customer's message instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rp_mw_ops.backtest.formats import fold, load_formats

_MOST_CHARS = 30
# An address, a number, a time or a sentence is a value, never a column's name.
_VALUE = re.compile(r"[@?!\n]|^\W*\d[\d\W]*$|\d{4}|\S+(?:\s+\S+){4}")


def is_header(cells: Sequence[str]) -> bool:
    """Return whether all cells are short names and one of them is a column that we know."""
    return all(_is_name(cell) for cell in cells) and any(_is_known(cell) for cell in cells)


def to_shown(cells: Sequence[str]) -> str:
    """Return the columns' names for people; of what is no header only how many cells it has."""
    if is_header(cells):
        return f"its columns: {', '.join(cells)}"
    return f"its {len(cells)} columns (the first line does not look like a header, so it is not shown)"


def _is_name(cell: str) -> bool:
    return len(cell) <= _MOST_CHARS and not _VALUE.search(cell)


def _is_known(cell: str) -> bool:
    """Return whether the cell is a column's word; one that a row may hold as well, such as `email`, tells nothing."""
    formats, word = load_formats(), fold(cell)
    return word not in formats.row_words and any(word in map(fold, words) for words in formats.columns.values())
