"""A ticket of many comments: twice as many cost at most 2.5 times the work, whatever stands in them."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_worker.adapters.richpanel.ticket import to_helpdesk_ticket
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.blow_up import make_varied
from tests.fakes.call_count import GROWTH, count_calls
from tests.fakes.helpdesk import SALT
from tests.fakes.policy import load_policy
from tests.fakes.senders import senders

FEW, MANY = 40, 80
WORDS = make_varied("zzzzzz ", 900)
BODIES = {
    "a signature below each message": "Where is my order 1001?\n-- \nJane Doe\nAcme Works",
    "quoted history": f"And now?\n\nOn Mon, 23 Nov 2026 at 15:00, Shop <help@shop.example> wrote:\n> {WORDS}",
    "mark-up": f"<p>Hello</p><blockquote>{WORDS}</blockquote><p>Jane</p>",
    "nothing but words": WORDS,
}


def thread(pairs: int, body: str) -> dict[str, Any]:
    """A ticket in which a customer and an agent take turns, as the helpdesk answers it."""
    comments = [
        comment
        for turn in range(pairs)
        for comment in (
            {"id": f"c{turn}", "is_operator": False, "plain_body": body},
            {"id": f"a{turn}", "is_operator": True, "plain_body": f"{turn} {WORDS}"},
        )
    ]
    return {"ticket": {"id": "t1", "status": "OPEN", "via": {"channel": "email"}, "comments": comments}}


@pytest.mark.parametrize("kind", BODIES)
def test_twice_the_comments_cost_at_most_two_and_a_half_times_the_calls(kind: str) -> None:
    """Each agent's words were read again for each of the customer's comments: 200 pairs took eight seconds."""
    read_body = PolicyEngine(load_policy()).read_body

    def read(pairs: int) -> None:
        ticket = to_helpdesk_ticket(
            thread(pairs, BODIES[kind]), "t1", salt=SALT, read_body=read_body, tag_names={}, senders=senders()
        )
        assert len(ticket.ticket.messages) == 2 * pairs

    read(1)  # loads once what is loaded once
    assert count_calls(lambda: read(MANY)) <= GROWTH * count_calls(lambda: read(FEW))
