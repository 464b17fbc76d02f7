"""Sends dead letters back: receive, send with the same group and a deduplication id of its own, delete.

    send ──── dies here ────> the letter is still dead; sent again within five minutes it is dropped by SQS,
      │                       later it is delivered twice and the ledger knows the event
    delete

Of a group that fails nothing more is sent, so what is sent keeps its order. What it sent and died again is not sent
once more: it is known by the id SQS gave it, not by a clock, and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_ops.dead_letters.port import HOLD_SECONDS, DeadLetter, DeadLetters, read_letters
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, RpMwError
from rp_mw_shared.messages.parsing import parse_message

# given up because no consumer of that release could read them: sent back only when asked for by id or reason
UNREADABLE = frozenset({"schema_invalid", "schema_version_unknown", "message_type_unknown"})
MAX_FAILURES = 3
MAX_READ = 1_000
_SECONDS_BETWEEN_LOOKS = 5.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters: those with these ids, or with this reason, or, with neither, all that can be read."""

    ids: frozenset[str] = frozenset()
    reason: str | None = None

    def is_chosen(self, letter: DeadLetter) -> bool:
        """Whether the letter is meant."""
        if self.reason is not None and letter.reason != self.reason:
            return False
        if self.ids:
            return letter.id in self.ids
        return self.reason is not None or is_readable(letter)

    def is_passed_over(self, letter: DeadLetter) -> bool:
        """Whether the letter would be meant by "all" and is not, because nobody could read it."""
        return not self.ids and self.reason is None and not is_readable(letter)


@dataclass(slots=True)
class Report:
    """What was, or would be, sent back; what was passed over as unreadable; what failed, with the error's code.

    `behind` are chosen letters left in place because one before them in their group failed; `problem` says why
    everything stopped, if it did. `live_ids` are what SQS named the sent ones; `came_back` holds those that died again.
    """

    redriven: list[DeadLetter] = field(default_factory=list)
    passed_over: dict[str, DeadLetter] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)
    problem: str | None = None
    live_ids: set[str] = field(default_factory=set)
    came_back: dict[str, DeadLetter] = field(default_factory=dict)

    @property
    def touched(self) -> set[str]:
        """The ids of the chosen letters that were found."""
        return {letter.id for letter in self.redriven} | self.failed.keys() | self.behind


OnSent = Callable[[Report], None]


def is_readable(letter: DeadLetter) -> bool:
    """Whether a consumer of this release could read the letter, and none has said it could not."""
    if letter.reason in UNREADABLE:
        return False
    try:
        parse_message(letter.body)
    except PermanentError:
        return False
    return True


def plan_redrive(letters: DeadLetters, choice: Choice, limit: int) -> Report:
    """Return what a redrive would send back now, and change nothing."""
    seen = read_letters(letters, MAX_READ)
    passed_over = {letter.id: letter for letter in seen if choice.is_passed_over(letter)}
    return Report([letter for letter in seen if choice.is_chosen(letter)][:limit], passed_over)


def redrive(
    letters: DeadLetters,
    choice: Choice,
    report: Report,
    *,
    limit: int,
    per_second: float,
    clock: Clock,
    on_sent: OnSent = lambda report: None,
) -> None:
    """Send up to `limit` chosen letters back, at most `per_second`, adding each outcome to `report` as it is known.

    A failure stops its group; the third one, or letters that cannot be received, everything. `on_sent` is called after
    every letter.
    """
    run = _Run(letters, choice, report, limit, per_second, clock, on_sent)
    try:
        while run.go_through():
            pass
    except RpMwError as error:
        report.problem = str(error)


def watch(letters: DeadLetters, report: Report, seconds: float, clock: Clock) -> None:
    """Look for `seconds` at what came back dead, and add it to the report; what takes longer to die is not seen."""
    until = clock.monotonic() + seconds
    while report.live_ids and clock.monotonic() < until and len(report.came_back) < len(report.live_ids):
        try:
            found = read_letters(letters, MAX_READ)
        except RpMwError as error:
            report.problem = report.problem or str(error)
            return
        report.came_back |= {letter.id: letter for letter in found if letter.live_id in report.live_ids}
        clock.sleep(min(_SECONDS_BETWEEN_LOOKS, max(0.0, until - clock.monotonic())))


@dataclass(slots=True)
class _Run:
    letters: DeadLetters
    choice: Choice
    report: Report
    limit: int
    per_second: float
    clock: Clock
    on_sent: OnSent
    stopped_groups: set[str] = field(default_factory=set)
    next_send_at: float = 0.0

    def go_through(self) -> bool:
        """Receive until nothing new comes; whether another round may find what held letters were in the way of."""
        held: dict[str, DeadLetter] = {}
        sent_before = len(self.report.redriven)
        try:
            while not self._is_over():
                received = self.letters.receive(self._hold_seconds())
                news = [letter for letter in received if letter.id not in held]
                held |= {letter.id: letter for letter in received}
                if not news:
                    break
                for letter in news:
                    if self._handle(letter):
                        del held[letter.id]
        finally:
            self.letters.release(list(held.values()))
        return bool(held) and len(self.report.redriven) > sent_before and not self._is_over()

    def _hold_seconds(self) -> int:
        return HOLD_SECONDS + round(20 / self.per_second)  # a batch of ten at this pace, twice

    def _is_over(self) -> bool:
        if self._is_full() or len(self.report.failed) >= MAX_FAILURES:
            return True
        return bool(self.choice.ids) and self.choice.ids <= self.report.touched

    def _is_full(self) -> bool:
        return len(self.report.redriven) >= self.limit

    def _handle(self, letter: DeadLetter) -> bool:
        """Whether the letter is gone from here."""
        if letter.live_id in self.report.live_ids:
            self.report.came_back[letter.id] = letter
            return False
        if self.choice.is_passed_over(letter):
            self.report.passed_over[letter.id] = letter
        if not self.choice.is_chosen(letter) or self._is_full() or letter.id in self.report.failed:
            return False
        if letter.group_id in self.stopped_groups or len(self.report.failed) >= MAX_FAILURES:
            self.report.behind.add(letter.id)
            return False
        return self._send(letter)

    def _send(self, letter: DeadLetter) -> bool:
        self._keep_pace()
        step = "send"
        try:
            self.report.live_ids.add(self.letters.send_back(letter))
            step = "delete"
            self.letters.delete(letter)
        except RpMwError as error:
            self.report.failed[letter.id] = f"{step}: {error.code}"
            self.stopped_groups.add(letter.group_id)
            return False
        self.report.redriven.append(letter)
        self.on_sent(self.report)
        return True

    def _keep_pace(self) -> None:
        self.clock.sleep(self.next_send_at - self.clock.monotonic())
        self.next_send_at = self.clock.monotonic() + 1 / self.per_second
