"""The command: python -m tests.faults.run [--quick | --full | --replay "SCHEDULE" | --selftest | --outages]."""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.faults.explore import (
    Schedule,
    Tally,
    flips_at_waits,
    paired_faults,
    parse_schedule,
    play,
    random_faults,
    single_faults,
    undisturbed,
)
from tests.faults.outside import installed
from tests.faults.printing import say
from tests.faults.stories import STORIES, story_named

FULL_RANDOM = 6000
QUICK_SINGLES_EVERY, QUICK_PAIRS_EVERY, QUICK_RANDOM = 4, 80, 200
SEED = 1_000_000
_CHUNK = 200
_SHOWN = 40


def quick_schedules() -> Iterable[Schedule]:
    """The switch at every wait of the main stories; of single faults, pairs, random runs a part, evenly chosen."""
    yield from itertools.islice(single_faults(), 0, None, QUICK_SINGLES_EVERY)
    yield from flips_at_waits(tuple(story for story in STORIES if story.is_main and story.replies))
    yield from itertools.islice(paired_faults(), 7, None, QUICK_PAIRS_EVERY)
    yield from random_faults(QUICK_RANDOM, SEED)


def full_schedules() -> Iterable[Schedule]:
    """Every single fault, the switch at every wait, every pair on the main stories, and thousands of random runs."""
    yield from single_faults()
    yield from flips_at_waits()
    yield from paired_faults()
    yield from random_faults(FULL_RANDOM, SEED)


def explore(schedules: Iterable[Schedule], processes: int = 1) -> Tally:
    """Run all schedules inside `outside.installed()` and return what they gave."""
    tally = Tally()
    for story in STORIES:
        tally.add(undisturbed(story))
    if processes == 1:
        for schedule in schedules:
            tally.add(play(schedule))
        return tally
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for part in pool.imap_unordered(_explore_part, _chunks(schedules)):
            tally.merge(part)
            for played in part.violations:
                say(f"violation        {played.schedule}: {played.problems[0]}")
    return tally


def _explore_part(schedules: list[Schedule]) -> Tally:
    tally = Tally()
    for schedule in schedules:
        tally.add(play(schedule))
    return tally


def _chunks(schedules: Iterable[Schedule]) -> Iterable[list[Schedule]]:
    source = iter(schedules)
    while chunk := list(itertools.islice(source, _CHUNK)):
        yield chunk


def report(tally: Tally, seconds: float) -> None:
    """Print what was found."""
    say(f"points found     {len(tally.points)}")
    say(f"schedules run    {tally.schedules}")
    say(f"violations       {len(tally.violations)}")
    say(f"time             {seconds:.0f} s ({seconds / max(1, tally.schedules) * 1000:.0f} ms each)")
    kinds = Counter(problem.split(":")[0] for played in tally.violations for problem in played.problems)
    for kind, count in kinds.most_common():
        say(f"    {kind}: {count}")
    for played in tally.violations[:_SHOWN]:
        say(f"\n{played.schedule}")
        for problem in played.problems:
            say(f"    {problem}")
        for struck in played.struck:
            say(f"    struck: {struck}")
    if tally.violations:
        say('\nRun one again with its calls shown: python -m tests.faults.run --replay "SCHEDULE"')


def schedules_of(name: str) -> Iterable[Schedule]:
    """Every single fault of one story, some pairs and some random runs."""
    stories = (story_named(name),)
    yield from flips_at_waits(stories)
    yield from single_faults(stories)
    yield from itertools.islice(paired_faults(stories), 0, None, 20)
    yield from (Schedule(name, seed=SEED + number) for number in range(100))


def hunt(schedules: Iterable[Schedule]) -> int:
    """Run the schedules in a shuffled order until one does not hold; 1 when there is one."""
    shuffled = list(schedules)
    random.Random(SEED).shuffle(shuffled)
    for schedule in shuffled:
        played = play(schedule)
        if played.problems:
            say(f"VIOLATION {played.problems[0]} [{played.schedule}]")
            return 1
    say(f"{len(shuffled)} schedules, everything holds")
    return 0


def _prey(arguments: argparse.Namespace) -> Iterable[Schedule]:
    if arguments.schedules:
        return map(parse_schedule, arguments.schedules)
    return schedules_of(arguments.story) if arguments.story else quick_schedules()


def replay(text: str) -> int:
    """Run one schedule and print every call."""
    with installed():
        played = play(parse_schedule(text))
    for crossing in played.crossings:
        hit = next((one.split()[1] for one in played.struck if one.startswith(f"{crossing.number} ")), "")
        say(f"{crossing.number:4}  {hit:14} {crossing.name}")
    for problem in played.problems:
        say(f"VIOLATION {problem}")
    say("violations" if played.problems else "everything holds")
    return 1 if played.problems else 0


def main() -> int:
    """Run what the arguments ask for; 0 when everything holds."""
    parser = argparse.ArgumentParser(description="Break the product at every call, and check what must hold.")
    parser.add_argument("--quick", action="store_true", help="the form that runs in make test")
    parser.add_argument("--full", action="store_true", help="everything (the default)")
    parser.add_argument("--replay", metavar="SCHEDULE", help="run one schedule again and show its calls")
    parser.add_argument("--hunt", action="store_true", help="the quick form, up to the first violation")
    parser.add_argument("--story", help="hunt in the schedules of one story")
    parser.add_argument("--schedules", nargs="+", metavar="SCHEDULE", help="hunt in these")
    parser.add_argument("--selftest", action="store_true", help="break promises on purpose: each has to be noticed")
    parser.add_argument("--only", default="", help="with --selftest: those whose name or test contains this")
    parser.add_argument("--outages", action="store_true", help="ten minutes without each vendor, in simulated time")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if arguments.replay:
        return replay(arguments.replay)
    if arguments.hunt:
        with installed():
            return hunt(_prey(arguments))
    if arguments.selftest:
        from tests.faults.selftest import selftest

        return selftest(arguments.only)
    if arguments.outages:
        from tests.faults.outages import outages

        return outages()
    started = time.monotonic()
    with installed():
        tally = explore(quick_schedules() if arguments.quick else full_schedules(), arguments.processes)
    report(tally, time.monotonic() - started)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
