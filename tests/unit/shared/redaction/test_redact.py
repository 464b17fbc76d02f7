"""What is personal is masked, under the right name; what is not stays readable."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction import redact

MASKED = [
    ("write to jane.doe@example.com please", "write to [EMAIL] please"),
    ("?email=jane%40example.com&x=1", "?email=[EMAIL]&x=1"),
    ("jane (at) example (dot) com", "[EMAIL]"),
    ("it is jane at example dot com", "it is [EMAIL]"),
    ('"odd local"@example.com', "[EMAIL]"),
    ("jane @ example.com", "[EMAIL]"),
    ("jane_at_example_dot_com", "[EMAIL]"),
    ("jane underscore doe at example dot com", "[EMAIL]"),
    ("jane@example,com", "[EMAIL]"),
    ("j\u0430ne@ex\u0430mple.com", "[EMAIL]"),  # Cyrillic a
    ("ja\u200bne@exam\u200bple.com", "[EMAIL]"),
    ("call +44 20 7946 0958 ext. 12 now", "call [PHONE] now"),
    ("my phone is 06 12 34 56 78", "my phone is [PHONE]"),
    ("(201) 555-0123", "[PHONE]"),
    ("pay with 4111 1111 1111 1111", "pay with [CARD]"),
    ("my card 4111-1111-1111-1112", "my card [CARD]"),  # mistyped, but called a card
    ("My IBAN is DE89 3704 0044 0532 0130 00 thanks", "My IBAN is [IBAN] thanks"),
    ("sort code 20-00-00", "sort code [ACCOUNT]"),
    ("SSN: 123-45-6789", "SSN: [ID]"),
    ("SSN 12B-4S-67O9", "SSN [ID]"),  # as a scanner reads it
    ("NI number AB 12 34 56 C", "NI number [ID]"),
    ("2341 2341 2346", "[ID]"),  # Aadhaar, by its check digit
    ("DNI 12345678Z", "DNI [ID]"),
    ("my passport is X1234567", "my passport is [ID]"),
    ("SIN 046 454 286", "SIN [ID]"),
    ("order #1001 please", "order #[ORDER] please"),
    ("orders 1001, 1002 and 1003", "orders [ORDER], [ORDER] and [ORDER]"),
    ("cancel my ordr 00123456", "cancel my ordr [ORDER]"),
    ("Order ID #402-1234567-7654321 is late", "Order ID #[ORDER] is late"),
    ("ordernumber 55431", "ordernumber [ORDER]"),
    ("commande n° 12345", "commande n° [ORDER]"),
    ("confirmation number 889123", "confirmation number [ORDER]"),
    ("invoice #20033", "invoice #[INVOICE]"),
    ("tracking 1Z999AA10123456784", "tracking [TRACKING]"),
    ("RB123456785GB", "[TRACKING]"),
    ("I live at 221B Baker Street, London NW1 6XE.", "I live at [ADDRESS]."),
    ("12 Main Street, Springfield, IL 62704", "[ADDRESS]"),
    ("ship to 12 rue de Rivoli, 75001 Paris", "ship to [ADDRESS]"),
    ("Hauptstra\u00dfe 12, 10115 Berlin", "[ADDRESS]"),
    ("P.O. Box 45", "[ADDRESS]"),
    ("https://shop.example/orders/1?key=abc", "[URL]"),
    ("https://shop.example/r/Zx81kfPq02mmAqBd1c", "[URL]"),
    ("from 192.168.1.10 and 2001:db8::1", "from [IP] and [IP]"),
    ("born on 3 May 1985", "born on [BIRTHDATE]"),
    ("password: hunter2", "password: [SECRET]"),
    ("key sk_live_abcdefghijklmnop", "key [SECRET]"),
    ("send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "send it to [WALLET]"),
    ("My name is Anna Berg and I wait", "My name is [NAME] and I wait"),
    ("Regards,\nPeter Parker", "Regards,\n[NAME]"),
    ("reference 99887766554", "reference [NUMBER]"),
]

CLEAR = [
    "I ordered 2 shirts in size 42 on 2024-01-05 at 10:30 and paid $1200",
    "my password is not working, please help me to log in",
    "Hi Team, where is my parcel? It should have come on Monday.",
    "https://shop.example/products/blue-shirt",
    "firmware version 1.2.3.4",
    "it cost 1,299.00 and I got 20% off",
    "The delivery took 3 days, not 24 hours",
    "call me at 5 pm",
    "Is the XL in stock? I want 10 of them.",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_a_personal_value_is_masked_by_its_kind(text: str, expected: str) -> None:
    """One row a kind and a way of writing it."""
    assert redact(text).text == expected


@pytest.mark.parametrize("text", CLEAR)
def test_what_is_not_personal_stays(text: str) -> None:
    """A support text without personal values is not touched."""
    assert redact(text).spans == ()
    assert redact(text).text == text


def test_spans_are_offsets_of_the_original() -> None:
    """Also where invisible characters were left out of what was read."""
    text = "mail\u200b j\u200bane@example.com!"
    (span,) = redact(text).spans
    assert text[span.start : span.end] == "j\u200bane@example.com"


def test_a_text_too_long_to_read_is_cut_not_passed_on() -> None:
    """The tail of a huge text cannot carry anything out."""
    redaction = redact("x " * 60_000 + "jane@example.com")
    assert redaction.text.endswith("[CUT]")
    assert "jane" not in redaction.text


def test_a_name_masked_once_is_masked_everywhere() -> None:
    """The second mention has no words around it that say so."""
    assert redact("Dr. Georgia works here. Georgia said yes.").text == "Dr. [NAME] works here. [NAME] said yes."


def test_an_address_of_mail_gives_its_owner_away() -> None:
    """The local part names the person, so the name in the text is masked too."""
    assert redact("Jane Doe wrote from jane.doe@example.com").text == "[NAME] [NAME] wrote from [EMAIL]"
