"""What the shipped policy says of senders and channels, for adapters under test."""

from __future__ import annotations

from functools import cache

from rp_mw_worker.adapters.richpanel.contacts import SenderRules, sender_rules
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.policy import load_policy


@cache
def senders() -> SenderRules:
    """Return the rules as the worker's wiring makes them."""
    engine = PolicyEngine(load_policy())
    return sender_rules(engine.policy, engine.sender_marks)
