"""The ways in which HTTP Targets were seen, or must be expected, to misbehave."""

from __future__ import annotations

from rp_mw_local.http_target import Mishaps, full_payload, minimal_payload, unrendered_payload

PAYLOADS = [minimal_payload(f"t{number}") for number in range(1, 5)]


def ids(payloads: list[dict[str, object]]) -> list[object]:
    """The tickets in order."""
    return [payload["ticket_id"] for payload in payloads]


def test_without_mishaps_everything_is_posted_once() -> None:
    """In order."""
    assert Mishaps().apply(PAYLOADS) == PAYLOADS


def test_overlapping_rules_post_copies() -> None:
    """Next to each other."""
    assert ids(Mishaps(copies=2).apply(PAYLOADS[:2])) == ["t1", "t1", "t2", "t2"]


def test_some_are_lost() -> None:
    """Nothing tells the receiver."""
    assert ids(Mishaps(drop_every=2).apply(PAYLOADS)) == ["t1", "t3"]


def test_some_overtake_others() -> None:
    """The worst order there is."""
    assert ids(Mishaps(is_reversed=True).apply(PAYLOADS)) == ["t4", "t3", "t2", "t1"]


def test_some_carry_the_bare_template() -> None:
    """As when a rule fires where its variables have no value."""
    assert Mishaps(unrendered_every=4).apply(PAYLOADS)[3] == unrendered_payload()


def test_a_full_payload_holds_what_is_known_and_nothing_else() -> None:
    """Attachments by their metadata only."""
    message = {
        "text": "Hi",
        "email": "ana@example.com",
        "attachments": [{"content_type": "image/png", "bytes": "AAAA"}],
    }
    payload = full_payload("t1", "m1", message, "2026-11-02T14:03:11.337Z")
    assert payload["customer"] == {"email": "ana@example.com"}
    assert payload["attachments"] == [{"content_type": "image/png"}]
