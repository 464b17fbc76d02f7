"""Counts what went wrong, from the outside: the helpdesk's, the queues' and the tables' final state.

lost        accepted, and no trace of it; or recorded as done while the conversation never got that far
stuck       accepted and not final: unfinished record, still queued, a flow nobody will end, in a DLQ
doubled     more replies, notes or decisions than there may be for a conversation or a message
misordered  the decisions of a conversation go back to an older message, or an older one's tags came last
leaked      a customer's secret where it must not be, or another customer's order in a reply
late        replies whose look at the switches came after the kill switch was thrown
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from rp_mw_shared.idempotency.keys import event_id, result_event_id
from tests.soak.canaries import search_in_logs, search_in_model_requests, search_in_what_is_kept
from tests.soak.drive import IN_FLIGHT_MS, POISON_REASON
from tests.soak.facts import Facts, Json

# a request the helpdesk refused may be repeated for so long without a new look
RETRY_MS = 15_000
_FINAL = "completed"


def judge(facts: Facts) -> dict[str, list[str]]:
    """Returns the findings by kind; every list is empty when all promises held."""
    checks: dict[str, Callable[[Facts], Iterator[str]]] = {
        "lost": _lost,
        "doubled": _doubled,
        "misordered": _misordered,
        "stuck": _stuck,
        "leaked": _leaked,
        "late": _late,
    }
    return {kind: list(check(facts)) for kind, check in checks.items()}


def final_at(facts: Facts, conversation: int, position: int) -> int | None:
    """Returns when the message was final, in epoch milliseconds; None when it is not.

    A message of a minimal payload may be covered by a later one: the webhook did not say which it was about.
    """
    conversation_id = facts.plan.customers[conversation].conversation_id
    last = len(facts.plan.texts[conversation])
    for candidate in range(position, last):
        written = facts.written.get((conversation, candidate))
        if written is None:
            break
        ended = _completed_at(facts, event_id(conversation_id, written.message_id))
        if ended is not None:
            return ended
        if not facts.written[conversation, position].is_minimal:
            break
    return None


def _completed_at(facts: Facts, key: str) -> int | None:
    event = facts.events.get(key)
    if event is None or event["status"] != _FINAL:
        return None
    result = _result(event)
    if result.get("outcome") == "parked":
        answer = facts.events.get(result_event_id(str(result.get("request"))))
        if answer is not None:
            return int(answer["completed_at"]) if answer["status"] == _FINAL else None
    return int(event["completed_at"])


def _result(event: Json) -> dict[str, Any]:
    return dict(json.loads(event["result"])) if event.get("result") else {}


def _accepted(facts: Facts) -> Iterator[tuple[int, int]]:
    return (key for key, written in sorted(facts.written.items()) if written.accepted_at_epoch_ms is not None)


def _positions(facts: Facts, conversation: int) -> dict[str, int]:
    """Returns the places of a conversation's messages by their ids."""
    found = {}
    for position in range(len(facts.plan.texts[conversation])):
        written = facts.written.get((conversation, position))
        if written is not None:
            found[written.message_id] = position
    return found


def _decided(facts: Facts, conversation: int) -> list[tuple[int, Json]]:
    """Returns a conversation's audit rows in the order they were decided, with the place of their message."""
    positions = _positions(facts, conversation)
    rows = facts.rows.get(facts.plan.customers[conversation].conversation_id, [])
    return [(positions.get(str(row.get("message_id")), -1), row) for row in rows]


# -- lost and stuck --------------------------------------------------------------------------------------------------


def _lost(facts: Facts) -> Iterator[str]:
    waiting = _dead_bodies(facts)
    reached = {
        number: max((place for place, row in _decided(facts, number) if row["outcome"] == _FINAL), default=-1)
        for number in range(len(facts.plan.customers))
    }
    for conversation, position in _accepted(facts):
        one, written = facts.plan.customers[conversation], facts.written[conversation, position]
        name = f"conversation {conversation}, message {position}"
        if final_at(facts, conversation, position) is not None:
            if position > reached[conversation]:
                yield f"{name}: recorded as done, but the last decision is about message {reached[conversation]}"
        elif not facts.under_way and not _is_known(facts, one.conversation_id, written.message_id, waiting):
            yield f"{name}: accepted, and there is no trace of it"
    for number, one in enumerate(facts.plan.customers):
        seen = facts.seen.get(one.conversation_id)
        if seen is not None and reached[number] >= 0 and "mw-processed" not in seen.tags:
            yield f"conversation {number}: decided, and the ticket carries no tag of ours"


def _is_known(facts: Facts, conversation_id: str, message_id: str, dead_bodies: str) -> bool:
    return event_id(conversation_id, message_id) in facts.events or _quoted(conversation_id) in dead_bodies


def _quoted(conversation_id: str) -> str:
    return f'"conversation_id":{json.dumps(conversation_id)}'


def _dead_bodies(facts: Facts) -> str:
    return "\n".join(dead_letter["Body"] for dead_letter in facts.dead)


def _stuck(facts: Facts) -> Iterator[str]:
    if facts.under_way:
        yield f"{facts.under_way} messages are still queued or in flight"
    for key, event in facts.events.items():
        if event["status"] != _FINAL:
            yield f"{_shown(facts, key)} is {event['status']}"
    for key, action in facts.actions.items():
        if action["status"] in {"planned", "attempting"}:
            yield f"{_shown(facts, key)} is {action['status']}"
    for number, one in enumerate(facts.plan.customers):
        pending = facts.states.get(one.conversation_id, {}).get("pending") or {}
        if isinstance(pending, str):
            pending = json.loads(pending)
        if pending.get("kind") == "awaiting_order":
            yield f"conversation {number} still waits for an order"
    reasons = Counter(_reason(dead_letter) for dead_letter in facts.dead)
    missing = facts.done.poison - reasons.pop(POISON_REASON, 0)
    if missing > 0:
        yield f"{missing} unreadable messages are not in the DLQ"
    for reason, count in reasons.items():
        yield f"{count} messages are in a DLQ, reason: {reason}"


def _reason(dead_letter: Json) -> str:
    return str(dead_letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "none"))


def _shown(facts: Facts, key: str) -> str:
    """Returns a key with the conversation's number instead of its id."""
    for number, one in enumerate(facts.plan.customers):
        key = key.replace(f":{one.conversation_id}:", f":conversation {number}:")
    return key


# -- doubled and misordered ------------------------------------------------------------------------------------------


def _doubled(facts: Facts) -> Iterator[str]:
    replies: dict[str, list[str]] = {}
    notes: Counter[str] = Counter()
    for sent in facts.sent:
        if sent.is_note:
            notes[sent.conversation_id] += 1
        else:
            replies.setdefault(sent.conversation_id, []).append(sent.body)
    for number, one in enumerate(facts.plan.customers):
        texts, decided = replies.get(one.conversation_id, []), _decided(facts, number)
        answered = {place for place, row in decided if _may_have_replied(row)}
        yield from _doubled_replies(number, texts, facts.plan.replies_allowed(number), len(answered))
        finals = Counter(place for place, row in decided if row["outcome"] == _FINAL)
        if notes[one.conversation_id] > len(finals):
            yield f"conversation {number}: {notes[one.conversation_id]} notes for {len(finals)} decisions"
        for place, count in finals.items():
            if count > 1:
                yield f"conversation {number}, message {place}: decided and carried out {count} times"


def _may_have_replied(row: Json) -> bool:
    """Whether a row tells of a reply; one written late names the planned template and no action."""
    actions = row.get("actions")
    return "template" in row if actions is None else str(actions.get("rp_reply", "")).startswith(("done", "unknown"))


def _doubled_replies(number: int, texts: list[str], allowed: int, answered: int) -> Iterator[str]:
    if len(texts) > allowed:
        yield f"conversation {number}: {len(texts)} replies, at most {allowed} are right"
    elif len(texts) > answered:
        yield f"conversation {number}: {len(texts)} replies for {answered} answered messages"
    for text, count in Counter(texts).items():
        if count > 1:
            yield f"conversation {number}: the same reply {count} times ({len(text)} characters)"


def _misordered(facts: Facts) -> Iterator[str]:
    for number, one in enumerate(facts.plan.customers):
        decided = _decided(facts, number)
        for (before, _), (after, row) in pairwise(decided):
            if after < before:
                yield f"conversation {number}: message {after} was decided after message {before} ({row['outcome']})"
        finals = [row for _, row in decided if row["outcome"] == _FINAL]
        seen = facts.seen.get(one.conversation_id)
        if finals and seen is not None and not _carries(seen.tags, finals[-1]):
            yield f"conversation {number}: the ticket's tags are not those of its last decision"


def _carries(tags: tuple[str, ...], row: Json) -> bool:
    """Whether the one intent and the one route on the ticket are the row's."""
    route = str(row["route"]).lower().replace(" ", "-").replace("/", "-")
    marks = {tag for tag in tags if tag.startswith(("mw-intent-", "route-"))}
    return marks == {f"mw-intent-{row['intent']}", f"route-{route}"}


# -- leaked and late -------------------------------------------------------------------------------------------------


def _leaked(facts: Facts) -> Iterator[str]:
    kept = search_in_what_is_kept(facts.plan.customers)
    tables = {
        "idempotency": [*facts.events.values(), *facts.actions.values()],
        "conversation_state": [*facts.states.values()],
    }
    tables["audit_trail"] = [row for rows in facts.rows.values() for row in rows]
    attributes = [{key: value for key, value in dead_letter.items() if key != "Body"} for dead_letter in facts.dead]
    places = {f"log of {name}": text for name, text in facts.logs.items()}
    places |= {name: json.dumps(items, default=str) for name, items in tables.items()}
    places["DLQ attributes"] = json.dumps(attributes, default=str)
    for place, text in places.items():
        yield from (f"{kind} in {place}" for kind in kept.leaks(text))
    for name, text in facts.logs.items():
        yield from (f"{kind} in log of {name}" for kind in search_in_logs().leaks(text))
    model = search_in_model_requests(facts.plan.customers)
    yield from (f"{kind} in a request to the model" for kind in model.leaks(facts.model_requests))
    if facts.model_violations:
        yield f"{facts.model_violations} requests to the model break its rules (stored, raw contact, no schema)"
    yield from _disclosed(facts)


def _disclosed(facts: Facts) -> Iterator[str]:
    numbers = {one.conversation_id: number for number, one in enumerate(facts.plan.customers)}
    owners = {one.tracking: one.conversation_id for one in facts.plan.customers}
    owners |= {f"#{one.order}": one.conversation_id for one in facts.plan.customers}
    for sent in facts.sent:
        if not sent.is_note and any(
            owner != sent.conversation_id and fact in sent.body for fact, owner in owners.items()
        ):
            yield f"conversation {numbers[sent.conversation_id]}: a reply names another customer's order"


def _late(facts: Facts) -> Iterator[str]:
    off, on = facts.done.off_at_epoch_ms, facts.done.on_at_epoch_ms
    if not off:
        return
    for number, sent in enumerate(one for one in facts.sent if not one.is_note):
        if not off + IN_FLIGHT_MS < sent.at_epoch_ms < on:
            continue
        begun = [
            request.at_epoch_ms
            for request in facts.send_requests
            if request.conversation_id == sent.conversation_id
            and sent.at_epoch_ms - RETRY_MS <= request.at_epoch_ms <= off + IN_FLIGHT_MS
        ]
        if not begun:
            yield f"reply {number}: sent {sent.at_epoch_ms - off} ms after the switch was thrown"
