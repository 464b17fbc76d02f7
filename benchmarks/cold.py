"""Cold starts: CPU from spawn to ready, what a function adds to Lambda's runtime, the first event over TLS."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from benchmarks.bed import Bed
from benchmarks.spawn import run_process
from benchmarks.variants import Variant

Round = dict[str, float]


def interleaved(
    variants: Sequence[Variant], rounds: int, measure: Callable[[Variant], float], *, seed: int = 6
) -> list[Round]:
    """Measure every variant once a round, in a new order each round, after one round that does not count."""
    order = random.Random(seed)
    for variant in variants:
        measure(variant)
    measured = []
    for _ in range(rounds):
        shuffled = order.sample(variants, len(variants))
        by_name = {variant.name: measure(variant) for variant in shuffled}
        measured.append({variant.name: by_name[variant.name] for variant in variants})
    return measured


def ready_ms(bed: Bed, rounds: int, *, tls: bool = False) -> list[Round]:
    """CPU milliseconds from spawn to handler ready, interpreter included."""

    def measure(variant: Variant) -> float:
        return run_process(bed.command(variant, "ready"), bed.environment(variant, tls=tls)).cpu_seconds * 1000

    return interleaved(bed.variants, rounds, measure)


def marginal_ms(bed: Bed, rounds: int) -> list[Round]:
    """CPU milliseconds a variant adds once Lambda's runtime client is imported."""
    peers = [variant for variant in bed.variants if variant.module != "interpreter"]

    def measure(variant: Variant) -> float:
        return float(run_process(bed.command(variant, "marginal"), bed.environment(variant)).result)

    return interleaved(peers, rounds, measure)


def first_event_ms(bed: Bed, rounds: int) -> list[Round]:
    """CPU milliseconds from spawn to the first webhook answered, AWS over TLS with the public authorities trusted."""
    answering = [variant for variant in bed.variants if variant.answers]

    def measure(variant: Variant) -> float:
        return run_process(bed.command(variant, "first"), bed.environment(variant, tls=True)).cpu_seconds * 1000

    return interleaved(answering, rounds, measure)


def warm_us(bed: Bed, rounds: int, events: int, *, tls: bool = False) -> list[Round]:
    """CPU microseconds per event of a warm process, one keep-alive connection to AWS."""
    answering = [variant for variant in bed.variants if variant.answers]

    def measure(variant: Variant) -> float:
        return float(run_process(bed.command(variant, "warm", events), bed.environment(variant, tls=tls)).result)

    return interleaved(answering, rounds, measure)
