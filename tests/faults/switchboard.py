"""The switch at every I/O boundary: each call of the product to the world outside passes here, and may go wrong.

    call 17: worker dynamodb.UpdateItem @ carry_out>_claim>claim
             |-- before --|            |-- after --|
    KILL_BEFORE  dies before the call          KILL_AFTER  dies after its effect
    REFUSE       no connection, no effect      LOSE        the effect stands, no answer comes
    THROTTLE     slowed down, no effect        TWICE       the effect happens twice, one answer
    REJECT       refused for good, no effect   GARBAGE     the effect stands, the answer is a proxy's page
    ERROR        a 503, no effect                 NO_EFFECT  the helpdesk answers 200 and does nothing
    DOWN         the service is gone for 40 s  LATE        no answer; the effect comes 20 s later
                                               VANISH      no answer, no effect: only a look can tell
    PARTIAL      all statements of a batch but the last take effect, that one is throttled
    TORN         only the first statement of a batch takes effect, and the process dies before it repeats the others
    INTRUDE_*    30 s pass, and the same batch is delivered to a second worker, which runs to its end
    STALL_*      the same after 70 s: the first one's lease is over, and then it wakes up
    FLIP         automation is switched off before the call, or while the product waits
    SPEND        the call takes 11 s, in which others spend the helpdesk's budget for the next 100 s

Nothing lists the points: they are what comes by. A point is named by who calls what from where in the product's code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

Answer = TypeVar("Answer")
DOWN_SECONDS = 40.0
LATE_SECONDS = 20.0
INTRUDE_SECONDS = 30.0
STALL_SECONDS = 70.0
SPEND_SECONDS, SPENT_FOR_SECONDS = 11.0, 100.0  # longer than a booking holds; longer than a run


class Action(StrEnum):
    """What goes wrong at a call."""

    KILL_BEFORE = "kill_before"
    KILL_AFTER = "kill_after"
    REFUSE = "refuse"
    THROTTLE = "throttle"
    REJECT = "reject"
    DOWN = "down"
    LOSE = "lose"
    TWICE = "twice"
    GARBAGE = "garbage"
    ERROR = "error"
    LATE = "late"
    VANISH = "vanish"
    NO_EFFECT = "no_effect"
    PARTIAL = "partial"
    TORN = "torn"
    INTRUDE_BEFORE = "intrude_before"
    INTRUDE_AFTER = "intrude_after"
    STALL_BEFORE = "stall_before"
    STALL_AFTER = "stall_after"
    FLIP = "flip"
    SPEND = "spend"


A = Action
_ALWAYS = (A.KILL_BEFORE, A.KILL_AFTER, A.REFUSE, A.THROTTLE, A.DOWN, A.LOSE, A.FLIP)
_WORKER_ONLY = (A.INTRUDE_BEFORE, A.INTRUDE_AFTER, A.STALL_BEFORE, A.STALL_AFTER, A.SPEND)


# The call fails, or is answered, without its effect.
_INSTEAD = frozenset({A.REFUSE, A.THROTTLE, A.REJECT, A.DOWN, A.PARTIAL, A.TORN, A.ERROR, A.NO_EFFECT})


class Killed(BaseException):
    """The process dies here. No `except Exception` of the product catches it."""


class Kind(StrEnum):
    """What a call does to the other side."""

    READ = "read"
    WRITE = "write"  # may be repeated
    ONCE = "once"  # must not happen twice: a reply, a note
    QUEUE = "queue"  # the poller's own acknowledgement
    WAIT = "wait"  # time that the product lets pass: for the budget, a retry, a read-back


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way. `fail(action)` raises or returns what the caller sees when the action strikes."""

    role: str
    service: str
    operation: str
    kind: Kind
    fail: Callable[[Action], Any]
    extra: tuple[Action, ...] = ()

    def actions(self) -> tuple[Action, ...]:
        """Everything that can go wrong with this call."""
        if self.kind is Kind.QUEUE:
            return (A.REFUSE, A.LOSE)
        if self.kind is Kind.WAIT:
            return (A.KILL_BEFORE, A.KILL_AFTER, A.FLIP)
        found = [*_ALWAYS, *self.extra]
        if self.kind is Kind.WRITE:
            found.append(A.TWICE)
        if self.kind is Kind.ONCE:
            found += [A.LATE, A.VANISH]
        if self.role == "worker":
            found += _WORKER_ONLY
        if self.kind is Kind.ONCE:
            found.remove(A.STALL_BEFORE)  # a request that is stuck longer than the proof's wait: nobody can undo that
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One call as it was made in a run."""

    number: int
    name: str
    actions: tuple[Action, ...]


class Surroundings(Protocol):
    """What the switchboard does to the world when an action strikes."""

    def require_time(self) -> None:
        """Raise Killed when the function's time is over."""

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""

    def do_later(self, seconds: float, effect: Callable[[], Any]) -> None:
        """Let the effect happen after `seconds`."""

    def intrude(self, stall_seconds: float) -> None:
        """Deliver the batch under way to a second worker."""

    def switch_off(self) -> None:
        """Turn automation off."""

    def spend_budget(self, seconds: float) -> None:
        """Let other processes spend the helpdesk's budget for so long."""

    def now(self) -> float:
        """Return seconds on the world's clock."""


@dataclass(slots=True)
class Switchboard:
    """Counts the calls of one run and strikes at the chosen ones: `plan` maps a call's number to an action."""

    plan: dict[int, Action] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    is_silent: bool = False
    choose: Callable[[Call, int], Action | None] | None = None
    _down_until: dict[str, float] = field(default_factory=dict)

    def pass_through(self, world: Surroundings, call: Call, effect: Callable[[], Answer]) -> Answer:
        """Make the call, with what the plan has for it."""
        if self.is_silent:
            return effect()
        world.require_time()
        number = len(self.crossings)
        crossing = Crossing(number, f"{call.role} {call.service}.{call.operation}{_origin()}", call.actions())
        self.crossings.append(crossing)
        action = self.choose(call, number) if self.choose else self.plan.get(number)
        if action is not None and action not in crossing.actions:
            action = None
        if action is not None:
            self.struck.append(f"{number} {action.value} {crossing.name}")
        if self._down_until.get(call.service, float("-inf")) > world.now():
            return call.fail(A.DOWN)  # type: ignore[no-any-return]
        return self._strike(world, call, effect, action)

    def _strike(self, world: Surroundings, call: Call, effect: Callable[[], Answer], action: Action | None) -> Answer:
        if action is A.DOWN:
            self._down_until[call.service] = world.now() + DOWN_SECONDS
        if action is A.KILL_BEFORE:
            raise Killed
        if action in _INSTEAD:
            return call.fail(action)  # type: ignore[no-any-return]
        if action in {A.LATE, A.VANISH}:
            if action is A.LATE:
                world.do_later(LATE_SECONDS, effect)
            return call.fail(A.LOSE)  # type: ignore[no-any-return]
        _disturb(world, action, {A.INTRUDE_BEFORE: INTRUDE_SECONDS, A.STALL_BEFORE: STALL_SECONDS})
        if action is A.FLIP:
            world.switch_off()
        answer = effect()
        if action is A.TWICE:
            answer = effect()
        if action is A.KILL_AFTER:
            raise Killed
        if action is A.SPEND:
            world.pass_seconds(SPEND_SECONDS)
            world.spend_budget(SPENT_FOR_SECONDS)
        if action in {A.LOSE, A.GARBAGE}:
            return call.fail(action)  # type: ignore[no-any-return]
        _disturb(world, action, {A.INTRUDE_AFTER: INTRUDE_SECONDS, A.STALL_AFTER: STALL_SECONDS})
        return answer


def _disturb(world: Surroundings, action: Action | None, stalls: dict[Action, float]) -> None:
    if action is not None and action in stalls:
        world.intrude(stalls[action])


_PRODUCT = ("rp_mw_worker.", "rp_mw_enricher.", "rp_mw_ingress.", "rp_mw_shared.idempotency.", "rp_mw_shared.sqs.")
_PLUMBING = frozenset(
    {"<lambda>", "handle", "handle_record", "handle_batch", "_call", "_send_update", "_write", "process_fifo_batch"}
)


def _origin() -> str:
    """Return the product's functions on the stack, outermost first: what tells two calls of one operation apart."""
    names: list[str] = []
    frame = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        name = frame.f_code.co_name
        if module.startswith(_PRODUCT) and name not in _PLUMBING:
            names.append(name)
        elif name == "intrude":
            break
        frame = frame.f_back  # type: ignore[assignment]
    return f" @ {'>'.join(reversed(names))}" if names else ""


def points_of(crossings: Iterable[Crossing]) -> set[str]:
    """Return the points of the calls: each call has one before and one after it."""
    return {f"{side} {crossing.name}" for crossing in crossings for side in ("before", "after")}
