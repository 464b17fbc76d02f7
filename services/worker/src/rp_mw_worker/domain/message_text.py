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
from rp_mw_worker.domain.mail_marks import MailMarks, is_app_signature
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
