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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rp_mw_ops.audit_trail import Row, scan_pages
from rp_mw_ops.environment import Environment, add_environment_argument, open_environment
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import ReplayError, from_replay_record
from rp_mw_worker.policy.loader import load_policy

REPLAY_FIELD = "replay"
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
    parser.add_argument("--policy", type=Path, required=True, metavar="DIR", help="the changed policy's directory")
    parser.add_argument("--before", type=Path, metavar="DIR", help="compare with this policy, not the shipped one")
    parser.add_argument("--json", action="store_true", help="print changes and sum as JSON")


def run(args: argparse.Namespace) -> int:
    """0 whether or not something changes; raises ConfigurationError for a broken policy."""
    before, after = load_policy(args.before), load_policy(args.policy)
    rows = _file_rows(args.file) if args.file else table_rows(open_environment(args.env))
    changes, summary = replay(rows, before, after)
    if args.json:
        write_json({"changes": [asdict(change) for change in changes], "summary": asdict(summary)})
    else:
        write_lines(*to_lines(changes, summary))
    return 0


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


def table_rows(environment: Environment) -> Iterator[Row]:
    """Yield audit_trail's rows that can be replayed."""
    has_record = "attribute_exists(#replay)"
    names = {"#replay": REPLAY_FIELD}
    for page in scan_pages(environment, FilterExpression=has_record, ExpressionAttributeNames=names):
        yield from page


def _file_rows(name: str) -> Iterator[Row]:
    lines = sys.stdin if name == "-" else load_lines(Path(name))
    return (parse_object(line, number) for number, line in numbered(lines))


def _answer(decision: Decision) -> str:
    return decision.template_id or (LOOKUP if decision.order_question else NO_REPLY)
