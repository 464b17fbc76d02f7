"""The states the demo tells, without the running system: the shop, the enricher's reading, the words of the reply."""

from __future__ import annotations

import pytest

from rp_mw_enricher.domain.order_facts import to_order_facts
from rp_mw_local.demo.order_states import STATES, StateStory
from rp_mw_local.shop import load_orders
from rp_mw_local.simulators.shopify_orders import order_json
from rp_mw_worker.domain.order_answer import answer_about
from rp_mw_worker.domain.reply_text import render
from tests.fakes.policy import load_policy

TUESDAY_3_PM = 1_795_550_400_000  # 2026-11-24 15:00 in New York


@pytest.mark.parametrize("story", STATES, ids=lambda story: story.name)
def test_the_reply_says_what_the_demo_expects(story: StateStory) -> None:
    """Each state by its own words, and by none of another's."""
    order = next(order for order in load_orders() if order["name"] == story.order)
    facts = to_order_facts(order_json(order, TUESDAY_3_PM), lambda contact: (contact,))
    assert story.email in facts.contact_digests
    answer = answer_about(facts, TUESDAY_3_PM, load_policy())
    assert answer.template_id is not None, answer.reason
    reply = render(answer.template_id, "email", answer.variables, load_policy())
    assert all(words in reply for words in story.says), reply
    assert not any(words in reply for words in story.never), reply


def test_the_demo_tells_six_further_states() -> None:
    """Each by an answer of its own."""
    assert len({story.order for story in STATES}) == len({story.says[0] for story in STATES}) == 6
