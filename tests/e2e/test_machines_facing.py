"""An answering machine on the other side gets one reply of ours at most, through the whole deployed system."""

from __future__ import annotations

import uuid

from rp_mw_local.demo.scenario_runner import ScenarioRunner
from rp_mw_local.stack import Stack

TELL_NOBODY = lambda kind, text: None  # noqa: E731
PROMO = "Hi, do you have a discount code for new customers? How do I get one?"
ACKNOWLEDGEMENT = (
    "Thank you for your message. We have received your request and will answer within one working day. "
    "This is an automatic reply, please do not respond to it."
)
ROUNDS = 4


def test_two_autoresponders_facing_each_other_exchange_one_reply_of_ours(system: Stack) -> None:
    """The other side answers each reply, and everything else, from a new address in a new conversation."""
    runner = ScenarioRunner(system, TELL_NOBODY)
    firm = f"{uuid.uuid4().hex}.example"
    replies = []
    for number, text in enumerate([PROMO, *[ACKNOWLEDGEMENT] * ROUNDS]):
        asked = runner.customer_writes(text, email=f"desk{number}@{firm}")
        runner.webhook(asked)
        runner.settle(asked)
        replies += runner.replies(asked.conversation_id)
    assert len(replies) == 1
    assert "mw-machine" in runner.ticket(asked.conversation_id).tags
