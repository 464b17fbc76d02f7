"""The ticket id, in all the disguises a template may give it."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.ticket_reference import require_ticket_id


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<CA+1@mail.example.com>", "<CA+1@mail.example.com>"),
        ("&lt;CA+1@mail.example.com&gt;", "<CA+1@mail.example.com>"),
        ("a&amp;lt;b", "a&lt;b"),
        ("  48213 ", "48213"),
        (48213, "48213"),
        ("api-shop-12-0f8fad5b-d9cb-469f-a165-70867728950e", "api-shop-12-0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("https://app.richpanel.com/conversations/48213", "48213"),
        ("https://app.richpanel.com/conversations/%3CCA%2B1%40mail.example.com%3E", "<CA+1@mail.example.com>"),
        ("https://app.richpanel.com/inbox/tickets/48213/", "48213"),
        ("https://app.richpanel.com/inbox?ticket_id=48213&view=open", "48213"),
        ("https://app.richpanel.com/tickets/48213?conversationId=48213", "48213"),
        ("x" * 512, "x" * 512),
    ],
)
def test_one_ticket_has_one_id(value: Any, expected: str) -> None:
    """Escaped, numeric or inside its address, it is the same id."""
    assert require_ticket_id(value) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "missing_ticket_id"),
        ("", "missing_ticket_id"),
        ("   ", "missing_ticket_id"),
        ("{{ticket.id}}", "unrendered_template"),
        ("https://app.richpanel.com/tickets/{{ticket.id}}", "unrendered_template"),
        ("https://app.richpanel.com/", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/48213", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/tickets/1/comments/2", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/tickets/1?conversation_id=2", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/tickets/https%3A%2F%2Fx", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/tickets/%ff", "ambiguous_ticket_url"),
        ("https://[broken/tickets/1", "ambiguous_ticket_url"),
        ("https://app.richpanel.com/tickets/a%00b", "invalid_field"),
        (True, "invalid_field"),
        (1.5, "invalid_field"),
        (-1, "invalid_field"),
        (10**18, "invalid_field"),
        (["1"], "invalid_field"),
        ({"id": "1"}, "invalid_field"),
        ("a\nb", "invalid_field"),
        ("x" * 513, "invalid_field"),
        ("é" * 257, "invalid_field"),
    ],
)
def test_what_is_not_one_clear_id_is_refused(value: Any, code: str) -> None:
    """Each with the documented code."""
    with pytest.raises(RequestRefused) as refused:
        require_ticket_id(value)
    assert refused.value.code == code
