"""The report, and the proof that decisions come out the same, over many rows; not a part of `make bench`.

    .venv/bin/python -m benchmarks.report                     100,000 rows, in memory and from the embedded AWS
    .venv/bin/python -m benchmarks.report --without-aws       in memory alone
    .venv/bin/python -m benchmarks.report --replay 10000      and so many decisions made again from their records

Seconds are those of CPU that this process takes. The embedded AWS is a process of its own, and is not counted.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.period import ReadableDays, days_until, load_days, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_ops.identity import prove
from rp_mw_ops.report.formats import to_csv, to_html, to_text
from rp_mw_ops.report.lines import to_report_lines
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.replay_record import to_replay_record
from rp_mw_worker.domain.screen import screen
from rp_mw_worker.policy.loader import load_policy

LIMITS = {"report in memory, s": 10.0, "report from the tables, s": 10.0, "decisions made again, s": 30.0}
DAYS = 7
_BATCH = 25  # Source: DynamoDB BatchWriteItem
MEASURES = {"received": 100_000, "model_microdollars": 5_000_000}
ROUTES = (
    ("Sales", "promo_discount_issue"),
    ("Email Support", "order_status_tracking"),
    ("Returns Admin", "return_request"),
)
Result = TypeVar("Result")


class InMemory:
    """Rows by day, without a table."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            self._rows.setdefault(row["day"], []).append(row)

    def load_rows(self, day: str) -> Iterable[Mapping[str, Any]]:
        """Return the day's rows."""
        return self._rows.get(day, [])

    def load_sums(self, days: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return nothing."""
        del days
        return {}


def main() -> int:
    """Measure, print; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report")
    parser.add_argument("--rows", type=int, default=100_000, help="decisions and outcomes together")
    parser.add_argument("--without-aws", action="store_true")
    parser.add_argument("--replay", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    now = SystemClock().now_epoch_ms()
    rows = make_rows(asked.rows, now)
    measured = {"report in memory, s": _timed(lambda: report(InMemory(rows), now))}
    if not asked.without_aws:
        with Emulator() as emulator:
            environment = _fill(emulator, rows)
            measured["report from the tables, s"] = _timed(lambda: report(open_days(environment, for_many=True), now))
    if asked.replay:
        recorded = make_recorded(asked.replay)
        measured["decisions made again, s"] = _timed(lambda: _require_same(recorded))
    broken = [name for name, seconds in measured.items() if seconds > LIMITS[name]]
    for name, seconds in measured.items():
        print(f"{'FAIL' if name in broken else 'ok  '} {seconds:8.2f} {LIMITS[name]:6.0f}  {name}")
    return int(bool(broken))


def report(days: ReadableDays, now: int) -> int:
    """Add up and write every format; returns how many characters."""
    names = days_until(utc_day(now), DAYS)
    lines = to_report_lines(load_days(days, names, now, from_rows=True), MEASURES, now)
    return len(to_csv(lines)) + len(to_html("bench", lines)) + sum(map(len, to_text("bench", lines)))


def make_rows(number: int, now: int) -> list[dict[str, Any]]:
    """Return decisions evenly over seven days, each with an outcome, as large as the worker's."""
    dice = random.Random(7)
    pairs = number // 2
    rows: list[dict[str, Any]] = []
    for place in range(pairs):
        at = now - round(place * (DAYS - 1) * MS_PER_DAY / pairs)
        rows += _decision_and_outcome(at, dice)
    return rows


def _decision_and_outcome(at: int, dice: random.Random) -> list[dict[str, Any]]:
    (team, intent), is_sent = dice.choice(ROUTES), dice.random() < 0.4
    stamp, conversation = to_utc_text(at), f"<{dice.getrandbits(96):024x}@mail.example.com>"
    key = f"{stamp}#{dice.getrandbits(48):012x}"
    shared = {"conversation_id": conversation, "day": stamp[:10], "route": team, "intent": intent}
    decision = shared | {
        "ts_action_id": f"{key}#decision",
        "done_at": at + dice.randrange(400, 9_000),
        "outcome": "completed",
        "mode": "live",
        "confidence": round(dice.uniform(0.5, 1), 4),
        "reasons": ["tier_ceiling"],
        "gates_blocked": [] if is_sent else ["tier:tier_ceiling:0", "language:language_not_served:fi"],
        "actions": {"rp_tags": "done"} | ({"rp_reply": "done"} if is_sent else {}),
        "versions": ["1.0.0+6cdd060ade73", "1.0.0", "1.5.0"],
        "replay": {"v": 1, "c": "email", "t": at, "a": 900, "w": 14, "i": [["order_status_tracking", 0.93]]},
    }
    outcome = shared | {
        "ts_action_id": f"{key}#outcome#{at + MS_PER_DAY}",
        "kind": "outcome",
        "read_at": at + MS_PER_DAY,
        "end": "closed",
        "reply": "sent" if is_sent else "none",
        "agreement": "same" if dice.random() < 0.9 else "unknown",
        "agent_ms": dice.randrange(MS_PER_DAY),
    }
    return [decision, outcome]


def make_recorded(number: int) -> list[dict[str, Any]]:
    """Return rows with the records of cases made at random."""
    # the generator is the tests' own and is not type-checked
    make_case = importlib.import_module("tests.properties.case_generator").make_case
    policy = load_policy()
    rows = []
    for place in range(number):
        case = make_case(1, place)
        case = replace(case, screen_hits=case.screen_hits | screen(case.text, policy.screen))
        made = decide(case, policy)
        told = {
            "conversation_id": f"c{place}",
            "ts_action_id": f"2026-11-24T20:00:00.000Z#{place:012x}#decision",
            "replay": to_replay_record(case, policy),
            "route": made.route_team,
            "intent": made.intent,
            "confidence": made.confidence,
            "tier": made.tier,
            "template": made.template_id,
            "reasons": list(made.reasons),
            "claims": list(dict.fromkeys(made.claims)),
            "gates_blocked": [f"{gate.gate}:{gate.code}" for gate in made.gates if not gate.allowed],
            "versions": [policy.version],
        }
        rows.append(told)
    return rows


def _require_same(rows: list[dict[str, Any]]) -> None:
    found = prove(rows, load_policy())
    if found.rate != 1.0:
        raise SystemExit(f"identity {found.rate}: {found.shown[:1]}")


def _fill(emulator: Emulator, rows: list[dict[str, Any]]) -> Environment:
    topology, client = load_topology("bench"), functools.cache(emulator.client)
    target = Target(topology, client)
    key = ensure_key(target)
    for table in topology.tables.values():
        ensure_table(target, table, key)
    environment = Environment(topology, client)
    name, dynamodb = environment.table("audit_trail"), client("dynamodb")
    for start in range(0, len(rows), _BATCH):
        puts = [{"PutRequest": {"Item": to_item(row)}} for row in rows[start : start + _BATCH]]
        dynamodb.batch_write_item(RequestItems={name: puts})
    return environment


def _timed(work: Callable[[], object]) -> float:
    """Return this process's own seconds of CPU: a busy machine, and the embedded AWS, take none of them."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    raise SystemExit(main())
