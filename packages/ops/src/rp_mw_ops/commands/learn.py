"""`rp-mw learn [FILE]`: fit a shop's correction of the embedded model, judge it on held-back messages, write its file.

Without FILE it learns from the environment's own tables: what the model said of each message, and the intent that
agents left its ticket with. FILE is JSONL as for `rp-mw eval`, {"id", "text", "intent"} a line, or
{"id", "scores": {label: share}, "intent"}: the scores of a recorded decision with the label that an agent found right.
It is read here and nothing is sent. What is written holds counts and numbers by label, and no word of a message.
Exit code 1: refused, or the file cannot be used.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import UsageError
from rp_mw_ops.exit_codes import DONE, FINDING
from rp_mw_ops.figures.period import days_until, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.progress import still_at_it
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.day_sums import KEPT_DAYS

if TYPE_CHECKING:
    from rp_mw_ops.learn.examples import Material
    from rp_mw_ops.learn.trial import Trial
    from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
    from rp_mw_worker.policy_engine import PolicyEngine

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_WHY = {
    "not_read_back": "their tickets were not read back",
    "untold": "nothing says whether the intent was right",
    "other_model": "made with another model, another version or a correction",
    "no_scores": "without scores of this model's labels",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what is learnt from and where the correction goes."""
    add_environment_argument(parser)
    parser.add_argument(
        "file", type=Path, nargs="?", help='JSONL, one {"id", "text", "intent"} a line (default: the environment)'
    )
    parser.add_argument(
        "--days", type=int, metavar="N", help=f"the last N days of the environment, 1 to {KEPT_DAYS} (default all)"
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--out", type=Path, metavar="FILE", help="write the correction there (default: only measure)")
    target.add_argument("--ship", action="store_true", help="write it beside the worker's model, to be deployed")
    parser.add_argument("--name", default="shop", help="the first part of its version (default: shop)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when the correction may be used, 1 when it is refused: nothing is written then."""
    if not _NAME.fullmatch(args.name):
        raise UsageError(f"--name {args.name!r}: a small letter, then small letters, digits and hyphens, 20 at most")
    if args.file is not None and args.days is not None:
        raise UsageError("--days is for the environment's own decisions: give it without a file")
    if args.days is not None and not 1 <= args.days <= KEPT_DAYS:
        raise UsageError(f"--days {args.days} is not between 1 and {KEPT_DAYS}: rows are kept for {KEPT_DAYS} days")
    return run_in(open_environment(args.env) if args.file is None else None, args)


def run_in(environment: Environment | None, args: argparse.Namespace) -> int:
    """Learn from the environment, or where there is none, from the file."""
    from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
    from rp_mw_worker.policy.loader import load_policy
    from rp_mw_worker.policy_engine import PolicyEngine

    policy = load_policy()
    classifier, engine = EmbeddedClassifier(policy.tier0_labels), PolicyEngine(policy)
    material = _load(args, environment, classifier, engine)
    trial = try_out(material, classifier, engine)
    document = _to_document(args.name, material, trial, classifier)
    target = _target(args)
    if document is not None and target is not None:
        from rp_mw_ops.learn.document import write_document

        write_document(target, document)
    told = {"written": document is not None and target is not None, **_facts(trial, material, classifier.labels)}
    if environment is not None:
        told = with_where(environment, told)
    _show(document["version"] if document else None, told, trial, as_json=args.json)
    return FINDING if document is None else DONE


def _load(
    args: argparse.Namespace, environment: Environment | None, classifier: EmbeddedClassifier, engine: PolicyEngine
) -> Material:
    """Return what is learnt from: the file's rows, or the environment's. Raises UsageError or TransientError."""
    from rp_mw_ops.learn.examples import Material, load_material
    from rp_mw_ops.learn.recorded import add_recorded

    if environment is None:
        return load_material(args.file, classifier, engine)
    announce(environment, args)
    material, now = Material(), SystemClock().now_epoch_ms()
    days = open_days(environment, for_many=True)
    with still_at_it("reading"):
        for day in days_until(utc_day(now), args.days or KEPT_DAYS):
            add_recorded(days.load_rows(day), classifier, engine, material)
    return material


def try_out(material: Material, classifier: EmbeddedClassifier, engine: PolicyEngine) -> Trial:
    """Return how a correction by `material` does. Raises UsageError without numpy or scipy."""
    from rp_mw_ops.learn.examples import load_own

    try:
        from rp_mw_ops.learn.trial import Model, run_trial
    except ModuleNotFoundError as error:
        raise UsageError(f"rp-mw learn needs {error.name}: `make setup`, or install rp-mw-ops[learn]") from error

    model = Model.of(classifier.labels, engine.policy.tier0_labels)
    return run_trial(material.examples, load_own(classifier, engine), model)


def _target(args: argparse.Namespace) -> Path | None:
    from rp_mw_worker.classifiers.embedded import CORRECTION_FILE

    chosen: Path | None = CORRECTION_FILE if args.ship else args.out
    return chosen


def _to_document(name: str, material: Material, trial: Trial, classifier: EmbeddedClassifier) -> dict[str, Any] | None:
    from rp_mw_ops.learn.document import to_document

    if trial.fitted is None or trial.refusals:
        return None
    return to_document(name, trial.fitted, trial, material, classifier.labels, classifier.model_identity)


def _facts(trial: Trial, material: Material, labels: tuple[str, ...]) -> dict[str, Any]:
    from rp_mw_ops.learn.document import provenance

    counts = {"left_out": material.left_out, "not_used": material.not_used}
    told = {name: dict(sorted(counter.items())) for name, counter in counts.items()}
    facts = {"refusals": list(trial.refusals), **told, "corrected": material.corrected}
    return facts | provenance(trial, material, labels)


def _show(version: str | None, told: dict[str, Any], trial: Trial, *, as_json: bool) -> None:
    if as_json:
        write_json({"accepted": version is not None, "version": version, **told})
        return
    write_lines(*_to_lines(told, trial))
    if version is None:
        sys.stderr.writelines(f"rp-mw learn: refused: {line}\n" for line in told["refusals"])
        return
    next_step = (
        "written; deploy it as a change of the policy" if told["written"] else "not written: --out FILE or --ship"
    )
    write_lines(f"accepted: {version}, {next_step}")


def _to_lines(told: dict[str, Any], trial: Trial) -> list[str]:
    rows, (low, high) = max(trial.before.rows, 1), trial.interval
    then, now = trial.before.right / rows, trial.after.right / rows
    return [
        f"{told['messages']} labelled messages, each judged by a correction that did not learn from it",
        *([f"  corrected by agents: {told['corrected']}, the others confirmed"] if told["corrected"] else []),
        *(f"  left out: {number} in {code}, which another model reads" for code, number in told["left_out"].items()),
        *(f"  not used: {number} decisions, {_WHY[code]}" for code, number in told["not_used"].items()),
        f"  read right     {then:.3f} -> {now:.3f}  ({trial.gain:+.3f}, 95 % {low:+.3f} to {high:+.3f})",
        f"  mended, spoilt {trial.better}, {trial.worse}",
        f"  tier-0 found   {trial.before.tier0_found} -> {trial.after.tier0_found} of {trial.before.tier0_rows}",
    ]
