"""Keys are equal exactly when they mean the same thing; digests reveal nothing and compare contacts strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.idempotency.keys import (
    action_key,
    content_key,
    event_id,
    request_id,
    result_event_id,
)
from rp_mw_shared.redaction.hashing import contact_digest, salted_hash, short_hash

IDS = st.text(st.sampled_from("ab:%<@>"), min_size=1, max_size=6)


def test_keys_have_the_owners_format() -> None:
    """The names in the owner's document."""
    assert event_id("c1", "m1") == "evt:rp:c1:m1"
    assert result_event_id("r1") == "evt:enr:r1"
    assert action_key("rp_reply", "c1", "m1") == "act:rp_reply:c1:m1"


@given(IDS, IDS, IDS, IDS)
def test_two_messages_never_share_a_key(c1: str, m1: str, c2: str, m2: str) -> None:
    """A colon inside an id cannot make two pairs equal."""
    assert (event_id(c1, m1) == event_id(c2, m2)) == ((c1, m1) == (c2, m2))


def test_an_unknown_action_kind_is_a_defect() -> None:
    """Kinds are a closed set."""
    with pytest.raises(ValueError, match="rp_reply"):
        action_key("refund", "c", "m")


def test_a_message_without_id_is_known_by_text_and_time() -> None:
    """Blanks, case, zone and fractions of a second do not make a second message."""
    key = content_key("Where  is it?", "2026-11-02T14:03:11.337Z")
    assert key == content_key(" where is\nit? ", "2026-11-02T15:03:11+01:00")
    assert key == content_key("where is it?", "1793628191337")
    assert key == content_key("where is it?", "1793628191")
    assert key is not None


def test_another_text_or_time_is_another_message() -> None:
    """Losing a message is worse than reading a ticket twice."""
    at = "2026-11-02T14:03:11Z"
    keys = {
        content_key("hello", at),
        content_key("hello!", at),
        content_key("hello", "2026-11-02T14:05:11Z"),
    }
    assert len(keys) == 3


@pytest.mark.parametrize("created_at", [None, "", "  ", "{{ticket.createdAt}}", "yesterday", "12", "9" * 30])
def test_without_a_readable_time_there_is_no_key(created_at: str | None) -> None:
    """Two equal texts at unknown times must not become one."""
    assert content_key("hello", created_at) is None
    assert content_key("  ", "2026-11-02T14:03:11Z") is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_and_time_give_a_key_or_none(text: str, created_at: str) -> None:
    """Strange input is no error."""
    assert content_key(text, created_at) is None or text.strip()


def test_a_request_id_is_the_same_on_every_retry() -> None:
    """A repeated lookup is deduplicated by its id."""
    assert request_id("e", "order_id") == request_id("e", "order_id")
    assert request_id("e", "order_id") != request_id("e", "order_name")
    assert len(request_id("e", "order_id")) == 32


def test_a_digest_depends_on_value_and_salt() -> None:
    """Another environment's salt makes another digest; no salt is refused."""
    assert salted_hash("v", "s") == salted_hash("v", "s")
    assert len({salted_hash("v", "s"), salted_hash("v", "t"), salted_hash("w", "s")}) == 3
    assert len(salted_hash("v", "s")) == 32
    with pytest.raises(ValueError, match="salt"):
        salted_hash("v", "")


def test_a_short_hash_never_looks_like_a_number() -> None:
    """The log's fields withhold what might be a phone or an order."""
    assert all(short_hash(str(number), "s")[0] == "h" for number in range(50))
    assert len(short_hash("v", "s")) == 13


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ana.Diaz@Example.com ", "ana.diaz@example.com"),
        ("+1 (555) 010-9999", "15550109999"),
        ("0049 30 901820", "+49 30 901820"),
    ],
)
def test_spellings_of_one_contact_are_equal(first: str, second: str) -> None:
    """Case, blanks and punctuation do not matter."""
    assert contact_digest(first, "s") == contact_digest(second, "s") is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ana@example.com", "ana@example.org"),
        ("\u212aevin@example.com", "kevin@example.com"),  # the Kelvin sign lower-cases to a plain k
        ("ana@example.com", "ana+shop@example.com"),
        ("555 010 9999", "+1 555 010 9999"),
    ],
)
def test_doubtful_matches_are_no_matches(first: str, second: str) -> None:
    """A missed match asks a question, a wrong one discloses an order."""
    assert contact_digest(first, "s") != contact_digest(second, "s")


@pytest.mark.parametrize("value", ["", " ", "n/a", "@", "ana@", "@example.com", "a b@example.com", "12345", "1" * 16])
def test_what_is_no_contact_has_no_digest(value: str) -> None:
    """Two missing contacts must not match each other."""
    assert contact_digest(value, "s") is None
