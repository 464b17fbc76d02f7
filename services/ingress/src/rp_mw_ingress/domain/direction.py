"""Tells from a payload alone whether a customer wrote the message.

Losing a customer's message is worse than looking at one too many, so a message is ignored only when something says
that it is not a customer's and nothing says that it is. Silence or contradiction goes on: the worker reads the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rp_mw_ingress.domain.reasons import IgnoreReason

# Words seen or documented for who wrote a comment; compared in lower case.
_CUSTOMER_WORDS = frozenset({"customer", "user", "visitor", "end_user", "end-user", "contact"})
_OPERATOR_WORDS = frozenset({"operator", "agent", "admin", "staff", "teammate"})
_BOT_WORDS = frozenset({"bot", "system", "automation", "workflow", "rule"})
_NOTE_WORDS = frozenset({"note", "internal_note", "private_note", "internal", "private"})
_YES_OR_NO = {"true": True, "false": False, "1": True, "0": False}
_AUTHOR_KEYS = ("type", "role", "sender_type", "kind")
_CUSTOMER = "customer"


def find_ignore_reason(payload: Mapping[str, Any], own_author_ids: frozenset[str]) -> IgnoreReason | None:
    """Return why the message is not a customer's, or None when it is or cannot be told.

    `own_author_ids` are the ids that replies of ours are written under.
    """
    if _find_author_id(payload) in own_author_ids:
        return IgnoreReason.OWN_ECHO
    if _word(payload.get("type")) in _NOTE_WORDS or _find_flag(payload.get("public")) is False:
        return IgnoreReason.NOTE
    votes = _votes(payload)
    if _CUSTOMER in votes:
        return None
    for reason in (IgnoreReason.BOT_MESSAGE, IgnoreReason.OPERATOR_MESSAGE):
        if reason in votes:
            return reason
    return None


def _votes(payload: Mapping[str, Any]) -> set[str]:
    votes = {_vote_of_flag(payload.get(key)) for key in ("is_operator", "isOperator")}
    author = payload.get("author")
    words = [payload.get("sender_type"), payload.get("author_type"), author if isinstance(author, str) else None]
    if isinstance(author, Mapping):
        words += [author.get(key) for key in _AUTHOR_KEYS]
        votes |= {_vote_of_flag(author.get(key)) for key in ("is_operator", "isOperator")}
    return (votes | {_vote_of_word(_word(word)) for word in words}) - {""}


def _vote_of_flag(value: Any) -> str:
    flag = _find_flag(value)
    if flag is None:
        return ""
    return IgnoreReason.OPERATOR_MESSAGE if flag else _CUSTOMER


def _vote_of_word(word: str) -> str:
    if word in _CUSTOMER_WORDS:
        return _CUSTOMER
    if word in _OPERATOR_WORDS:
        return IgnoreReason.OPERATOR_MESSAGE
    return IgnoreReason.BOT_MESSAGE if word in _BOT_WORDS else ""


def _find_flag(value: Any) -> bool | None:
    """A template renders booleans as words; anything else than a clear yes or no is silence."""
    if isinstance(value, bool):
        return value
    return _YES_OR_NO.get(value.strip().lower()) if isinstance(value, str) else None


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _find_author_id(payload: Mapping[str, Any]) -> str | None:
    author = payload.get("author")
    found = payload.get("author_id") or (author.get("id") if isinstance(author, Mapping) else None)
    return found if isinstance(found, str) else None
