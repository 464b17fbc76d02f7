"""The glossary explains the product's terms, and the words it rules out do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tools.sentences import LIMIT_WORDS, RECORDS, average_words, sentences

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = dict(re.findall(r"^\| \*\*([^*|]+)\*\* \| (.+) \|$", GLOSSARY, re.MULTILINE))
ASKED = ["event", "conversation", "plan", "action", "reply lease", "park", "tier", "stage", "mode", "gate", "proof"]
ASKED += ["quarantine", "idempotency", "conversation_state", "audit_trail"]

# What stands in the glossary's last table, as patterns. Without a pattern's exceptions no line of the product matches.
TWINS = {
    "behind": r"\bbehind\b|(?<=_)behind(?![a-z])|\bbehind(?=_)",
    "letter": r"(?<![A-Za-z])(?<!dead[ _-])(?<!Dead[ _-])(?<!DEAD_)[lL](?:etter|ETTER)s?(?![a-z])|(?<!DEAD_)LETTERS?\b",
    "handed back": r"(?i)\bhand(?:s|ed|ing)?[ _]back|(?<=_)handed_back",
    "given up": r"(?i)(?<![a-z])g(?:ive|ives|iven|ave|iving)[ _]up(?![a-z])",
    "table A": r"(?i:\btables?) [ABC]\b|\bA, B (?:and|,) C\b",
}
# What remains, what is late, and letters of an alphabet. The other side of an interface needs an exception by its line.
IDIOM = re.compile(r"(?i)\ble(?:ave|aves|aving|ft)\b.*\bbehind(?= with\b|[.,:;]|$)|\b(?:lag|fall)s? behind|left_behind")
ALPHABET = re.compile(r"letters?,? (?:and )?digits?\b|look-alike letters|lower[- ]case letters")
OTHERWISE = {"behind": IDIOM, "letter": ALPHABET}
EXCEPTIONS = ROOT / "tests" / "unit" / "glossary_exceptions.tsv"

SUFFIXES = {".py", ".md", ".tf", ".hcl", ".tfvars", ".yaml", ".yml", ".js", ".html", ".css", ".toml"}
SKIPPED = {"build", "node_modules", "results", "__pycache__"}
# Words of customers and of alphabets, and what names the ruled-out words in order to rule them out.
OUTSIDE = (
    "docs/decisions/0131-words-are-held.md",
    "docs/glossary.md",
    "packages/ops/CHANGELOG.md",
    "packages/shared/CHANGELOG.md",
    "packages/shared/src/rp_mw_shared/edit_distance.py",
    "packages/shared/src/rp_mw_shared/redaction/",
    "services/worker/src/rp_mw_worker/domain/phrases.py",
    "services/worker/src/rp_mw_worker/policy/",
    "tests/policy/",
    "tests/soak/canaries.py",
    "tests/unit/test_glossary.py",
    "tools/train/",
)


def pages() -> Iterator[tuple[str, str]]:
    """Path and text of every file that is written by hand."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        name = "/".join(parts)
        if path.suffix not in SUFFIXES or any(part.startswith(".") or part in SKIPPED for part in parts[:-1]):
            continue
        if path.is_file() and not name.startswith(OUTSIDE):
            yield name, path.read_text(encoding="utf-8")


def twins_in(text: str) -> Iterator[tuple[str, str]]:
    """Each ruled-out word with the line it stands in, or begins in where it is broken over two."""
    for line, following in pairwise([*text.splitlines(), ""]):
        for twin, pattern in TWINS.items():
            rest = OTHERWISE[twin].sub("", line) if twin in OTHERWISE else line
            if re.search(pattern, rest) or is_broken(pattern, line.rstrip(), following.strip()):
                yield twin, line.strip()


def is_broken(pattern: str, line: str, following: str) -> bool:
    """Whether a match begins in the one line and ends in the other."""
    found = re.finditer(pattern, f"{line} {following}")
    return any(match.start() < len(line) < match.end() - 1 for match in found)


def exceptions() -> set[tuple[str, str, str]]:
    """The lines in which such a word means something else: word, path, line."""
    lines = EXCEPTIONS.read_text(encoding="utf-8").splitlines()
    split = [line.split("\t", 2) for line in lines if line and not line.startswith("#")]
    return {(twin, name, line) for twin, name, line in split}


def test_every_term_that_is_asked_about_is_explained() -> None:
    """And every explanation is one or two sentences."""
    assert [term for term in ASKED if term not in TERMS] == []
    assert {term: text for term, text in TERMS.items() if not 1 <= len(sentences(text)) <= 2} == {}


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_glossary_is_linked(page: str) -> None:
    """Where a newcomer begins."""
    assert "docs/glossary.md" in (ROOT / page).read_text(encoding="utf-8")


def test_the_words_that_are_not_used_do_not_come_back() -> None:
    """Use the glossary's word; where the line means something else, add it to glossary_exceptions.tsv."""
    found = {(twin, name, line) for name, text in pages() for twin, line in twins_in(text)}
    assert sorted(found - exceptions()) == []


def test_every_exception_is_still_a_line_of_its_file() -> None:
    """So that the list cannot outgrow its reasons."""
    found = {(twin, name, line) for name, text in pages() for twin, line in twins_in(text)}
    assert sorted(exceptions() - found) == []


@pytest.mark.parametrize(
    ("line", "twin"),
    [
        ("the reply leaves behind the switch", "behind"),
        ("def _flips_behind(story):", "behind"),
        ("for letter in letters:", "letter"),
        ("def read_letters(queue):", "letter"),
        ("MAX_LETTERS = 100", "letter"),
        ("the event is handed back", "handed back"),
        ("RECORD_HANDED_BACK", "handed back"),
        ("a message is given up on", "given up"),
        ("self.give_up(record)", "given up"),
        ("the run hands\n    back what it holds", "handed back"),
        ("Table B moved on", "table A"),
        ("tables A to C", "table A"),
    ],
)
def test_a_ruled_out_word_is_noticed(line: str, twin: str) -> None:
    """In prose and in names."""
    assert twin in dict(twins_in(line))


@pytest.mark.parametrize(
    "line",
    [
        "a dead letter",
        "read_dead_letters(queue)",
        "MAX_DEAD_LETTERS",
        "dead-letter queue",
        "it leaves no folder behind",
    ],
)
def test_the_glossarys_own_words_are_not(line: str) -> None:
    """Nor what remains behind."""
    assert list(twins_in(line)) == []


@pytest.mark.parametrize("record", sorted(RECORDS.glob("*.md")), ids=lambda path: path.stem)
def test_a_records_sentences_are_short(record: Path) -> None:
    """`.venv/bin/python -m tools.sentences --long PAGE` names the long ones."""
    assert 0 < average_words(record.read_text(encoding="utf-8")) < LIMIT_WORDS


def test_sentences_are_counted_as_a_reader_would() -> None:
    """Tables, headings and code are none; a colon ends none; a list item ends one."""
    page = "# Not this one\n\nOne two: three. Four `five six`\nseven!\n- eight\n\n| not | this |\n\n    nor this\n"
    assert sentences(page) == ["One two: three.", "Four `five six` seven!", "eight"]
    assert average_words(page) == pytest.approx(7 / 3)
