"""Trains the model for German, Spanish, French, Italian, Dutch and Portuguese: own words, public rows if any.

    python -m tools.train.multilingual --shared ../shared            into build/model/languages.bin
    python -m tools.train.multilingual --shared ../shared --ship --version 1.0.0
    python -m tools.train.multilingual --shared ../shared --unseen   judge a model of our own words by the public rows

One model for all six: what is alike in related languages is learnt once (record 0096).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one thread: the same sums in the same order on every machine

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from rp_mw_ops.exit_codes import FINDING  # noqa: E402
from rp_mw_worker.classifiers.cascade import LANGUAGES  # noqa: E402
from rp_mw_worker.classifiers.embedded import LANGUAGES_MODEL_FILE, EmbeddedClassifier  # noqa: E402
from rp_mw_worker.domain.decide import decide  # noqa: E402
from rp_mw_worker.domain.model import Case, ConversationState, Flags, Ticket  # noqa: E402
from rp_mw_worker.policy.loader import load_policy  # noqa: E402
from tools.train.linear import Floats, fit_linear, to_features  # noqa: E402
from tools.train.model_file import write_trained  # noqa: E402
from tools.train.recipe import Recipe, Trained, one_hot, redacted, with_temperature  # noqa: E402
from tools.train.synthesise import Example, Size, load_language, synthesise  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).parent / "languages"
BUILT = ROOT / "build/model/languages.bin"
ROWS = Path("data/multilingual/dev.jsonl")
# Messages of our own, mostly of tier 0 and of what looks like it.
OWN_ROWS = ROOT / "tests/data/screen/messages.jsonl"
# A row counts five messages from templates: it is a customer's whole sentence, and there are few.
RECIPE = Recipe(bits=16, size=Size(per_template=12, least=200, most=1000), row_weight=5.0)
# Between what reaches most teams (0.2) and what is surest of its label (1.0) on rows it did not learn; see the record.
TEMPERATURE = 0.6
# A copy of each message as it is typed in a hurry: words left out, every second one without accents.
DROPPED_SHARE = 0.2
# The share of unseen rows that reach their team, all languages together; below it --unseen ends as a broken gate.
LEAST_RIGHT_TEAM = 0.73
BARE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled message, its text as written."""

    text: str
    intent: str
    language: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write, or measure with --unseen; 0 when done, 2 for what makes no sense."""
    args = _parser().parse_args(arguments)
    if args.ship and args.version is None:
        sys.stderr.write("train: --ship needs --version\n")
        return 2
    rows = load_rows(args.shared / ROWS)
    if not rows:
        sys.stderr.write(f"train: left out: {args.shared / ROWS} is not there; own templates alone\n")
    if args.unseen:
        return _measure(rows)
    output = LANGUAGES_MODEL_FILE if args.ship else BUILT
    output.parent.mkdir(parents=True, exist_ok=True)
    write_trained(output, args.version or "local", fit(rows), RECIPE)
    _write_provenance(output, args.shared / ROWS, rows)
    sys.stderr.write(f"train: wrote {output.name} ({output.stat().st_size} bytes), {len(rows)} public rows\n")
    return 0


def load_rows(path: Path) -> list[Row]:
    """Return the labelled rows of the served languages in `path`; none where it is missing."""
    if not path.is_file():
        return []
    records = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [Row(one["text"], one["intent"], one["lang"]) for one in records if one["lang"] in LANGUAGES]


def fit(rows: Sequence[Row], recipe: Recipe = RECIPE) -> Trained:
    """Return the model trained on the templates of every language, on our own messages and on `rows`."""
    rows = [*load_rows(OWN_ROWS), *rows]
    labels, features, targets = _synthetic(recipe)
    row_features = to_features([redacted(row.text) for row in rows], recipe.bits, recipe.bits)
    row_targets = one_hot([labels.index(row.intent) for row in rows], len(labels), recipe.smoothing)
    weights = np.ones(features.shape[0] + len(rows), np.float32)
    weights[features.shape[0] :] = recipe.row_weight
    fitted = fit_linear(
        sparse.vstack([features, row_features], format="csr"),
        np.concatenate([targets, row_targets]),
        weights,
        epochs=recipe.epochs,
        rate=recipe.rate,
        seed=recipe.seed,
    )
    return with_temperature(Trained(labels, fitted.weights, fitted.bias), TEMPERATURE)


@cache
def _synthetic(recipe: Recipe) -> tuple[tuple[str, ...], sparse.csr_matrix, Floats]:
    examples: list[Example] = []
    for path in sorted(TEMPLATES.glob("*.txt")):
        examples += synthesise(load_language(path), recipe.size, recipe.seed)
    labels = tuple(sorted({one.label for one in examples}))
    targets = one_hot([labels.index(one.label) for one in examples], len(labels), recipe.smoothing)
    texts, rng = [one.text for one in examples], random.Random(recipe.seed)
    texts += [hurried(text, rng) for text in texts]
    return labels, to_features(texts, recipe.bits, recipe.bits), np.concatenate([targets, targets])


def hurried(text: str, rng: random.Random) -> str:
    """Return `text` with words left out, and every second time without accents; never empty."""
    kept = " ".join(word for word in text.split() if rng.random() > DROPPED_SHARE) or text
    if rng.random() >= BARE_SHARE:
        return kept
    return "".join(letter for letter in unicodedata.normalize("NFD", kept) if not unicodedata.combining(letter))


def judge(rows: Sequence[Row], model_file: Path) -> Iterator[tuple[Row, str, str]]:
    """Yield each row with its best label and its team: redacted, classified and decided as in the worker."""
    policy = load_policy()
    classifier = EmbeddedClassifier(policy.tier0_labels, model_file)
    for row in rows:
        found = classifier.classify(redacted(row.text))
        case = Case(
            ticket=Ticket("eval", "email", is_open=True, messages=()),
            classification=found,
            state=ConversationState("eval"),
            flags=Flags(),
            now_epoch_ms=0,
            received_at_epoch_ms=0,
            text=row.text,
            language=row.language,
        )
        yield row, found.intents[0].label, decide(case, policy).route_team


def _measure(rows: Sequence[Row]) -> int:
    if not rows:
        return 1 if os.environ.get("CI") == "true" else 0
    policy = load_policy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checked.bin"
        write_trained(path, "checked", fit([]), RECIPE)
        judged = list(judge(rows, path))
    for language in (*sorted(LANGUAGES), "all"):
        own = [one for one in judged if language in (one[0].language, "all")]
        label = sum(row.intent == found for row, found, _ in own) / len(own)
        team = sum(policy.rule(row.intent).team == sent for row, _, sent in own) / len(own)
        sys.stdout.write(f"{language:4} {len(own):4} rows  label {label:.3f}  right team {team:.3f}\n")
    if team < LEAST_RIGHT_TEAM:
        sys.stderr.write(f"train: gate broken: right team {team:.3f} is below {LEAST_RIGHT_TEAM}\n")
        return FINDING
    return 0


def _write_provenance(model_file: Path, rows_file: Path, rows: Sequence[Row]) -> None:
    templates = b"".join(path.read_bytes() for path in sorted(TEMPLATES.glob("*.txt")))
    record = {
        "model_sha256": hashlib.sha256(model_file.read_bytes()).hexdigest(),
        "command": "make train-languages SHARED=../shared" if rows else "make train-languages",
        "bits": RECIPE.bits,
        "temperature": TEMPERATURE,
        "own_templates": {"folder": "tools/train/languages", "sha256": hashlib.sha256(templates).hexdigest()},
        "own_rows": {
            "file": str(OWN_ROWS.relative_to(ROOT)),
            "sha256": hashlib.sha256(OWN_ROWS.read_bytes()).hexdigest(),
        },
        "public_rows": {
            "file": str(ROWS) if rows else None,
            "sha256": hashlib.sha256(rows_file.read_bytes()).hexdigest() if rows else None,
            "rows": len(rows),
            "licence": "CC0-1.0",
        },
    }
    path = model_file.with_suffix(".provenance.json")
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder that holds data/")
    parser.add_argument("--ship", action="store_true", help="write over the shipped model; needs --version")
    parser.add_argument("--version", help="of the model")
    parser.add_argument("--unseen", action="store_true", help="measure on rows that were not learnt; writes nothing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
