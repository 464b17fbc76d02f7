"""`rp-mw explain`: why a conversation was routed or answered as it was, from tables A, B and C."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rp_mw_local.errors import LocalError
from rp_mw_ops.environment import Environment, add_environment_argument, open_environment
from rp_mw_ops.printing import to_time, write_json, write_lines

Row = dict[str, Any]
BATCH_GET_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one conversation: B's item, C's rows oldest first, A's events by id."""

    conversation_id: str
    state: Row | None
    rows: list[Row]
    events: dict[str, Row]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the conversation."""
    add_environment_argument(parser)
    parser.add_argument("conversation", help="the conversation's id, as Richpanel has it")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when there is something to tell; raises LocalError for a conversation nobody knows."""
    story = load_story(open_environment(args.env), args.conversation)
    if args.json:
        write_json(
            {"conversation_id": story.conversation_id, "state": story.state, "rows": story.rows, "events": story.events}
        )
    else:
        write_lines(*explain_lines(story))
    return 0


def load_story(environment: Environment, conversation_id: str) -> Story:
    """The conversation's rows; raises LocalError when there is no trace of it."""
    state = _load_state(environment, conversation_id)
    rows = _load_rows(environment, conversation_id)
    if state is None and not rows:
        raise LocalError(
            f"no trace of conversation {conversation_id!r} in {environment.topology.environment}: "
            "check the id (as Richpanel shows it, with < and >) and --env"
        )
    ids = sorted({str(row["event_id"]) for row in rows if row.get("event_id")})
    return Story(conversation_id, state, rows, _load_events(environment, ids))


def explain_lines(story: Story) -> list[str]:
    """The story as plain text."""
    lines = [f"conversation {story.conversation_id}"]
    lines += _state_lines(story.state)
    for row in story.rows:
        lines += ["", *_row_lines(row, story.events.get(str(row.get("event_id")), {}))]
    return lines


def _state_lines(state: Row | None) -> list[str]:
    if state is None:
        return ["  no state is kept"]
    lines = [
        f"  last routed to {state.get('last_route') or '-'} as {state.get('last_intent') or '-'}"
        f" (confidence {_number(state.get('last_confidence'))}), {to_time(state.get('updated_at'))}"
    ]
    replies = state.get("auto_replies") or []
    lines.append(f"  automatic replies in the last 24 h: {len(replies)}")
    if state.get("pending"):
        until = to_time(state["pending"].get("expires_at_ms"))
        lines.append(f"  waiting: {state['pending'].get('kind')} until {until}")
    return lines


def _row_lines(row: Row, event: Row) -> list[str]:
    at, _, _ = str(row["ts_action_id"]).partition("#")
    lines = [f"{at}  {_headline(row)}"]
    lines += _labelled("reasons", row.get("reasons"))
    lines += _gate_lines(row.get("gates") or [])
    lines += _labelled("tags", row.get("tags"))
    lines += [f"  action    {_action(action)}" for action in row.get("actions") or []]
    versions = row.get("versions")
    if isinstance(versions, dict):
        lines.append("  versions  " + ", ".join(f"{key} {value}" for key, value in sorted(versions.items())))
    lines += _event_lines(row, event)
    return lines


def _headline(row: Row) -> str:
    parts = [str(row.get("route_team") or row.get("route") or row.get("kind") or "")]
    if row.get("intent"):
        parts.append(f"as {row['intent']} (confidence {_number(row.get('confidence'))})")
    if row.get("template_id"):
        parts.append(f"answered with {row['template_id']}, tier {row.get('tier')}")
    if row.get("mode"):
        parts.append(f"mode {row['mode']}")
    return ", ".join(part for part in parts if part)


def _gate_lines(gates: Iterable[Row]) -> list[str]:
    gates = list(gates)
    blocked = [gate for gate in gates if not gate.get("allowed")]
    lines = [
        f"  blocked   {gate.get('gate')}: {gate.get('code')} {gate.get('detail') or ''}".rstrip() for gate in blocked
    ]
    passed = [str(gate.get("gate")) for gate in gates if gate.get("allowed")]
    return lines + ([f"  passed    {', '.join(passed)}"] if passed else [])


def _action(action: Any) -> str:
    if not isinstance(action, dict):
        return str(action)
    return " ".join(str(action[key]) for key in ("kind", "key", "status", "result") if action.get(key))


def _event_lines(row: Row, event: Row) -> list[str]:
    if not row.get("event_id"):
        return []
    trace = row.get("trace_id") or event.get("trace_id") or "-"
    attempts = event.get("attempts")
    return [
        f"  event     {row['event_id']} {event.get('status', 'expired')}, attempts {attempts or '-'}, trace {trace}"
    ]


def _labelled(label: str, values: Any) -> list[str]:
    return [f"  {label:<9} {', '.join(map(str, values))}"] if values else []


def _number(value: Any) -> str:
    return "-" if value is None else f"{float(value):.2f}"


def _load_state(environment: Environment, conversation_id: str) -> Row | None:
    answer = environment.client("dynamodb").get_item(
        TableName=environment.table("conversation_state"),
        Key={"conversation_id": {"S": conversation_id}},
        ConsistentRead=True,
    )
    return _plain(answer["Item"]) if "Item" in answer else None


def _load_rows(environment: Environment, conversation_id: str) -> list[Row]:
    pages = (
        environment.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment.table("audit_trail"),
            KeyConditionExpression="conversation_id = :id",
            ExpressionAttributeValues={":id": {"S": conversation_id}},
            ConsistentRead=True,
        )
    )
    return [_plain(item) for page in pages for item in page["Items"]]


def _load_events(environment: Environment, ids: list[str]) -> dict[str, Row]:
    table = environment.table("idempotency")
    found = []
    for start in range(0, len(ids), BATCH_GET_LIMIT):
        keys = [{"event_id": {"S": event_id}} for event_id in ids[start : start + BATCH_GET_LIMIT]]
        answer = environment.client("dynamodb").batch_get_item(
            RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
        )
        found += answer["Responses"].get(table, [])
    return {str(row["event_id"]): row for row in map(_plain, found)}


def _plain(item: dict[str, Any]) -> Row:
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    return {key: read(value) for key, value in item.items()}
