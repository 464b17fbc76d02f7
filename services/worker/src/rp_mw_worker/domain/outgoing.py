"""The last look at a reply's own bytes, whatever made them: is this something the shop may send?

Rendering is strict already. This looks at the outcome, once, immediately before it leaves, and shares no code with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape

from rp_mw_worker.domain.carriers import is_known_carrier_url
from rp_mw_worker.domain.policy import DEFAULT_CHANNEL, Policy

_EMAIL = "email"
_OUR_MARKUP = re.compile(r"</?p>|<br>")
_UNRENDERED = re.compile(r"\$\{|\$[A-Za-z_]|\{\{|\}\}|\{%|%\(")
_LINK = re.compile(r"(?i)(?:\b[a-z][a-z0-9+.-]{0,20}:/{0,2}|//|\bwww\.)[^\s<>\"]{1,2000}")
_SCHEME_WORD = re.compile(r"(?i)(?:https?|ftp|javascript|data|mailto|tel|sms|file|//|www\.)")
_AFTER_LINK = ".,;:!?)]}'"


def find_unfit(
    text: str, template_id: str, channel: str, language: str | None, policy: Policy, disabled: Collection[str]
) -> str | None:
    """Return a code for what is wrong with a reply about to leave on `channel`, or None.

    Codes: template_unknown, template_disabled, markup, unrendered, link, too_long, unprintable.
    """
    words = policy.templates_by_language.get(language)
    if words is None or template_id not in words.templates:
        return "template_unknown"
    if template_id in disabled:
        return "template_disabled"
    shown = _OUR_MARKUP.sub("\n", text) if channel == _EMAIL else text
    if channel == _EMAIL and ("<" in shown or ">" in shown):
        return "markup"
    shown = unescape(shown) if channel == _EMAIL else shown
    if _UNRENDERED.search(shown):
        return "unrendered"
    if any(not is_known_carrier_url(link, policy.carriers.hosts) for link in _links(shown)):
        return "link"
    if any(not char.isprintable() and char != "\n" for char in shown):
        return "unprintable"
    limits = policy.settings.max_reply_chars
    return "too_long" if len(text) > limits.get(channel, limits[DEFAULT_CHANNEL]) else None


def _links(shown: str) -> list[str]:
    """Return whatever a program could take for a link; a word before a colon is none."""
    found = (match[0].rstrip(_AFTER_LINK) for match in _LINK.finditer(shown))
    return [link for link in found if _SCHEME_WORD.match(link) or "://" in link]
