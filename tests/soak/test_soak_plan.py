"""What every plan holds, whatever its seed: a run without it would prove nothing."""

from __future__ import annotations

import pytest

from rp_mw_shared.clients.http import HttpPolicy
from tests.soak.plan import ASKED_SCRIPT, FIRST_SCRIPT, SCRIPTS, make_plan
from tests.soak.run import SHORT
from tests.soak.vendor_faults import OUTAGE, RandomFaults

SEEDS = range(1, 40)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_message_that_is_posted_alone_asks_for_an_order(seed: int) -> None:
    """The switch is on then, so every run asks Shopify, whatever the timing of the rest."""
    plan = make_plan(seed, SHORT.events, SHORT.conversations)
    first = plan.posts[0]
    assert (plan.scripts[first.conversation], first.position, first.is_copy) == (FIRST_SCRIPT, 0, False)
    assert plan.customers[first.conversation].order in plan.texts[first.conversation][0]
    assert set(plan.scripts) == set(SCRIPTS)


@pytest.mark.parametrize("seed", SEEDS)
def test_shopifys_first_answer_is_a_fault_and_the_others_are_a_share(seed: int) -> None:
    """Asked seldom, it fails at least once; what the seed draws for the later requests stays as it was."""
    faults = RandomFaults(vendor="shopify", seed=seed)
    struck = [faults.take("POST", "/graphql.json") is not None for _ in range(400)]
    assert struck[0]
    assert 0 < sum(struck[1:]) < 80
    others = RandomFaults(vendor="richpanel", seed=seed)
    assert 0 < sum(others.take("GET", "/v1/tickets/t1") is not None for _ in range(400)) < 80


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_ticket_and_some_others_cannot_be_read_for_as_long_as_a_run_tries(seed: int) -> None:
    """A worker that acknowledges a failed run is noticed only where a run fails."""
    faults = RandomFaults(vendor="richpanel", seed=seed)
    tickets = [f"/v1/tickets/t{number}" for number in range(200)]
    out = [ticket for ticket in tickets if _failures_in_a_row(faults, ticket) >= HttpPolicy().max_attempts]
    assert out[0] == tickets[0]
    assert 2 < len(out) < 24
    assert faults.committed[OUTAGE] == len(out) * HttpPolicy().max_attempts


def _failures_in_a_row(faults: RandomFaults, ticket: str) -> int:
    """Returns the longest run of 503 among the first reads of a ticket."""
    struck = [faults.take("GET", ticket) for _ in range(8)]
    failed = "".join("x" if fault is not None and fault.status else " " for fault in struck)
    return max(map(len, failed.split(" ")))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_asked_around_the_throw_is_right_to_answer(seed: int) -> None:
    """Each by a customer who writes nothing else: without the switch each had a reply."""
    plan = make_plan(seed, SHORT.events, SHORT.conversations)
    asked = (*plan.asked_before, *plan.asked_after)
    others = {post.conversation for post in plan.posts}
    assert plan.asked_before
    assert plan.asked_after
    assert len({post.conversation for post in asked} - others) == len(asked)
    for post in asked:
        assert (plan.scripts[post.conversation], plan.replies_allowed(post.conversation)) == (ASKED_SCRIPT, 1)
        assert (post.position, post.is_minimal, len(plan.texts[post.conversation])) == (0, False, 1)


def test_no_two_customers_share_a_mail_domain() -> None:
    """A domain is answered a few times an hour only: with one for all, nearly every reply of a run would be blocked."""
    customers = make_plan(1, SHORT.events, SHORT.conversations).customers
    assert len({one.email.partition("@")[2] for one in customers}) == len(customers)
