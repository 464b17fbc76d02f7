"""Writes one and the same tickets as the exports of three helpdesks and as a CSV, with what is true of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIME = "2026-03-02T10:00:00Z"
CANARY = "Zebrowski-Quartermain"


@dataclass(frozen=True, slots=True)
class Written:
    """A ticket as it was written into an export."""

    number: str
    words: str
    team: str
    tags: tuple[str, ...] = ()


TICKETS = (
    Written("11", f"Where is my order #1001? It was promised for Friday. {CANARY}", "Email Support"),
    Written("12", 'My lamp caught fire and burned my hand,\nand "nobody" answers; at all', "Leadership"),
    Written("13", "I want my money back for order 1002, please.", "Returns Admin", ("refund",)),
    Written("14", "Wo ist meine Bestellung 1003? Ich warte seit zwei Wochen.", "Night shift"),
    Written("15", "see the other ticket", "Email Support", ("closed_by_merge",)),
)


def write_zendesk(path: Path, tickets: Sequence[Written] = TICKETS, *, mark: bool = False) -> Path:
    """One object a line, the requester's words by author id; `mark` puts a byte-order mark in front."""
    lines = [json.dumps(_zendesk(ticket)) for ticket in tickets]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig" if mark else "utf-8")
    return path


def write_gorgias(path: Path, tickets: Sequence[Written] = TICKETS) -> Path:
    """One array of tickets with their messages, wrapped as the API's lists are."""
    path.write_text(json.dumps({"object": "list", "data": [_gorgias(ticket) for ticket in tickets]}), encoding="utf-8")
    return path


def write_richpanel(path: Path, tickets: Sequence[Written] = TICKETS) -> Path:
    """One array of tickets as the helpdesk's API shows them."""
    path.write_text(json.dumps([_richpanel(ticket) for ticket in tickets]), encoding="utf-8")
    return path


def write_csv(
    path: Path, tickets: Sequence[Written] = TICKETS, *, separator: str = ",", encoding: str = "utf-8"
) -> Path:
    """One row a message: the customer's and then an agent's, all customers' rows before all agents' rows."""
    header = ("Ticket ID", "Author", "Message", "Group", "Tags", "Created At")
    asked = [(one.number, "Customer", one.words, one.team, ", ".join(one.tags), "02/03/2026 10:00") for one in tickets]
    answered = [(one.number, "Agent", "Hello", one.team, ", ".join(one.tags), "13/03/2026 10:00") for one in tickets]
    with path.open("w", encoding=encoding, newline="") as file:
        rows = csv.writer(file, delimiter=separator)
        rows.writerows([header, *asked, *answered])
    return path


def _zendesk(ticket: Written) -> dict[str, Any]:
    return {
        "id": ticket.number,
        "requester_id": 7,
        "subject": "",
        "description": ticket.words,
        "via": {"channel": "email"},
        "group": {"name": ticket.team},
        "tags": list(ticket.tags),
        "created_at": TIME,
        "comments": [
            {"author_id": 7, "plain_body": ticket.words, "public": True, "created_at": TIME},
            {"author_id": 9, "plain_body": "for colleagues only", "public": False, "created_at": TIME},
            {"author_id": 9, "plain_body": "Hello", "public": True, "created_at": "2026-03-02T11:00:00Z"},
        ],
    }


def _gorgias(ticket: Written) -> dict[str, Any]:
    return {
        "id": ticket.number,
        "channel": "email",
        "subject": "",
        "assignee_team": {"name": ticket.team},
        "tags": [{"name": tag} for tag in ticket.tags],
        "messages": [
            {"from_agent": True, "body_text": "Hello", "created_datetime": "2026-03-02T11:00:00+00:00"},
            {"from_agent": False, "body_text": ticket.words, "created_datetime": "2026-03-02T10:00:00+00:00"},
        ],
    }


def _richpanel(ticket: Written) -> dict[str, Any]:
    return {
        "conversation_no": ticket.number,
        "id": f"<{ticket.number}@mail.example>",
        "subject": "",
        "via": {"channel": "email", "source": {"from": {"address": "a@example.com"}}},
        "team": {"name": ticket.team},
        "tags": list(ticket.tags),
        "comments": [{"is_operator": False, "plain_body": ticket.words, "created_at": TIME}],
    }
