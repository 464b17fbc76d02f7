"""The intent's part of `make tf-selftest`: mistakes by hand and from a seed, in plans and in the code itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.intent.by_hand import load_mistakes, try_by_hand
from tools.intent.check import WANTED_PERCENT, check_mutations, check_plans, summary
from tools.intent.compare import Comparison, relations
from tools.intent.expected import kept_types, load
from tools.intent.hcl import HclMutator, Mistake
from tools.intent.mutations import Trial
from tools.intent.plans import Planned, Schemas
from tools.intent.take import take, with_kept
from tools.tf.checks import Check
from tools.tf.commands import plan
from tools.tf.contracts import check_contracts
from tools.tf.workspace import Workspace

EVERYTHING_ON = "staging"  # the environment in which every option is switched on
IN_PLANS = 1500
IN_CODE = 40


class CodeTrials:
    """Mistakes in the code, each planned in the environment that has everything switched on."""

    def __init__(self, workspace: Workspace, schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]]) -> None:
        self.workspace = workspace
        self.intent: Mapping[str, Any] = load()
        self.schemas = schemas
        self.stacks = dict(plans[EVERYTHING_ON])

    def trial(self, mistake: Mistake) -> Trial:
        """Make it, plan, look, undo it."""
        path = self.workspace.folder / mistake.file
        words = f"{mistake.file}:{mistake.line} {mistake.words}"
        path.write_text(mistake.after, "utf-8")
        try:
            seen, why = self._seen(mistake)
        finally:
            path.write_text(mistake.before, "utf-8")
        return Trial(words, bool(seen), seen or why)

    def _seen(self, mistake: Mistake) -> tuple[str, str]:
        """What saw the mistake, or else why nothing did."""
        outcome = plan(self.workspace, mistake.stack, EVERYTHING_ON)
        if outcome.exit_code == 1:
            return "refused by Terraform", ""
        before, planned = self.stacks[mistake.stack], take(self.workspace, mistake.stack, EVERYTHING_ON)
        if "prevent_destroy" in mistake.words or "lifecycle" in mistake.words:
            planned = with_kept(self.workspace, planned, kept_types(self.intent))
        stacks = self.stacks | {mistake.stack: planned}
        found = [*Comparison(self.intent, self.schemas, planned).differences()]
        found += relations(self.intent, self.schemas, stacks)
        if found:
            return str(found[0]), ""
        off = [check.name for check in check_contracts(self.workspace.folder) if not check.passed]
        if off:
            return off[0], ""
        same = planned.document["planned_values"] == before.document["planned_values"]
        return "", "the plan is the same to the letter" if same else "the intent allows the other value"


def by_hand(schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]]) -> Iterator[Check]:
    """One check for each mistake that somebody thought of."""
    for mistake in load_mistakes():
        trial = try_by_hand(load(), schemas, plans, mistake)
        yield Check(f"seen: {trial.words}", trial.caught, "no difference from the intent")


def _told(trial: Trial) -> Trial:
    """Said as it comes in: each takes a plan's time."""
    print(f"       {'seen' if trial.caught else 'survived'}: {trial.words}: {trial.why}", flush=True)
    return trial


def in_code(
    workspace: Workspace, schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]], seed: int, count: int = IN_CODE
) -> Check:
    """Mistakes in the code: nearly all that change a plan are seen; what changes none is listed, and counted apart."""
    mutator, trials = HclMutator(workspace.folder, seed), CodeTrials(workspace, schemas, plans)
    tried = [_told(trials.trial(mutator.mistake())) for _ in range(count)]
    caught = sum(trial.caught for trial in tried)
    same = sum(trial.why.startswith("the plan is the same") for trial in tried if not trial.caught)
    name = f"{caught} of {count} mistakes in the code are seen, {same} change no plan (seed {seed})"
    return Check(name, caught * 100 >= WANTED_PERCENT * (count - same), summary(tried), listed=True)


def check_all(
    workspace: Workspace,
    schemas: Schemas,
    plans: Mapping[str, Mapping[str, Planned]],
    seed: int,
    report: Callable[[Check], None],
) -> list[Check]:
    """Everything, reporting each as it comes in."""
    results = []
    steps: list[Callable[[], Iterator[Check]]] = [
        lambda: check_plans(plans, schemas),
        lambda: by_hand(schemas, plans),
        lambda: iter([check_mutations(plans, schemas, seed, IN_PLANS)]),
        lambda: iter([in_code(workspace, schemas, plans, seed)]),
    ]
    for step in steps:
        for check in step():
            report(check)
            results.append(check)
    return results
