"""Which language a message is in, and what follows where it is none of the shop's."""

from __future__ import annotations

import sys
import time

import pytest

from rp_mw_worker.domain.language import find_language, language_of_message
from rp_mw_worker.policy.languages import detect_scores, load_common_words

COMMON = load_common_words()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel? It was due last week.", "en"),
        ("hello", "en"),
        ("refund pls", "en"),
        ("Wo bleibt denn mein Päckchen, das sollte längst da sein", "de"),
        ("Je n'ai toujours rien reçu, pouvez-vous vérifier ?", "fr"),
        ("No me ha llegado todavía el paquete de la semana pasada", "es"),
        ("Non mi è ancora arrivato niente, potete controllare?", "it"),
        ("Mijn pakje is nog steeds niet aangekomen", "nl"),
        ("Ainda não recebi nada, podem verificar?", "pt"),
        ("Gdzie jest moja paczka, czekam już dwa tygodnie", "pl"),
        ("注文した商品がまだ届きません", "ja"),
        ("Где моя посылка", "ru"),
        ("注文番号1001の商品がまだ届きません。", "ja"),
        ("你好，我的订单1001到哪里了？", "zh"),
        ("我的邮箱是ana@mail.example谢谢你", "zh"),
        ("gracias", "es"),
        ("bonjour", "fr"),
    ],
)
def test_the_language_of_a_message(text: str, language: str) -> None:
    """Short and long messages are read in the language they are in."""
    assert find_language(text, COMMON, detect_scores) == language


@pytest.mark.parametrize(
    ("text", "earlier", "language"),
    [
        ("1001", ("Wo ist meine Bestellung?",), "de"),
        ("#1001", ("1001", "Où est mon colis ?"), "fr"),
        ("1001", (), "en"),
        ("https://example.com/a", (), "en"),
        ("Zxqv", (), None),
    ],
)
def test_what_says_nothing_follows_the_conversation(text: str, earlier: tuple[str, ...], language: str | None) -> None:
    """A bare number has the language of what was written before it; words that nobody knows have none."""
    assert language_of_message(text, COMMON, detect_scores, earlier) == language


@pytest.mark.parametrize(
    "text", ["1001\n\nAna Diaz", "10017 Marco Rossi", "1001, Jan de Vries", "#1001 Klaus", "1001\nPriya M. Patel"]
)
def test_a_name_below_a_number_follows_the_conversation(text: str) -> None:
    """Whoever is called so may write in any language; the conversation says which."""
    assert language_of_message(text, COMMON, detect_scores, ("Where is my order? I have waited long",)) == "en"
    assert language_of_message(text, COMMON, detect_scores, ("Wo bleibt meine Bestellung denn?",)) == "de"


def test_a_sentence_is_no_name() -> None:
    """What says something counts before what was written earlier."""
    earlier = ("Where is my order? I have waited long",)
    assert language_of_message("Wo ist mein Paket", COMMON, detect_scores, earlier) == "de"


def test_english_loads_no_detector() -> None:
    """An English message pays for common words only."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "eld"]:
        del sys.modules[name]
    assert find_language("I would like to return the shoes I bought last week, please.", COMMON, detect_scores) == "en"
    assert "eld" not in sys.modules


@pytest.mark.parametrize("piece", ["a ", "x", "@", "[A", "1a", "é", "https://", "’a", "ß1"])
def test_hostile_text_is_read_in_bounded_time(piece: str) -> None:
    """32 KiB of anything take less than the 200 ms a stage may take."""
    find_language("warm up ñandú", COMMON, detect_scores)
    started = time.perf_counter()
    find_language(piece * (32_768 // len(piece)), COMMON, detect_scores)
    assert time.perf_counter() - started < 0.2


@pytest.mark.parametrize(
    "text",
    [
        "hello, my Paket ist kaputt and I want a new one please",
        "please stop, iemand heeft mijn kaart used in your shop",
        "hi team, dov'è il mio parcel? still waiting",
        "gdzie jest moja order",
        "missä on minun order 1001 tilaus",
        "unde este order 1001 comanda mea",
    ],
)
def test_a_message_with_english_words_in_another_language_is_not_taken_for_english(text: str) -> None:
    """Mixed and borrowed words: in doubt nobody is answered in English."""
    assert language_of_message(text, load_common_words(), detect_scores) != "en"


@pytest.mark.parametrize("text", ["refund my order please", "where is it?", "cancel", "i never got the parcel, refund"])
def test_plain_english_stays_english(text: str) -> None:
    """Doubt is for what is mixed."""
    assert language_of_message(text, load_common_words(), detect_scores) == "en"
