"""Why a conversation was routed or answered as it was: all that the three tables know of it, and in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rp_mw_ops import audit_trail
from rp_mw_ops.audit_trail import Row
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.printing import to_time
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.idempotency.keys import event_id, result_event_id
from rp_mw_shared.reasons import find_reason, in_words
from rp_mw_worker.domain.figures import OUTCOME
from rp_mw_worker.domain.tags import Tag

BATCH_GET_LIMIT = 100
# a claim is recorded as claim:fact:value:age in hours. Source: rp_mw_worker.domain.records.to_audit
_ORDER_TIER = 2
_CLAIM_PARTS = 4
# the order in which a row lists them
VERSIONED = ("policy", "templates", "model")


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation: its conversation_state item, its audit rows oldest first, its events by id."""

    conversation_id: str
    state: Row | None
    rows: list[Row]
    events: dict[str, Row]


def load_story(environment: Environment, conversation_id: str) -> Story:
    """The conversation's rows; raises NotFoundError when nothing is recorded of it."""
    state = _load_state(environment, conversation_id)
    rows = audit_trail.load_rows(environment, conversation_id)
    if state is None and not rows:
        raise NotFoundError(
            f"nothing is recorded of conversation {conversation_id!r} in {environment.topology.environment} yet: "
            "a message just accepted takes some seconds (rp-mw explain ID --wait 60); else check the id "
            "(as Richpanel shows it, with < and >) and --env"
        )
    return Story(conversation_id, state, rows, _load_events_of(environment, conversation_id, rows))


def state_lines(state: Row | None) -> list[str]:
    """What conversation_state says of a conversation, indented."""
    if state is None:
        return ["  no state is kept"]
    lines = []
    if state.get("last_route"):
        lines.append(
            f"  last routed to {state['last_route']} as {state.get('last_intent') or '-'}"
            f" (confidence {_number(state.get('last_confidence'))}), {to_time(state.get('updated_at'))}"
        )
    lines.append(f"  automatic replies kept on record: {len(state.get('auto_replies') or [])}")
    if state.get("pending"):
        until = to_time(state["pending"].get("expires_at_ms"))
        lines.append(f"  waiting: {state['pending'].get('kind')} until {until}")
    return lines


def row_time(row: Row) -> str:
    """When it was decided: UTC, to the millisecond."""
    return str(row["ts_action_id"]).partition("#")[0]


def row_facts(row: Row) -> list[tuple[str, list[str]]]:
    """What a row of audit_trail says, by label; what says nothing is left out."""
    record = row.get("replay") or {}  # see rp_mw_worker.domain.replay_record: i intents, o lookup, x failure
    asked = ", ".join(f"{label} {_number(score)}" for label, score in record.get("i", []))
    lookup = (record.get("o") or [None, None])[1]
    actions = [_action(kind, str(end)) for kind, end in sorted((row.get("actions") or {}).items())]
    facts: list[tuple[str, list[Any]]] = [
        ("message", [row.get("message_id")]),
        ("team", [why_team(row)] if row.get("route") else []),
        ("seen as", [f"{asked} by {row.get('classifier')}" if asked else None, record.get("x")]),
        ("order", [f"lookup {lookup}" if lookup else None]),
        ("claims", claims_in_words(row)),
        ("why", in_words([*(row.get("reasons") or []), *blocked_codes(row)])),
        ("blocked", sorted(row.get("gates_blocked") or [], key=_weight, reverse=True)),
        (
            "passed",
            [f"{row['gates_passed']} gates" if row.get("gates_passed") else None, *(row.get("gates_noted") or [])],
        ),
        ("tags", row.get("tags") or []),
        ("actions", actions),
        ("versions", _versions(row.get("versions"))),
    ]
    return [(label, [str(value) for value in values if value]) for label, values in facts if any(values)]


def why_team(row: Row) -> str:
    """Return in a sentence why the ticket went to its team, which it is by the policy's own order of reasons."""
    team, intent = str(row.get("route")), str(row.get("intent") or "such message").replace("_", " ")
    reasons, tags = row.get("reasons") or [], row.get("tags") or []
    if Tag.ESCALATED in tags:
        return f"Its own words make it a matter for a person, and the policy sends every {intent} to {team}."
    if Tag.NEEDS_TRIAGE in tags:
        return f"Nothing says what it is about, and the policy sends such messages to {team}."
    if Tag.NEEDS_MANUAL_TRIAGE in tags:
        return f"It is not certain what it is about, and the policy sends such messages to {team}."
    if row.get("tier") == _ORDER_TIER:  # a delivered order has a team of its own
        return f"By this channel and by what its order has come to, the policy sends a message of {intent} to {team}."
    doubt = ", though it is not quite certain that it is one" if "uncertain" in reasons else ""
    return f"The policy sends every {intent} by this channel to {team}{doubt}."


def to_claims(row: Row) -> list[dict[str, str | None]]:
    """Return what the reply claimed and the fact that each claim rests on; `fact` None: nothing proved it."""
    claims = []
    for recorded in row.get("claims") or []:
        claim, fact, value, age = ([*str(recorded).split(":"), *[""] * _CLAIM_PARTS])[:_CLAIM_PARTS]
        claims.append({"claim": claim, "fact": fact if fact != "unproved" else None, "value": value, "age": age})
    return claims


def claims_in_words(row: Row) -> list[str]:
    """Return one line a claim: what the reply said, the fact it rests on, its value and its age."""
    told = []
    for one in to_claims(row):
        value = f" ({one['value']})" if one["value"] else ""
        age = f", {str(one['age']).removesuffix('h')} h old" if one["age"] else ""
        rests = f"rests on {one['fact']}{value}{age}" if one["fact"] else "rests on nothing"
        told.append(f"{str(one['claim']).replace('_', ' ')} {rests}")
    return told


def blocked_codes(row: Row) -> list[str]:
    """The reason codes of the gates that blocked, without their gates and details."""
    return [str(told).split(":")[1] for told in row.get("gates_blocked") or [] if ":" in str(told)]


def headline(row: Row) -> str:
    """What a row of audit_trail comes to, in one line."""
    if row.get("kind") == audit_trail.FLAG_CHANGE:
        return f"{row.get('who')} set {row.get('flag')} to {row.get('value')}: {row.get('why')}"
    if row.get("kind") == audit_trail.REDRIVE:
        sent = row.get("redriven", "not known how many")
        return f"{row.get('who')} sent back {sent} of {row.get('queue')} ({row.get('chosen')}): {row.get('why')}"
    if row.get("kind") == audit_trail.FORGET:
        ended = f"erased {row.get('items')} items" if row.get("is_done") else "began to erase"
        return f"{row.get('who')} {ended} of {row.get('subject_kind')} {row.get('subject')}: {row.get('why')}"
    if row.get("kind") == OUTCOME:
        moved = f" to {row['team']}" if "team" in row else ""
        return f"read back: {row.get('end')}, team {row.get('agreement')}{moved} (routed to {row.get('route')})"
    parts = [
        f"{row.get('outcome')}: {row.get('route')} as {row.get('intent')} (confidence {_number(row.get('confidence'))})"
    ]
    if row.get("template"):
        tier = f" of tier {row['tier']}" if row.get("tier") is not None else ""
        parts.append(f"template {row['template']}{tier}")
    parts.append(f"mode {row.get('mode')}")
    return ", ".join(parts)


def _versions(values: Any) -> list[str]:
    return [f"{name} {value}" for name, value in zip(VERSIONED, values or [], strict=False) if value]


def _action(kind: str, end: str) -> str:
    """An action's end, with its reason in words."""
    status, _, reason = end.partition(":")
    return f"{kind} {status} ({find_reason(reason).sentence.rstrip('.')})" if reason else f"{kind} {status}"


def _weight(blocked: Any) -> int:
    return find_reason(str(blocked).split(":")[1]).weight if ":" in str(blocked) else 0


def event_line(event: Row) -> str:
    """What the idempotency table says of an event, indented."""
    return (
        f"  {event['event_id']}  {event.get('status')}, attempts {event.get('attempts', 1)}, "
        f"trace {event.get('trace_id') or '-'}"
    )


def _number(value: Any) -> str:
    return "-" if value is None else f"{float(value):.2f}"


def _load_state(environment: Environment, conversation_id: str) -> Row | None:
    answer = environment.client("dynamodb").get_item(
        TableName=environment.table("conversation_state"),
        Key={"conversation_id": {"S": conversation_id}},
        ConsistentRead=True,
    )
    return from_item(answer["Item"]) if "Item" in answer else None


def _load_events_of(environment: Environment, conversation_id: str, rows: list[Row]) -> dict[str, Row]:
    """The events of the rows' messages, and those that brought an order lookup's answer."""
    messages = dict.fromkeys(event_id(conversation_id, str(row["message_id"])) for row in rows if row.get("message_id"))
    events = _load_events(environment, list(messages))
    requests = [event["result"]["request"] for event in events.values() if (event.get("result") or {}).get("request")]
    return events | _load_events(environment, [result_event_id(str(request)) for request in requests])


def _load_events(environment: Environment, ids: list[str]) -> dict[str, Row]:
    table = environment.table("idempotency")
    found = []
    for start in range(0, len(ids), BATCH_GET_LIMIT):
        keys = [{"event_id": {"S": key}} for key in ids[start : start + BATCH_GET_LIMIT]]
        answer = environment.client("dynamodb").batch_get_item(
            RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
        )
        found += answer["Responses"].get(table, [])
    return {str(row["event_id"]): _with_parsed_json(row) for row in map(from_item, found)}


def _with_parsed_json(row: Row) -> Row:
    """Plan and result are kept as JSON texts."""
    parsed = {key: json.loads(row[key]) for key in ("plan", "result") if isinstance(row.get(key), str)}
    return row | parsed
