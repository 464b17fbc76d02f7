"""However often a webhook comes: one record, one decision, one reply; and only the right things are kept."""

from __future__ import annotations

import json
import uuid

from rp_mw_local.demo.scenario_runner import ScenarioRunner
from rp_mw_local.shop import load_orders
from rp_mw_local.stack import Stack

TELL_NOBODY = lambda kind, text: None  # noqa: E731
SUM_DAYS = 400


def ask_for_tracked_order(runner: ScenarioRunner, copies: int) -> str:
    """A fresh customer asks for a fresh order of their own; answers the conversation."""
    number = str(uuid.uuid4().int)[:12]
    sender = f"{uuid.uuid4().hex}@example.com"
    order = load_orders()[0] | {"id": number, "name": f"#{number[:6]}", "email": sender}
    runner.stack.shopify.seed({"orders": [order]})
    asked = runner.customer_writes(f"Where is my order #{number[:6]}?", linked_order_id=number, email=sender)
    answers = runner.webhook(asked, copies=copies)
    assert [answer.status for answer in answers] == [200] * copies
    runner.settle(asked)
    assert all(held for _, held in runner.outcome.checks)
    records = [item for item in runner.observer.items("idempotency") if item["event_id"] == asked.event_id]
    assert [record["status"] for record in records] == ["completed"]
    return asked.conversation_id


def test_ten_parallel_copies_lead_to_one_record_one_decision_one_reply(system: Stack) -> None:
    """The ledger and the queue's deduplication together."""
    runner = ScenarioRunner(system, TELL_NOBODY)
    conversation_id = ask_for_tracked_order(runner, copies=10)
    rows = runner.observer.records(conversation_id)
    assert len(runner.replies(conversation_id)) == 1
    # one decision that asked for the order, one made with it
    assert len(rows) == 2
    assert "mw-processed" in runner.ticket(conversation_id).tags


def test_the_roles_allow_what_the_functions_do_and_nothing_is_denied(aws_enforced: Stack) -> None:
    """The whole round trip with every call checked against the calling function's role."""
    runner = ScenarioRunner(aws_enforced, TELL_NOBODY)
    conversation_id = ask_for_tracked_order(runner, copies=3)
    assert len(runner.replies(conversation_id)) == 1
    logged = "\n".join(line for name in aws_enforced.topology.functions for line in runner.observer.log_lines(name))
    assert "AccessDenied" not in logged and "access_denied" not in logged
    assert runner.observer.depth("events", dead_letters=True) == 0


def test_items_hold_what_they_should_with_a_numeric_expiry(system: Stack) -> None:
    """Expiry counts from now by the table's own number of days; no text, address or link in any item."""
    runner = ScenarioRunner(system, TELL_NOBODY)
    conversation_id = ask_for_tracked_order(runner, copies=1)
    now_seconds = system.richpanel.now_epoch_ms() / 1000
    for key, spec in system.topology.tables.items():
        for item in runner.observer.items(key):
            expires_in_days = (int(item[spec.ttl_attribute]) - now_seconds) / 86_400
            is_sum = str(item[spec.partition_key]).startswith("figures:")  # a day's counts, no customer's: record 0190
            assert expires_in_days <= (SUM_DAYS if is_sum else spec.ttl_days) + 0.01, (key, sorted(item))
            assert not is_sum or set(item) == {"conversation_id", "expires_at", "sums"}
            assert set(spec_keys(spec.partition_key, spec.sort_key)) <= set(item)
    kept = json.dumps([runner.observer.items(key) for key in system.topology.tables], default=str).lower()
    ticket = runner.ticket(conversation_id)
    assert str(ticket.customer_email) not in kept
    for comment in ticket.comments:
        assert comment.body.lower() not in kept
    assert load_orders()[0]["tracking"]["number"].lower() not in kept


def spec_keys(partition_key: str, sort_key: str | None) -> list[str]:
    """The key attributes there are."""
    return [partition_key, *([sort_key] if sort_key else [])]
