"""Reads the environment in the background and counts the versions of what it knows: pages wait for the next one.

             every poll               every 20th poll         every hour
    tables   new rows of today        all rows of today       sums of closed days
    beside   switches and queues      metrics and the budget

While nobody looks nothing is read. A part that cannot be read keeps its last value and says what is wrong with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.console.lines import Line, to_line
from rp_mw_ops.console.sources import Queues, load_budget, load_metrics
from rp_mw_ops.console.switches import load_switches
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import find_complaint
from rp_mw_ops.figures.period import Days, days_until, load_days, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, to_utc_text
from rp_mw_worker.domain.figures import Figures, add_up, is_decision

LOCAL_POLL_SECONDS, REMOTE_POLL_SECONDS = 0.5, 5.0
SHOWN_DAYS = 30
POLLS_A_ROUND = 20
_IDLE_AFTER_SECONDS = 60.0
# A row is named by when it was decided, and written when that was carried out: later where a vendor is slow.
_LATE_MS = 120_000
_CACHED_DAYS = 3
Json = dict[str, Any]


@dataclass(slots=True)
class Part:
    """One part of what is known: its value, when it was read (epoch ms), and what is wrong with it now."""

    value: Any = None
    read_at: int = 0
    problem: str | None = None

    def to_json(self) -> Json:
        """Return plain values."""
        return {"value": self.value, "read_at": self.read_at, "problem": self.problem}


class Feed:
    """Reads one environment; `version` grows whenever what is shown changed. Any thread may ask, one reads."""

    def __init__(self, require_environment: Callable[[], Environment], clock: Clock, *, is_local: bool) -> None:
        self.poll_seconds = LOCAL_POLL_SECONDS if is_local else REMOTE_POLL_SECONDS
        self.version = 0
        self.parts = {name: Part() for name in ("rows", "switches", "queues", "metrics", "budget", "history")}
        self._require_environment = require_environment
        self._clock = clock
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._looked_at = float("-inf")
        self._day = ""
        self._rows: dict[str, dict[str, Any]] = {}
        self._today: list[Line] = []
        self._lines: dict[str, list[Line]] = {}
        self._queues = Queues()
        self._queued_since: dict[str, int] = {}
        self._polls = 0

    def run(self, is_ended: threading.Event) -> None:
        """Read every poll while somebody looks, until ended."""
        self.look()
        while not is_ended.is_set():
            if self._clock.monotonic() - self._looked_at < _IDLE_AFTER_SECONDS:
                self.refresh()
                is_ended.wait(self.poll_seconds)
            else:
                self._wanted.wait(self.poll_seconds)
            self._wanted.clear()

    def look(self) -> None:
        """Say that somebody looks."""
        self._looked_at = self._clock.monotonic()
        self._wanted.set()

    def refresh(self) -> None:
        """Read what is due now."""
        with self._lock:
            before = self._shown()
            try:
                self._read(self._require_environment())
            except RpMwError as error:
                self._complain(find_complaint(error))
            except Exception as error:  # noqa: BLE001 - the thread's edge: the page says so, and the next poll tries again
                self._complain(f"a defect of the console ({type(error).__name__})")
            self._polls += 1
            if self._shown() != before:
                self.version += 1

    def today(self) -> tuple[str, Figures]:
        """Return the UTC day and its figures so far."""
        with self._lock:
            return self._day, add_up(self._rows.values())

    def history(self) -> Days:
        """Return the figures of the days before today, oldest first."""
        return self.parts["history"].value or {}

    def lines(self, day: str) -> list[Line]:
        """Return a day's decisions, newest first; raises TransientError for a day that cannot be read."""
        with self._lock:
            if day == self._day:
                return self._today
            if day not in self._lines:
                self._lines[day] = _to_lines(open_days(self._require_environment()).load_rows(day))
                for oldest in list(self._lines)[:-_CACHED_DAYS]:
                    del self._lines[oldest]
            return self._lines[day]

    def _complain(self, problem: str | None) -> None:
        for part in self.parts.values():
            part.problem = problem

    def _shown(self) -> tuple[Any, ...]:
        return (len(self._rows), *((part.value, part.problem) for part in self.parts.values()))

    def _read(self, environment: Environment) -> None:
        now, is_round = self._clock.now_epoch_ms(), self._polls % POLLS_A_ROUND == 0
        self._fill("rows", now, lambda: self._read_rows(environment, now, is_whole=is_round))
        self._fill("switches", now, lambda: load_switches(environment))
        if is_round:
            self._fill("metrics", now, lambda: load_metrics(environment, now))
        self._fill("queues", now, lambda: self._with_ages(self._queues.load(environment), now))
        if is_round:
            self._fill("budget", now, lambda: load_budget(environment, now))
        if now - self.parts["history"].read_at > MS_PER_HOUR:
            days = days_until(utc_day(now - MS_PER_DAY), SHOWN_DAYS)
            self._fill("history", now, lambda: load_days(open_days(environment), days, now))

    def _fill(self, name: str, now: int, load: Callable[[], Any]) -> None:
        part = self.parts[name]
        try:
            with mapped_aws_errors("AWS"):
                part.value, part.read_at, part.problem = load(), now, None
        except RpMwError as error:
            part.problem = find_complaint(error)

    def _read_rows(self, environment: Environment, now: int, *, is_whole: bool) -> int:
        day = utc_day(now)
        after = "" if is_whole or day != self._day else to_utc_text(now - _LATE_MS)
        rows = {str(row["ts_action_id"]): row for row in open_days(environment).load_rows(day, after)}
        is_news = not after or rows.keys() - self._rows.keys()
        self._rows = rows if not after else self._rows | rows
        self._day = day
        if is_news:
            self._today = _to_lines(self._rows.values())
        return len(self._rows)

    def _with_ages(self, queues: list[Json], now: int) -> list[Json]:
        """Add when a queue's oldest message was sent, as CloudWatch has measured, and since when it is not empty.

        The latter is as far as this console has seen: SQS itself does not say, and locally nothing measures it.
        """
        oldest = (self.parts["metrics"].value or {}).get("oldest", {})
        for queue in queues:
            name = queue["queue"]
            is_empty = queue["waiting"] + queue["in_flight"] == 0
            since = None if is_empty else self._queued_since.get(name, now)
            self._queued_since = {**self._queued_since, name: since} if since else _without(self._queued_since, name)
            queue["not_empty_since"], queue["oldest_sent_at"] = since, None if is_empty else oldest.get(name)
        return queues


def _to_lines(rows: Iterable[dict[str, Any]]) -> list[Line]:
    """Return the decisions among the rows as lines, newest first."""
    return sorted(map(to_line, filter(is_decision, rows)), key=lambda line: line["key"], reverse=True)


def _without(values: dict[str, int], name: str) -> dict[str, int]:
    return {key: value for key, value in values.items() if key != name}
