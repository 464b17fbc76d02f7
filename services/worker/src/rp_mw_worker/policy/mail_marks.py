"""Loads what mail programs and companies add to a message: the product's own list, the same for every shop."""

from __future__ import annotations

from functools import cache

from rp_mw_worker.domain.quoted_history import MailMarks, to_mail_marks
from rp_mw_worker.policy.files import MAIL_MARKS
from rp_mw_worker.policy.plain_yaml import read_plain_yaml


@cache
def load_mail_marks() -> MailMarks:
    """Return the marks of the shipped file."""
    lists: dict[str, str] = read_plain_yaml(MAIL_MARKS.read_bytes()).value
    return to_mail_marks({name: phrases.splitlines() for name, phrases in lists.items()})
