"""Sets aside what a mail app or a company adds to a message: app signatures, signatures, notices, footers, banners.

A phrase is no evidence by itself: an app's line has to be nothing else, a signature has to look like one to its end, a
notice has to end the message (a banner to begin it), and none may speak in the first person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rp_mw_worker.domain.mail_marks import MAX_LINE_CHARS, MailMarks, fold, has_own_words, is_app_signature, words_of

_SIGNATURE_MARK = re.compile(r"\s{0,2}(?:--|__|—|- -)\s{0,2}")
_MAX_SIGNATURE_LINES = 10
_MAX_SIGNATURE_LINE_CHARS = 100
_MAX_NAME_WORDS = 5
_MAX_NOTICE_CHARS = 2_000
_MAX_TITLE_WORDS = 10
_MIN_WRAPPED_CHARS, _FULL_LINE_CHARS = 30, 62
_STOPS = frozenset(".!?:")
_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bSgt\.)(?<!\bSt\.)\s+(?=[^\W\d_a-z])"
)
_EXTERNAL = re.compile(r"\s{0,4}\[\s?(?:external|extern|externe|externo|esterno)(?: e-?mail)?\s?\]\s{0,4}", re.I)
_EXTERNAL_START = ("external email", "external e-mail", "caution: external", "warning: external", "extern:")
_SMALL_WORDS = frozenset(
    ("of", "and", "the", "at", "for", "de", "der", "des", "du", "la", "le", "a", "au", "y", "e", "und", "et", "di")
)


def without_app_signatures(lines: Sequence[str], marks: MailMarks) -> list[str]:
    """Return the lines without those that are a mail app's advertisement of itself, unless nothing else is there."""
    kept = [line for line in lines if not is_app_signature(line, marks)]
    return kept if any(line.strip() for line in kept) else list(lines)


def find_signature(lines: Sequence[str], starts: frozenset[int], marks: MailMarks) -> int | None:
    """Return where the signature begins that ends the message, None without one.

    `starts` are the lines where the mark-up says that a signature begins; in plain text `--` says so.
    """
    last = max((number for number, line in enumerate(lines) if line.strip()), default=-1)
    for number in range(max(0, last - 2 * _MAX_SIGNATURE_LINES), last + 1):
        is_start = number in starts
        if not is_start and not _SIGNATURE_MARK.fullmatch(lines[number]):
            continue
        block = [line for line in lines[number + (not is_start) :] if line.strip()]
        if any(line.strip() for line in lines[:number]) and _is_signature(block, lines[number] == "-- ", marks):
            return number
    return None


def _is_signature(block: Sequence[str], is_standard_mark: bool, marks: MailMarks) -> bool:
    if not 0 < len(block) <= _MAX_SIGNATURE_LINES:
        return False
    return _is_name(block[0], is_standard_mark) and not any(_speaks(line, marks) for line in block)


def _speaks(line: str, marks: MailMarks) -> bool:
    folded = fold(line)
    too_long = len(line) > _MAX_SIGNATURE_LINE_CHARS
    return too_long or "?" in line or line.rstrip().endswith("!") or has_own_words(folded, marks)


def _is_name(line: str, may_be_lower: bool) -> bool:
    """Tell whether the line is nothing but a few words with capitals, as a name or a company is."""
    words = line.replace(",", " ").split()
    if not 0 < len(words) <= _MAX_NAME_WORDS or any(char.isdigit() for char in line) or line.rstrip().endswith("?"):
        return False
    return may_be_lower or all(not word[0].islower() or word.lower() in _SMALL_WORDS for word in words)


def without_notices(lines: Sequence[str], marks: MailMarks) -> list[str]:
    """Return the lines without a banner at their start and notices, footers and titles at their end."""
    return _without_tail(_without_banner(list(lines), marks), marks)


def without_notices_anywhere(lines: Sequence[str], marks: MailMarks) -> list[str]:
    """Return the lines without sentences of notices wherever they stand: for what is no text of the customer's."""
    return [" ".join(piece for piece in _sentences(line) if not _is_notice(piece, marks)) for line in lines]


def _without_banner(lines: list[str], marks: MailMarks) -> list[str]:
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        rest = " ".join(_after_banner(_sentences(_EXTERNAL.sub("", line, count=1)), marks))
        if rest == line.strip():
            return lines
        remaining = [rest, *lines[number + 1 :]]
        if not any(after.strip() for after in remaining):
            return lines
        if rest:
            return remaining
        lines[number] = ""
    return lines


def _after_banner(sentences: list[str], marks: MailMarks) -> list[str]:
    start = 0
    while start < len(sentences) and _is_banner(sentences[start], marks):
        start += 1
    return sentences[start:]


def _is_banner(sentence: str, marks: MailMarks) -> bool:
    folded = fold(sentence[:MAX_LINE_CHARS])
    if has_own_words(folded, marks):
        return False
    return folded.startswith(_EXTERNAL_START) or any(phrase in folded for phrase in marks.banners)


def _without_tail(lines: list[str], marks: MailMarks) -> list[str]:
    """Take notices off the end, sentence by sentence, until the customer's words are reached."""
    kept = list(lines)
    while kept:
        start = _start_of_last(kept)
        last = " ".join(line.strip() for line in kept[start:])
        sentences = _sentences(last)
        rest = [] if not last or _is_title(kept, marks) else _before_notice(sentences, marks)
        if len(rest) == len(sentences) and last:
            return kept
        del kept[start:]
        if rest:
            return [*kept, " ".join(rest)]
    return list(lines)


def _start_of_last(lines: Sequence[str]) -> int:
    """Return where the last line begins, with the lines before it that a mail program has wrapped."""
    start = len(lines) - 1
    while start and _is_wrapped(lines[start - 1], lines[start]):
        start -= 1
    return start


def _is_wrapped(line: str, following: str) -> bool:
    goes_on = following.strip()[:1].islower() or len(line) >= _FULL_LINE_CHARS
    return len(line) >= _MIN_WRAPPED_CHARS and goes_on and bool(following.strip()) and line.rstrip()[-1:] not in _STOPS


def _before_notice(sentences: list[str], marks: MailMarks) -> list[str]:
    end = len(sentences)
    while end and (_is_notice(sentences[end - 1], marks) or _is_titled_name(sentences[end - 1], marks, end > 1)):
        end -= 1
    return sentences[:end]


def _is_notice(sentence: str, marks: MailMarks) -> bool:
    if len(sentence) > _MAX_NOTICE_CHARS or "?" in sentence:
        return False
    folded = fold(sentence)
    return any(phrase in folded for phrase in marks.notices) and not has_own_words(folded, marks)


def _is_title(lines: Sequence[str], marks: MailMarks) -> bool:
    """Tell whether the last line is a name's title: with capitals, a title's word, and a name above it or in it."""
    above = next((line for line in reversed(lines[:-1]) if line.strip()), "")
    return _is_titled_name(lines[-1], marks, bool(above) and _is_name(above.rstrip(","), may_be_lower=False))


def _is_titled_name(line: str, marks: MailMarks, has_name_before: bool) -> bool:
    words = re.findall(r"[^\W\d_][\w.&'’-]*", line)
    if not 0 < len(words) <= _MAX_TITLE_WORDS or line.isupper() or line.rstrip().endswith(("?", "!")):
        return False
    folded = fold(line)
    if not all(word[0].isupper() or fold(word) in _SMALL_WORDS or "/" in line for word in words):
        return False
    if not any(title in f"{folded} " for title in marks.titles) or not marks.address_words.isdisjoint(words_of(folded)):
        return False
    return not has_own_words(folded, marks) and (has_name_before or "," in line or "(" in line)


def _sentences(line: str) -> list[str]:
    return [piece for piece in _SENTENCE.split(line.strip()) if piece]
