"""Makes a comment's body readable: no HTML, no quoted history, no signature, nothing invisible, no more than needed.

    body -> HTML to lines (selectolax) -> invisible characters out -> cut at the quoted history -> cut at the signature

Everything after the HTML works line by line and looks at each line once, so that no body can make it slow.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_BODY_CHARS = 200_000
MAX_TEXT_CHARS = 20_000
_MAX_LINE_CHARS = 400  # of a line that is looked at for a header

# How mail programs mark quoted history. Source: the markup Gmail, Outlook, Apple Mail, Yahoo and Thunderbird send.
_QUOTES_IN_HTML = (
    "blockquote, .gmail_quote, .gmail_quote_container, .gmail_signature"
    ", .yahoo_quoted, .moz-cite-prefix, .moz-signature, #Signature"
    ", #mail-editor-reference-message-container, .protonmail_quote, .protonmail_signature_block, .zmail_extra"
    ", .OutlookMessageHeader"
)
# Outlook marks where the history starts, and everything after it is history.
_OUTLOOK_HISTORY = re.compile(r"<div[^<>]{0,80}id=[\"']?(?:appendonsend|divRplyFwdMsg)\b", re.IGNORECASE)
_MAX_TAGS = 4000  # parsing is quadratic in the depth of a hostile body; beyond, tags are cut out as they stand
_TAG = re.compile(r"<[^<>]{0,4000}>")
_UNSEEN = "script, style, head, title, template, noscript, [hidden], [style*='display:none'], [style*='display: none']"
_BLOCK = re.compile(
    r"</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|section|article|header|footer|pre|hr|blockquote)\b", re.IGNORECASE
)
_LOOKS_LIKE_HTML = re.compile(
    r"<(?![\w.+-]{1,64}@)(?:br|p|div|span|html|body|table|b|i|a|ul|ol|li|strong|em|blockquote)\b[^<>]{0,500}>", re.I
)
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")

# How a mail program introduces the quoted message. Verbs and openings of the languages shops write in.
_OPENING = re.compile(
    r"[>\s*]{0,8}(?:on|am|le|el|il|em|op|den|den|w dniu|dnia|dne|tir|tirs|man|ti|ke|pa|pe|at|\d{4}[-/.年]"
    r"|\d{1,2}[-/. ])\b",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|a écrit|escribió|escribio|ha scritto|escreveu|schreef|skrev|napisał|napsal"
    r"|kirjoitti|írta"
    r"|пишет|написал\(а\)|написал|написала|yazdı|寫道|写道)\s?(?:[^\n]{0,80})?[:：]\s{0,3}$",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"\s{0,4}(?:-{2,}\s?(?:original message|original-nachricht|ursprüngliche nachricht|message d'origine"
    r"|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|forwarded message|begin forwarded message|reply above this line"
    r"|weitergeleitete nachricht|mensagem original)\b.{0,60}"
    r"|#{2,}\s?-?\s?please type your reply above this line.{0,60}|begin forwarded message:|_{20,}|={20,})\s{0,4}$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[>\s*]{0,6}(?:from|von|de|da|van|från|fra|od)\s?\*?:", re.IGNORECASE)
_HEADER_AFTER = re.compile(
    r"[>\s*]{0,6}(?:sent|date|gesendet|datum|envoyé|enviado|data|inviato|verzonden|skickat|sendt|to|an|à|para|a|aan"
    r"|till|til|subject"
    r"|betreff|objet|asunto|oggetto|onderwerp|ämne|emne|cc)\s?\*?:",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\s{0,2}(?:--|__|—)\s{0,2}$|\s{0,2}(?:sent from my |sent from (?:outlook|yahoo|mail|samsung|gmail|proton)"
    r"|get outlook for"
    r"|gesendet von mein|von meinem .{2,30} gesendet|envoyé de mon |enviado desde mi |enviado do meu "
    r"|inviato da(?:l mio)? "
    r"|verstuurd vanaf mijn |skickat från min |sent with |sent via ).{0,80}$",
    re.IGNORECASE,
)
_CONFIDENTIAL = re.compile(
    r"\s{0,4}(?:this (?:e-?mail|message)(?: and any| is (?:confidential|intended)| may contain| contains)"
    r"|confidentiality notice"
    r"|disclaimer:|the information (?:contained )?in this (?:e-?mail|message))",
    re.IGNORECASE,
)


def clean_text(body: str, is_html: bool = False) -> str:
    """Return what the customer wrote in this comment, as plain lines of at most 20,000 characters in all.

    Quoted history and signature are left out unless nothing else is there: then the body says what it says. Text that
    carries HTML tags is treated as HTML whatever `is_html` says.
    """
    body = body[:MAX_BODY_CHARS]
    text = _from_html(body) if is_html or _LOOKS_LIKE_HTML.search(body) else body
    lines = _normalised(text).split("\n")
    kept = _without_signature(_without_history(lines))
    return (_joined(kept) or _joined(_without_marks(lines)))[:MAX_TEXT_CHARS].rstrip()


def _from_html(body: str) -> str:
    """Return the text of an HTML body, block by block, without quoted history unless only that is there."""
    from selectolax.lexbor import LexborHTMLParser

    if body.count("<") > _MAX_TAGS:
        return html.unescape(_TAG.sub(" ", _BLOCK.sub(r"\n\g<0>", body)))
    if history := _OUTLOOK_HISTORY.search(body):
        body = body[: history.start()] or body
    # Blocks become lines before parsing: inserting into the tree is quadratic in its depth.
    tree = LexborHTMLParser(_BLOCK.sub(r"\n\g<0>", body.replace("\n", " ").replace("\r", " ")))
    _remove(tree.css(_UNSEEN))
    quotes = tree.css(_QUOTES_IN_HTML)
    if not quotes:
        return _body_text(tree.body)
    whole = _body_text(tree.body)
    _remove(quotes)
    return _body_text(tree.body) or whole


def _remove(nodes: Iterable[LexborNode]) -> None:
    for node in nodes:
        node.decompose()


def _body_text(body: LexborNode | None) -> str:
    return body.text().strip() if body is not None else ""


def _normalised(text: str) -> str:
    """Return `text` composed (NFC), with plain blanks and line ends and without what cannot be seen."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n\n")
        .replace("\x85", "\n")
    )
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
        text = "".join(" " if char.isspace() and char not in "\n\t" else char for char in text)
    return _CONTROL.sub("", text)


def _without_history(lines: list[str]) -> list[str]:
    """Return the lines before the quoted history, and none that are quoted with `>`."""
    kept: list[str] = []
    for index, line in enumerate(lines):
        if _starts_history(lines, index):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return kept


def _starts_history(lines: list[str], index: int) -> bool:
    line = lines[index][:_MAX_LINE_CHARS]
    if not line:
        return False
    if _DIVIDER.match(line):
        return any(rest.strip() for rest in lines[index + 1 : index + 40])
    if _HEADER.match(line) and any(
        _HEADER_AFTER.match(after[:_MAX_LINE_CHARS]) for after in lines[index + 1 : index + 3]
    ):
        return True
    if not _OPENING.match(line):
        return False
    # the introduction may be wrapped over up to three lines
    joined = line
    for following in ["", *lines[index + 1 : index + 3]]:
        joined = f"{joined} {following[:_MAX_LINE_CHARS]}".rstrip()
        if joined.endswith((":", "：")) and _WROTE.search(joined[-_MAX_LINE_CHARS:]):
            return True
    return False


def _without_signature(lines: list[str]) -> list[str]:
    """Return the lines before a signature mark, a phone's advertisement or a legal notice, if any are before it."""
    for index, line in enumerate(lines):
        short = line[:_MAX_LINE_CHARS]
        if (_SIGNATURE.match(short) or _CONFIDENTIAL.match(short)) and any(before.strip() for before in lines[:index]):
            return lines[:index]
    return lines


def _without_marks(lines: list[str]) -> list[str]:
    return [line.lstrip("> ") if line.lstrip().startswith(">") else line for line in lines]


def _joined(lines: list[str]) -> str:
    """Return the lines with outer blanks gone and no more than one empty line between two."""
    text = "\n".join(re.sub(r"[ \t]{2,}", " ", line).strip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
