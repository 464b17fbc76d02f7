"""CPU of the worst texts: what a customer may write must keep no stage busy, and twenty such messages no worker.

    python -m benchmarks.hostile

The texts are near matches made from the patterns themselves (`tests/fakes/blow_up.py`). Each stage is shown all of them
short; the worst for that stage are shown to it again at the size of the total cap.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from heapq import nlargest

from tests.fakes.blow_up import make_texts
from tests.fakes.stages import Stage, stage_patterns, stages
from tests.fakes.worker_world import World

CAP_CHARS = 32_768
MESSAGES_AT_ONCE = 20
STAGE_MS = "worst text of 32 KiB, slowest stage, CPU ms"
AT_ONCE = "20 worst messages at once, x CPU of one at the cap"
_SHORT_CHARS = 512
_WORST_KEPT = 3
_UNITS = (
    "order 1001,",
    "order" + " " * 60,
    "a@",
    "1 ",
    "A1-",
    "password ",
    "[EMAIL]",
    "Aa Bb\n",
    "<b>",
    "> a\n",
    "born 1 ",
)
_WARM_WORDS = "order 1001 and Carmen Ruiz, call +1 201-555-0123"
_READABLE_CHARS = 19_900  # one cleaned message has at most 20,000


def measure() -> dict[str, float]:
    """Return the gated values: the slowest stage's CPU in ms, and the ratio of twenty messages to one."""
    worst = measure_stages()
    return {STAGE_MS: max(ms for ms, _ in worst.values()), AT_ONCE: at_once({text for _, text in worst.values()})}


def measure_stages() -> dict[str, tuple[float, str]]:
    """Return for each stage the CPU in ms of its worst text at the cap, and the unit that text repeats."""
    short = _texts(_SHORT_CHARS)
    return {name: _worst(run, short) for name, run in stages().items()}


def _texts(size: int) -> list[str]:
    made = {text for pattern in stage_patterns().values() for text in make_texts(pattern, size)}
    return [*sorted(made), *((unit * size)[:size] for unit in _UNITS)]


def _worst(run: Stage, short: list[str]) -> tuple[float, str]:
    run(_WARM_WORDS)
    candidates = nlargest(_WORST_KEPT, range(len(short)), key=lambda place: _cpu_ms(lambda: run(short[place])))
    long = _texts(CAP_CHARS)
    return max((_shortest_ms(run, long[place]), long[place]) for place in candidates)


def _shortest_ms(run: Stage, text: str) -> float:
    return min(_cpu_ms(lambda: run(text)) for _ in range(2))


def at_once(texts: Iterable[str]) -> float:
    """Return the CPU of an event that finds twenty messages new, in multiples of one that finds one it can read.

    Each with the text that is the worst for it.
    """
    _event_ms([_WARM_WORDS])
    several = max(_event_ms([text] * MESSAGES_AT_ONCE) for text in texts)
    return several / max(_event_ms([text[:_READABLE_CHARS]]) for text in texts)


def _event_ms(texts: list[str]) -> float:
    world = World()
    message_id = ""
    for text in texts:
        message_id = world.helpdesk.customer_writes("c1", text, channel="livechat")
    event = world.event("c1", message_id)
    return _cpu_ms(lambda: world.deliver(event))


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def to_table(stages_measured: dict[str, tuple[float, str]]) -> str:
    """Return a line a stage: CPU in ms and how its worst text begins."""
    lines = (f"{ms:8.1f}  {name:24} {text[:40]!r}" for name, (ms, text) in stages_measured.items())
    return "\n".join(("  CPU ms  stage                    worst text of 32 KiB", *lines))


if __name__ == "__main__":
    from rp_mw_shared.observability import configure

    configure(service="bench", env="bench", write=lambda _: None)
    found = measure_stages()
    sys.stdout.write(to_table(found) + "\n")
    sys.stdout.write(f"{at_once({text for _, text in found.values()}):.2f} x: {AT_ONCE}\n")
