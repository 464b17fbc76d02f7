"""The rules that join the policy's values: names that must exist, numbers that must fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rp_mw_worker.domain.interpretation import DEFAULT_DAYS, HUMAN_RISK_FLAG
from rp_mw_worker.domain.policy import BASE_LANGUAGE, CHAT_REPLIES, METHOD_KINDS, SHIPPING, UNKNOWN_INTENT
from rp_mw_worker.policy.machine_consistency import find_channel_problems, find_machine_problems
from rp_mw_worker.policy.matter_consistency import find_matter_problems
from rp_mw_worker.policy.rollout_consistency import find_rollout_problems
from rp_mw_worker.policy.template_consistency import NAME, find_template_problems, template_rules

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

_MAX_TIER = 2
_MAX_PRIORITY = 7
STATE_DAYS = 90  # conversation_state keeps an item as long
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PRODUCT_WORD = re.compile(r"[a-z0-9]+([ -][a-z0-9]+)*")
# A customer's text is searched with these patterns: `order\s*\s*\s*` took minutes on two thousand blanks.
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_ESCAPES_AND_SETS = re.compile(r"\\.|\[[^\]]*\]")


def find_problems(documents: dict[str, Document]) -> list[str]:
    """Return every contradiction within and between the files, each with file, line and fix."""
    return [
        *_intent_problems(documents),
        *find_template_problems(documents),
        *_setting_problems(documents),
        *_shipping_problems(documents["shipping_methods"]),
        *_screen_problems(documents),
        *_word_problems(documents["product_words"]),
        *find_machine_problems(documents["machine_marks"]),
        *find_channel_problems(documents["channels"]),
        *find_matter_problems(documents),
        *_carrier_problems(documents["carriers"]),
        *find_rollout_problems(documents["rollout"]),
    ]


def _intent_problems(documents: dict[str, Document]) -> Iterator[str]:
    document = documents["intents"]
    teams = documents["settings"].value["teams"]
    templates = template_rules(documents)
    intents = document.value["intents"]
    if UNKNOWN_INTENT not in intents:
        yield document.problem(("intents",), f"{UNKNOWN_INTENT} is missing", "add it: unknown labels fall back to it")
    for label, rule in intents.items():
        where = ("intents", label)
        if not NAME.fullmatch(label):
            yield document.problem(where, "is not a label", "use a-z, 0-9 and single underscores")
        for team in [rule["team"], *rule.get("team_by_channel", {}).values()]:
            if team not in teams:
                yield document.problem((*where, "team"), f"team {team!r} is unknown", "add it to settings.yaml teams")
        if not 0 <= rule["priority"] <= _MAX_PRIORITY:
            yield document.problem((*where, "priority"), "is not 0 to 7", "write the number of P0 to P7")
        if not 0 <= rule["tier"] <= _MAX_TIER:
            yield document.problem((*where, "tier"), "is not 0, 1 or 2", "tier 3 (actions) is off")
        yield from _reply_problems(document, where, rule, templates)


def _reply_problems(
    document: Document, where: tuple[str, ...], rule: dict[str, Any], templates: dict[str, Any]
) -> Iterator[str]:
    reply = rule.get("reply")
    if reply is not None and reply not in templates:
        yield document.problem((*where, "reply"), f"template {reply!r} is unknown", "add it to templates.yaml")
    elif reply is not None and templates[reply]["tier"] != 1:
        yield document.problem((*where, "reply"), "is not a tier-1 template", "only order answers may be tier 2")
    if rule["tier"] == 0 and (reply is not None or rule.get("answers_with_order")):
        yield document.problem((*where, "tier"), "is 0 but the intent has a reply", "remove the reply")
    if rule.get("answers_with_order") and rule["tier"] != _MAX_TIER:
        yield document.problem((*where, "tier"), "is not 2", "an order answer is tier 2")
    for name in ("tier1_threshold", "tier2_threshold"):
        if rule.get(name) is not None and not 0 <= rule[name] <= 1:
            yield document.problem((*where, name), "is not 0 to 1", "write a confidence such as 0.65")


def _setting_problems(documents: dict[str, Document]) -> Iterator[str]:
    document = documents["settings"]
    settings = document.value
    yield from _team_problems(document)
    for name, value in {**settings["thresholds"], **settings["penalties"]}.items():
        if name != "short_text_words" and not 0 <= value <= 1:
            group = "thresholds" if name in settings["thresholds"] else "penalties"
            yield document.problem((group, name), "is not 0 to 1", "write a confidence such as 0.60")
    if settings["thresholds"]["uncertain"] > settings["thresholds"]["route"]:
        yield document.problem(("thresholds", "uncertain"), "is above route", "write it at or below route")
    for name, value in settings["limits"].items():
        if value < 0:
            yield document.problem(("limits", name), "is negative", "write zero or more")
    for name, value in settings["codes"].items():
        if name != "mailbox" and value < 1:
            yield document.problem(("codes", name), "is below 1", "write 1 or more")
    if settings["codes"]["mailbox"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", settings["codes"]["mailbox"]):
        yield document.problem(("codes", "mailbox"), "is no e-mail address", 'write the shop\'s own, or ""')
    yield from _flag_problems(documents)
    if settings["chat_replies"] not in CHAT_REPLIES:
        yield document.problem(("chat_replies",), "is no way to send a reply", f"write {' or '.join(CHAT_REPLIES)}")
    yield from _shop_problems(document)
    yield from _pattern_problems(document, ("order_number_patterns",), settings["order_number_patterns"], "number")
    yield from _auto_resolve_problems(documents)


def _flag_problems(documents: dict[str, Document]) -> Iterator[str]:
    document, intents = documents["settings"], documents["intents"].value["intents"]
    days = document.value["risk_flag_days"]
    known = {DEFAULT_DAYS, HUMAN_RISK_FLAG, *(label for label, rule in intents.items() if rule["tier"] == 0)}
    if DEFAULT_DAYS not in days:
        yield document.problem(("risk_flag_days",), f"{DEFAULT_DAYS} is missing", "add it: 30, say")
    for flag, count in days.items():
        if flag not in known:
            yield document.problem(("risk_flag_days", flag), "is no risk flag", f"write one of {sorted(known)}")
        if not 1 <= count <= STATE_DAYS:
            yield document.problem(("risk_flag_days", flag), f"is not 1 to {STATE_DAYS}", "write the days it holds")


def _team_problems(document: Document) -> Iterator[str]:
    teams = document.value["teams"]
    for key in ("fallback_team", "low_confidence_team", "delivered_team"):
        if document.value[key] not in teams:
            yield document.problem((key,), "is not one of teams", "write a team's name")
    seen: dict[str, str] = {}
    for name, team in teams.items():
        slug = team["slug"]
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
            yield document.problem(("teams", name, "slug"), "is not a slug", "use a-z, 0-9 and single hyphens")
        if slug in seen:
            yield document.problem(("teams", name, "slug"), f"is also {seen[slug]}'s", "give each team its own")
        seen[slug] = name


def _shop_problems(document: Document) -> Iterator[str]:
    shop = document.value["shop"]
    try:
        ZoneInfo(shop["time_zone"])
    except (OSError, ValueError, KeyError):
        yield document.problem(("shop", "time_zone"), "is not a time zone", "write one such as Europe/Brussels")
    if not _is_country(shop["country"]):
        yield document.problem(("shop", "country"), "has no holiday calendar", "write a code such as US")
    if not 0 <= shop["cut_off_hour"] <= 24:
        yield document.problem(("shop", "cut_off_hour"), "is not 0 to 24", "write the hour of the day")
    hours = shop["business_hours"]
    if not 0 <= hours["opens"] <= hours["closes"] <= 24 or not set(hours["days"]) <= set(range(7)):
        yield document.problem(("shop", "business_hours"), "does not fit a week", "days 0-6, opens before closes")
    for index, day in enumerate(shop.get("closed_on", [])):
        if not _is_date(day):
            yield document.problem(("shop", "closed_on", index), "is not a date", 'write "2026-12-24" in quotes')


def _is_country(code: str) -> bool:
    import holidays

    return code in holidays.list_supported_countries()


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _pattern_problems(
    document: Document, where: tuple[str, ...], patterns: list[str], group: str | None
) -> Iterator[str]:
    for index, pattern in enumerate(patterns):
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            yield document.problem((*where, index), f"is not a regular expression ({error.msg})", "correct it")
            continue
        if group and _ENDLESS.search(_ESCAPES_AND_SETS.sub("x", pattern)):
            yield document.problem((*where, index), "repeats without an end", r"write a bound, as \s{0,3} for \s*")
        if group and group not in compiled.groupindex:
            yield document.problem((*where, index), f"has no group {group}", f"mark the value with (?P<{group}>...)")


def _auto_resolve_problems(documents: dict[str, Document]) -> Iterator[str]:
    document, templates = documents["settings"], template_rules(documents)
    for index, entry in enumerate(document.value["auto_resolve"]):
        where = ("auto_resolve", index)
        if entry["template"] not in templates:
            yield document.problem((*where, "template"), "is unknown", "write a template of templates.yaml")
        for label in entry["intents"]:
            if label not in documents["intents"].value["intents"]:
                yield document.problem((*where, "intents"), f"{label} is unknown", "write a label of intents.yaml")


def _shipping_problems(document: Document) -> Iterator[str]:
    yield from _range_problems(document, ("handling_days",), document.value["handling_days"])
    for name, method in document.value["methods"].items():
        where = ("methods", name)
        yield from _pattern_problems(document, (*where, "patterns"), method["patterns"], None)
        yield from _range_problems(document, (*where, "transit_days"), method["transit_days"])
        if method.get("kind", SHIPPING) not in METHOD_KINDS:
            yield document.problem((*where, "kind"), "is no kind of method", f"write one of {', '.join(METHOD_KINDS)}")
        for index, country in enumerate(method.get("countries", ())):
            if not _is_country(country):
                yield document.problem((*where, "countries", index), "has no calendar", "write a code such as US")
        if method.get("handling_days") is not None:
            yield from _range_problems(document, (*where, "handling_days"), method["handling_days"])
        if method.get("ships_from") is not None and not _is_date(method["ships_from"]):
            yield document.problem((*where, "ships_from"), "is not a date", 'write "2026-12-24" in quotes')


def _range_problems(document: Document, where: tuple[str, ...], days: list[int]) -> Iterator[str]:
    if not 0 <= days[0] <= days[1]:
        yield document.problem(where, "is not [least, most]", "write two numbers, the smaller first, none negative")


def _screen_problems(documents: dict[str, Document]) -> Iterator[str]:
    intents = documents["intents"].value["intents"]
    known = documents["screen"].value["categories"]
    for file, document in documents.items():
        if file.partition(".")[0] != "screen":
            continue
        language = file.partition(".")[2] or BASE_LANGUAGE
        if document.value["language"] != language:
            yield document.problem(("language",), f"is not {language}", "write the language of the file's name")
        yield from _phrase_problems(document, (), document.value, document.value.get("groups", {}))
        for name, category in document.value["categories"].items():
            where = ("categories", name)
            if name not in known:
                yield document.problem(where, "is not in screen.yaml", "add it there, or correct its name")
            yield from _label_problems(document, where, category.get("escalates_to"), language, intents)
            yield from _phrase_problems(document, where, category, document.value.get("groups", {}))


def _label_problems(
    document: Document, where: tuple[str, ...], label: str | None, language: str, intents: dict[str, Any]
) -> Iterator[str]:
    if label is not None and language != BASE_LANGUAGE:
        yield document.problem((*where, "escalates_to"), "belongs into screen.yaml", "remove it here")
    elif label is not None and intents.get(label, {}).get("tier") != 0:
        yield document.problem((*where, "escalates_to"), "is not a tier-0 label", "write one of intents.yaml")


def _phrase_problems(
    document: Document, where: tuple[str, ...], category: dict[str, Any], groups: dict[str, list[str]]
) -> Iterator[str]:
    from rp_mw_worker.domain.phrase_notation import WRITE, expand, is_phrase

    for key in ("phrases", "own_language", "harmless", "harmless_in_peace", "peaceful", "grievance"):
        for index, phrase in enumerate(category.get(key, ())):
            try:
                is_right = all(map(is_phrase, expand(phrase, groups)))
            except KeyError as error:
                yield document.problem((*where, key, index), f"group {error} is unknown", "add it under groups")
                continue
            if not is_right:
                yield document.problem((*where, key, index), "is not a phrase", WRITE)


def _word_problems(document: Document) -> Iterator[str]:
    for index, word in enumerate(document.value["words"]):
        if not _PRODUCT_WORD.fullmatch(word):
            yield document.problem(("words", index), f"{word!r} is not a product word", "use a-z, 0-9, hyphens, spaces")


def _carrier_problems(document: Document) -> Iterator[str]:
    for name, carrier in document.value["carriers"].items():
        yield from _pattern_problems(document, ("carriers", name, "numbers"), carrier.get("numbers", []), None)
        for index, host in enumerate(carrier.get("hosts", ())):
            if not _HOST.fullmatch(host):
                yield document.problem(("carriers", name, "hosts", index), "is no host", "write one such as ups.com")
    for index, word in enumerate(document.value["not_numbers"]):
        if word != word.lower():
            yield document.problem(("not_numbers", index), "is not lower case", "write it in lower case")
