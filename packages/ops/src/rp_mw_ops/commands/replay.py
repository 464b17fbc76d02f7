"""`rp-mw replay`: what a changed policy would have decided on recorded decisions, row by row and in sum.

The rows come from an exported file (JSONL) or from table audit_trail. Each holds what the decision was made from as
codes and counts (`replay`, see `domain/record.py`); both policies decide it again, so a change shows by itself and not
mixed with a code change since.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rp_mw_ops.audit_trail import Row
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.figures.period import days_until, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.day_sums import KEPT_DAYS
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import ReplayError, from_replay_record
from rp_mw_worker.policy.loader import load_policy

REPLAY_FIELD = "replay"
NO_REPLY = "no reply"
LOOKUP = "order lookup"


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded decision under both policies; `differences` maps what changed to before and after."""

    conversation_id: str
    decided_at: str
    differences: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """The sum over all rows; `unreadable` rows hold no record that this version can decide again."""

    rows: int
    changed: int
    unreadable: int
    by_change: dict[str, int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the policies and where the rows come from."""
    add_environment_argument(parser)
    parser.add_argument("file", nargs="?", help="rows exported from table audit_trail as JSONL (- is standard input)")
    parser.add_argument("--policy", type=Path, required=True, metavar="DIR", help="the changed policy's directory")
    parser.add_argument("--before", type=Path, metavar="DIR", help="compare with this policy, not the shipped one")
    parser.add_argument("--json", action="store_true", help="print changes and sum as JSON")


def run(args: argparse.Namespace) -> int:
    """0 whether or not something changes; raises ConfigurationError for a broken policy."""
    before, after = load_policy(args.before), load_policy(args.policy)
    environment = None if args.file else open_environment(args.env)
    if environment is not None:
        announce(environment, args)
    changes, summary = replay(table_rows(environment) if environment else _file_rows(args.file), before, after)
    _require_records(summary, args.file)
    if args.json:
        told = {"changes": [asdict(change) for change in changes], "summary": asdict(summary)}
        write_json(with_where(environment, told) if environment else told)
    else:
        write_lines(*to_lines(changes, summary))
    return 0


def _require_records(summary: Summary, file: str | None) -> None:
    """Raise NotFoundError where nothing could be replayed: no answer is not the answer that nothing changes."""
    if summary.rows > summary.unreadable:
        return
    where = file or "the audit trail"
    raise NotFoundError(
        f"{where} holds no decision that can be replayed ({summary.rows} rows): give the audit trail's rows with their "
        f"{REPLAY_FIELD} record, as JSONL"
    )


def replay(rows: Iterable[Mapping[str, Any]], before: Policy, after: Policy) -> tuple[list[Change], Summary]:
    """Return every row that `after` decides otherwise than `before`, and the sum."""
    changes: list[Change] = []
    counts: Counter[str] = Counter()
    seen = unreadable = 0
    for row in rows:
        seen += 1
        try:
            case = from_replay_record(dict(row[REPLAY_FIELD]))
        except (KeyError, ReplayError):
            unreadable += 1
            continue
        differences = find_differences(decide(case, before), decide(case, after))
        if differences:
            decided_at = str(row.get("ts_action_id", "")).split("#", 1)[0]
            changes.append(Change(str(row.get("conversation_id", "")), decided_at, differences))
            counts.update(f"{name}: {old} -> {new}" for name, (old, new) in differences.items())
    return changes, Summary(seen, len(changes), unreadable, dict(counts.most_common()))


def find_differences(before: Decision, after: Decision) -> dict[str, tuple[str, str]]:
    """Return what a person would notice: team, answer, closing, tags, reasons."""
    pairs = {
        "team": (before.route_team, after.route_team),
        "answer": (_answer(before), _answer(after)),
        "closes": (str(before.close_ticket), str(after.close_ticket)),
        "tags": (" ".join(before.tags), " ".join(after.tags)),
        "reasons": (" ".join(before.reasons), " ".join(after.reasons)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def to_lines(changes: Iterable[Change], summary: Summary) -> list[str]:
    """Return the changes and the sum for people."""
    lines = []
    for change in changes:
        lines.append(f"{change.decided_at} {change.conversation_id}")
        lines += [f"    {name}: {old} -> {new}" for name, (old, new) in change.differences.items()]
    lines.append(f"{summary.rows} decisions, {summary.changed} would change, {summary.unreadable} hold no record")
    lines += [f"    {count:>6}  {change}" for change, count in summary.by_change.items()]
    return lines


def table_rows(environment: Environment) -> Iterator[Row]:
    """Yield audit_trail's final decisions that can be replayed, oldest first, by the index of days."""
    days = open_days(environment)
    for day in days_until(utc_day(SystemClock().now_epoch_ms()), KEPT_DAYS):
        yield from (row for row in days.load_rows(day) if REPLAY_FIELD in row)


def _file_rows(name: str) -> Iterator[Row]:
    lines = sys.stdin if name == "-" else load_lines(Path(name))
    return (parse_object(line, number) for number, line in numbered(lines))


def _answer(decision: Decision) -> str:
    return decision.template_id or (LOOKUP if decision.order_question else NO_REPLY)
