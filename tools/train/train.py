"""Trains the embedded classifier: our own templates, and the public intent rows where they are at hand.

    python -m tools.train.train                                   from a fresh clone: from templates alone, into build/
    python -m tools.train.train --shared ../shared                with the public rows, into build/
    python -m tools.train.train --shared ../shared --ship --version 1.6.0          over the shipped model
    python -m tools.train.train --shared ../shared --without-rows  what the rows are worth, into without_rows.json

It says what was left out, and measures the new model beside the shipped one on messages that neither has seen. They are
few, so without the public rows it also says what a model without them was measured at when they were at hand.
Needs the packages of requirements-train.in. The same inputs give the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one thread: the same sums in the same order on every machine

import numpy as np  # noqa: E402

from rp_mw_ops.eval.measure import to_prediction  # noqa: E402
from rp_mw_ops.eval.rows import Row as EvalRow  # noqa: E402
from rp_mw_ops.eval.rows import load_labelled_rows  # noqa: E402
from rp_mw_ops.eval.summary import summarise  # noqa: E402
from rp_mw_worker.classifiers.embedded import MODEL_FILE, EmbeddedClassifier  # noqa: E402
from rp_mw_worker.domain.policy import Policy  # noqa: E402
from rp_mw_worker.policy.loader import load_policy  # noqa: E402
from tools.train.model_file import write_trained  # noqa: E402
from tools.train.provenance import templates_digest, write_provenance  # noqa: E402
from tools.train.recipe import (  # noqa: E402
    RECIPE,
    Recipe,
    Row,
    fit_recipe,
    fit_temperature,
    load_rows,
    redacted,
    with_temperature,
)
from tools.train.synthesise import TEMPLATES, Size, load_grammar  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/model/intents.bin"
ROWS = Path("data/intents/dev.jsonl")
FRESH_FILE = Path(__file__).parent / "fresh.jsonl"
WITHOUT_ROWS_FILE = Path(__file__).parent / "without_rows.json"
SHORT = Size(per_template=5, least=300, most=1200)
_FOLDS = 5
_MEASURED = ("accuracy", "macro_f1", "coverage", "covered_precision")


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to learn from. `left_out` says in a line each what is not there and what that means."""

    labels: frozenset[str]
    rows: list[Row]
    rows_file: Path | None
    left_out: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the model and where it came from, measure it; 0 when done, 2 for what makes no sense."""
    args = _parser().parse_args(arguments)
    if args.ship and args.version is None:
        shipped = EmbeddedClassifier(frozenset()).model_version
        sys.stderr.write(f"train: --ship needs --version: the model that ships now is {shipped}\n")
        return 2
    policy, output = load_policy(), MODEL_FILE if args.ship else args.output
    recipe = replace(RECIPE, size=SHORT) if args.short else RECIPE
    material = find_material(policy, args.shared, with_rows=not args.without_rows)
    _say(*(f"left out: {line}" for line in material.left_out))
    train(material, policy, output, args.version, recipe)
    _say(*compare(output, policy))
    if args.without_rows and (args.shared / ROWS).is_file() and not args.short:
        _write_worth(policy, args.shared / ROWS, recipe)
    if not material.rows:
        _say(*_worth_of_rows())
    if not args.ship:
        _say(f"the shipped model is as it was; see `rp-mw policy check --model {_shown(output)}`, ship with --ship")
    return 0


def find_material(policy: Policy, shared: Path, *, with_rows: bool = True) -> Material:
    """Return the labels of the policy that have templates, and the public rows of those labels, if they are there."""
    templates = set(load_grammar().labels)
    labels = frozenset(policy.intents) & templates
    left_out = [
        f"{label} has no {_shown(TEMPLATES / label)}.txt: the model cannot name it"
        for label in policy.intents
        if label not in templates
    ]
    left_out += [f"{label}: it has templates and no place in intents.yaml" for label in sorted(templates - labels)]
    file = shared / ROWS
    if not (with_rows and file.is_file()):
        why = f"{file} is not there" if with_rows else "as asked"
        line = f"the public rows ({why}): the model learns from our own templates alone"
        return Material(labels, [], None, (*left_out, line))
    rows = load_rows(file)
    known = [row for row in rows if row.intent in labels]
    if len(known) < len(rows):
        left_out.append(f"{len(rows) - len(known)} public rows of labels that are not trained")
    return Material(labels, known, file, tuple(left_out))


def train(
    material: Material,
    policy: Policy,
    output: Path,
    version: str | None,
    recipe: Recipe = RECIPE,
    temperature: float | None = None,
) -> None:
    """Write the model file and its provenance to `output`; `version` None: the shipped one's with `-local`.

    `temperature` None: fitted on the public rows, or the shipped model's where there are none.
    """
    shipped = EmbeddedClassifier(policy.tier0_labels)
    _say(f"{len(material.labels)} labels, {len(material.rows)} public rows; this takes minutes")
    source = "given"
    if temperature is None and material.rows:
        temperature, source = fit_temperature(material.rows, recipe, material.labels), "fitted"
    elif temperature is None:
        temperature, source = shipped.temperature, "the shipped model's: it takes public rows to fit one"
    model = with_temperature(fit_recipe(material.rows, recipe, labels=material.labels), temperature)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_trained(output, version or f"{shipped.model_version}-local", model, recipe)
    write_provenance(output, material.rows_file, material.rows, temperature, recipe)
    _say(f"wrote {_shown(output)} ({output.stat().st_size} bytes), temperature {temperature:.3f} ({source})")


def compare(output: Path, policy: Policy) -> list[str]:
    """Return the lines that say how the model at `output` does beside the shipped one on messages nobody learnt."""
    labels = frozenset(policy.intents) | frozenset(EmbeddedClassifier(frozenset()).labels)
    rows = load_labelled_rows(FRESH_FILE, labels)
    new, shipped = measure(output, policy, rows), measure(MODEL_FILE, policy, rows)
    figures = ", ".join(f"{name} {_beside(new, shipped, name)}" for name in _MEASURED)
    return [f"on {len(rows)} messages that neither model saw, beside the shipped one: {figures}"]


def measure(model_file: Path, policy: Policy, rows: Sequence[EvalRow]) -> dict[str, float]:
    """Return the headline figures of a model on labelled rows, through the policy as in the worker."""
    classifier = EmbeddedClassifier(policy.tier0_labels, model_file)
    predictions = [to_prediction(row, classifier.classify(redacted(row.text)), policy) for row in rows]
    headline: dict[str, float] = summarise(predictions, "rows", "embedded", policy)["headline"]
    return headline


def _write_worth(policy: Policy, rows_file: Path, recipe: Recipe) -> None:
    """Hold a model without the public rows against one that learnt four fifths of them, on the fifth neither saw."""
    material = find_material(policy, rows_file.parents[2])
    asked = load_labelled_rows(rows_file, material.labels)
    is_held = np.random.default_rng(recipe.seed).integers(0, _FOLDS, len(asked)) == 0
    held = [row for row, out in zip(asked, is_held, strict=True) if out]
    kept = [row for row, out in zip(material.rows, is_held, strict=True) if not out]
    found = {}
    for name, rows in (("with_rows", kept), ("without_rows", [])):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "intents.bin"
            train(replace(material, rows=rows), policy, path, name, recipe, EmbeddedClassifier(frozenset()).temperature)
            headline = measure(path, policy, held)
        found[name] = {figure: round(headline[figure], 4) for figure in _MEASURED}
    record = {"rows": len(held), "templates_sha256": templates_digest(), **found}
    WITHOUT_ROWS_FILE.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _worth_of_rows() -> list[str]:
    """How much worse a model without the public rows is, from the last run that had them at hand."""
    record = json.loads(WITHOUT_ROWS_FILE.read_text("utf-8"))
    figures = ", ".join(f"{name} {_beside(record['without_rows'], record['with_rows'], name)}" for name in _MEASURED)
    changed = "" if record["templates_sha256"] == templates_digest() else "; the templates have changed since"
    asked = f"on {record['rows']} public rows, beside a model that learnt the others"
    return [f"without the public rows, {asked}: {figures}{changed}"]


def _beside(new: dict[str, float], other: dict[str, float], name: str) -> str:
    return f"{new[name]:.3f} ({new[name] - other[name]:+.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder that holds data/intents")
    parser.add_argument("--output", type=Path, default=BUILT, help="where the model goes (default: build/model)")
    parser.add_argument("--ship", action="store_true", help="write over the shipped model; needs --version")
    parser.add_argument("--version", help="of the model (default: the shipped one's with -local)")
    parser.add_argument("--without-rows", action="store_true", help="leave the public rows out, and measure by them")
    parser.add_argument("--short", action="store_true", help="fewer messages a template: a trial, not a model to ship")
    return parser


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"train: {line}\n")
    sys.stderr.flush()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    raise SystemExit(main())
