"""The customer's own name, address and contacts are masked by value, however they are written."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction import redact

KNOWN = ("José Álvarez", "jose.alvarez@example.com", "+34 612 345 678", "Calle Mayor 5, 28013 Madrid")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("it is jose alvarez here", "alvarez"),
        ("JOSE ALVAREZ wrote", "ALVAREZ"),
        ("Álvarez, José", "lvarez"),
        ("josé's parcel", "josé"),
        ("thanks, Jose", "Jose"),
        ("mail JOSE.ALVAREZ@EXAMPLE.COM", "ALVAREZ"),
        ("login jose.alvarez does not work", "jose.alvarez"),
        ("ring 612345678", "612345678"),
        ("ring 612-34-56-78", "612-34-56-78"),
        ("leave it in calle mayor 5", "mayor"),
        ("I am in 28013 Madrid", "28013"),
    ],
)
def test_a_known_value_is_masked_however_it_is_written(text: str, secret: str) -> None:
    """Case, accents, order, separators and parts of it do not matter."""
    assert secret not in redact(text, KNOWN).text


def test_a_name_that_is_also_a_word_is_masked_with_a_capital_only() -> None:
    """May and Will are names; may and will are words."""
    assert redact("May I ask? it may rain, says May", ("May Will",)).text == "[NAME] I ask? it may rain, says [NAME]"


def test_a_known_value_inside_a_word_stays() -> None:
    """Ann is not in annoying."""
    assert redact("this is annoying", ("Ann Lee",)).text == "this is annoying"


@pytest.mark.parametrize("known", [(), ("",), ("  ",), ("a",), ("(.*",), ("\\",), ("x" * 10_000,), ("[EMAIL]",)])
def test_odd_known_values_do_no_harm(known: tuple[str, ...]) -> None:
    """They come from a helpdesk's profile, where anything can be."""
    assert redact("hello there", known).text == "hello there"
