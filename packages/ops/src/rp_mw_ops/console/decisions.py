"""The last day's decisions from table audit_trail: one line each, and what they add up to.

The table has no index by time, so it is scanned, and no further than a budget: one more index would cost every event a
write unit, a scan costs something only while somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from rp_mw_ops.audit_trail import OPERATOR_KINDS, Row, scan_pages
from rp_mw_ops.environment import Environment
from rp_mw_ops.explanation import headline, row_time
from rp_mw_shared.times import MS_PER_DAY, to_utc_text

MAX_LINES = 100
# a page is one megabyte, 128 read units. Source: DynamoDB Developer Guide, "Scanning tables"
MAX_PAGES = 20
MAX_WHYS = 8
PARKED = "parked"


def load_decisions(environment: Environment, now_epoch_ms: int) -> Row:
    """The newest lines and the day's figures; `is_whole` is False when the table is larger than the budget."""
    pages = list(islice(_pages(environment, to_utc_text(now_epoch_ms - MS_PER_DAY)), MAX_PAGES + 1))
    rows = [row for page in pages[:MAX_PAGES] for row in page]
    rows.sort(key=lambda row: str(row["ts_action_id"]), reverse=True)
    return {
        "lines": [to_line(row) for row in rows[:MAX_LINES]],
        "is_whole": len(pages) <= MAX_PAGES,
        **to_figures(rows),
    }


def to_line(row: Row) -> Row:
    """One decision or operator's deed, with its reply in a word and the codes that say why."""
    if row.get("kind") in OPERATOR_KINDS:
        return {"at": row_time(row), "kind": row["kind"], "headline": headline(row)}
    return {
        "at": row_time(row),
        "kind": "decision",
        "id": row["conversation_id"],
        "route": row.get("route"),
        "intent": row.get("intent"),
        "confidence": row.get("confidence"),
        "tier": row.get("tier"),
        "mode": row.get("mode"),
        "template": row.get("template"),
        "reply": to_reply(row),
        "why": [str(code) for code in _whys(row)[:MAX_WHYS]],
    }


def to_reply(row: Row) -> str:
    """What became of a reply: sent, unknown, blocked, waiting, recorded (would have been sent) or none."""
    if row.get("outcome") == PARKED:
        return "waiting"
    status = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[0]
    if status:
        return "sent" if status == "done" else status
    return "recorded" if row.get("template") else "none"


def to_figures(rows: Iterable[Row]) -> Row:
    """Finished decisions by tier (`route` for none), replies by what became of them, and the commonest blocks."""
    decisions = [row for row in rows if row.get("kind") not in OPERATOR_KINDS and row.get("outcome") != PARKED]
    blocks = Counter(str(code) for row in decisions for code in row.get("gates_blocked") or [])
    return {
        "count": len(decisions),
        "tiers": Counter("route" if row.get("tier") is None else str(row["tier"]) for row in decisions),
        "replies": Counter(to_reply(row) for row in decisions),
        "blocks": blocks.most_common(5),
    }


def _whys(row: Row) -> list[Any]:
    blocked = row.get("gates_blocked") or []
    refused = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[2]
    if to_reply(row) in ("none", "blocked") and (blocked or refused):
        return [refused, *blocked] if refused else blocked
    return row.get("reasons") or []


def _pages(environment: Environment, since: str) -> Iterator[list[Row]]:
    return scan_pages(
        environment,
        FilterExpression="ts_action_id >= :since",
        ExpressionAttributeValues={":since": {"S": since}},
    )
