"""What the pages show, as plain values: now, a day's decisions, today's figures, a story, search, failed messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.lines import count_facets, in_sentences, is_shown, to_line
from rp_mw_ops.dead_letters.describing import describe
from rp_mw_ops.dead_letters.opening import find_salt, open_dead_letters
from rp_mw_ops.dead_letters.port import DeadLetter, read_dead_letters
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError
from rp_mw_ops.explanation import event_line, headline, load_story, row_facts, row_time, state_lines
from rp_mw_ops.figures.period import Days, total
from rp_mw_ops.figures.report import commonest_whys, figures_to_json
from rp_mw_ops.finding import find_by_customer, find_by_order
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.reasons import by_weight, find_reason
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.domain.figures import Figures

MAX_LINES = 200
MAX_DEAD_LETTERS = 100
Json = dict[str, Any]


def now_view(feed: Feed) -> Json:
    """Return switches, queues, vendors' health, and what needs somebody."""
    parts = {name: part.to_json() for name, part in feed.parts.items() if name not in ("rows", "history")}
    read_at = min(part.read_at for name, part in feed.parts.items() if name in ("rows", "switches", "queues"))
    return {"version": feed.version, "read_at": read_at, **parts, "problems": find_problems(feed)}


def find_problems(feed: Feed) -> list[Json]:
    """Return what is broken now or needs somebody, the worst first: each with a page to go to."""
    problems = [
        _problem("bad", f"{name} cannot be read: {part.problem}") for name, part in feed.parts.items() if part.problem
    ]
    switches, queues = feed.parts["switches"].value, feed.parts["queues"].value or []
    if switches and not switches["automation"]["is_on"]:
        problems.append(_problem("off", f"Automatic replies are {switches['automation']['said']}.", "/switches"))
    for queue in queues:
        if queue["dead"]:
            number = "1 message" if queue["dead"] == 1 else f"{queue['dead']} messages"
            text = f"{number} of the queue {queue['queue']} could not be handled."
            problems.append(_problem("bad", text, "/failed"))
    hour = (feed.parts["metrics"].value or {}).get("hour", {})
    for name, sentence in _HOURLY.items():
        if hour.get(name):
            problems.append(_problem("warn", f"{hour[name]} {sentence} within the last hour."))
    return problems


_HOURLY = {
    "in_doubt": "replies are in doubt: a person has to look at tickets tagged mw-send-unknown",
    "richpanel_errors": "calls of Richpanel failed",
    "richpanel_throttled": "calls of Richpanel were refused as too many",
    "shopify_errors": "calls of Shopify failed",
    "openai_errors": "calls of OpenAI failed",
    "refused": "webhooks were refused",
}


def _problem(level: str, text: str, page: str | None = None) -> Json:
    return {"level": level, "text": text, "page": page}


def decisions_view(feed: Feed, day: str, wanted: Mapping[str, frozenset[str]]) -> Json:
    """Return a day's newest decisions that fit the filters, with what else can be filtered by."""
    lines = feed.lines(day or feed.today()[0])
    shown = [line for line in lines if is_shown(line, wanted)]
    facets = count_facets(lines, wanted)
    codes = {code for line in shown[:MAX_LINES] for code in line["whys"]} | {code for code, _ in facets["reason"]}
    return {
        "version": feed.version,
        "day": day or feed.today()[0],
        "lines": shown[:MAX_LINES],
        "shown": len(shown),
        "of": len(lines),
        "facets": facets,
        "sentences": {code: find_reason(code).sentence for code in codes},
    }


def figures_view(feed: Feed) -> Json:
    """Return today beside yesterday, today by hour, and the days before."""
    day, today = feed.today()
    history = feed.history()
    yesterday = next(reversed(history.values()), Figures())
    return {
        "version": feed.version,
        "day": day,
        "today": figures_to_json(today),
        "yesterday": figures_to_json(yesterday),
        "hours": [[today.hours[f"{hour:02}"], today.answered_hours[f"{hour:02}"]] for hour in range(24)],
        "whys": [{"code": code, "count": count} | _sentence(code) for code, count in commonest_whys(today)],
        "days": [[name, one.decisions, one.sent] for name, one in (*history.items(), (day, today))],
        "teams": _teams({**history, day: today}),
        "period": figures_to_json(total({**history, day: today})),
    }


def _teams(days: Days) -> list[Json]:
    whole = total(days)
    return [
        {
            "team": team,
            "counts": [figures.teams[team] for figures in days.values()],
            "answered": whole.answered[team],
            "count": count,
        }
        for team, count in whole.teams.most_common()
    ]


def _sentence(code: str) -> Json:
    return {"sentence": find_reason(code).sentence}


def story_view(environment: Environment, conversation_id: str) -> Json:
    """Return a conversation's story, oldest first; raises NotFoundError for one that nobody knows."""
    with mapped_aws_errors("AWS"):
        story = load_story(environment, conversation_id)
    return {
        "id": story.conversation_id,
        "state": [line.strip() for line in state_lines(story.state)],
        "rows": [_story_row(row) for row in story.rows],
        "events": [event_line(event).strip() for event in story.events.values()],
    }


def _story_row(row: Json) -> Json:
    told = {"at": row_time(row), "headline": headline(row), "facts": row_facts(row)}
    if "kind" in row:
        return told | {"outcome": "operator", "whys": [], "reasons": []}
    line = to_line(row)
    routed = in_sentences(by_weight(map(str, row.get("reasons") or ())))
    return told | line | {"whys": in_sentences(line["whys"]), "reasons": routed}


def search_view(environment: Environment, text: str) -> Json:
    """Return the conversations that a text means: one by its id, an order's by its number, a customer's by address.

    The text is digested here and kept nowhere. Where nothing is found `said` says what can be looked for.
    """
    wanted = text.strip()
    with mapped_aws_errors("AWS"):
        if _is_known(environment, wanted):
            return _found("conversation", [wanted])
        salt = find_salt(environment)
        if salt is None:
            raise OpsError("the salt cannot be read, so only a conversation's id can be searched for")
        if len(wanted.split()) == 1 and len(wanted) < _MOST_ORDER_CHARS:
            ids = find_by_order(environment, wanted, salt)
            if ids:
                return _found("order", ids)
        if contact_digest(wanted, salt) is not None:
            return _found("customer", find_by_customer(environment, wanted, salt))
    return _found("nothing", [])


_MOST_ORDER_CHARS = 20


def _found(by: str, ids: list[str]) -> Json:
    said = {
        "customer": "No conversation of that customer is known.",
        "nothing": "Nothing is known by that: give a conversation's id, an order number or a customer's address.",
    }
    return {"by": by, "ids": ids, "said": said.get(by) if not ids else None}


def _is_known(environment: Environment, conversation_id: str) -> bool:
    answer = environment.client("dynamodb").get_item(
        TableName=environment.table("conversation_state"), Key={"conversation_id": {"S": conversation_id}}
    )
    return "Item" in answer


def failed_view(environment: Environment) -> Json:
    """Return the dead letters. SQS shows one only by handing it out: all are given back at once."""
    with mapped_aws_errors("AWS"):
        salt = find_salt(environment)
        found = [
            dead_letter
            for key in environment.topology.queues
            for dead_letter in read_dead_letters(open_dead_letters(environment, key), MAX_DEAD_LETTERS)
        ]
    return {
        "messages": [
            describe(one, salt) | _sentence(one.reason) | {"conversation_id": _find_conversation(one)} for one in found
        ]
    }


def _find_conversation(dead_letter: DeadLetter) -> str | None:
    """Return the conversation of a message that a consumer could read; nothing else of a dead letter is believed."""
    try:
        return parse_message(dead_letter.body).conversation_id
    except PermanentError:
        return None


def ticket_link(template: str | None, conversation_id: str) -> str | None:
    """Return the helpdesk's page of a ticket, None where nobody said how it is called."""
    return template.replace("{id}", quote(conversation_id, safe="")) if template else None
