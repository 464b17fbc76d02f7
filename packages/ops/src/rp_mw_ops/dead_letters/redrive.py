"""Sends dead letters back: receive, send with the same group and a deduplication id of its own, delete.

    send ──── dies here ────> the dead letter is still dead; sent again within five minutes it is dropped by SQS,
      │                       later it is delivered twice and the ledger knows the event
    delete

Of a group that fails nothing more is sent, so what is sent keeps its order. What it sent and died again is not sent
once more: it is known by the id SQS gave it, not by a clock, and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_ops.dead_letters.port import HOLD_SECONDS, DeadLetter, DeadLetters, read_dead_letters
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, RpMwError
from rp_mw_shared.messages.parsing import parse_message

# dead because no consumer of that release could read them: sent back only when asked for by id or reason
UNREADABLE = frozenset({"schema_invalid", "schema_version_unknown", "message_type_unknown"})
MAX_FAILURES = 3
MAX_READ = 1_000
_SECONDS_BETWEEN_LOOKS = 5.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters: those with these ids, or with this reason, or, with neither, all that can be read."""

    ids: frozenset[str] = frozenset()
    reason: str | None = None

    def is_chosen(self, dead_letter: DeadLetter) -> bool:
        """Whether the dead letter is meant."""
        if self.reason is not None and dead_letter.reason != self.reason:
            return False
        if self.ids:
            return dead_letter.id in self.ids
        return self.reason is not None or is_readable(dead_letter)

    def is_passed_over(self, dead_letter: DeadLetter) -> bool:
        """Whether the dead letter would be meant by "all" and is not, because nobody could read it."""
        return not self.ids and self.reason is None and not is_readable(dead_letter)


@dataclass(slots=True)
class Report:
    """What was, or would be, sent back; what was passed over as unreadable; what failed, with the error's code.

    `after_failure` are chosen dead letters left in place because one before them in their group failed; `problem` says
    why everything stopped, if it did. `live_ids` are what SQS named the sent ones; `came_back` those that died again.
    """

    redriven: list[DeadLetter] = field(default_factory=list)
    passed_over: dict[str, DeadLetter] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    after_failure: set[str] = field(default_factory=set)
    problem: str | None = None
    live_ids: set[str] = field(default_factory=set)
    came_back: dict[str, DeadLetter] = field(default_factory=dict)

    @property
    def touched(self) -> set[str]:
        """The ids of the chosen dead letters that were found."""
        return {dead_letter.id for dead_letter in self.redriven} | self.failed.keys() | self.after_failure


OnSent = Callable[[Report], None]


def is_readable(dead_letter: DeadLetter) -> bool:
    """Whether a consumer of this release could read the dead letter, and none has said it could not."""
    if dead_letter.reason in UNREADABLE:
        return False
    try:
        parse_message(dead_letter.body)
    except PermanentError:
        return False
    return True


def plan_redrive(dead_letters: DeadLetters, choice: Choice, limit: int) -> Report:
    """Return what a redrive would send back now, and change nothing."""
    seen = read_dead_letters(dead_letters, MAX_READ)
    passed_over = {dead_letter.id: dead_letter for dead_letter in seen if choice.is_passed_over(dead_letter)}
    return Report([dead_letter for dead_letter in seen if choice.is_chosen(dead_letter)][:limit], passed_over)


def redrive(
    dead_letters: DeadLetters,
    choice: Choice,
    report: Report,
    *,
    limit: int,
    per_second: float,
    clock: Clock,
    on_sent: OnSent = lambda report: None,
) -> None:
    """Send up to `limit` chosen dead letters back, at most `per_second`; each outcome is added to `report` when known.

    A failure stops its group; the third one, or dead letters that cannot be received, everything. `on_sent` is called
    after every dead letter.
    """
    run = _Run(dead_letters, choice, report, limit, per_second, clock, on_sent)
    try:
        while run.go_through():
            pass
    except RpMwError as error:
        report.problem = str(error)


def watch(dead_letters: DeadLetters, report: Report, seconds: float, clock: Clock) -> None:
    """Look for `seconds` at what came back dead, and add it to the report; what takes longer to die is not seen."""
    until = clock.monotonic() + seconds
    while report.live_ids and clock.monotonic() < until and len(report.came_back) < len(report.live_ids):
        try:
            found = read_dead_letters(dead_letters, MAX_READ)
        except RpMwError as error:
            report.problem = report.problem or str(error)
            return
        report.came_back |= {
            dead_letter.id: dead_letter for dead_letter in found if dead_letter.live_id in report.live_ids
        }
        clock.sleep(min(_SECONDS_BETWEEN_LOOKS, max(0.0, until - clock.monotonic())))


@dataclass(slots=True)
class _Run:
    dead_letters: DeadLetters
    choice: Choice
    report: Report
    limit: int
    per_second: float
    clock: Clock
    on_sent: OnSent
    stopped_groups: set[str] = field(default_factory=set)
    next_send_at: float = 0.0

    def go_through(self) -> bool:
        """Receive until nothing new comes; whether another round may find what held dead letters were in the way of."""
        held: dict[str, DeadLetter] = {}
        sent_before = len(self.report.redriven)
        try:
            while not self._is_over():
                received = self.dead_letters.receive(self._hold_seconds())
                news = [dead_letter for dead_letter in received if dead_letter.id not in held]
                held |= {dead_letter.id: dead_letter for dead_letter in received}
                if not news:
                    break
                for dead_letter in news:
                    if self._handle(dead_letter):
                        del held[dead_letter.id]
        finally:
            self.dead_letters.release(list(held.values()))
        return bool(held) and len(self.report.redriven) > sent_before and not self._is_over()

    def _hold_seconds(self) -> int:
        return HOLD_SECONDS + round(20 / self.per_second)  # a batch of ten at this pace, twice

    def _is_over(self) -> bool:
        if self._is_full() or len(self.report.failed) >= MAX_FAILURES:
            return True
        return bool(self.choice.ids) and self.choice.ids <= self.report.touched

    def _is_full(self) -> bool:
        return len(self.report.redriven) >= self.limit

    def _handle(self, dead_letter: DeadLetter) -> bool:
        """Whether the dead letter is gone from here."""
        if dead_letter.live_id in self.report.live_ids:
            self.report.came_back[dead_letter.id] = dead_letter
            return False
        if self.choice.is_passed_over(dead_letter):
            self.report.passed_over[dead_letter.id] = dead_letter
        if not self.choice.is_chosen(dead_letter) or self._is_full() or dead_letter.id in self.report.failed:
            return False
        if dead_letter.group_id in self.stopped_groups or len(self.report.failed) >= MAX_FAILURES:
            self.report.after_failure.add(dead_letter.id)
            return False
        return self._send(dead_letter)

    def _send(self, dead_letter: DeadLetter) -> bool:
        self._keep_pace()
        step = "send"
        try:
            self.report.live_ids.add(self.dead_letters.send_back(dead_letter))
            step = "delete"
            self.dead_letters.delete(dead_letter)
        except RpMwError as error:
            self.report.failed[dead_letter.id] = f"{step}: {error.code}"
            self.stopped_groups.add(dead_letter.group_id)
            return False
        self.report.redriven.append(dead_letter)
        self.on_sent(self.report)
        return True

    def _keep_pace(self) -> None:
        self.clock.sleep(self.next_send_at - self.clock.monotonic())
        self.next_send_at = self.clock.monotonic() + 1 / self.per_second
