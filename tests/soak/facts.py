"""What is left when a soak is over, in plain values: helpdesk, queues, tables, logs, requests to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_local.stack import Stack
from tests.soak.drive import Disturbances, Drive, Written
from tests.soak.plan import Plan

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One text that the helpdesk took from us for a conversation; a note reaches no customer."""

    conversation_id: str
    at_epoch_ms: int
    body: str
    is_note: bool


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One request of ours that would put a reply into a conversation, whatever became of it."""

    conversation_id: str
    at_epoch_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A conversation as the helpdesk has it at the end."""

    tags: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the judge looks at. `events` and `actions` are the items of idempotency by key, `states` those of
    conversation_state, `rows` those of audit_trail.
    """

    plan: Plan
    written: Mapping[tuple[int, int], Written]
    done: Disturbances
    under_way: int
    seen: Mapping[str, Seen]
    sent: tuple[Sent, ...]
    send_requests: tuple[SendRequest, ...]
    events: Mapping[str, Json]
    actions: Mapping[str, Json]
    states: Mapping[str, Json]
    rows: Mapping[str, list[Json]]
    dead: tuple[Json, ...]
    logs: Mapping[str, str]
    model_requests: str
    model_violations: int
    started_at_epoch_ms: int


def gather_facts(stack: Stack, drive: Drive) -> Facts:
    """Reads everything; the system must be quiet."""
    observer = stack.observer
    items = observer.items("idempotency")
    rows: dict[str, list[Json]] = {}
    for row in observer.items("audit_trail"):
        rows.setdefault(row["conversation_id"], []).append(row)
    return Facts(
        plan=drive.plan,
        written=drive.written,
        done=drive.done,
        under_way=sum(observer.depth(queue) for queue in stack.topology.queues),
        seen=_seen(stack),
        sent=_sent(stack),
        send_requests=_send_requests(stack),
        events={item["event_id"]: item for item in items if item["event_id"].startswith("evt:")},
        actions={item["event_id"]: item for item in items if item["event_id"].startswith("act:")},
        states={item["conversation_id"]: item for item in observer.items("conversation_state")},
        rows={key: sorted(found, key=lambda row: str(row["ts_action_id"])) for key, found in rows.items()},
        dead=tuple(dead_letter for queue in stack.topology.queues for dead_letter in observer.dead_letters(queue)),
        logs={name: "\n".join(observer.log_lines(name)) for name in stack.topology.functions},
        model_requests="\n".join(request.body for request in stack.openai.requests),
        model_violations=len(stack.openai.violations),
        started_at_epoch_ms=drive.started_at_epoch_ms,
    )


def _seen(stack: Stack) -> dict[str, Seen]:
    store = stack.richpanel.store
    return {
        ticket.id: Seen(tuple(store.tags.get(tag, tag) for tag in ticket.tags), ticket.status == "CLOSED")
        for ticket in store.tickets.values()
    }


def _sent(stack: Stack) -> tuple[Sent, ...]:
    return tuple(
        Sent(one.conversation_id, one.at_epoch_ms, one.body, not one.reached_customer)
        for one in stack.richpanel.store.deliveries
    )


def _send_requests(stack: Stack) -> tuple[SendRequest, ...]:
    from urllib.parse import unquote

    found = []
    for request in stack.richpanel.requests:
        segments = [unquote(part) for part in request.path.strip("/").split("/")]
        if request.method == "PUT" and _is_reply(segments, request.body):
            found.append(SendRequest(segments[2], request.at_epoch_ms))
    return tuple(found)


def _is_reply(segments: list[str], body: str) -> bool:
    if segments[-1] == "send-message":
        return True
    if len(segments) != 3 or '"comment"' not in body:
        return False
    comment = json.loads(body)["ticket"].get("comment", {})
    return bool(comment.get("public", True))
