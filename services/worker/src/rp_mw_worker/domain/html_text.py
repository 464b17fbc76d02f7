"""Turns a body into lines: tags gone, hidden parts gone, and what the mark-up says of quotations kept with a line.

    body -> HTML to text with marks at the edges of quotations (selectolax) -> invisible characters out -> lines

Everything works in one pass over a bounded body, so that no body can make it slow.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# What stands at the edges of an element of interest until the lines are made; never let in from outside.
_OPEN_QUOTE, _CLOSE_QUOTE = "\x01", "\x02"
_OPEN_INDENT, _CLOSE_INDENT = "\x03", "\x04"
_OPEN_HISTORY, _CLOSE_HISTORY = "\x05", "\x06"
_SIGNATURE = "\x0e"
_EDGES = re.compile("[\x01-\x06\x0e]")

# Source: the markup Gmail, Outlook, Apple Mail, Yahoo, Proton, Zoho and Thunderbird send.
_QUOTATION = (
    "blockquote[type=cite], blockquote.gmail_quote, blockquote.protonmail_quote, blockquote.yahoo_quoted"
    ", blockquote.moz-quote, .moz-cite-prefix + blockquote, .gmail_attr + blockquote"
)
_HISTORY = (
    "div.gmail_quote, div.gmail_quote_container, .yahoo_quoted, .zmail_extra, div.protonmail_quote"
    ", #mail-editor-reference-message-container, .OutlookMessageHeader, .moz-cite-prefix"
)
_SIGNATURES = ".gmail_signature, .moz-signature, #Signature, .protonmail_signature_block"
_MARKED = (
    (_QUOTATION, _OPEN_QUOTE, _CLOSE_QUOTE),
    ("blockquote", _OPEN_INDENT, _CLOSE_INDENT),
    (_HISTORY, _OPEN_HISTORY, _CLOSE_HISTORY),
    (_SIGNATURES, _SIGNATURE, ""),
)
_MAX_MARKED = 400  # beyond, marking takes too long: nothing is marked and so nothing is cut
# Outlook says where the history starts, but not where it ends.
_OUTLOOK_HISTORY = re.compile(r"(?=<div[^<>]{0,80}id=[\"']?(?:appendonsend|divRplyFwdMsg)\b)", re.IGNORECASE)
_MAX_LINES = 1_000
_MAX_TAGS = 4000  # beyond, building a tree may take seconds: tags are cut out as they stand
_MAX_UNCLOSED = 1000  # so deep it already costs more than all the rest; no mail program leaves so many open
_TAG = re.compile(r"<[^<>]{0,4000}>")
# Each attribute is compared with all of its tag's before it; no mail program writes so many. Nor a name so long: read
# to its end, it would be read again from each `<` in it.
# Source: WHATWG HTML, 13.2.5.
_MANY_ATTRIBUTES = re.compile(
    r"<[a-z](?>[^\s/>]{64}|[^\s/>]{0,63}+(?>[\s/]*+[^\s/>][^\s/>=]*+"
    r"(?>\s*+=\s*+(?>\"[^\"]{0,2000}+\"|'[^']{0,2000}+'|[^\s>\"'][^\s>]{0,2000}+)?+)?+){64}+)",
    re.IGNORECASE,
)
# What stays open across paragraphs is opened again in each, and closed by moving what is in it: with attributes that
# differ this has no limit, without them at most three of a name are kept. Source: WHATWG HTML, 13.2.4.3 and 13.2.6.4.7.
_FORMATTING = re.compile(
    r"<(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)"
    r"(?=[\s/])((?:[^<>\"']++|\"[^\"]{0,4000}+\"|'[^']{0,4000}+'){0,40}+(?=>)|[^<>]*+)>?",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"(?<![^\s/\"'])hidden(?![^\s/=])", re.IGNORECASE)
_BREAK = re.compile(r"<br\b", re.IGNORECASE)
_UNSEEN = "script, style, head, title, template, noscript, [hidden]"
_UNSEEN_STYLE = re.compile(
    r"(?:display:none|visibility:hidden|mso-hide:all|opacity:0(?![.\d])|max-height:0(?![.\d])"
    r"|(?<![\w-])font-size:0(?![.\d]))"
)
_BLOCK = re.compile(
    r"</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|section|article|header|footer|pre|hr|blockquote)\b", re.IGNORECASE
)
# A name in angle brackets is a tag when it ends there or goes on as one: `<a.diaz@…>` and `<i think>` do not.
_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:br|p|div|span|html|body|table|tbody|tr|td|b|i|u|a|ul|ol|li|strong|em|font|center|img|pre|h[1-6]|hr"
    r"|blockquote|style|meta|o:p)(?:\s{1,9}[\w:-]{1,40}\s{0,9}=[^<>]{0,2000})?\s{0,9}/?>|</[a-z][a-z0-9:-]{0,20}\s{0,9}>|<!--|<!doctype",
    re.IGNORECASE,
)
_ADDRESS_BRACKET = re.compile(r"<(?=(?:mailto:|https?:)|[\w.+-]{1,64}@)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31}\d{0,2});", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n\t]")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_ENDS = re.compile(r"\r\n|[\r\u2028\x85]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body and what its mark-up says of it.

    `is_quoted`: a mail program marked it as a quotation. `is_indented`: it stands in a blockquote nobody explains.
    `in_history`: in an element that holds quoted history, maybe with the customer's words. `starts_signature`.
    """

    text: str
    is_quoted: bool = False
    is_indented: bool = False
    in_history: bool = False
    starts_signature: bool = False


def to_lines(body: str) -> list[Line]:
    """Return the lines a person sees of `body`: what has a tag is HTML, what has none is plain, whoever says what."""
    body = _EDGES.sub("", body)
    if _LOOKS_LIKE_HTML.search(body):
        text = _from_html(body)
    else:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), body)
    return list(_parted(_with_few_lines(_normalised(text))))


def _with_few_lines(text: str) -> str:
    """Return the text, what is beyond a thousand lines as one: each line is looked at for what it opens or ends."""
    *lines, rest = text.split("\n", _MAX_LINES)
    return "\n".join([*lines, rest.replace("\n", " ")])


def _from_html(body: str) -> str:
    """Return the text of an HTML body, block by block, with marks at the edges of quotations."""
    from selectolax.lexbor import LexborHTMLParser

    body = _ADDRESS_BRACKET.sub("&lt;", body)
    if _is_hostile(body):
        return html.unescape(_TAG.sub(" ", _BLOCK.sub(r"\n\g<0>", body)))
    body = _OUTLOOK_HISTORY.sub(_OPEN_HISTORY, body, count=1)
    # Blocks become lines before parsing: inserting into the tree afterwards can take far longer.
    body = _FORMATTING.sub(_without_attributes, body.replace("\n", " ").replace("\r", " "))
    tree = LexborHTMLParser(_BLOCK.sub(r"\n\g<0>", body))
    _remove_unseen(tree)
    _mark_edges(tree)
    return tree.body.text().strip(" \n") if tree.body is not None else ""


def _is_hostile(body: str) -> bool:
    tags = body.count("<")
    if tags > _MAX_TAGS or tags - 2 * body.count("</") - len(_BREAK.findall(body)) > _MAX_UNCLOSED:
        return True
    return _MANY_ATTRIBUTES.search(body) is not None


def _without_attributes(tag: re.Match[str]) -> str:
    """Return a tag of bold text, a link and the like with its name alone, and whether nobody sees what is in it."""
    attributes = tag[2]
    is_unseen = _HIDDEN.search(attributes) or _UNSEEN_STYLE.search("".join(attributes.lower().split()))
    return f"<{tag[1]}{' hidden' if is_unseen else ''}>"


def _remove_unseen(tree: LexborHTMLParser) -> None:
    for node in tree.css(_UNSEEN):
        node.decompose()
    for node in tree.css("[style]"):
        if _UNSEEN_STYLE.search("".join((node.attributes.get("style") or "").lower().split())):
            node.decompose()


def _mark_edges(tree: LexborHTMLParser) -> None:
    found: list[tuple[LexborNode, str, str]] = []
    for selector, opening, closing in _MARKED:
        found.extend((node, opening, closing) for node in tree.css(selector))
        if len(found) > _MAX_MARKED:
            return
    for node, opening, closing in found:
        node.insert_before(opening)
        if closing:
            node.insert_after(closing)


def _normalised(text: str) -> str:
    """Return `text` composed (NFC), with plain blanks and line ends and without what cannot be seen."""
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
        text = _BLANKS.sub(" ", text)
    return text


_DEPTH = {
    _OPEN_QUOTE: (0, 1),
    _CLOSE_QUOTE: (0, -1),
    _OPEN_INDENT: (1, 1),
    _CLOSE_INDENT: (1, -1),
    _OPEN_HISTORY: (2, 1),
    _CLOSE_HISTORY: (2, -1),
}
_PARTS = re.compile("([\x01-\x06\x0e\n])")


def _parted(text: str) -> Iterator[Line]:
    """Yield the lines of a text with marks; an edge in the middle of a line parts it."""
    depth, starts_signature, has_text = [0, 0, 0], False, False
    for part in _PARTS.split(text):
        if part in _DEPTH:
            kind, step = _DEPTH[part]
            depth[kind] += step
        elif part == _SIGNATURE:
            starts_signature = True
        elif part == "\n":
            if not has_text:
                yield _line("", depth)
            has_text = False
        elif clean := _CONTROL.sub("", part).rstrip():
            yield _line(clean, depth, starts_signature)
            has_text, starts_signature = True, False


def _line(text: str, depth: list[int], starts_signature: bool = False) -> Line:
    quoted, indented, in_history = (level > 0 for level in depth)
    return Line(text, quoted, indented, in_history, starts_signature)
