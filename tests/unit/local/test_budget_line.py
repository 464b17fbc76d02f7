"""What a local run says of the vendor's budget."""

from __future__ import annotations

from rp_mw_local.stack import UNHURRIED_REQUESTS_PER_WINDOW, describe_budget
from rp_mw_ops.commands.local import DOCUMENTED_REQUESTS_PER_WINDOW


def test_make_up_keeps_to_the_documented_budget_and_says_so() -> None:
    """The default of `rp-mw local up` is the documented one."""
    assert describe_budget(DOCUMENTED_REQUESTS_PER_WINDOW) == "Richpanel's budget: 50 calls in 30 s, as documented"


def test_a_larger_budget_is_named_beside_the_documented_one() -> None:
    """The demo's output says that it is not the documented budget."""
    told = describe_budget(UNHURRIED_REQUESTS_PER_WINDOW)
    assert told == "Richpanel's budget: 5,000 calls in 30 s; documented are 50, which `make up` keeps to"


def test_a_scaled_clock_of_the_budget_is_said() -> None:
    """50 calls in 3 s are the documented budget ten times faster, not a larger one."""
    told = describe_budget(DOCUMENTED_REQUESTS_PER_WINDOW, 3.0)
    assert told == (
        "Richpanel's budget: 50 calls in 3 s: the documented one, the clock of limiter and simulator 10 times faster "
        "for both"
    )
