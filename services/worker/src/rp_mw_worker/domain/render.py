"""Turns a template and its values into the text a customer gets. Strict: unknown, missing or odd values are errors.

Values are put in once, by the standard library's `string.Template`, and never read again, so no value can bring a
variable of its own. E-mail is escaped as a whole after that, so no value (and no template) can bring markup. Every
reply ends with `automatic`: that no person wrote it, and how to reach one.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from string import Template

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
) -> str:
    """Return the reply for `channel` in `language`: HTML for e-mail, plain text for every other.

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
    lines += ["", words.automatic]
    reply = _to_html(lines) if channel == EMAIL else _to_plain(lines)
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
