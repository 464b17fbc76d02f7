"""From a row's input to the cases that `rp-mw decide` takes: the same reader, so the same functions as the worker.

A row is a raw body, a body with a note before it (`[state: …]`, `sender: …`), the helpdesk's ticket, or a whole case.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rp_mw_worker.domain.model import AWAITING_ORDER_NUMBER

NOW_EPOCH_MS = 1_795_550_400_000  # a Tuesday afternoon in New York, within business hours
CUSTOMER = "ana@mail.example"
FLAGS = {
    "automation_enabled": True,
    "automation_enabled_channels": ["email", "livechat"],
    "rollout_stage": "tier2",
}
_MS_PER_MINUTE = 60_000
_QUESTION = [{"label": "order_status_tracking", "confidence": 0.95}]
_SURE = {"intents": [{"label": "order_status_tracking", "confidence": 0.99}]}
_ASKED_BEFORE = [
    {
        "message_id": "earlier",
        "text": "Where is my order? I am waiting for it.",
        "created_at_epoch_ms": NOW_EPOCH_MS - 400_000,
    },
    {"author": "operator", "text": "Please tell us your order number.", "created_at_epoch_ms": NOW_EPOCH_MS - 300_000},
    {"message_id": "answer"},
]
_ASKED = re.compile(r"\[state: we asked for the order number 5 minutes ago\] ")
_SENT_BY = re.compile(r"([^\s@]{1,60}@[^\s@:,]{1,60})(?:, [^:\n]{1,60})?: ")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row: what came, and in words what is right. `note` may say that blank lines do not matter."""

    row_id: str
    kind: str
    body: str
    expected: str
    note: str = ""


def to_row(values: dict[str, Any]) -> FieldRow:
    """Return the row; raises KeyError where a field is missing."""
    row_id, kind, body, expected = (str(values[key]) for key in ("id", "kind", "input", "expected"))
    return FieldRow(row_id, kind, body, expected, str(values.get("note") or ""))


def to_case(row: FieldRow) -> dict[str, Any]:
    """Return the case of a row, the words classified by the embedded model unless the row says how."""
    given = _parse_object(row.body)
    if given is None:
        return _base() | _of_body(row)
    return _base() | _of_ticket(given["ticket"]) if "comments" in given.get("ticket", {}) else given


def to_sure_case(case: dict[str, Any]) -> dict[str, Any]:
    """Return the case as if the classifier were sure of an order question: what forbids a reply must hold even then."""
    return {key: value for key, value in case.items() if key != "classify"} | {"classification": _SURE}


def to_answered_case(case: dict[str, Any], number: str, pending: dict[str, Any] | None, by: str) -> dict[str, Any]:
    """Return the case after the lookup `by` number, link or address: the customer's own order, on its way."""
    created = case["now"] - 4 * 24 * 60 * _MS_PER_MINUTE
    order = {
        "order_id": "5551001",
        "name": f"#{number}",
        "created_at_epoch_ms": created,
        "fulfillment_status": "FULFILLED",
        "financial_status": "PAID",
        "shipping_method": "Standard",
        "destination_country": "US",
        "shipped_at_epoch_ms": created + 24 * 60 * _MS_PER_MINUTE,
        "delivery_status": "IN_TRANSIT",
        "tracking": [{"company": "UPS", "number": "1Z999AA10123456784", "url": "https://www.ups.com/track"}],
    }
    state = {**case.get("state", {}), **({"pending": pending} if pending else {})}
    return {**case, "state": state, "order": {"by": by, "order": order, "contacts": [CUSTOMER]}}


def _base() -> dict[str, Any]:
    return {"now": NOW_EPOCH_MS, "classify": True, "flags": FLAGS}


def _of_body(row: FieldRow) -> dict[str, Any]:
    body = row.body
    ticket: dict[str, Any] = {"contacts": [CUSTOMER]}
    more: dict[str, Any] = {}
    if (asked := _ASKED.match(body)) or row.row_id.startswith("on-bare"):
        body, more = body[asked.end() if asked else 0 :], {"state": _asked_state()}
        ticket["messages"] = _ASKED_BEFORE
    elif row.row_id.startswith("live-") and (sent_by := _SENT_BY.match(body)):
        body, ticket = body[sent_by.end() :], {"sender_address": sent_by[1]}
    channel = "phone" if row.kind == "voice transcript" else "email"
    return {"raw_text": body, "ticket": {**ticket, "channel": channel}, **more}


def _asked_state() -> dict[str, Any]:
    asked = NOW_EPOCH_MS - 5 * _MS_PER_MINUTE
    pending = {
        "kind": AWAITING_ORDER_NUMBER,
        "message_id": "earlier",
        "intents": _QUESTION,
        "expires_at_epoch_ms": NOW_EPOCH_MS + 60 * _MS_PER_MINUTE,
    }
    return {
        "last_message_id": "earlier",
        "pending": pending,
        "auto_replies": [{"sent_at_epoch_ms": asked, "template_id": "ask_order_number"}],
    }


def _of_ticket(ticket: dict[str, Any]) -> dict[str, Any]:
    """Return the case of the helpdesk's own form."""
    source = ticket["via"]["source"]
    return {
        "ticket": {
            "subject": ticket.get("subject", ""),
            "channel": ticket["via"]["channel"],
            "sender_address": source["from"]["address"],
            "sender_name": source["from"].get("name", ""),
            "recipient_address": source["to"]["address"],
            "messages": [_of_comment(comment) for comment in ticket["comments"]],
        }
    }


def _of_comment(comment: dict[str, Any]) -> dict[str, Any]:
    is_html = "plain_body" not in comment
    return {
        "raw_text": comment["body" if is_html else "plain_body"],
        "raw_is_html": is_html,
        "message_id": comment["id"],
        "author": "operator" if comment["is_operator"] else "customer",
        "created_at_epoch_ms": round(datetime.fromisoformat(comment["created_at"]).timestamp() * 1000),
    }


def _parse_object(body: str) -> dict[str, Any] | None:
    if not body.startswith("{"):
        return None
    found = json.loads(body)
    return found if isinstance(found, dict) else None
