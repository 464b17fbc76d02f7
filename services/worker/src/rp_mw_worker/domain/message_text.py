"""Makes a comment's body readable: what the customer wrote, and beside it what was cut without a quotation's mark.

    body -> lines (html_text) -> history out (quoted_history) -> signature, notices and footers aside

Without evidence nothing is cut. What was cut on weaker evidence than a quotation's mark stays in `doubtful`: the screen
reads that too, so that a word which matters is seen even where the evidence was wrong.

A phrase is no evidence by itself: an app's line has to be nothing else, a signature has to look like one to its end, a
notice has to end the message (a banner to begin it), and none may speak in the first person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rp_mw_worker.domain.html_text import Line, to_lines
from rp_mw_worker.domain.quoted_history import (
    MAX_LINE_CHARS,
    MailMarks,
    find_history,
    fold,
    has_own_words,
    is_app_signature,
    words_of,
)

MAX_BODY_CHARS = 200_000
MAX_TEXT_CHARS = 20_000
_BLANKS = re.compile(r"[ \t]{2,}")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class BodyText:
    """What a comment says. `text`: the customer's words, for the model and all else; at most 20,000 characters.

    `doubtful`: for the screen only, the lines that are not in `text` although no mail program marked them as quoted and
    no company adds them to its mails; at most 20,000 characters. `with_notices`: `text` with the banners, footers and
    notices of its sender, which tell a machine's mail; empty where there are none.
    """

    text: str
    doubtful: str = ""
    with_notices: str = ""


def clean_text(body: str, marks: MailMarks) -> str:
    """Return what the customer wrote in this comment, as plain lines of at most 20,000 characters in all.

    Quoted history, signature and notices are left out unless nothing else is there: then the body says what it says.
    """
    return read_body(body, marks).text


def read_body(body: str, marks: MailMarks) -> BodyText:
    """Return the customer's words of a comment, and beside them what was cut without a quotation's mark."""
    lines = to_lines(body[:MAX_BODY_CHARS])
    history = find_history(lines, marks)
    own, signature = _parted_from_signature([lines[number] for number in history.own], marks)
    whole, text = _joined(own), _joined(without_notices(own, marks))
    if not text:
        return BodyText(_capped(_joined(line.text.lstrip("> ") for line in lines)))
    cut = [lines[number].text for number in history.unmarked]
    doubtful = without_notices_anywhere(without_app_signatures([*cut, *signature], marks), marks)
    return BodyText(_capped(text), _capped(_joined(doubtful)), _capped(whole) if whole != text else "")


def _parted_from_signature(lines: Sequence[Line], marks: MailMarks) -> tuple[list[str], list[str]]:
    """Return the lines without apps' advertisements of themselves, and those of the signature at their end."""
    starts = frozenset(number for number, line in enumerate(lines) if line.starts_signature)
    texts = [line.text for line in lines]
    # blanks, so that the numbers stay
    own = ["" if is_app_signature(text, marks) else text for text in texts]
    own = own if any(text.strip() for text in own) else texts
    start = find_signature(own, starts, marks)
    return (own, []) if start is None else (own[:start], own[start:])


def _capped(text: str) -> str:
    return text[:MAX_TEXT_CHARS].rstrip()


def _joined(texts: Iterable[str]) -> str:
    """Return the lines with outer blanks gone and no more than one empty line between two."""
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in texts)
    return _EMPTY_LINES.sub("\n\n", text).strip()


_SIGNATURE_MARK = re.compile(r"\s{0,2}(?:--|__|—|- -)\s{0,2}")
_MAX_SIGNATURE_LINES = 10
_MAX_SIGNATURE_LINE_CHARS = 100
_MAX_NAME_WORDS = 5
_MAX_NOTICE_CHARS = 2_000
_MAX_TITLE_WORDS = 10
_MIN_WRAPPED_CHARS, _FULL_LINE_CHARS = 30, 62
_STOPS = frozenset(".!?:")
_SENTENCE = re.compile(
    r"(?=\s)(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bSgt\.)(?<!\bSt\.)\s+(?=[^\W\d_a-z])"
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
    if len(line) > MAX_LINE_CHARS:
        return False
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
