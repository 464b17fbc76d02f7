"""What the pages show, as plain values: now, a day's decisions, today's figures, a story, search, failed messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from rp_mw_ops.audit_trail import latest_rows
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.lines import count_facets, in_sentences, is_shown, to_line
from rp_mw_ops.console.sources import queue_words
from rp_mw_ops.dead_letters.describing import describe, find_conversation
from rp_mw_ops.dead_letters.describing import in_sentences as dead_letter_words
from rp_mw_ops.dead_letters.opening import find_salt, open_dead_letters
from rp_mw_ops.dead_letters.port import read_dead_letters
from rp_mw_ops.dead_letters.redrive import is_readable
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, OpsError
from rp_mw_ops.explanation import event_line, headline, load_story, row_facts, row_time, why_team
from rp_mw_ops.figures.period import Days, find_day, total
from rp_mw_ops.figures.report import MOST_WHYS, commonest_whys, figures_to_json
from rp_mw_ops.finding import find_by_customer, find_by_order
from rp_mw_ops.printing import to_time
from rp_mw_ops.undecided import load_undecided, undecided_words
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.reasons import by_weight, find_reason
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_shared.times import parse_iso_ms
from rp_mw_worker.domain.figures import MACHINE, NOT_CLEAR, Figures, topic_of

MAX_LINES = 200
_FAILED = "failed messages"
MAX_DEAD_LETTERS = 100
Json = dict[str, Any]


def now_view(feed: Feed) -> Json:
    """Return switches, queues, vendors' health, and what needs somebody."""
    parts = {name: part.to_json() for name, part in feed.parts.items() if name not in ("rows", "history")}
    read_at = min(part.read_at for name, part in feed.parts.items() if name in ("rows", "switches", "queues"))
    return {"version": feed.version, "read_at": read_at, **parts, "problems": find_problems(feed)}


def find_problems(feed: Feed) -> list[Json]:
    """Return what is broken now or needs somebody, the worst first: each with a page to go to."""
    problems = [_problem("bad", text) for text in _unreadable(feed)]
    switches, queues = feed.parts["switches"].value, feed.parts["queues"].value or []
    if switches and not switches["automation"]["is_on"]:
        problems.append(_problem("off", f"Automatic replies are {switches['automation']['said']}.", "/switches"))
    for queue in queues:
        if queue["dead"]:
            text = f"{queue['dead']} {queue_words(queue['queue'], queue['dead'])} could not be handled."
            problems.append(_problem("bad", text, "/failed"))
    hour = (feed.parts["metrics"].value or {}).get("hour", {})
    for name, (one, several) in _HOURLY.items():
        if hour.get(name):
            told = one if hour[name] == 1 else several
            problems.append(_problem("warn", f"{hour[name]} {told} within the last hour."))
    return problems


def _unreadable(feed: Feed) -> list[str]:
    """Return what cannot be read, a line for each cause."""
    by_cause: dict[str, list[str]] = {}
    for name, part in feed.parts.items():
        if part.problem:
            by_cause.setdefault(part.problem, []).append(_PARTS[name])
    return [f"{_listed(parts)} cannot be read: {cause}" for cause, parts in by_cause.items()]


def _listed(parts: list[str]) -> str:
    """Return the parts as the beginning of a sentence."""
    if len(parts) == len(_PARTS):
        return "Today's messages, the switches and everything else"
    words = [parts[0], *(part[0].lower() + part[1:] for part in parts[1:])]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


_PARTS = {
    "rows": "Today's messages",
    "switches": "The switches",
    "queues": "The waiting messages",
    "metrics": "The vendors' health",
    "budget": "The calls allowed by Richpanel",
    "history": "The days before",
}
# what the last hour's metrics tell, of one and of several
_HOURLY = {
    "in_doubt": (
        "reply was perhaps not sent (look at the ticket tagged mw-send-unknown)",
        "replies were perhaps not sent (look at the tickets tagged mw-send-unknown)",
    ),
    "richpanel_errors": ("call of Richpanel failed", "calls of Richpanel failed"),
    "richpanel_throttled": (
        "call of Richpanel was refused as too many",
        "calls of Richpanel were refused as too many",
    ),
    "shopify_errors": ("call of Shopify failed", "calls of Shopify failed"),
    "openai_errors": ("call of OpenAI failed", "calls of OpenAI failed"),
    "refused": ("call from the helpdesk was refused", "calls from the helpdesk were refused"),
}


def _problem(level: str, text: str, page: str | None = None) -> Json:
    return {"level": level, "text": text, "page": page}


def decisions_view(feed: Feed, day: str, wanted: Mapping[str, frozenset[str]]) -> Json:
    """Return a day's newest decisions that fit the filters, with what else can be filtered by.

    Raises UsageError for a day that is none or has not begun.
    """
    today = feed.today()[0]
    if day and today and day != today:
        day = find_day(day, parse_iso_ms(today))
    lines = feed.lines(day or today)
    shown = [line for line in lines if is_shown(line, wanted)]
    facets = count_facets(lines, wanted)
    codes = {code for line in shown[:MAX_LINES] for code in line["whys"]} | {code for code, _ in facets["reason"]}
    return {
        "version": feed.version,
        "day": day or today,
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
        "more_whys": max(0, len(today.whys) - MOST_WHYS),
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


def story_view(environment: Environment, conversation_id: str, now: int = 0) -> Json:
    """Return a conversation's story, oldest first; raises NotFoundError for one that nobody knows.

    `now`, epoch ms, is the end of the hour whose failed calls are told of such a one.
    """
    try:
        with mapped_aws_errors("AWS"):
            story = load_story(environment, conversation_id)
    except NotFoundError as error:
        found = load_undecided(environment, conversation_id, now)
        raise NotFoundError(
            f"Nothing is recorded of conversation {conversation_id} in {environment.name} yet. A message that was just "
            f"accepted takes some seconds. {undecided_words(found, _FAILED)} Else look whether the id is the ticket's, "
            "as Richpanel shows it."
        ) from error
    return {
        "id": story.conversation_id,
        "state": state_sentences(story.state, _topic(story.rows)),
        "rows": [_story_row(row) for row in story.rows],
        "events": [event_line(event).strip() for event in story.events.values()],
    }


def _topic(rows: list[Json]) -> str | None:
    """Return what the latest message is about, None where nothing was decided."""
    return next((topic_of(row) for row in reversed(rows) if "kind" not in row), None)


def state_sentences(state: Json | None, topic: str | None = None) -> list[str]:
    """Return what is known of a conversation now, for people; `state` is its row of conversation_state.

    `topic` None is what that row has: the intent, or a guess at it.
    """
    if state is None:
        return ["Nothing is kept of where it stands."]
    told = []
    if state.get("last_route"):
        topic = topic or str(state.get("last_intent") or "nothing known")
        about = _TOPICS.get(topic) or f"about {topic.replace('_', ' ')}"
        told.append(f"Last sent to {state['last_route']}, {about}, on {to_time(state.get('updated_at'))}.")
    number = len(state.get("auto_replies") or [])
    told.append(f"{number or 'No'} automatic {'reply' if number == 1 else 'replies'} so far.")
    if state.get("pending"):
        awaited = _AWAITED.get(str(state["pending"].get("kind")), "an answer")
        told.append(f"Waits for {awaited} until {to_time(state['pending'].get('expires_at_ms'))}.")
    return told


_TOPICS = {NOT_CLEAR: "as it is not clear what it is about", MACHINE: "as a machine wrote it"}
_AWAITED = {
    "awaiting_order": "the shop's answer about the order",
    "awaiting_order_number": "the customer's order number",
    "awaiting_code": "the code that was mailed",
}


def _story_row(row: Json) -> Json:
    told = {"at": row_time(row), "headline": headline(row), "facts": row_facts(row)}
    if "kind" in row:
        return told | {"outcome": "operator", "whys": [], "reasons": []}
    line = to_line(row)
    routed = in_sentences(by_weight(map(str, row.get("reasons") or ())))
    return told | line | {"whys": in_sentences(line["whys"]), "reasons": routed, "why_team": why_team(row)}


def search_view(environment: Environment, text: str, now: int = 0) -> Json:
    """Return the conversations that a text means: one by its id, an order's by its number, a customer's by address.

    Of several, `lines` are the latest decisions, newest first. The text is digested here and kept nowhere.
    `said`, where nothing is found, is what can be looked for, and what has no row yet; `now` is epoch ms.
    """
    wanted = text.strip()
    if not wanted:
        return _found(environment, "nothing", [])
    with mapped_aws_errors("AWS"):
        if _is_known(environment, wanted):
            return _found(environment, "conversation", [wanted])
        salt = find_salt(environment)
        if salt is None:
            raise OpsError("the salt cannot be read, so only a conversation's id can be searched for")
        if len(wanted.split()) == 1 and len(wanted) < _MOST_ORDER_CHARS:
            ids = find_by_order(environment, wanted, salt)
            if ids:
                return _found(environment, "order", ids)
        if contact_digest(wanted, salt) is not None:
            return _found(environment, "customer", find_by_customer(environment, wanted, salt))
    nothing = _found(environment, "nothing", [])
    return nothing | {"said": f"{nothing['said']} {undecided_words(load_undecided(environment, wanted, now), _FAILED)}"}


_MOST_ORDER_CHARS = 20
_MOST_TOLD = 50  # of the conversations found, each a query


def _found(environment: Environment, by: str, ids: list[str]) -> Json:
    said = {
        "customer": "No conversation of that customer is known.",
        "nothing": "Nothing is known by that: give a conversation's id, an order number or a customer's address.",
    }
    several = ids[:_MOST_TOLD] if len(ids) > 1 else []
    lines = [line for one in several if (line := _find_last_line(environment, one))]
    lines.sort(key=lambda line: line["at"], reverse=True)
    return {"by": by, "ids": ids, "lines": lines, "said": said.get(by) if not ids else None}


def _find_last_line(environment: Environment, conversation_id: str) -> Json | None:
    """Return the conversation's latest decision as a line, None where nothing was decided."""
    rows = latest_rows(environment, conversation_id)
    return next((to_line(row) for row in rows if "kind" not in row), None)


def _is_known(environment: Environment, conversation_id: str) -> bool:
    answer = environment.client("dynamodb").get_item(
        TableName=environment.table("conversation_state"), Key={"conversation_id": {"S": conversation_id}}
    )
    return "Item" in answer


def failed_view(environment: Environment, sent: Collection[str] = frozenset()) -> Json:
    """Return the dead letters, and which of them came back: those with an id in their queue that is among `sent`.

    SQS shows one only by handing it out: all are given back at once.
    """
    with mapped_aws_errors("AWS"):
        salt = find_salt(environment)
        found = [
            dead_letter
            for key in environment.topology.queues
            for dead_letter in read_dead_letters(open_dead_letters(environment, key), MAX_DEAD_LETTERS)
        ]
    return {
        "messages": [
            describe(one, salt)
            | dead_letter_words(one)
            | {"conversation_id": find_conversation(one), "is_readable": is_readable(one)}
            | {"came_back": one.live_id in sent}
            for one in found
        ]
    }


def ticket_link(template: str | None, conversation_id: str) -> str | None:
    """Return the helpdesk's page of a ticket, None where nobody said how it is called."""
    return template.replace("{id}", quote(conversation_id, safe="")) if template else None
