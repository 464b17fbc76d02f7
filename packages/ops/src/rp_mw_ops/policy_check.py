"""What a valid policy can do already and what it cannot yet: who can name an intent, which language has which reply.

    Policy + labels of the embedded model + names of the folder's files --here--> Report

Pure. A policy with mistakes never comes this far: loading it raises ConfigurationError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rp_mw_worker.classifiers.cascade import LANGUAGES as CLASSIFIED
from rp_mw_worker.domain.codes import CODE_TEMPLATES
from rp_mw_worker.domain.interpretation import ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES
from rp_mw_worker.domain.policy import BASE_LANGUAGE, IntentRule, Policy
from rp_mw_worker.policy.files import FILES, LANGUAGE_FILES, MAIL_MARKS

EMBEDDED, OPENAI = "embedded", "openai"
TEMPLATES, SCREEN = "templates", "screen"


@dataclass(frozen=True, slots=True)
class NamedIntent:
    """What is done for one label. `named_by` are classifiers, `replies` the templates it may lead to.

    `languages` are those in which at least one of them exists.
    """

    label: str
    team: str
    tier: int
    named_by: tuple[str, ...]
    replies: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that does not work yet: `code` is stable, `says` what happens instead, `mend` what to do."""

    code: str
    subject: str
    says: str
    mend: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, in the order of the files."""

    intents: tuple[NamedIntent, ...]
    languages: tuple[str, ...]
    gaps: tuple[Gap, ...]


def check_policy(policy: Policy, model_labels: frozenset[str], told_apart: Iterable[str], files: set[str]) -> Report:
    """Return what works and what does not yet.

    `model_labels` are what the embedded model can name, `told_apart` the languages the worker recognises (ISO 639-1),
    `files` the names in the policy's folder.
    """
    intents = tuple(_to_intent(label, rule, model_labels, policy) for label, rule in policy.intents.items())
    gaps = (
        *_model_gaps(policy, model_labels),
        *_template_gaps(policy),
        *_language_gaps(policy, told_apart),
        *_unused(policy),
        *_unread(files),
    )
    return Report(intents, _served(policy), gaps)


def _to_intent(label: str, rule: IntentRule, model_labels: frozenset[str], policy: Policy) -> NamedIntent:
    named_by = (EMBEDDED, OPENAI) if label in model_labels else (OPENAI,)
    replies = _replies(rule)
    languages = tuple(code for code in _served(policy) if set(replies) & set(_texts(policy, code)))
    return NamedIntent(label, rule.team, rule.tier, named_by, replies, languages)


def _replies(rule: IntentRule) -> tuple[str, ...]:
    if rule.answers_with_order:
        return (*ORDER_TEMPLATES, *sorted(ASKS_FOR_NUMBER), ORDER_NUMBER_UNMATCHED)
    return (rule.reply,) if rule.reply else ()


def _served(policy: Policy) -> tuple[str, ...]:
    """The languages with replies, the base one first."""
    return (BASE_LANGUAGE, *sorted(policy.further_templates))


def _texts(policy: Policy, language: str) -> Iterable[str]:
    return policy.templates_by_language[language].templates


def _model_gaps(policy: Policy, model_labels: frozenset[str]) -> Iterator[Gap]:
    screened = {category.escalates_to for category in policy.screen.categories.values()}
    for label in policy.intents:
        if label not in model_labels:
            says = f"only the openai classifier can name {label} until the model is trained"
            besides = ", though the screen's words find it" if label in screened else ""
            mend = f"it needs tools/train/templates/{label}.txt and `make train`"
            yield Gap("not_in_model", label, says + besides, mend)
    for label in sorted(model_labels - set(policy.intents)):
        says = f"the embedded classifier still names {label}, which intents.yaml does not have: it is never answered"
        yield Gap("not_in_policy", label, says, "train the model without it: `make train`")


def _template_gaps(policy: Policy) -> Iterator[Gap]:
    everywhere = dict.fromkeys(name for code in _served(policy) for name in _texts(policy, code))
    for code in _served(policy):
        file = TEMPLATES + ("" if code == BASE_LANGUAGE else f".{code}") + ".yaml"
        for name in everywhere:
            if name not in _texts(policy, code):
                says = f"{name} is missing in {code}: who writes in {code} gets a person instead"
                yield Gap("template_missing", name, says, f"add it to {file}")


def _language_gaps(policy: Policy, told_apart: Iterable[str]) -> Iterator[Gap]:
    served = _served(policy)
    for code in sorted(set(told_apart) - set(served)):
        says = f"nothing is answered in {code}: such messages are routed to people"
        yield Gap("language_not_served", code, says, f"write {TEMPLATES}.{code}.yaml")
    for code in served:
        if code not in (BASE_LANGUAGE, *CLASSIFIED):
            says = f"the embedded classifier does not read {code}: such messages need the openai classifier"
            yield Gap("language_not_read", code, says, "set the flag classifier to openai or cascade")
        if code not in policy.screen.by_language:
            says = f"the screen has no words of {code} of its own"
            yield Gap("screen_words_missing", code, says, f"write {SCREEN}.{code}.yaml")


def _unused(policy: Policy) -> Iterator[Gap]:
    settings = policy.settings
    teams = {settings.fallback_team, settings.low_confidence_team, settings.delivered_team}
    replies = {*ASKS_FOR_NUMBER, ORDER_NUMBER_UNMATCHED, *ORDER_TEMPLATES}
    for rule in policy.intents.values():
        teams |= {rule.team, *rule.team_by_channel.values()}
        replies |= set(_replies(rule))
    replies |= set(CODE_TEMPLATES)  # sent where an order is asked for on a channel that proves nobody
    for name in settings.teams:
        if name not in teams:
            yield Gap("team_unused", name, f"no intent goes to the team {name}", "name it in intents.yaml")
    for name in dict.fromkeys(name for code in _served(policy) for name in _texts(policy, code)):
        if name not in replies:
            yield Gap("template_unused", name, f"no intent replies with {name}", "name it as a reply in intents.yaml")


def _unread(files: set[str]) -> Iterator[Gap]:
    for file in sorted(files):
        name, _, language = file.removesuffix(".yaml").partition(".")
        is_read = file.endswith(".yaml") and (name in LANGUAGE_FILES if len(language) == 2 else not language)
        is_read = (is_read and name in FILES) or file == MAIL_MARKS.name
        if file.endswith((".yaml", ".yml")) and not is_read:
            mend = f"name it one of {', '.join(FILES)}.yaml, or {' or '.join(LANGUAGE_FILES)}.<language>.yaml"
            yield Gap("file_not_read", file, f"{file} is not read", mend)
