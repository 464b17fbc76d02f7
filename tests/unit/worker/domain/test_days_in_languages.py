"""Days of a reply stand in the language of the reply; English needs no library for it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_worker.domain.delivery_window import to_words
from rp_mw_worker.domain.order_answer import answer_about
from tests.fakes.policy import load_policy

NOW = 1_795_550_400_000  # 2026-11-24 15:00 in New York
DAY = 86_400_000
ORDER = OrderFacts("5001", "#1001", NOW - DAY, "FULFILLED", ("ana",), "PAID", shipping_method="Standard")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Tuesday 24 November"),
        ("de", "Dienstag, 24. November"),
        ("fr", "mardi 24 novembre"),
        ("es", "martes, 24 de noviembre"),
        ("it", "martedì 24 novembre"),
        ("nl", "dinsdag 24 november"),
        ("pt", "terça-feira, 24 de novembro"),
        ("xx", "Tuesday 24 November"),
        (None, "Tuesday 24 November"),
    ],
)
def test_a_day_is_written_as_its_language_writes_it(language: str | None, words: str) -> None:
    """Without a year; a language that nobody knows gets English words."""
    assert to_words(date(2026, 11, 24), language) == words


def test_the_first_of_a_month_is_written_as_french_writes_it() -> None:
    """`1er`, and no other day or language."""
    days = [to_words(date(2026, 8, day), "fr") for day in (1, 2, 11, 21, 31)]
    assert days == ["samedi 1er août", "dimanche 2 août", "mardi 11 août", "vendredi 21 août", "lundi 31 août"]
    assert to_words(date(2026, 8, 1), "it") == "sabato 1 agosto"


def test_a_reply_about_an_order_carries_days_of_its_language() -> None:
    """The day of shipping and the days of the delivery window."""
    policy = load_policy()
    shipped = replace(
        ORDER,
        delivery_status="IN_TRANSIT",
        shipped_at_epoch_ms=NOW - DAY,
        tracking=(TrackingFacts("UPS", "1Z999AA10123456784", None),),
    )
    assert answer_about(shipped, NOW, policy, "fr").variables["shipped_on"] == "lundi 23 novembre"
    assert answer_about(shipped, NOW, policy).variables["shipped_on"] == "Monday 23 November"
    expected = answer_about(replace(ORDER, fulfillment_status="UNFULFILLED"), NOW, policy, "it").variables
    assert expected["expected_by"].split()[0] in {"lunedì", "martedì", "mercoledì", "giovedì", "venerdì"}


def test_an_english_day_loads_no_library() -> None:
    """A cold start pays for every import."""
    code = (
        "import sys, datetime; from rp_mw_worker.domain.delivery_window import to_words;"
        "to_words(datetime.date(2026, 11, 24), 'en'); print('babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
