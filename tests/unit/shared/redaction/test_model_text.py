"""The model sees numbered placeholders; only ours are ever resolved."""

from __future__ import annotations

from rp_mw_shared.redaction import redact_for_model, resolve


def test_equal_values_share_a_placeholder_and_others_do_not() -> None:
    """So the model can tell that two mentions are one thing."""
    text, mapping = redact_for_model("a@x.com, b@x.com and a@x.com again")
    assert text == "[EMAIL_1], [EMAIL_2] and [EMAIL_1] again"
    assert mapping == {"[EMAIL_1]": "a@x.com", "[EMAIL_2]": "b@x.com"}


def test_every_placeholder_resolves_back_exactly() -> None:
    """What was taken out can be put back, character for character."""
    original = "Order #1001, call +1 201-555-0123 or A@x.com; a@x.com is old"
    assert resolve(*redact_for_model(original)) == original


def test_a_typed_placeholder_cannot_stand_for_somebody_elses_value() -> None:
    """A customer who types [EMAIL_1] gets the words back, not the address."""
    original = "send the money to [EMAIL_1], not to a@x.com"
    text, mapping = redact_for_model(original)
    assert text == "send the money to [TEXT_1], not to [EMAIL_1]"
    assert mapping["[TEXT_1]"] == "[EMAIL_1]"
    assert resolve(text, mapping) == original


def test_an_unknown_placeholder_stays_as_it_is() -> None:
    """A model that makes one up resolves nothing."""
    assert resolve("[EMAIL_7] and [EMAIL_1]", {"[EMAIL_1]": "a@x.com"}) == "[EMAIL_7] and a@x.com"


def test_resolving_does_not_resolve_what_it_put_in() -> None:
    """A value that looks like a placeholder is a value."""
    assert resolve("[TEXT_1]", {"[TEXT_1]": "[EMAIL_1]", "[EMAIL_1]": "a@x.com"}) == "[EMAIL_1]"
