"""Measures how long the sentences of Markdown pages are.

    .venv/bin/python -m tools.sentences                      # every decision record, longest average first
    .venv/bin/python -m tools.sentences --long docs/*.md     # these pages, and their sentences of more than 30 words

A sentence ends at `.`, `!` or `?` before a blank, and at the end of a paragraph or list item. A colon or semicolon
does not end one. Headings, tables and indented or fenced code are left out; text in backticks counts as one word.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "docs" / "decisions"
LIMIT_WORDS = 20
LONG_WORDS = 30

_FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ITEM = re.compile(r"^(?:[-*+]|\d+\.)\s+")
_END = re.compile(r"(?<=[.!?])[)*_\"]*\s+")
_WORD = re.compile(r"[^\W_]")


def sentences(markdown: str) -> list[str]:
    """Return the sentences of a page's running text, in order."""
    return [one for block in _blocks(markdown) for one in _END.split(block) if _count_words(one)]


def average_words(markdown: str) -> float:
    """Return the mean number of words of a page's sentences; 0.0 for a page without running text."""
    counts = [_count_words(one) for one in sentences(markdown)]
    return sum(counts) / len(counts) if counts else 0.0


def _blocks(markdown: str) -> Iterator[str]:
    """Yield paragraphs and list items, each as one line."""
    block: list[str] = []
    for line in [*_FENCED.sub("", markdown).splitlines(), ""]:
        text = line.strip()
        is_apart = not text or text.startswith(("#", "|")) or (line.startswith("    ") and not block)
        if is_apart or _ITEM.match(text):
            yield " ".join(block)
            block = []
        if not is_apart:
            block.append(_ITEM.sub("", text))


def _count_words(text: str) -> int:
    plain = _LINK.sub(r"\1", _CODE.sub("code", text))
    return sum(1 for word in plain.split() if _WORD.search(word))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how long the sentences of Markdown pages are.")
    parser.add_argument("pages", nargs="*", type=Path, help="Markdown files (default: docs/decisions)")
    parser.add_argument("--long", action="store_true", help=f"print the sentences of more than {LONG_WORDS} words too")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Print one line a page; 1 when an average is not below the limit, else 0."""
    args = _parse(arguments)
    texts = {page: page.read_text(encoding="utf-8") for page in args.pages or sorted(RECORDS.glob("*.md"))}
    averages = {page: average_words(text) for page, text in texts.items()}
    for page, average in sorted(averages.items(), key=lambda one: -one[1]):
        print(f"{average:5.1f}  {page.name}")
        for one in sentences(texts[page]) if args.long else ():
            if _count_words(one) > LONG_WORDS:
                print(f"       {_count_words(one)}: {one}")
    return int(any(average >= LIMIT_WORDS for average in averages.values()))


if __name__ == "__main__":
    raise SystemExit(main())
