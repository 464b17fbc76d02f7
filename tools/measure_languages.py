"""Counts how often the language of a public message is told right, wrongly, or not at all, by the shipped code.

python -m tools.beside ../shared/data/intents/dev.jsonl python -m tools.measure_languages ../shared/data
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rp_mw_worker.domain.language import language_of_message
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.policy.languages import detect_scores, load_common_words

SERVED = frozenset({"de", "fr", "es", "it", "nl", "pt"})


def main(arguments: list[str]) -> int:
    """Print one line a figure."""
    folder = Path(arguments[0])
    told = [(row["lang"], _language(row["text"])) for row in _rows(folder / "multilingual/dev.jsonl")]
    served = [(wanted, found) for wanted, found in told if wanted in SERVED]
    others = [found for wanted, found in told if wanted not in SERVED and wanted != BASE_LANGUAGE]
    english = [_language(row["text"]) for row in _rows(folder / "intents/dev.jsonl")]
    asked = sum(_asks_detector(row["text"]) for row in _rows(folder / "intents/dev.jsonl"))
    figures = {
        "six languages, right": (sum(wanted == found for wanted, found in served), len(served)),
        "six languages, taken for English": (sum(found == BASE_LANGUAGE for _, found in served), len(served)),
        "other languages, left to people": (
            sum(found not in {*SERVED, BASE_LANGUAGE} for found in others),
            len(others),
        ),
        "English, taken for another": (sum(found not in {BASE_LANGUAGE, None} for found in english), len(english)),
        "English, undetermined": (sum(found is None for found in english), len(english)),
        "English, the detector asked": (asked, len(english)),
    }
    for name, (count, total) in figures.items():
        sys.stdout.write(f"{name:34} {count:6,} of {total:6,}\n")
    return 0


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _language(text: str) -> str | None:
    return language_of_message(text, load_common_words(), detect_scores)


def _asks_detector(text: str) -> bool:
    asked: list[str] = []

    def watched(words: str) -> Mapping[str, float]:
        asked.append(words)
        return detect_scores(words)

    language_of_message(text, load_common_words(), watched)
    return bool(asked)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
