"""The text of a reply: made of a template and its values, and looked at once more before it leaves.

`render` is strict: unknown, missing or odd values are errors. Values are put in once, by the standard library's
`string.Template`, and never read again, so no value can bring a variable of its own. E-mail is escaped as a whole after
that, so no value (and no template) can bring markup. Every reply ends with `automatic`: that no person wrote it, and
how to reach one.

`find_unfit` looks at the outcome, once, immediately before it leaves, whatever made it: is this something the shop may
send? It shares no code with `render`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape, unescape
from string import Template

from rp_mw_worker.domain.carriers import is_known_carrier_url
from rp_mw_worker.domain.policy import BASE_LANGUAGE, DEFAULT_CHANNEL, Policy, TemplateRule, Templates

OUTSIDE_HOURS = "outside_hours"
EMAIL = "email"


class RenderError(ValueError):
    """The template and its values do not fit; the message names the template and variable, never a value."""


def render(
    template_id: str,
    channel: str,
    variables: Mapping[str, str],
    policy: Policy,
    language: str | None = BASE_LANGUAGE,
    *,
    is_draft: bool = False,
) -> str:
    """Return the reply for `channel` in `language`: HTML for e-mail, plain text for every other.

    A draft is plain text, without the words that no person wrote it: a person reads it and sends it.
    Raises RenderError for a template that the language does not have, a missing, unknown, empty, over-long or
    multi-line value, or a reply longer than the channel takes.
    """
    words = policy.templates_by_language.get(language)
    rule = words.templates.get(template_id) if words else None
    if words is None or rule is None:
        raise RenderError(f"template {template_id} is unknown in {language}")
    _require_fitting(template_id, rule, variables, words)
    text = rule.text.get(channel, rule.text[DEFAULT_CHANNEL])
    values = {**words.brand, **variables}
    lines = [_filled(line, values) for line in text.splitlines() if _is_wanted(line, rule, variables)]
    lines += [] if is_draft else ["", words.automatic]
    reply = _to_html(lines) if channel == EMAIL and not is_draft else _to_plain(lines)
    limits = policy.settings.max_reply_chars
    if len(reply) > limits.get(channel, limits[DEFAULT_CHANNEL]):
        raise RenderError(f"template {template_id} is too long for {channel}")
    return reply


def variable_names(template_id: str, policy: Policy, language: str | None = BASE_LANGUAGE) -> frozenset[str]:
    """Return every variable the template takes; empty for an unknown template."""
    words = policy.templates_by_language.get(language)
    rule = words.templates.get(template_id) if words else None
    return frozenset((*rule.required, *rule.optional)) if rule else frozenset()


def _require_fitting(template_id: str, rule: TemplateRule, variables: Mapping[str, str], words: Templates) -> None:
    missing = sorted(set(rule.required) - set(variables))
    if missing:
        raise RenderError(f"template {template_id}: {', '.join(missing)} is missing")
    unknown = sorted(set(variables) - set(rule.required) - set(rule.optional))
    if unknown:
        raise RenderError(f"template {template_id}: {', '.join(unknown)} is not one of its variables")
    for name, value in variables.items():
        if not _is_fitting(name, value, words):
            raise RenderError(f"template {template_id}: the value of {name} does not fit")


def _is_fitting(name: str, value: str, words: Templates) -> bool:
    rule = words.variables.get(name)
    longest = rule.max_chars if rule else len(words.outside_hours)
    return bool(value.strip()) and len(value) <= longest and value.isprintable()


def _is_wanted(line: str, rule: TemplateRule, variables: Mapping[str, str]) -> bool:
    """A line is left out when it uses an optional variable that has no value."""
    absent = set(rule.optional) - set(variables)
    return not absent or not absent & set(Template(line).get_identifiers())


def _filled(line: str, values: Mapping[str, str]) -> str:
    try:
        return Template(line).substitute(values)
    except (KeyError, ValueError) as error:
        raise RenderError("the template uses a variable that has no value") from error


def _paragraphs(lines: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _to_plain(lines: list[str]) -> str:
    return "\n\n".join("\n".join(paragraph) for paragraph in _paragraphs(lines))


def _to_html(lines: list[str]) -> str:
    paragraphs = ("<br>".join(escape(line) for line in paragraph) for paragraph in _paragraphs(lines))
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


_OUR_MARKUP = re.compile(r"</?p>|<br>")
_UNRENDERED = re.compile(r"\$\{|\$[A-Za-z_]|\{\{|\}\}|\{%|%\(")
_LINK = re.compile(r"(?i)(?:\b[a-z][a-z0-9+.-]{0,20}:/{0,2}|//|\bwww\.)[^\s<>\"]{1,2000}")
_SCHEME_WORD = re.compile(r"(?i)(?:https?|ftp|javascript|data|mailto|tel|sms|file|//|www\.)")
_AFTER_LINK = ".,;:!?)]}'"
# What a mail program makes a link of although nothing says that it is one. Dots of other scripts count as dots there.
_DOT = r"[.\u3002\uff0e\uff61]"
_HOST = re.compile(
    rf"(?i)(?<![\w-])[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,9}}{_DOT}(?:xn--[\w-]{{2,59}}|[^\W\d_]{{2,24}})(?!\w)"
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}[@\uff20][\w.-]{1,255}")


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
    shown = _OUR_MARKUP.sub("\n", text) if channel == EMAIL else text
    if channel == EMAIL and ("<" in shown or ">" in shown):
        return "markup"
    shown = unescape(shown) if channel == EMAIL else shown
    if _UNRENDERED.search(shown):
        return "unrendered"
    if _has_strange_link(shown, policy.carriers.hosts, words.brand.values()):
        return "link"
    if any(not char.isprintable() and char != "\n" for char in shown):
        return "unprintable"
    limits = policy.settings.max_reply_chars
    return "too_long" if len(text) > limits.get(channel, limits[DEFAULT_CHANNEL]) else None


def find_bare_links(shown: str) -> set[str]:
    """Return the hosts and addresses that stand in a text by themselves, in lower case."""
    addresses = {address.lower().rstrip(".-") for address in _ADDRESS.findall(shown)}
    return addresses | {host.lower() for host in _HOST.findall(shown)}


def _has_strange_link(shown: str, known_hosts: tuple[str, ...], own_words: Iterable[str]) -> bool:
    """Tell whether a link leads anywhere but to `known_hosts`; a shop may be called `example.com` in its own words."""
    links = _links(shown)
    if not all(is_known_carrier_url(link, known_hosts) for link in links):
        return True
    for link in links:
        shown = shown.replace(link, " ")
    strange = find_bare_links(shown) - {one for words in own_words for one in find_bare_links(words)}
    return not all(is_known_carrier_url(f"https://{one}", known_hosts) for one in strange)


def _links(shown: str) -> list[str]:
    """Return whatever a program could take for a link; a word before a colon is none."""
    found = (match[0].rstrip(_AFTER_LINK) for match in _LINK.finditer(shown))
    return [link for link in found if _SCHEME_WORD.match(link) or "://" in link]
