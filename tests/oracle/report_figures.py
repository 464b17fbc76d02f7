"""A report's figures by their definitions, from the tables' rows alone; it knows no code of the product.

`recompute(rows, days, now, measures)` -> {(figure, name): (value, hits, of, low, high)}. Rows are plain values. It is
written for being read beside docs/report.md, not for speed: each figure goes through all rows anew.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any

HOUR_MS = 3_600_000
WINDOWS = {"72h": 72 * HOUR_MS, "7d": 7 * 24 * HOUR_MS}
MACHINE_CODES = {"written_by_machine", "machine_among", "maybe_machine"}
BAD_TAGS = {"mw-wrong-reply", "mw-false-claim", "mw-answered-machine"}
DRAFT_ENDS = ("sent_unchanged", "edited", "not_used", "unanswered")
Row = dict[str, Any]
Told = tuple[float | None, int | None, int | None, float | None, float | None]
Figures = dict[tuple[str, str], Told]


def recompute(
    rows: list[Row], days: list[str], now: int, measures: dict[str, int], acknowledgements: tuple[str, ...] = ()
) -> Figures:
    """Every figure of the report of `days` (UTC); `now` is epoch milliseconds."""
    later = [row for row in rows if "kind" not in row and row["outcome"] == "completed"]
    rows = [row for row in rows if row.get("day") in days]
    decisions = [row for row in rows if "kind" not in row and row["outcome"] != "parked"]
    outcomes = newest(row for row in rows if row.get("kind") == "outcome")
    found: Figures = {}
    put_volume(found, decisions, outcomes, measures, acknowledgements)
    put_resolution(found, decisions, outcomes, later, now, measures)
    put_handed_over(found, decisions, outcomes)
    put_agreement(found, outcomes)
    put_drafts(found, outcomes)
    put_answers(found, decisions, outcomes)
    return found


def newest(outcomes: Any) -> list[Row]:
    """Of each decision the outcome with the latest time of reading."""
    kept: dict[tuple[str, str], Row] = {}
    for row in sorted(outcomes, key=lambda row: row["read_at"]):
        time, digest = row["ts_action_id"].split("#")[:2]
        kept[row["conversation_id"], time + digest] = row
    return list(kept.values())


def put_volume(
    found: Figures,
    decisions: list[Row],
    outcomes: list[Row],
    measures: dict[str, int],
    acknowledgements: tuple[str, ...],
) -> None:
    """How much there was."""
    sent = [row for row in decisions if is_sent(row)]
    found["received", ""] = count(measures["received"])
    found["decided", ""] = count(len(decisions))
    found["machines", ""] = count(
        sum(bool(MACHINE_CODES & ({*blocked(row)} | {*row.get("reasons", [])})) for row in decisions)
    )
    found["routed", ""] = count(sum(row.get("actions", {}).get("rp_tags") == "done" for row in decisions))
    said_nothing = [row for row in sent if row.get("template") in acknowledgements]
    found["answered", ""] = share(len([row for row in sent if row not in said_nothing]), len(decisions))
    found["acknowledged", ""] = share(len(said_nothing), len(decisions))
    found["handed_over", ""] = share(len(decisions) - len(sent), len(decisions))
    found["read_back", ""] = share(len(outcomes), len(decisions))


def put_resolution(
    found: Figures, decisions: list[Row], outcomes: list[Row], later: list[Row], now: int, measures: dict[str, int]
) -> None:
    """What stayed quiet, of days whose time is over, and what that cost. `later` are the decisions of all days."""
    decided: dict[str, list[int]] = {}
    for row in later:
        decided.setdefault(row["conversation_id"], []).append(moment_of(row))
    for name, window in WINDOWS.items():
        due = [row for row in outcomes if row["reply"] == "sent" and end_of(row["day"]) + window <= now]
        again = [
            row
            for row in due
            if row.get("customer_ms", window + 1) <= window
            or any(0 < time - moment_of(row) <= window for time in decided.get(row["conversation_id"], []))
        ]
        quiet = [
            row for row in due if row not in again and row["end"] == "closed" and row.get("agent_ms", 1e18) > window
        ]
        found[f"resolved_{name}", ""] = share(len(quiet), len(due))
        found[f"contacted_again_{name}", ""] = share(len(again), len(due))
    cost = measures["model_microdollars"] / 1e6
    quiet_share = found["resolved_72h", ""][0]
    resolutions = (quiet_share or 0) * sum(map(is_sent, decisions))
    found["model_cost", ""] = count(cost)
    found["dollars_a_resolution", ""] = count(cost / resolutions if resolutions else None)


def put_handed_over(found: Figures, decisions: list[Row], outcomes: list[Row]) -> None:
    """Why there was no reply, and how long people took."""
    for row in decisions:
        if is_sent(row):
            continue
        refused = row.get("actions", {}).get("rp_reply", "").partition(":")[2]
        stopped = {code for code in [refused, *blocked(row)] if code}
        for code in stopped or set(row.get("reasons", [])):
            before = found.get(("handed_over_because", code), count(0))[0] or 0
            found["handed_over_because", code] = count(before + 1)
    waited = [row.get("agent_ms") for row in outcomes if row["reply"] != "sent"]
    known = [time for time in waited if time is not None]
    found["waited_p50", ""] = count(percentile(known, 0.5))
    found["waited_p95", ""] = count(percentile(known, 0.95))
    found["unanswered", ""] = count(len(waited) - len(known))


def put_agreement(found: Figures, outcomes: list[Row]) -> None:
    """Where tickets ended, and what was wrong with replies."""
    told = [row for row in outcomes if row["agreement"] in {"same", "moved"}]
    found["agreement", ""] = share(sum(row["agreement"] == "same" for row in told), len(told))
    for figure, field in (("agreement_by_team", "route"), ("agreement_by_intent", "intent")):
        for name in {row[field] for row in told}:
            of = [row for row in told if row[field] == name]
            found[figure, name] = share(sum(row["agreement"] == "same" for row in of), len(of))
    found["team_unknown", ""] = count(sum(row["agreement"] == "unknown" for row in outcomes))
    moves = [f"{row['route']} > {row['team']}" for row in told if row["agreement"] == "moved"]
    found.update({("moved", move): count(moves.count(move)) for move in set(moves)})
    for figure, reply in (("wrong_replies", "sent"), ("wrong_planned", "planned")):
        of = [row for row in outcomes if row["reply"] == reply]
        found[figure, ""] = share(sum(row["agreement"] == "moved" or bool(marks(row)) for row in of), len(of))
    sent = [row for row in outcomes if row["reply"] == "sent"]
    corrected = [row for row in sent if row.get("agent_ms", 1e18) < row.get("customer_ms", 1e18)]
    machines = [row for row in sent if row["end"] == "spam" or "mw-answered-machine" in marks(row)]
    found["corrected", ""] = count(len(corrected))
    found["machines_answered", ""] = count(len(machines))
    found["false_claims", ""] = count(sum("mw-false-claim" in marks(row) for row in sent))


def put_drafts(found: Figures, outcomes: list[Row]) -> None:
    """What agents did with the drafts."""
    ends = [row["draft"] for row in outcomes if row.get("draft")]
    found["drafts", ""] = count(len(ends))
    for end in DRAFT_ENDS:
        found["draft_ended", end] = share(ends.count(end), len(ends))


def put_answers(found: Figures, decisions: list[Row], outcomes: list[Row]) -> None:
    """How soon the first answer came, and how content customers were."""
    ours = [row["done_at"] - (row["replay"]["t"] - row["replay"].get("a", 0)) for row in decisions if is_sent(row)]
    theirs = [row["agent_ms"] for row in outcomes if row["reply"] != "sent" and "agent_ms" in row]
    found["first_answer_p50", ""] = count(percentile(ours + theirs, 0.5))
    found["first_answer_p95", ""] = count(percentile(ours + theirs, 0.95))
    ratings = [row["rating"] for row in outcomes if "rating" in row]
    mean = sum(ratings) / len(ratings) if ratings else None
    found["rating", ""] = (mean, None, len(ratings), None, None)
    found["satisfied", ""] = share(sum(rating >= 4 for rating in ratings), len(ratings))


def is_sent(row: Row) -> bool:
    """An automatic reply that is known to be in the ticket."""
    return row.get("actions", {}).get("rp_reply", "").split(":")[0] == "done"


def blocked(row: Row) -> list[str]:
    """The codes of the gates that kept a reply back."""
    return [gate.split(":")[1] for gate in row.get("gates_blocked", [])]


def marks(row: Row) -> set[str]:
    """What people marked."""
    return BAD_TAGS & {*row.get("marks", [])}


def moment_of(row: Row) -> int:
    """When the row's decision was made, epoch milliseconds."""
    return round(datetime.fromisoformat(row["ts_action_id"].split("#")[0]).timestamp() * 1000)


def end_of(day: str) -> int:
    """A UTC day's end, epoch milliseconds."""
    return round((datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)).timestamp() * 1000)


def percentile(times: list[int], part: float) -> int | None:
    """The first of 50 ms, 60 ms, 72 ms ... (a fifth more each) within which `part` of the times are."""
    bound = 50.0
    while times and sum(time <= bound for time in times) < part * len(times):
        bound *= 1.2
    return round(bound) if times else None


def count(value: float | None) -> Told:
    """A figure that is no share."""
    return value, None, None, None, None


def share(hits: int, of: int) -> Told:
    """A share with Wilson's interval at 95 %."""
    if not of:
        return None, hits, of, None, None
    z, part = 1.959964, hits / of
    middle = part + z * z / (2 * of)
    half = z * sqrt((part * (1 - part) + z * z / (4 * of)) / of)
    low, high = ((middle + sign * half) / (1 + z * z / of) for sign in (-1, 1))
    return part, hits, of, max(0.0, low), min(1.0, high)
