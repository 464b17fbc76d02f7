"""Who wrote a comment: the ticket's own customer, or somebody in copy, merged in or forwarding."""

from __future__ import annotations

from typing import Any

from rp_mw_worker.adapters.richpanel.contacts import find_customers
from rp_mw_worker.domain.model import Author

ANA, EVE = "ana@example.com", "eve@evil.example"
PROFILE = {"id": "u1", "email": ANA}


def comment(author_id: str, address: str | None = None) -> dict[str, Any]:
    """A customer's comment; `address` is the one it was sent from."""
    via = {} if address is None else {"via": {"source": {"from": {"address": address}}}}
    return {"author_id": author_id, **via}


def author(written: dict[str, Any], **ticket: Any) -> Author:
    """Who wrote it, in a ticket with these fields."""
    return find_customers(ticket).author(written, Author.CUSTOMER)


def test_a_comment_from_another_address_is_no_customers_though_it_bears_their_id() -> None:
    """The helpdesk files a forward under the ticket's customer. Without an address, or with theirs, it is theirs."""
    assert author(comment("u1", EVE), customer_profile=PROFILE) is Author.THIRD_PARTY
    assert author(comment("u1", " Ana@Example.com"), customer_profile=PROFILE) is Author.CUSTOMER
    assert author(comment("u1"), customer_profile=PROFILE) is Author.CUSTOMER
    assert author(comment("u1", EVE), customer_profile={"id": "u1"}) is Author.CUSTOMER  # no address to hold it against


def test_the_address_the_ticket_came_from_is_the_customers_too() -> None:
    """The profile may name another one of theirs."""
    via = {"source": {"from": {"address": "ana@work.example"}}}
    assert author(comment("u1", "ana@work.example"), customer_profile=PROFILE, via=via) is Author.CUSTOMER
    assert author(comment("u1", EVE), customer_profile=PROFILE, via=via) is Author.THIRD_PARTY


def test_a_comment_of_a_merged_ticket_is_its_own_customers() -> None:
    """It bears another id, whatever address it shows; an operator's comment stays an operator's."""
    assert author(comment("u2"), customer_profile=PROFILE) is Author.THIRD_PARTY
    assert author(comment("u2", ANA), customer_profile=PROFILE) is Author.THIRD_PARTY
    assert find_customers({"customer_profile": PROFILE}).author(comment("u2"), Author.OPERATOR) is Author.OPERATOR


def test_without_a_profile_the_customer_is_who_wrote_first() -> None:
    """A word in place of an id says nothing of who it is."""
    opened = {"comments": [comment("u1"), comment("u2"), comment("customer")]}
    seen = [author(written, **opened) for written in opened["comments"]]
    assert seen == [Author.CUSTOMER, Author.THIRD_PARTY, Author.CUSTOMER]
    assert author(comment("u2"), comments=[comment("customer"), comment("u2")]) is Author.CUSTOMER
    assert author(comment("u2"), comments=[]) is Author.CUSTOMER
