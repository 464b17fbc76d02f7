"""CPU of the worst texts: what a customer may write must keep no stage busy, and twenty such messages no worker.

    python -m benchmarks.hostile

The texts are near matches made from the patterns themselves (`tests/fakes/blow_up.py`). Each stage is shown all of them
short; the worst for that stage are shown to it again at the size of the total cap. Each pattern is shown its own near
matches as well: many are only tried after a word that announces something, so a text has to lead a stage there.
"""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from heapq import nlargest

from tests.fakes.blow_up import make_seeds, make_texts, make_varied, to_text
from tests.fakes.hostile_bodies import HOSTILE, TREES
from tests.fakes.stages import BEGUN_AT_ONE_PLACE, Stage, stage_patterns, stages
from tests.fakes.worker_world import World

CAP_CHARS = 32_768
MESSAGES_AT_ONCE = 20
PATTERN_MS = "slowest pattern, 2 KiB of its own near matches, CPU ms"
STAGE_MS = "worst text of 32 KiB, slowest stage, CPU ms"
AT_ONCE = "20 worst messages at once, x CPU of one at the cap"
_SHORT_CHARS = 512
_PATTERN_CHARS = 2_048
_RUN_CHARS = (40, 90)
_ENDS = ("\x01", "_", "é", " ")
_DOUBTFUL_MS = 2.0  # the machine may have been busy with something else
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
    f"passport number 1{'a' * 40}_ ",
)
# No number, word or name twice: nothing of them is known from before.
_VARIED = (
    *("99999999, ", "9999999999, ", "99 99 99 99 99 99 99 99 99 99 99 99, ", "999 999 999 999, "),
    *("zzzzzzz ", "ozzzzzzzz ", "9z9z9z9z9z9z-9z9z ", "ozzze 9999 ", "ordersz orderzz trackzzz "),
    *("born 9 9 9 9 ", "User Zzz9 ", "send 99 Zz ", "Zzzzz Zzzzz, ", "IBAN ZZ99ZZZZ9999999999 "),
)
_WARM_WORDS = "order 1001 and Carmen Ruiz, call +1 201-555-0123 or 030 1234567 89"
_READABLE_CHARS = 19_900  # one cleaned message has at most 20,000


def measure() -> dict[str, float]:
    """Return the gated values: CPU in ms of the slowest stage and pattern, and the ratio of twenty messages to one."""
    worst = measure_stages()
    return {
        STAGE_MS: max(ms for ms, _ in worst.values()),
        PATTERN_MS: max(measure_patterns().values()),
        AT_ONCE: at_once({text for _, text in worst.values()}),
    }


def measure_patterns() -> dict[str, float]:
    """Return for each pattern the CPU in ms of finding all it can in the worst of its own near matches, 2 KiB each."""
    return {
        name: max((_pattern_ms(pattern, text, name in BEGUN_AT_ONE_PLACE) for text in _own_texts(pattern)), default=0)
        for name, pattern in stage_patterns().items()
    }


def _own_texts(pattern: re.Pattern[str]) -> set[str]:
    """Long runs, and short ones again and again: what a bound ends is dear just below it."""
    made = {
        text if size == _PATTERN_CHARS else f"{text} "
        for size in (*_RUN_CHARS, _PATTERN_CHARS)
        for end in _ENDS
        for text in make_texts(pattern, size, end)
    }
    return {(text * (_PATTERN_CHARS // len(text) + 1))[:_PATTERN_CHARS] for text in made}


def _pattern_ms(pattern: re.Pattern[str], text: str, is_begun_once: bool) -> float:
    def find() -> None:
        pattern.match(text) if is_begun_once else deque(pattern.finditer(text), maxlen=0)

    ms = _cpu_ms(find)
    return ms if ms < _DOUBTFUL_MS else min(ms, _cpu_ms(find))


def measure_stages() -> dict[str, tuple[float, str]]:
    """Return for each stage the CPU in ms of its worst text at the cap, and the unit that text repeats."""
    short, of_name = _texts(_SHORT_CHARS), stages()
    found = {name: _worst(run, short) for name, run in of_name.items()}
    return {**found, "clean trees": max((_shortest_ms(of_name["clean"], body), body) for body in TREES.values())}


def _texts(size: int) -> list[str]:
    seeds = sorted({seed for pattern in stage_patterns().values() for seed in make_seeds(pattern)})
    repeated = ((unit * size)[:size] for unit in (*_UNITS, *HOSTILE))
    return [*(to_text(seed, size) for seed in seeds), *repeated, *(make_varied(unit, size) for unit in _VARIED)]


def _worst(run: Stage, short: list[str]) -> tuple[float, str]:
    run(_WARM_WORDS)
    candidates = nlargest(_WORST_KEPT, range(len(short)), key=lambda place: _cpu_ms(lambda: run(short[place])))
    long = _texts(CAP_CHARS)
    return max((_shortest_ms(run, long[place]), long[place]) for place in candidates)


def _shortest_ms(run: Stage, text: str) -> float:
    return min(_cpu_ms(lambda: run(text)) for _ in range(4))


def at_once(texts: Iterable[str]) -> float:
    """Return the CPU of an event that finds twenty messages new, in multiples of one that finds one it can read.

    Each with the text that is the worst for it.
    """
    _event_ms([_WARM_WORDS])
    several = max(_shortest_event_ms([text] * MESSAGES_AT_ONCE) for text in texts)
    return several / max(_shortest_event_ms([text[:_READABLE_CHARS]]) for text in texts)


def _shortest_event_ms(texts: list[str]) -> float:
    return min(_event_ms(texts) for _ in range(2))


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
    slowest = sorted(((ms, name) for name, ms in measure_patterns().items()), reverse=True)[:5]
    sys.stdout.write("".join(f"{ms:8.1f}  {name}\n" for ms, name in slowest))
    sys.stdout.write(f"{at_once({text for _, text in found.values()}):.2f} x: {AT_ONCE}\n")
