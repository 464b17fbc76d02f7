"""Decisions and what became of their tickets, as rows of the audit trail, for tests of agreement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rp_mw_shared.times import to_utc_text
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.outcomes import ClosedTicket, End, Judging, Written, to_outcomes
from rp_mw_worker.domain.policy import Team

TEAMS = {"Sales": Team("sales"), "Backend": Team("backend")}


def ticket_rows(number: int, at: int, *, is_wrong: bool) -> Iterator[dict[str, Any]]:
    """A decision for Sales at `at` (epoch ms), whose reply only the stage kept back, and its outcome."""
    decision = {
        "conversation_id": f"agreed-{number}",
        "ts_action_id": f"{to_utc_text(at)}#{number:012x}#decision",
        "day": to_utc_text(at)[:10],
        "expires_at": at // 1000 + 5_000_000,
        "message_id": "m1",
        "outcome": "completed",
        "mode": "route_only",
        "route": "Sales",
        "intent": "promo_discount_issue",
        "template": "promo_ack",
        "tier": 1,
        "gates_blocked": ["rollout_stage:stage_too_low:assign"],
        "actions": {"rp_tags": "done"},
        "replay": {"c": "email", "t": at},
        "done_at": at + 500,
    }
    yield decision
    written = (Written("m1", Author.CUSTOMER, at - 2_000), Written("p1", Author.OPERATOR, at + 60_000))
    tags = frozenset({"route-backend" if is_wrong else "route-sales"})
    judging = Judging(TEAMS, (), own_reply_match_ms=180_000, read_at_epoch_ms=at + 120_000)
    yield from to_outcomes([decision], _closed(decision["conversation_id"], written, tags), judging)


def _closed(conversation_id: Any, written: tuple[Written, ...], tags: frozenset[str]) -> ClosedTicket:

    return ClosedTicket(str(conversation_id), End.CLOSED, written, tags)


def tickets(count: int, wrong: int, at: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows of so many tickets at one moment, the first `wrong` of which people sent to another team."""
    return [
        row
        for number in range(first, first + count)
        for row in ticket_rows(number, at + number, is_wrong=number - first < wrong)
    ]
