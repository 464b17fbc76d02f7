"""The worker is killed between two side effects: the redelivery ends in the same state, with no second reply."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.demo.scenario_runner import ScenarioRunner, WrittenMessage
from rp_mw_local.observation import wait_for
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_shared.idempotency.keys import result_event_id

# its lease is five seconds longer, and the queue gives the message back just after
FUNCTION_TIMEOUT_SECONDS = 20
VISIBILITY_SECONDS = 27
HOLD_SECONDS = 4.0
DEADLINE_SECONDS = 90.0

# where the worker is when it dies: the vendor has done what it was asked, and the answer is still on its way
POINTS = {
    "after the reply": "PUT */send-message",
    "after closing": "PUT *%3E",
    "after the tags": "PUT */add-tags",
}


@dataclass(frozen=True, slots=True)
class FinalState:
    """What must be the same with and without a crash."""

    replies: int
    tags: frozenset[str]
    status: str
    records: tuple[str, ...]
    last_route: str
    audit_rows: int


@pytest.fixture(scope="module")
def impatient(zips: Mapping[str, Path]) -> Iterator[Stack]:
    """A system that gives an unfinished message back after seconds instead of minutes."""
    settings = {"FUNCTION_TIMEOUT_SECONDS": str(FUNCTION_TIMEOUT_SECONDS), "PROOF_AFTER_SECONDS": "1"}
    with Stack(zips, StackOptions(flags=LIVE_FLAGS, settings=settings)) as stack:
        url = stack.observer.deployment.queues["events"].url
        stack.client("sqs").set_queue_attributes(
            QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        )
        yield stack


def test_a_killed_worker_changes_nothing_in_the_end(impatient: Stack) -> None:
    """At three points of one event, each compared with the same event undisturbed."""
    runner = ScenarioRunner(impatient, lambda kind, text: None)
    undisturbed = write_about_untracked_order(runner)
    runner.webhook(undisturbed)
    runner.settle(undisturbed)
    expected = final_state(runner, undisturbed)
    assert (expected.replies, expected.status) == (1, "CLOSED")
    disturbed = {point: crash_at(runner, on) for point, on in POINTS.items()}
    for point, written in disturbed.items():
        assert wait_for(functools.partial(is_completed, runner, written), DEADLINE_SECONDS), point
        assert final_state(runner, written) == expected, point


def write_about_untracked_order(runner: ScenarioRunner) -> WrittenMessage:
    """A customer asks for an order of their own that has not shipped yet: reply, closing and tags follow."""
    number, sender = str(uuid.uuid4().int)[:9], f"{uuid.uuid4().hex}@example.com"
    runner.stack.shopify.seed(
        {"orders": [{"id": number, "name": f"#{number[:6]}", "email": sender, "created_days_ago": 1}]}
    )
    return runner.customer_writes(
        f"Hello, when will my order #{number[:6]} arrive? I have no tracking yet.", linked_order_id=number, email=sender
    )


def crash_at(runner: ScenarioRunner, on: str) -> WrittenMessage:
    """Kills the worker while it waits for the answer to the given request, once the request has taken effect."""
    richpanel = runner.stack.richpanel
    richpanel.arm("lost_answer", on=on, seconds=HOLD_SECONDS)
    written = write_about_untracked_order(runner)
    runner.webhook(written)
    assert wait_for(lambda: not richpanel.faults.armed(), 30), f"{on} was never asked for"
    kill_worker(runner.stack)
    return written


def kill_worker(stack: Stack) -> None:
    """SIGKILL to the processes of this system's worker function, as the host of a Lambda may do at any time."""
    shown = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=True).stdout
    ours = [
        line for line in shown.splitlines() if f"{stack.emulator.work_dir}/ministack-lambda-rp-mw-local-worker" in line
    ]
    assert ours, "no worker is running"
    for line in ours:
        os.kill(int(line.split()[0]), signal.SIGKILL)


def is_completed(runner: ScenarioRunner, written: WrittenMessage) -> bool:
    """Whether the event and what it led to are done."""
    items = records(runner, written)
    return len(items) == 2 and all(item["status"] == "completed" for item in items)


def records(runner: ScenarioRunner, written: WrittenMessage) -> list[dict[str, Any]]:
    """The events of the idempotency table that belong to the message: its own, and the answer to its order lookup."""
    items = {item["event_id"]: item for item in runner.observer.items("idempotency")}
    own = items.get(written.event_id)
    request = json.loads(own["result"]).get("request") if own and own.get("result") else None
    answer = items.get(result_event_id(request)) if request else None
    return [item for item in (own, answer) if item is not None]


def final_state(runner: ScenarioRunner, written: WrittenMessage) -> FinalState:
    """What is left when nothing is under way any more."""
    ticket = runner.ticket(written.conversation_id)
    (state,) = [item for item in runner.observer.items("conversation_state") if item["conversation_id"] == ticket.id]
    return FinalState(
        replies=len(runner.replies(ticket.id)),
        tags=frozenset(ticket.tags),
        status=ticket.status,
        records=tuple(sorted(item["status"] for item in records(runner, written))),
        last_route=state["last_route"],
        audit_rows=len(runner.observer.records(ticket.id)),
    )
