"""What became of a decision's ticket, read back from the helpdesk once it was closed: codes and times, no word.

decided ── people work ── closed ── read back: an outcome beside the decision ── opened and closed again: read anew

An outcome is a row of the audit trail beside its decision, in the index of the decision's day. It repeats what it is
compared with, so that figures need no second row. Nothing is ever changed: of two outcomes the one read later counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rp_mw_shared.times import parse_iso_ms
from rp_mw_worker.domain.drafts import DraftEnd
from rp_mw_worker.domain.figures import (
    NONE,
    OUTCOME,
    OUTCOME_ENDING,
    PLANNED,
    SENT,
    decision_key,
    has_draft,
    has_planned_reply,
    is_decision,
    latest_outcomes,
    reply_of,
)
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.policy import Team
from rp_mw_worker.domain.tags import INTENT_PREFIX, ROUTE_PREFIX, AgentTag

DECISION_ENDING = "#decision"
_TIME_CHARS = len("2026-11-29T10:20:00.000Z")
_CLOSED_BY_US = "rp_status"
Row = Mapping[str, Any]


class Agreement(StrEnum):
    """Whether the ticket ended with the team it was routed to."""

    SAME = "same"
    MOVED = "moved"  # another team's tag or person
    UNKNOWN = "unknown"  # nothing tells the team, or nobody looked at the ticket
    SUPERSEDED = "superseded"  # a later decision routed the ticket


class End(StrEnum):
    """How the ticket was found."""

    CLOSED = "closed"
    SPAM = "spam"
    TRASHED = "trashed"
    GONE = "gone"  # deleted, or merged into another one


@dataclass(frozen=True, slots=True)
class Written:
    """One message of a ticket: by whom and when (epoch milliseconds)."""

    message_id: str
    author: Author
    at_epoch_ms: int


@dataclass(frozen=True, slots=True)
class ClosedTicket:
    """A ticket as it was read back. `tags` are names; `rating` is the customer's, 1 to 5, None for none;
    `draft` is how the last draft in it ended."""

    conversation_id: str
    end: End
    written: tuple[Written, ...] = ()
    tags: frozenset[str] = frozenset()
    assignee_id: str | None = None
    rating: int | None = None
    draft: DraftEnd | None = None


@dataclass(frozen=True, slots=True)
class Judging:
    """What a ticket is judged by: the policy's teams and labels, how near an own reply's time is, when it was read."""

    teams: Mapping[str, Team]
    labels: Collection[str]
    own_reply_match_ms: int
    read_at_epoch_ms: int


def to_outcomes(rows: Sequence[Row], ticket: ClosedTicket, judging: Judging) -> list[dict[str, Any]]:
    """Return one outcome for each decision among a conversation's `rows`, oldest first, as items of the audit trail.

    Only the last decision is compared with the team at the end. `agent_ms` and `customer_ms` are milliseconds from the
    customer's message to the next one of a person of the shop and of the customer.
    """
    decisions = sorted((row for row in rows if is_decision(row)), key=lambda row: str(row["ts_action_id"]))
    own = _find_own(decisions, ticket, judging)
    outcomes = [
        _to_outcome(row, ticket, judging, own, is_last=place == len(decisions))
        for place, row in enumerate(decisions, 1)
    ]
    drafted = [outcome for outcome, row in zip(outcomes, decisions, strict=True) if has_draft(row)]
    if drafted and ticket.draft is not None:
        drafted[-1]["draft"] = ticket.draft.value  # the ticket tells of its last one
    return outcomes


def find_news(outcomes: Sequence[dict[str, Any]], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return those of `outcomes` that say something else than the newest one among the conversation's `rows`."""
    known = {decision_key(row): _without_reading(row) for row in latest_outcomes(rows)}
    return [one for one in outcomes if known.get(decision_key(one)) != _without_reading(one)]


def _without_reading(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("ts_action_id", "read_at")}


def _to_outcome(
    row: Row, ticket: ClosedTicket, judging: Judging, own: frozenset[str], *, is_last: bool
) -> dict[str, Any]:
    at = str(row["ts_action_id"])
    since, later = _written_after(row, ticket)
    people = (one for one in later if one.author is Author.OPERATOR and one.message_id not in own)
    agent_ms = next((one.at_epoch_ms - since for one in people), None)
    customer_ms = next((one.at_epoch_ms - since for one in later if one.author is Author.CUSTOMER), None)
    route, label = str(row.get("route") or "-"), str(row.get("intent") or "-")
    agreement, team = _compare(row, route, ticket, judging, is_seen=agent_ms is not None)
    agreement = agreement if is_last else Agreement.SUPERSEDED
    reply = reply_of(row)
    values = {
        "conversation_id": ticket.conversation_id,
        "ts_action_id": f"{at.removesuffix(DECISION_ENDING)}{OUTCOME_ENDING}#{judging.read_at_epoch_ms}",
        "kind": OUTCOME,
        "day": row.get("day"),
        "expires_at": row.get("expires_at"),
        "read_at": judging.read_at_epoch_ms,
        "end": ticket.end.value,
        "route": route,
        "intent": label,
        "reply": reply if reply == SENT else PLANNED if has_planned_reply(row) else NONE,
        "agreement": agreement.value,
        "team": team if agreement is Agreement.MOVED else None,
        "label": _other_label(ticket, label, judging.labels) if is_last else None,
        "agent_ms": agent_ms,
        "customer_ms": customer_ms,
        "marks": sorted(tag.value for tag in AgentTag if tag.value in ticket.tags) if is_last else None,
        "rating": ticket.rating if is_last else None,
    }
    return {name: value for name, value in values.items() if value not in (None, [])}


def _written_after(row: Row, ticket: ClosedTicket) -> tuple[int, list[Written]]:
    """Return when the decision's message was written, and what was written after it, oldest first."""
    decided_at = parse_iso_ms(str(row["ts_action_id"])[:_TIME_CHARS])
    message = next((one for one in ticket.written if one.message_id == row.get("message_id")), None)
    since = message.at_epoch_ms if message else decided_at
    later = (one for one in ticket.written if one.at_epoch_ms >= since and one is not message)
    return since, sorted(later, key=lambda one: one.at_epoch_ms)


def _find_own(decisions: Sequence[Row], ticket: ClosedTicket, judging: Judging) -> frozenset[str]:
    """Return the ids of our own replies: for each that was sent, the operator's message that is nearest in time."""
    operators = [one for one in ticket.written if one.author is Author.OPERATOR]
    found: set[str] = set()
    for sent in (int(row["done_at"]) for row in decisions if reply_of(row) == SENT and "done_at" in row):
        near = ((abs(one.at_epoch_ms - sent), one.message_id) for one in operators if one.message_id not in found)
        distance, message_id = min(near, default=(judging.own_reply_match_ms + 1, ""))
        found |= {message_id} if distance <= judging.own_reply_match_ms else set()
    return frozenset(found)


def _compare(
    row: Row, route: str, ticket: ClosedTicket, judging: Judging, *, is_seen: bool
) -> tuple[Agreement, str | None]:
    """Compare our team with whatever tells another; a ticket that we closed and nobody wrote in agrees with nobody."""
    found = find_teams(ticket, judging.teams)
    others = [team for team in found if team != route]
    if others:
        return Agreement.MOVED, others[0]
    was_left = str((row.get("actions") or {}).get(_CLOSED_BY_US, "")).startswith("done") and not is_seen
    return (Agreement.SAME if found and not was_left else Agreement.UNKNOWN), None


def find_teams(ticket: ClosedTicket, teams: Mapping[str, Team]) -> list[str]:
    """Return the teams that the ticket's person and tags tell, the person's first; a person of several tells none."""
    of_person = [name for name, team in teams.items() if team.assignee_id and team.assignee_id == ticket.assignee_id]
    of_tags = [
        name
        for name, team in teams.items()
        if f"{ROUTE_PREFIX}{team.slug}" in ticket.tags or any(tag in ticket.tags for tag in team.also_tagged)
    ]
    return list(dict.fromkeys([*(of_person if len(of_person) == 1 else ()), *of_tags]))


def _other_label(ticket: ClosedTicket, label: str, labels: Collection[str]) -> str | None:
    """Return the intent that an agent's tag names in place of ours; a tag that is no label may be anything: None."""
    found = [one for one in labels if f"{INTENT_PREFIX}{one}" in ticket.tags and one != label]
    return found[0] if len(found) == 1 else None
