"""Reads a message in one of the six other languages by its sense: one vector a text, whatever its language.

    text -- pieces --> rows of the table [pieces, 512]
        -- 2, 3 and 5 neighbours --> features [pieces, 1280] -- mean, three layers --> vector [512], of length 1
        -- two small layers --> a share for each label;  -- two others --> how likely a person is asked for

The encoder is Universal Sentence Encoder Multilingual v3 (Yang and others, "Multilingual Universal Sentence Encoder for
Semantic Retrieval", 2019), less the pieces that the six languages and English do not use; record 0235. What stands on
it was trained here. numpy is needed: nothing imports this module before the first message that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rp_mw_worker.classifiers.encoder_file import ZERO, EncoderFile, Floats, load_encoder_file
from rp_mw_worker.classifiers.encoder_pieces import Pieces

# What is beyond is not read: a message's work stays bounded. The hashed words and pieces read all of it.
MAX_CHARACTERS, MAX_PIECES = 2000, 400
# How many neighbours a window has, and how many of them stand before its piece.
_WINDOWS = ((2, 0), (3, 1), (5, 2))
_WIDTH = 256
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Sense:
    """`shares` of the labels, summing to 1; `person`, 0 to 1: how likely a person is asked for.

    `is_all_read`: the text was not too long.
    """

    shares: tuple[float, ...]
    person: float
    is_all_read: bool


class Encoder:
    """The encoder and what stands on it, read from one file. Raises ConfigurationError for a missing or damaged one."""

    def __init__(self, path: Path) -> None:
        self._file = load_encoder_file(path)
        self._pieces = Pieces(self._file.pieces, self._file.scores.tolist())

    @property
    def labels(self) -> tuple[str, ...]:
        """What `shares` are for, in order."""
        return self._file.labels

    @property
    def version(self) -> str:
        """The version in the file's header."""
        return self._file.version

    def vector(self, text: str) -> Floats:
        """Return the sense of the beginning of `text` [512], of length 1."""
        return to_vector(self._file, self._split(text))

    def read(self, text: str) -> Sense:
        """Return what the beginning of `text` says."""
        places = self._split(text)
        vector = to_vector(self._file, places)
        is_all_read = len(text) <= MAX_CHARACTERS and len(places) < MAX_PIECES
        _, person = self._shares("person", vector)
        return Sense(tuple(self._shares("label", vector)), person, is_all_read)

    def _shares(self, head: str, vector: Floats) -> list[float]:
        arrays = self._file.arrays
        hidden = np.maximum(vector @ arrays[f"{head}_in"] + arrays[f"{head}_in_bias"], 0)
        logits = hidden @ arrays[f"{head}_out"] + arrays[f"{head}_out_bias"]
        powers = np.exp(logits - logits.max())
        shares: list[float] = (powers / powers.sum()).tolist()
        return shares

    def _split(self, text: str) -> list[int]:
        return self._pieces.split(text[:MAX_CHARACTERS])[:MAX_PIECES]


def to_vector(file: EncoderFile, places: Sequence[int]) -> Floats:
    """Return the vector [512] of the pieces at `places` in the table."""
    arrays = file.arrays
    rows = np.asarray((file.rows[places].astype(np.float32) - ZERO) * file.row_scales[places][:, None], np.float32)
    near = _even(rows @ arrays["project"] + arrays["project_bias"], arrays["project_gain"], arrays["project_shift"])
    found = np.concatenate([rows, *(_window(near, arrays, place) for place in range(len(_WINDOWS)))], axis=1)
    features = _even(np.asarray(found, np.float32), arrays["gain"], arrays["shift"])
    count = np.float32(len(places))
    mean = (features.sum(axis=0) @ arrays["mean"] + count * arrays["mean_bias"]) / np.sqrt(count)
    first = np.maximum(mean @ arrays["dense0"], 0)
    second = np.maximum(mean @ arrays["pass1"] + first @ arrays["dense1"], 0)
    third = np.maximum(second @ arrays["dense2"], 0)
    last = np.tanh(second @ arrays["pass3"] + third @ arrays["dense3"])
    return np.asarray(last / np.sqrt(max(float(last @ last), _TINY)), np.float32)


def _window(near: Floats, arrays: dict[str, Floats], place: int) -> Floats:
    size, before = _WINDOWS[place]
    own = near[:, place * _WIDTH : (place + 1) * _WIDTH]
    for layer in ("first", "second"):
        padded = np.pad(own, ((before, size - 1 - before), (0, 0)))
        seen = np.concatenate([padded[step : step + len(own)] for step in range(size)], axis=1)
        own = own + np.maximum(seen @ arrays[f"{layer}{size}"] + arrays[f"{layer}{size}_bias"], 0)
    return own


def _even(values: Floats, gain: Floats, shift: Floats) -> Floats:
    """Return each row with mean 0 and variance 1, then times `gain` plus `shift`."""
    values = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((values * values).mean(axis=-1, keepdims=True) + _TINY)
    return np.asarray(values / spread * gain + shift, np.float32)
