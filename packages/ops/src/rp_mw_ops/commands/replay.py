"""`rp-mw replay`: whether recorded decisions come out the same again, or what a changed policy would have decided.

The rows come from an exported file (JSONL) or from table audit_trail. Each holds what the decision was made from as
codes and counts (`replay`, see `domain/record.py`). Without --policy the last decisions are made again and compared
with what was recorded. With it both policies decide again: a change shows by itself, not mixed with one of the code.

Exit codes: 0 all the same, or the change is shown; 1 a decision came out another way, or there is none to replay.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rp_mw_ops.audit_trail import Row
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.exit_codes import DONE, FINDING
from rp_mw_ops.figures.period import days_until, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_ops.identity import REPLAY_FIELD, Identity, prove
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.progress import still_at_it
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.day_sums import KEPT_DAYS
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import ReplayError, from_replay_record
from rp_mw_worker.policy.loader import load_policy

MOST_PROVED = 10_000
NO_REPLY = "no reply"
LOOKUP = "order lookup"
ORDER_ANSWER, OTHER_REPLY, ACKNOWLEDGEMENT = KINDS = ("order answers", "questions and steps", "acknowledgements")


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded decision under both policies; `differences` maps what changed to before and after."""

    conversation_id: str
    decided_at: str
    differences: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """The sum over all rows; `unreadable` rows hold no record that this version can decide again.

    `replies` are what each policy sends, before and after, by kind: answers, questions, acknowledgements.
    """

    rows: int
    changed: int
    unreadable: int
    by_change: dict[str, int]
    replies: dict[str, tuple[int, int]] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the policies and where the rows come from."""
    add_environment_argument(parser)
    parser.add_argument("file", nargs="?", help="rows exported from table audit_trail as JSONL (- is standard input)")
    parser.add_argument(
        "--policy", type=Path, metavar="DIR", help="the changed policy's directory; without it identity"
    )
    parser.add_argument("--last", type=int, metavar="N", help=f"only the last N decisions (identity: {MOST_PROVED})")
    parser.add_argument("--before", type=Path, metavar="DIR", help="compare with this policy, not the shipped one")
    parser.add_argument("--json", action="store_true", help="print changes and sum as JSON")


def run(args: argparse.Namespace) -> int:
    """0 whether or not a changed policy changes something; raises ConfigurationError for a broken policy."""
    if args.last is not None and args.last < 1:
        raise UsageError(f"--last {args.last}: give at least 1")
    before, after = load_policy(args.before), load_policy(args.policy) if args.policy else None
    environment = None if args.file else open_environment(args.env)
    if environment is not None:
        announce(environment, args)
    if after is None:
        return _prove(args, environment, before)
    rows = _rows(args, environment, args.last)
    changes, summary = replay(rows, before, after)
    _require_records(summary, args.file)
    if args.json:
        told = {"changes": [asdict(change) for change in changes], "summary": asdict(summary)}
        write_json(with_where(environment, told) if environment else told)
    else:
        write_lines(*to_lines(changes, summary))
    return 0


def _prove(args: argparse.Namespace, environment: Environment | None, policy: Policy) -> int:
    """Make the last decisions again, and tell how many came out as they were recorded."""
    with still_at_it("reading"):
        rows = list(_rows(args, environment, args.last or MOST_PROVED))
    found = prove(with_progress(rows, "decisions made again"), policy)
    _require_records(Summary(found.rows, 0, found.unreadable, {}), args.file)
    if args.json:
        told = {"identity": asdict(found) | {"rate": found.rate}}
        write_json(with_where(environment, told) if environment else told)
    else:
        write_lines(*identity_lines(found))
    return DONE if not found.differing else FINDING


def _rows(args: argparse.Namespace, environment: Environment | None, last: int | None) -> Iterable[Mapping[str, Any]]:
    """Return the rows, the last `last` of them where it is given, oldest first."""
    if environment is not None and last is not None:
        return last_rows(environment, last)
    rows = table_rows(environment) if environment is not None else _file_rows(args.file)
    return deque(rows, maxlen=last) if last is not None else rows


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
    sent: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    seen = unreadable = 0
    for row in rows:
        seen += 1
        try:
            case = from_replay_record(dict(row[REPLAY_FIELD]))
        except (KeyError, ReplayError):
            unreadable += 1
            continue
        decisions = (decide(case, before), decide(case, after))
        for kinds, decision, policy in zip(sent, decisions, (before, after), strict=True):
            kinds.update(find_kind(decision, policy))
        differences = find_differences(*decisions)
        if differences:
            decided_at = str(row.get("ts_action_id", "")).split("#", 1)[0]
            changes.append(Change(str(row.get("conversation_id", "")), decided_at, differences))
            counts.update(f"{name}: {old} -> {new}" for name, (old, new) in differences.items())
    replies = {kind: (sent[0][kind], sent[1][kind]) for kind in KINDS}
    return changes, Summary(seen, len(changes), unreadable, dict(counts.most_common()), replies)


def find_kind(decision: Decision, policy: Policy) -> tuple[str, ...]:
    """Return the kind of the reply: an acknowledgement neither asks nor informs, so it counts as no answer."""
    if decision.template_id is None:
        return ()
    if policy.template_rules[decision.template_id].acknowledgement:
        return (ACKNOWLEDGEMENT,)
    return (ORDER_ANSWER,) if decision.tier == 2 else (OTHER_REPLY,)


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
    lines += [f"    {kind}: {old} -> {new}" for kind, (old, new) in summary.replies.items()]
    lines += [f"    {count:>6}  {change}" for change, count in summary.by_change.items()]
    return lines


def identity_lines(found: Identity) -> list[str]:
    """Return the proof for people: the rate first, then what came out another way."""
    compared = found.same + found.differing
    rate = "-" if found.rate is None else f"{math.floor(found.rate * 10_000) / 10_000:.4f}"
    lines = [f"identity {rate}: {found.same:,} of {compared:,} decisions come out as they were recorded"]
    for one in found.shown:
        lines.append(f"{one.decided_at} {one.conversation_id}")
        lines += [f"    {name}: {old} -> {new}" for name, (old, new) in one.differences.items()]
    left_out = f"{found.other_policy} of another policy, {found.unreadable} without a record"
    return [*lines, f"{found.rows:,} rows read; left out: {left_out}"]


def last_rows(environment: Environment, number: int) -> list[Row]:
    """Return the last `number` final decisions that can be replayed, oldest first; days before them are not read."""
    days, found = open_days(environment, for_many=True), list[Row]()
    for day in reversed(days_until(utc_day(SystemClock().now_epoch_ms()), KEPT_DAYS)):
        rows = [row for row in days.load_rows(day) if REPLAY_FIELD in row]
        found = rows[-(number - len(found)) :] + found
        if len(found) >= number:
            break
    return found


def table_rows(environment: Environment) -> Iterator[Row]:
    """Yield audit_trail's final decisions that can be replayed, oldest first, by the index of days."""
    days = open_days(environment)
    for day in days_until(utc_day(SystemClock().now_epoch_ms()), KEPT_DAYS):
        yield from (row for row in days.load_rows(day) if REPLAY_FIELD in row)


def _file_rows(name: str) -> Iterator[Row]:
    lines = sys.stdin if name == "-" else load_lines(Path(name))
    return (from_stored(parse_object(line, number)) for number, line in numbered(lines))


def _answer(decision: Decision) -> str:
    return decision.template_id or (LOOKUP if decision.order_question else NO_REPLY)
