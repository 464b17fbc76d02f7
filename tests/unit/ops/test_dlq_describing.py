"""What is shown of a dead letter are named fields in the form they must have, and nothing else of it."""

from __future__ import annotations

import json

import pytest

from rp_mw_ops.dead_letters.describing import describe, describe_fully
from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_shared.redaction.hashing import short_hash

SALT = "0123456789abcdef0123456789abcdef"
EMAIL = "quilla.farnsworth91@zephyr-canary.example"
WORDS = "porcelain_otter"
SECRET = f"{WORDS} {EMAIL}"
FIELDS = ["type", "version", "trace_id", "origin", "lookup_kind", "outcome", "conversation_id", "event_id", "text"]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(dict.fromkeys(FIELDS, SECRET) | {"received_at_epoch_ms": 14155552671000000}),
        json.dumps({"type": [SECRET], "version": 4155552671, "conversation_id": {"a": SECRET}}),
        SECRET,
        json.dumps([SECRET]),
        "[" * 100_000 + SECRET,
    ],
)
def test_no_field_lets_a_strangers_words_through(body: str) -> None:
    """Neither of the body nor of the attributes."""
    wrong = {"reason": SECRET, "detail": f"near {EMAIL}", "source": EMAIL, "record_id": SECRET, "receive_count": SECRET}
    dead_letter = DeadLetter("i", "events", body, "g", "r", attributes=wrong | {WORDS: EMAIL})
    shown = json.dumps(describe_fully(dead_letter, SALT)) + repr(dead_letter)
    assert [secret for secret in (WORDS, EMAIL, "quilla", "4155552671") if secret in shown] == []


def test_ids_are_hashed_as_in_the_logs_and_absent_without_the_salt() -> None:
    """The same short salted form."""
    dead_letter = DeadLetter("i", "events", json.dumps({"type": "inbound_event", "conversation_id": "c1"}), "g", "r")
    assert describe(dead_letter, SALT)["conversation"] == short_hash("c1", SALT)
    assert describe(dead_letter, None)["conversation"] is None
