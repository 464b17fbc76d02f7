"""Makes a comment's body readable: what the customer wrote, and beside it what was cut without a quotation's mark.

    body -> lines (html_text) -> history out (quoted_history) -> signature, notices and footers aside (set_aside)

Without evidence nothing is cut. What was cut on weaker evidence than a quotation's mark stays in `doubtful`: the screen
reads that too, so that a word which matters is seen even where the evidence was wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rp_mw_worker.domain.html_text import Line, to_lines
from rp_mw_worker.domain.mail_marks import MailMarks
from rp_mw_worker.domain.quoted_history import find_history
from rp_mw_worker.domain.set_aside import (
    find_signature,
    without_app_signatures,
    without_notices,
    without_notices_anywhere,
)

MAX_BODY_CHARS = 200_000
MAX_TEXT_CHARS = 20_000
_BLANKS = re.compile(r"[ \t]{2,}")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class BodyText:
    """What a comment says. `text`: the customer's words, for the model and all else; at most 20,000 characters.

    `doubtful`: for the screen only, the lines that are not in `text` although no mail program marked them as quoted and
    no company adds them to its mails; at most 20,000 characters.
    """

    text: str
    doubtful: str = ""


def clean_text(body: str, marks: MailMarks) -> str:
    """Return what the customer wrote in this comment, as plain lines of at most 20,000 characters in all.

    Quoted history, signature and notices are left out unless nothing else is there: then the body says what it says.
    """
    return read_body(body, marks).text


def read_body(body: str, marks: MailMarks) -> BodyText:
    """Return the customer's words of a comment, and all the words of it that could be theirs."""
    lines = to_lines(body[:MAX_BODY_CHARS])
    history = find_history(lines, marks)
    own = [number for number in range(len(lines)) if number not in history.cut]
    unquoted = [number for number in range(len(lines)) if number not in history.marked]
    text = _text_of([lines[number] for number in own], marks)
    if not text:
        text = _joined(line.text.lstrip("> ") for line in lines)[:MAX_TEXT_CHARS].rstrip()
    return BodyText(text, _doubtful([lines[number] for number in unquoted], text, marks))


def _text_of(lines: Sequence[Line], marks: MailMarks) -> str:
    """Return the lines without what apps and companies add, unless that is all there is."""
    starts = frozenset(number for number, line in enumerate(lines) if line.starts_signature)
    texts = [line.text for line in lines]
    own = without_app_signatures(texts, marks)
    if len(own) < len(texts):
        starts = _moved(starts, texts, own)
    signature = find_signature(own, starts, marks)
    kept = own if signature is None else own[:signature]
    return _joined(without_notices(kept, marks))[:MAX_TEXT_CHARS].rstrip()


def _moved(starts: frozenset[int], before: Sequence[str], after: Sequence[str]) -> frozenset[int]:
    """Return where the signatures start after lines were taken out."""
    first_lines = {before[number] for number in starts}
    return frozenset(number for number, line in enumerate(after) if line in first_lines)


def _doubtful(lines: Sequence[Line], text: str, marks: MailMarks) -> str:
    """Return the lines that are not in `text`, without notices: they are nobody's words."""
    known = set(text.split("\n"))
    others = [line for line in _joined(line.text for line in lines).split("\n") if line and line not in known]
    return _joined(without_notices_anywhere(without_app_signatures(others, marks), marks))[:MAX_TEXT_CHARS]


def _joined(texts: Iterable[str]) -> str:
    """Return the lines with outer blanks gone and no more than one empty line between two."""
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in texts)
    return _EMPTY_LINES.sub("\n\n", text).strip()
