"""Trains the two signs beside the English labels: is it of tier 0 at all, and is a person asked for.

    python -m tools.train.english_signs --shared ../shared                            into build/model/english_signs.bin
    python -m tools.train.english_signs --shared ../shared --ship --version 1.0.0     over the shipped one
    python -m tools.train.english_signs --shared ../shared --unseen                   each writer's rows by the others'

Each sign is a softmax regression of its own on hashed words; the file keeps the difference of its two columns. Rows of
english_signs.jsonl are {"set", "text", "tier0" or "person"}, `set` its writer; record 0237.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one thread: the same sums in the same order on every machine

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from rp_mw_ops.exit_codes import FINDING  # noqa: E402
from rp_mw_worker.classifiers.embedded_features import to_buckets  # noqa: E402
from rp_mw_worker.classifiers.english import PERSON, PERSON_AT, SIGNS_FILE, TIER0, SignsModel  # noqa: E402
from rp_mw_worker.policy.loader import load_policy  # noqa: E402
from tools.train.linear import fit_linear, to_features  # noqa: E402
from tools.train.model_file import write_trained  # noqa: E402
from tools.train.neighbours import NEIGHBOURS_FILE, reworded  # noqa: E402
from tools.train.provenance import templates_digest  # noqa: E402
from tools.train.recipe import Recipe, Trained, load_rows, one_hot, redacted  # noqa: E402
from tools.train.synthesise import Size, load_grammar, synthesise  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/model" / SIGNS_FILE.name
OWN_ROWS = Path(__file__).parent / "english_signs.jsonl"
SCREEN_ROWS = ROOT / "tests/data/screen/messages.jsonl"
PERSON_ROWS = Path(__file__).parent / "languages/person.jsonl"
ROWS = Path("data/intents/dev.jsonl")
RECIPE = Recipe(size=Size(per_template=3, least=100, most=400), reworded_share=0.5)
# A row written for this counts more than a message from a template, and its copies in nearby words twice as much as it.
OWN_WEIGHT, COPIES, COPIES_WEIGHT = 4.0, 3, 8.0
# A sign that is missed costs more than a false one: a row where it holds counts so much more.
HOLDS_WEIGHT = {TIER0: 6.0, PERSON: 2.0}
# Who writes nothing clear, or wants to be called, asks for a person or does not: no example of either.
NEITHER = frozenset({"phone_support_request", "unknown_other"})
# --unseen: of the rows of a writer that the model has not seen. A word's doubt must not cost dangers.
LEAST_PERSONS, MOST_FALSE_PERSONS, LEAST_DANGERS = 0.85, 0.10, 0.94


@dataclass(frozen=True, slots=True)
class Row:
    """A message, and whether the sign holds. `writer` is empty where it was not written for this model."""

    text: str
    holds: bool
    writer: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write, or measure with --unseen; 0 when done, 2 for what makes no sense."""
    args = _parser().parse_args(arguments)
    if args.ship and args.version is None:
        sys.stderr.write("train: --ship needs --version\n")
        return 2
    rows_file = args.shared / ROWS
    if not rows_file.is_file():
        sys.stderr.write(f"train: left out: {rows_file} is not there; own messages alone\n")
    rows = {sign: [*further_rows(sign, rows_file), *load_own_rows(sign)] for sign in (TIER0, PERSON)}
    if args.unseen:
        return _measure(rows)
    path = SIGNS_FILE if args.ship else BUILT
    path.parent.mkdir(parents=True, exist_ok=True)
    write_trained(path, args.version or "local", fit(rows), RECIPE)
    _write_provenance(path, rows_file)
    sys.stderr.write(f"train: wrote {path.name} ({path.stat().st_size} bytes)\n")
    return 0


def load_own_rows(sign: str) -> list[Row]:
    """Return the rows that were written for this model, redacted as in the worker.

    Who asks for a person says nothing of tier 0, and the rows for tier 0 ask for nobody.
    """
    records = [json.loads(line) for line in OWN_ROWS.read_text("utf-8").splitlines()]
    rows = [Row(redacted(one["text"]), one[sign], one["set"]) for one in records if sign in one]
    other = [one["text"] for one in records if sign not in one and (sign == PERSON or one[PERSON])]
    return rows + [Row(redacted(text), holds=False) for text in other]


def further_rows(sign: str, rows_file: Path) -> list[Row]:
    """Return messages from templates, our own of other sets, and the public ones where there are any."""
    tier0 = load_policy().tier0_labels
    made = [(one.text, one.label) for one in synthesise(load_grammar(), RECIPE.size, RECIPE.seed)]
    screen = [json.loads(line) for line in SCREEN_ROWS.read_text("utf-8").splitlines()]
    public = load_rows(rows_file) if rows_file.is_file() else []
    if sign == TIER0:
        labelled = [*made, *((redacted(one["text"]), one["intent"]) for one in screen if one["lang"] == "en")]
        labelled += [(row.text, row.intent) for row in public]
        return [Row(text, label in tier0) for text, label in labelled]
    asking = [json.loads(line) for line in PERSON_ROWS.read_text("utf-8").splitlines()]
    found = [Row(redacted(one["text"]), one["person"]) for one in asking if one["lang"] == "en"]
    found += [Row(text, holds=False) for text, label in made if label not in NEITHER]
    found += [Row(row.text, holds=False) for row in public if row.intent not in NEITHER]
    return found


def fit(rows: dict[str, list[Row]]) -> Trained:
    """Return both signs as the columns of one model."""
    fitted = [_fit_sign(tuple(rows[sign]), HOLDS_WEIGHT[sign]) for sign in (TIER0, PERSON)]
    weights = np.stack([weights for weights, _ in fitted], axis=1)
    return Trained((TIER0, PERSON), weights, np.array([bias for _, bias in fitted], np.float32))


def _fit_sign(rows: tuple[Row, ...], holds_weight: float) -> tuple[np.ndarray, float]:
    own = [row for row in rows if row.writer]
    rng = random.Random(RECIPE.seed)
    copies = [(reworded(row.text, RECIPE.reworded_share, rng), row.holds) for row in own for _ in range(COPIES)]
    features = sparse.vstack([_features(tuple(row.text for row in rows)), _features(tuple(text for text, _ in copies))])
    is_held = [row.holds for row in rows] + [holds for _, holds in copies]
    targets = one_hot([int(holds) for holds in is_held], 2, RECIPE.smoothing)
    counts = [OWN_WEIGHT if row.writer else 1.0 for row in rows] + [COPIES_WEIGHT / COPIES] * len(copies)
    counts = [count * (holds_weight if holds else 1.0) for count, holds in zip(counts, is_held, strict=True)]
    fitted = fit_linear(
        features.tocsr(),
        targets,
        np.array(counts, np.float32),
        epochs=RECIPE.epochs,
        rate=RECIPE.rate,
        seed=RECIPE.seed,
    )
    return fitted.weights[:, 1] - fitted.weights[:, 0], float(fitted.bias[1] - fitted.bias[0])


@cache
def _features(texts: tuple[str, ...]) -> sparse.csr_matrix:
    return to_features(texts, RECIPE.bits, RECIPE.bits)


def _measure(rows: dict[str, list[Row]]) -> int:
    """Judge each writer's rows by a model that has seen none of them."""
    limit = load_policy().settings.thresholds.harmless_tier0
    broken = []
    for sign, at in ((PERSON, PERSON_AT), (TIER0, limit)):
        judged = [
            one for writer in sorted({row.writer for row in rows[sign]} - {""}) for one in _judge(rows, sign, writer)
        ]
        found, false = (_share([share >= at for row, share in judged if row.holds is holds]) for holds in (True, False))
        sys.stdout.write(
            f"{sign}: {len(judged)} rows; at {at}: {found:.3f} of those that are, {false:.3f} of the others\n"
        )
        least, most = (LEAST_PERSONS, MOST_FALSE_PERSONS) if sign == PERSON else (LEAST_DANGERS, 1.0)
        if found < least or false > most:
            broken.append(sign)
    sys.stderr.writelines(f"train: gate broken: {sign}\n" for sign in broken)
    return FINDING if broken else 0


def _judge(rows: dict[str, list[Row]], sign: str, writer: str) -> Iterator[tuple[Row, float]]:
    kept = {**rows, sign: [row for row in rows[sign] if row.writer != writer]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SIGNS_FILE.name
        write_trained(path, "checked", fit(kept), RECIPE)
        model = SignsModel(path)
    for row in rows[sign]:
        if row.writer == writer:
            yield row, getattr(model.read(to_buckets(row.text, RECIPE.bits, RECIPE.bits)), sign)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


def _write_provenance(path: Path, rows_file: Path) -> None:
    is_there = rows_file.is_file()
    record = {
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "command": "make train-english-signs SHARED=../shared" if is_there else "make train-english-signs",
        "own_templates": {"folder": "tools/train/templates", "sha256": templates_digest()},
        "own_rows": [
            {"file": str(file.relative_to(ROOT)), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            for file in (OWN_ROWS, SCREEN_ROWS, PERSON_ROWS, NEIGHBOURS_FILE)
        ],
        "public_rows": {
            "file": str(ROWS) if is_there else None,
            "sha256": hashlib.sha256(rows_file.read_bytes()).hexdigest() if is_there else None,
            "licences": "those of intents.provenance.json",
        },
    }
    path.with_suffix(".provenance.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder that holds data/")
    parser.add_argument("--ship", action="store_true", help="write over the shipped model; needs --version")
    parser.add_argument("--version", help="of the model")
    parser.add_argument("--unseen", action="store_true", help="measure on rows that were not learnt; writes nothing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
