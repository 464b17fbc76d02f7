"""Counts what one tier-1 reply runs through: product files entered, and switches from one file to another.

    .venv/bin/python tools/trace_event.py [--edges]

The event runs in the in-memory world of tests/fakes, in a process where one event of another conversation went before
it. Every call and resumption of a Python function in `packages/*/src` and `services/*/src` counts as an entry of its
file; a switch is an entry of another file than the entry before. Code outside these folders is passed over.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

_PRODUCT = (str(ROOT / "packages") + "/", str(ROOT / "services") + "/")
_TEXT = "I would like to return the blue mug that came last week please"


def trace(action: Callable[[], object]) -> list[str]:
    """Return the product files in the order in which calls entered them."""
    entered: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(_PRODUCT):
            entered.append(name)

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return entered


def to_switches(entered: list[str]) -> list[tuple[str, str]]:
    """Return each pair of neighbours that are different files."""
    return [(one, other) for one, other in pairwise(entered) if one != other]


def trace_reply() -> list[str]:
    """Return the files that one tier-1 reply in a warm process enters; raises RuntimeError when no reply went out."""
    from tests.fakes.worker_world import World

    world = World()
    for conversation in ("c0", "c1"):
        message = world.helpdesk.customer_writes(conversation, _TEXT, channel="livechat")
        entered = trace(partial(world.deliver, world.event(conversation, message)))
    if len(world.helpdesk.replies("c1")) != 1:
        raise RuntimeError("no reply was sent: the count would be of another event")
    return entered


def main() -> int:
    """Print both figures; with --edges also how often each pair of files follows one another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", action="store_true", help="list the files and the most frequent switches")
    # the worker's log lines are no figures
    with redirect_stdout(io.StringIO()):
        entered = trace_reply()
    if parser.parse_args().edges:
        _print_edges(entered)
    print(f"product files entered: {len(set(entered))}\nswitches between files: {len(to_switches(entered))}")
    return 0


def _print_edges(entered: list[str]) -> None:
    calls, edges = Counter(entered), Counter(to_switches(entered))
    for name, count in calls.most_common():
        print(f"{count:6} calls  {_short(name)}")
    for (one, other), count in edges.most_common():
        print(f"{count:6} times  {_short(one)} -> {_short(other)}")


def _short(name: str) -> str:
    return name.rsplit("/src/", maxsplit=1)[-1]


if __name__ == "__main__":
    sys.exit(main())
