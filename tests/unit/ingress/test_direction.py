"""Only what a customer wrote goes on; when in doubt, it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_ingress.domain.direction import find_ignore_reason

OWN = frozenset({"agent-7"})


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"isOperator": True}, "operator_message"),
        ({"is_operator": True}, "operator_message"),
        ({"is_operator": "true"}, "operator_message"),
        ({"is_operator": "1"}, "operator_message"),
        ({"sender_type": "operator"}, "operator_message"),
        ({"sender_type": " Agent "}, "operator_message"),
        ({"author": "agent"}, "operator_message"),
        ({"author": {"type": "operator"}}, "operator_message"),
        ({"author": {"isOperator": True}}, "operator_message"),
        ({"sender_type": "bot"}, "bot_message"),
        ({"author": {"role": "system"}}, "bot_message"),
        ({"is_operator": True, "sender_type": "bot"}, "bot_message"),
        ({"type": "note"}, "note"),
        ({"type": "Internal_Note", "sender_type": "customer"}, "note"),
        ({"public": False}, "note"),
        ({"public": "false", "is_operator": True}, "note"),
        ({"author_id": "agent-7"}, "own_echo"),
        ({"author": {"id": "agent-7"}, "sender_type": "customer"}, "own_echo"),
    ],
)
def test_what_no_customer_wrote_is_ignored_with_its_reason(payload: dict[str, Any], reason: str) -> None:
    """Each sign that the helpdesk may send."""
    assert find_ignore_reason(payload, OWN) == reason


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"is_operator": False},
        {"is_operator": "false"},
        {"isOperator": None},
        {"sender_type": "customer"},
        {"sender_type": "something new"},
        {"author": {"type": "customer"}},
        {"author": "Ana Diaz"},
        {"author": ["operator"]},
        {"type": "Comment"},
        {"type": 1, "public": True},
        {"is_operator": True, "sender_type": "customer"},
        {"is_operator": False, "isOperator": True},
        {"author_id": "someone-else"},
        {"author_id": 7},
    ],
)
def test_silence_and_contradiction_go_on(payload: dict[str, Any]) -> None:
    """The worker reads the ticket and decides; losing a message would be worse."""
    assert find_ignore_reason(payload, OWN) is None
