"""What of a long text a model is shown: the beginning, cut where no value can go on, never nothing."""

from __future__ import annotations

import pytest

from rp_mw_worker.policy_engine import MAX_MODEL_CHARS, PolicyEngine
from tests.fakes.policy import load_policy

ENGINE = PolicyEngine(load_policy())
CHINESE = "我的包裹在哪里我想退货谢谢"


@pytest.mark.parametrize("unit", [CHINESE, "ฉันต้องการคืนสินค้า", "wo-ist-mein-paket", "where,is,my,parcel,"])
def test_a_text_without_blanks_reaches_the_model(unit: str) -> None:
    """A script that writes none, or a customer who does not: more than 8,000 characters are cut, not dropped."""
    text = (unit * 3_000)[: MAX_MODEL_CHARS + 2_000]
    shown = ENGINE.redact(text, ())
    assert MAX_MODEL_CHARS - 1_000 <= len(shown) <= MAX_MODEL_CHARS
    assert text.startswith(shown)


def test_no_half_of_an_address_is_left_at_the_cut() -> None:
    """Neither after a blank nor after a character of another script."""
    for between in (" ", "我"):
        head = (CHINESE * 800)[: MAX_MODEL_CHARS - 20]
        shown = ENGINE.redact(f"{head}{between}quilla.farnsworth91@zephyr-canary.example and more", ())
        assert "quilla" not in shown


def test_a_short_text_is_shown_whole() -> None:
    """Nothing is cut from what fits."""
    assert ENGINE.redact("where is it", ()) == "where is it"
