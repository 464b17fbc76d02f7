"""Runs schedules: one story with chosen faults, to its end, and what did not hold.

A schedule is written `story | 5:kill_after 9:lose` or `story | seed 17`; both can be run again exactly (`--replay`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rp_mw_worker.domain.drafts import DRAFT_INTRODUCTION
from tests.faults.outside import inside
from tests.faults.rules import broken_rules
from tests.faults.stories import STORIES, Story, story_named
from tests.faults.switchboard import Action, Call, Crossing, Switchboard, points_of
from tests.faults.world import NotFinalError, World

# What two faults in a row are made of: a death, and an answer that is lost. The others are as one of these or milder.
PAIRED = (Action.KILL_AFTER, Action.LOSE)
_RANDOM_RATES = (0.02, 0.05, 0.12)
_SWEEP_AFTER_SECONDS = 16 * 60
# So few faults must never cost more than a later delivery.
FEW = 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """A story and what goes wrong: at chosen calls, or at random from a seed."""

    story: str
    faults: tuple[tuple[int, Action], ...] = ()
    seed: int | None = None

    def __str__(self) -> str:
        what = (
            f"seed {self.seed}" if self.seed is not None else " ".join(f"{at}:{one.value}" for at, one in self.faults)
        )
        return f"{self.story} | {what}"


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that `str(schedule)` gave; raises ValueError or KeyError."""
    name, _, what = (part.strip() for part in text.partition("|"))
    story_named(name)
    if what.startswith("seed "):
        return Schedule(name, seed=int(what.removeprefix("seed ")))
    pairs = (fault.split(":") for fault in what.split())
    return Schedule(name, tuple((int(at), Action(action)) for at, action in pairs))


@dataclass(slots=True)
class Played:
    """One schedule's end."""

    schedule: Schedule
    problems: list[str]
    struck: list[str]
    crossings: list[Crossing]


@dataclass(slots=True)
class Tally:
    """What many schedules gave."""

    schedules: int = 0
    points: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    violations: list[Played] = field(default_factory=list)

    def add(self, played: Played) -> None:
        """Count one schedule."""
        self.schedules += 1
        self.points |= points_of(played.crossings)
        if played.problems:
            self.violations.append(played)

    def merge(self, other: Tally) -> None:
        """Add another tally's counts."""
        self.schedules += other.schedules
        self.points |= other.points
        self.violations += other.violations


def play(schedule: Schedule) -> Played:
    """Run one schedule to its end, inside `outside.installed()`."""
    story = story_named(schedule.story)
    seed = schedule.seed if schedule.seed is not None else 0
    random.seed(seed)
    board = Switchboard(dict(schedule.faults))
    if schedule.seed is not None:
        board.choose = _chooser(random.Random(seed))
    world = World(board)
    world.flags.update(story.flags)
    with inside(world):
        problems = _play(world, story)
    return Played(schedule, problems, board.struck, board.crossings)


def _play(world: World, story: Story) -> list[str]:
    try:
        for _ in story.play(world):
            world.settle()
        world.board.is_silent = True
        too_much = list(_more_than_a_delay(world, story))
        _sweep(world)
    except NotFinalError:
        return ["final: messages go round and round"]
    return [*too_much, *_not_as_told(world, story), *broken_rules(world, story)]


def _not_as_told(world: World, story: Story) -> Iterator[str]:
    """Without a fault the story does exactly what it says."""
    store = world.richpanel.store
    reached = [one.conversation_id for one in store.deliveries if one.reached_customer]
    mails = [one for one in reached if store.tickets[one].is_opened_by_api]
    sent = Counter(one for one in reached if one not in mails)
    if not world.board.struck and len(mails) != story.mails:
        yield f"story: {len(mails)} one-time codes were mailed, {story.mails} are told"
    if not world.board.struck and sent != story.replies:
        yield f"story: {dict(sent)} replies were sent, {story.replies} are told"
    drafts = sum(one.via == "note" and DRAFT_INTRODUCTION in one.body for one in world.richpanel.store.deliveries)
    if not world.board.struck and drafts != story.drafts:
        yield f"story: {drafts} drafts were written, {story.drafts} are told"


def _more_than_a_delay(world: World, story: Story) -> Iterator[str]:
    """After so few passing faults nothing may be in a DLQ, and nobody needs a sweep."""
    if len(world.board.struck) > FEW or any(" reject " in struck for struck in world.board.struck):
        return
    # Tags taken without effect at a silent answer are the one thing that the sweep has to notice (record 0120).
    is_unseen = any(" no_effect worker richpanel.add-tags" in struck for struck in world.board.struck)
    if world.flags["safe_mode"] == "false" and world.flags["rollout_stage"] != "shadow" and not is_unseen:
        tagged = world.richpanel.store.tickets.values()
        yield from (f"final: {ticket.id} would wait for the sweep" for ticket in tagged if not ticket.tags)
    # copied before it is acknowledged: a process that dies in between leaves two copies, minutes apart
    dead = len({message.body for message in world.events_dlq.messages})
    if dead > story.poison:
        yield f"final: {dead - story.poison} messages are in the DLQ after {len(world.board.struck)} passing faults"


def _sweep(world: World) -> None:
    """Afterwards the sweep finds what carries no mark, as it does on a schedule."""
    world.clock.advance(_SWEEP_AFTER_SECONDS)
    if not world.sweep():
        world.witness.problems.append("sweep: an undisturbed sweep did not finish")
    world.settle()


def _chooser(dice: random.Random) -> Callable[[Call, int], Action | None]:
    rate = dice.choice(_RANDOM_RATES)

    def choose(call: Call, number: int) -> Action | None:
        del number
        return dice.choice(call.actions()) if dice.random() < rate else None

    return choose


def undisturbed(story: Story) -> Played:
    """Run a story without faults; it must do exactly what it says."""
    return play(Schedule(story.name))


def single_faults(stories: Sequence[Story] = STORIES) -> Iterator[Schedule]:
    """Every action at every call of every story."""
    for story in stories:
        for crossing in undisturbed(story).crossings:
            for action in crossing.actions:
                yield Schedule(story.name, ((crossing.number, action),))


def paired_faults(stories: Sequence[Story] = STORIES) -> Iterator[Schedule]:
    """Two faults at every two calls of the main stories; the second may strike the recovery from the first."""
    for story in stories:
        if not story.is_main:
            continue
        crossings = undisturbed(story).crossings
        for first in crossings:
            for second in range(first.number + 1, first.number + len(crossings)):
                for one in PAIRED:
                    for other in PAIRED:
                        if one in first.actions:
                            yield Schedule(story.name, ((first.number, one), (second, other)))


def flips_at_waits(stories: Sequence[Story] = STORIES) -> Iterator[Schedule]:
    """The switch is thrown at every wait: the first one, and each that a throttled or refused call makes.

    Automation on when a call is begun, off when its wait is over: what leaves after the wait must have looked again.
    """
    for story in stories:
        crossings = undisturbed(story).crossings
        yield from (Schedule(story.name, ((at.number, Action.FLIP),)) for at in crossings if is_wait(at))
        for first in crossings:
            for held_up in (Action.THROTTLE, Action.REFUSE):
                if held_up in first.actions:
                    yield from _flips_after(story, (first.number, held_up), first.number)


def _flips_after(story: Story, fault: tuple[int, Action], number: int) -> Iterator[Schedule]:
    """Two waits at most follow one fault within its call: the retry's, and its turn at the budget."""
    for crossing in play(Schedule(story.name, (fault,))).crossings[number + 1 : number + 4]:
        if is_wait(crossing):
            yield Schedule(story.name, (fault, (crossing.number, Action.FLIP)))


def is_wait(crossing: Crossing) -> bool:
    """Tell whether the product lets time pass here."""
    return " clock.sleep" in crossing.name


def random_faults(count: int, seed: int) -> Iterator[Schedule]:
    """Long runs in which any call may go wrong in any way, of all stories in turn."""
    for number in range(count):
        yield Schedule(STORIES[number % len(STORIES)].name, seed=seed + number)
