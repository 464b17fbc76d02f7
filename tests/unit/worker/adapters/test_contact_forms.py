"""Which spellings of a contact are one: addresses by the shop's rules, phone numbers in the shop's country."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction.hashing import contact_digests
from rp_mw_worker.adapters.richpanel.contacts import ContactReader
from rp_mw_worker.domain.proof import ContactRules

SALT = "0123456789abcdef0123456789abcdef"


def is_same(sender: str, of_order: str, *, plus_tags: bool = False, gmail: bool = False, country: str = "US") -> bool:
    """Whether a sender's contact meets an order's, whose digests hold every form, as the enricher makes them."""
    rules = ContactRules(plus_tags_are_same=plus_tags, gmail_forms_are_same=gmail)
    found = ContactReader(rules, country, {}).digests(sender, SALT)
    return not set(found).isdisjoint(contact_digests(of_order, SALT))


@pytest.mark.parametrize("plus_tags", [False, True])
@pytest.mark.parametrize("gmail", [False, True])
def test_case_never_matters_and_another_address_is_never_the_same(plus_tags: bool, gmail: bool) -> None:
    """Whatever the owner chose."""
    choice = {"plus_tags": plus_tags, "gmail": gmail}
    assert is_same("Ana@Example.COM", "ana@example.com", **choice)
    assert not is_same("anna@example.com", "ana@example.com", **choice)
    assert not is_same("a.na@example.com", "ana@example.com", **choice)
    assert not is_same("ana@example.org", "ana@example.com", **choice)


def test_a_tag_is_left_out_only_where_the_owner_says_so() -> None:
    """`ana+shop@` and `ana@`."""
    assert is_same("ana+shop@example.com", "ana@example.com", plus_tags=True)
    assert is_same("ana@example.com", "ana+shop@example.com", plus_tags=True)
    assert not is_same("ana+shop@example.com", "ana@example.com", plus_tags=False, gmail=True)


@pytest.mark.parametrize(
    "written", ["a.na@gmail.com", "ana+shop@gmail.com", "Ana@googlemail.com", "a.n.a+x@googlemail.com"]
)
def test_gmails_forms_are_one_mailbox_only_where_the_owner_says_so(written: str) -> None:
    """Dots, tags and the second domain."""
    assert is_same(written, "ana@gmail.com", gmail=True)
    assert is_same("ana@gmail.com", written, gmail=True)
    assert not is_same(written, "anb@gmail.com", gmail=True)
    assert not is_same(written, "ana@gmail.com")


@pytest.mark.parametrize(
    ("country", "sender", "of_order", "expected"),
    [
        ("US", "(212) 555-0100", "+1 212 555 0100", True),
        ("US", "+12125550100", "(212) 555-0100", True),
        ("DE", "(212) 555-0100", "+1 212 555 0100", False),
        ("DE", "030 901820", "+49 30 901820", True),
        ("FR", "030 901820", "+49 30 901820", False),
        ("US", "(212) 555-0101", "+1 212 555 0100", False),
    ],
)
def test_a_number_without_its_code_belongs_to_the_shops_country(
    country: str, sender: str, of_order: str, expected: bool
) -> None:
    """And to no other."""
    assert is_same(sender, of_order, country=country) is expected
