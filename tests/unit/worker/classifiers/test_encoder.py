"""The encoder: its file, how a text is cut up, its vectors beside a slow calculation, and what is bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.encoder import MAX_CHARACTERS, MAX_PIECES, Encoder, to_vector
from rp_mw_worker.classifiers.encoder_file import ZERO, EncoderFile, load_encoder_file
from rp_mw_worker.classifiers.encoder_pieces import END, START, UNKNOWN, Pieces
from rp_mw_worker.classifiers.multilingual import ENCODER_FILE

Floats = NDArray[Any]
WORDS = ("<unk>", "<s>", "</s>", "\u2581", "a", "b", "\u2581a", "ab", "\u2581ab", "bb")
SCORES = (0.0, 0.0, 0.0, -5.0, -6.0, -6.0, -4.0, -3.0, -3.5, -7.0)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The shipped one."""
    return Encoder(ENCODER_FILE)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["\u2581ab"]),
        ("a", ["\u2581a"]),
        ("aab", ["\u2581a", "ab"]),
        ("ab  \n a", ["\u2581ab", "\u2581a"]),
        ("abb", ["\u2581ab", "b"]),  # -9.5; with `bb` it would be -11
        ("\uff41\uff42", ["\u2581ab"]),  # full-width signs are the plain ones
        ("", []),
        (" \t\n", []),
    ],
)
def test_a_text_is_cut_the_likeliest_way(text: str, pieces: list[str]) -> None:
    """Start and end around it; of nothing the unknown piece stays."""
    found = Pieces(WORDS, SCORES).split(text)
    assert [found[0], found[-1]] == [START, END]
    assert [WORDS[place] for place in found[1:-1]] == (pieces or ["<unk>"])


def test_a_character_without_a_piece_is_unknown_and_loses_nothing_else() -> None:
    """Russian ones have none."""
    assert Pieces(WORDS, SCORES).split("abжa")[1:-1] == [WORDS.index("\u2581ab"), UNKNOWN, WORDS.index("a")]


def test_a_vector_is_what_the_layers_say_one_piece_at_a_time(encoder: Encoder) -> None:
    """Every window, border and layer once more, with loops."""
    file = load_encoder_file(ENCODER_FILE)
    for text in ("Hallo", "¿Dónde está mi pedido 1001?", "Je n'ai rien reçu depuis trois semaines, c'est honteux !"):
        places = Pieces(file.pieces, file.scores.tolist()).split(text)
        np.testing.assert_allclose(encoder.vector(text), _slowly(file, places), atol=2e-4)


def _slowly(file: EncoderFile, places: list[int]) -> Floats:
    arrays = {name: values.astype(np.float64) for name, values in file.arrays.items()}
    rows = [(file.rows[place].astype(np.float64) - ZERO) * file.row_scales[place] for place in places]

    def even(values: Floats, gain: str, shift: str) -> Floats:
        return np.asarray((values - values.mean()) / np.sqrt(values.var() + 1e-12) * arrays[gain] + arrays[shift])

    near = [even(row @ arrays["project"] + arrays["project_bias"], "project_gain", "project_shift") for row in rows]
    features: list[list[Floats]] = []
    for size, before in ((2, 0), (3, 1), (5, 2)):
        own = [row[256 * len(features) : 256 * (len(features) + 1)] for row in near]
        for layer in ("first", "second"):
            weights, bias = arrays[f"{layer}{size}"], arrays[f"{layer}{size}_bias"]
            out = []
            for here, value in enumerate(own):
                total = bias.copy()
                for step in range(size):
                    other = here - before + step
                    if 0 <= other < len(own):
                        total += own[other] @ weights[256 * step : 256 * (step + 1)]
                out.append(value + np.maximum(total, 0))
            own = out
        features.append(own)
    joined = [even(np.concatenate([row, *parts]), "gain", "shift") for row, *parts in zip(rows, *features, strict=True)]
    mean = sum(row @ arrays["mean"] + arrays["mean_bias"] for row in joined) / np.sqrt(len(places))
    first = np.maximum(mean @ arrays["dense0"], 0)
    second = np.maximum(mean @ arrays["pass1"] + first @ arrays["dense1"], 0)
    last = np.tanh(second @ arrays["pass3"] + np.maximum(second @ arrays["dense2"], 0) @ arrays["dense3"])
    return np.asarray(last / np.linalg.norm(last))


def test_one_wish_in_two_languages_is_nearer_than_two_wishes_in_one(encoder: Encoder) -> None:
    """What the encoder is for."""
    where, donde, refund = (
        encoder.vector(text)
        for text in ("Wo bleibt mein Paket?", "¿Dónde está mi paquete?", "Ich will mein Geld für die Lampe zurück.")
    )
    assert float(where @ donde) > 0.6 > float(where @ refund)


@pytest.mark.parametrize(
    ("text", "is_all_read"),
    [
        ("Wo ist mein Paket?", True),
        ("a " * (MAX_CHARACTERS // 2), False),  # too many pieces
        ("x" * (MAX_CHARACTERS + 1), False),
        ("", True),
    ],
)
def test_a_long_text_is_not_read_to_its_end_and_says_so(encoder: Encoder, text: str, is_all_read: bool) -> None:
    """Its shares add up to 1 all the same."""
    sense = encoder.read(text)
    assert sense.is_all_read is is_all_read
    assert sum(sense.shares) == pytest.approx(1, abs=1e-5)
    assert 0 <= sense.person <= 1


def test_no_more_pieces_are_read_than_said(encoder: Encoder) -> None:
    """Words beyond the last piece change nothing."""
    read = "b " * MAX_PIECES
    assert np.array_equal(encoder.vector(read), encoder.vector(f"{read} Feuer Feuer Feuer"))


def _damaged(content: bytes, how: str) -> bytes:
    if how == "cut short":
        return content[:-1]
    if how == "altered":
        return content[:-1000] + bytes([content[-1000] ^ 1]) + content[-999:]
    if how == "foreign":
        return b"RPMWCLF1" + content[8:]
    return content[:6]


@pytest.mark.parametrize("how", ["cut short", "altered", "foreign", "nearly empty", "missing"])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, how: str) -> None:
    """Never a guess from half a model."""
    path = tmp_path / "encoder.bin"
    if how != "missing":
        path.write_bytes(_damaged(ENCODER_FILE.read_bytes(), how))
    with pytest.raises(ConfigurationError, match="make train-languages"):
        Encoder(path)


def test_two_reads_of_one_text_are_alike_to_the_bit(encoder: Encoder) -> None:
    """A decision made again is the same."""
    text = "Der Wasserkocher hat Funken gesprüht und meine Tochter verbrannt."
    assert encoder.read(text) == encoder.read(text)
    places = Pieces(WORDS, SCORES).split("ab")
    file = load_encoder_file(ENCODER_FILE)
    assert np.array_equal(to_vector(file, places), to_vector(file, places))
