"""The checks of `make tf`: each stack's plan is what is intended, and the intent sees mistakes made in the plans."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping

from tools.intent.compare import Comparison, relations
from tools.intent.expected import load
from tools.intent.mutations import Trial, run_trials
from tools.intent.plans import Planned, Schemas
from tools.tf.checks import Check

Plans = Mapping[str, Mapping[str, Planned]]
SHORT = 400
WANTED_PERCENT = 95


def check_plans(plans: Plans, schemas: Schemas) -> Iterator[Check]:
    """One check for each stack of each environment, and one for what holds between an environment's stacks."""
    intent = load()
    for environment, stacks in plans.items():
        for stack, planned in stacks.items():
            found = [str(one) for one in Comparison(intent, schemas, planned).differences()]
            yield Check(f"{environment}: {stack} is planned as intended", not found, "\n".join(found))
        between = [str(one) for one in relations(intent, schemas, stacks)]
        yield Check(f"{environment}: what must hold between values holds", not between, "\n".join(between))


def new_seed() -> int:
    """Another one each time; whoever wants one again passes it."""
    return random.SystemRandom().randrange(10**6)


def summary(trials: list[Trial]) -> str:
    """Survivors, each with why the intent allows it."""
    return "\n".join(
        f"survived: {trial.words} ({trial.why or 'nobody knows why'})" for trial in trials if not trial.caught
    )


def check_mutations(plans: Plans, schemas: Schemas, seed: int | None = None, count: int = SHORT) -> Check:
    """Mistakes made in the plans, from a seed: nearly all are seen, and the intent says why of each one that is not."""
    seed = new_seed() if seed is None else seed
    started = time.monotonic()
    trials = run_trials(load(), schemas, plans, seed, count)
    caught = sum(trial.caught for trial in trials)
    unexplained = [trial for trial in trials if not trial.caught and not trial.why]
    name = f"{caught} of {len(trials)} mistakes in plans are seen (seed {seed}, {time.monotonic() - started:.0f} s)"
    return Check(name, caught * 100 >= WANTED_PERCENT * len(trials) and not unexplained, summary(trials), listed=True)
