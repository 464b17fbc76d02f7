"""The story `make demo` plays: each scenario says what happens and what must have come of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from rp_mw_local.demo.scenario_runner import Json, Outcome, ScenarioRunner
from rp_mw_local.shop import load_orders
from rp_mw_shared.reasons import by_weight, in_words

ANA = {"email": "ana@example.com", "name": "Ana"}
CLEO = {"email": "cleo@example.com", "name": "Cleo", "channel": "livechat"}
# flags are cached for ten seconds by whoever routes; replies read them afresh
FLAG_CACHE_SECONDS = 10.5
SECRETS = ("tracking", "http", "1Z", "shipped", "delivered")


def tracking_of(name: str) -> str:
    """The tracking number of an order of the shop."""
    return str(next(order for order in load_orders() if order["name"] == name)["tracking"]["number"])


def tracked_order(runner: ScenarioRunner) -> None:
    """The linked order has a tracking number: the customer gets it."""
    asked = runner.ask("Hello, can you tell me where my order #1001 is?", linked_order_id=5551001, **ANA)
    replies = runner.replies(asked.conversation_id)
    runner.expect("exactly one reply", len(replies) == 1)
    runner.expect("the reply holds the tracking number", any(tracking_of("#1001") in reply for reply in replies))
    runner.expect("tagged as processed", runner.has_tags(asked.conversation_id, "mw-processed", "mw-routing-applied"))
    runner.outcome.summary = "answered with its tracking link"


def untracked_order(runner: ScenarioRunner) -> None:
    """Not shipped yet, inside the promised window: the customer gets the window and the ticket is resolved."""
    asked = runner.ask(
        "Hello, when will my order #1002 arrive? I have no tracking yet.",
        linked_order_id=5551002,
        email="ben@example.com",
        name="Ben",
    )
    replies = runner.replies(asked.conversation_id)
    runner.expect("exactly one reply", len(replies) == 1)
    runner.expect("the reply says how to reopen", any("reply" in reply.lower() for reply in replies))
    runner.expect("the ticket is resolved", runner.ticket(asked.conversation_id).status == "CLOSED")
    runner.outcome.summary = "told the delivery window, resolved"


def number_asked_and_given(runner: ScenarioRunner) -> None:
    """No order linked: the number is asked for, given, verified against the sender, and answered."""
    asked = runner.ask("Where is my package? I ordered it last week.", **CLEO)
    first = runner.replies(asked.conversation_id)
    runner.expect("the number is asked for", len(first) == 1 and "order" in first[0].lower())
    runner.expect("nothing is disclosed yet", not any(tracking_of("#1003") in reply for reply in first))
    runner.ask("Sure, it is #1003", conversation_id=asked.conversation_id, **CLEO)
    second = runner.replies(asked.conversation_id)
    runner.expect("exactly one more reply", len(second) == 2)
    runner.expect("which holds the tracking number", tracking_of("#1003") in second[-1])
    runner.outcome.summary = "asked, verified, answered"


def mismatching_sender(runner: ScenarioRunner) -> None:
    """The order belongs to somebody else: nothing of it is disclosed."""
    asked = runner.ask(
        "Where is my order 1004? Please send me the tracking.",
        email="mallory@example.com",
        name="Mallory",
        channel="livechat",
    )
    said = " ".join(runner.replies(asked.conversation_id))
    runner.expect("no tracking number", tracking_of("#1004") not in said)
    runner.expect("no link", "http" not in said)
    runner.expect("routed", any(tag.startswith("route-") for tag in runner.ticket(asked.conversation_id).tags))
    runner.outcome.summary = "disclosed nothing"


def delivered_not_received(runner: ScenarioRunner) -> None:
    """A claim, not a question: to the people who handle claims, without an order answer."""
    asked = runner.ask(
        "Tracking says delivered but I never received my package.",
        linked_order_id=5551005,
        email="eli@example.com",
        name="Eli",
    )
    said = " ".join(runner.replies(asked.conversation_id))
    runner.expect("to Returns Admin", runner.has_tags(asked.conversation_id, "route-returns-admin"))
    runner.expect("no order facts", tracking_of("#1005") not in said)
    runner.outcome.summary = "to Returns Admin"


def chargeback(runner: ScenarioRunner) -> None:
    """An escalation word: never answered by a machine."""
    asked = runner.ask("I am going to file a chargeback with my bank.", email="gina@example.com", name="Gina")
    runner.expect("to Chargebacks/Disputes", runner.has_tags(asked.conversation_id, "route-chargebacks-disputes"))
    runner.expect("no reply", runner.replies(asked.conversation_id) == [])
    runner.outcome.summary = "to Chargebacks/Disputes, no reply"


def five_times_the_same(runner: ScenarioRunner) -> None:
    """Overlapping rules fire the same webhook five times at once: one reply."""
    asked = runner.customer_writes(
        "Where is my order #1006?", linked_order_id=5551006, email="finn@example.com", name="Finn"
    )
    answers = runner.webhook(asked, copies=5)
    runner.expect("all five accepted", [one.status for one in answers] == [200] * 5)
    runner.settle(asked)
    runner.expect("exactly one reply", len(runner.replies(asked.conversation_id)) == 1)
    rows = [item for item in runner.observer.items("idempotency") if item["event_id"] == asked.event_id]
    runner.expect("one record", len(rows) == 1)
    known = runner.count_known(asked)
    runner.tell("duplicates", f"of the four others the queue dropped {4 - known} as repeats, the worker knew {known}")
    runner.outcome.summary = "one record, one reply, four repeats that did nothing"


def two_in_a_row(runner: ScenarioRunner) -> None:
    """Two messages within a moment: handled in order, in one conversation at a time."""
    who = {"email": "hana@example.com", "name": "Hana"}
    first = runner.customer_writes("Hello, I have a question about a return.", **who)
    second = runner.customer_writes("How can I send the shoes back?", conversation_id=first.conversation_id, **who)
    for written in (first, second):
        runner.expect("webhook accepted", runner.webhook(written)[0].status == 200)
    runner.settle(first, second)
    states = [
        item for item in runner.observer.items("conversation_state") if item["conversation_id"] == first.conversation_id
    ]
    runner.expect(
        "the later message is the last processed", [row["last_message_id"] for row in states] == [second.message_id]
    )
    runner.expect("at most one reply", len(runner.replies(first.conversation_id)) <= 1)
    runner.outcome.summary = "in order"


def agent_message(runner: ScenarioRunner) -> None:
    """What an agent writes is none of our business."""
    asked = runner.customer_writes("Just saying hello.", email="ivy@example.com", name="Ivy")
    before = len(runner.observer.items("idempotency"))
    runner.stack.richpanel.seed({"agent_message": {"conversation_id": asked.conversation_id, "text": "Hello Ivy!"}})
    answers = runner.webhook_of(
        {"ticket_id": asked.conversation_id, "message_id": "a1", "sender_type": "operator", "text": "Hello Ivy!"}
    )
    runner.expect("ignored", (answers[0].status, answers[0].body.get("status")) == (200, "ignored"))
    runner.expect("nothing recorded", len(runner.observer.items("idempotency")) == before and runner.observer.is_idle())
    runner.outcome.summary = "ignored"


def attachment_only(runner: ScenarioRunner) -> None:
    """A picture without words: a person looks at it."""
    picture = {"content_type": "image/jpeg", "size_bytes": 204_800, "url": "https://files.example/1.jpg"}
    asked = runner.ask("", email="jo@example.com", name="Jo", attachments=[picture])
    runner.expect("no reply", runner.replies(asked.conversation_id) == [])
    runner.expect("routed", any(tag.startswith("route-") for tag in runner.ticket(asked.conversation_id).tags))
    runner.outcome.summary = "to a person, no reply"


def helpdesk_too_busy(runner: ScenarioRunner) -> None:
    """Richpanel answers 429, once with and once without saying how long to wait; then it works."""
    runner.stack.richpanel.arm("rate_limited", on="GET */tickets/*", retry_after="1")
    runner.stack.richpanel.arm("rate_limited", on="PUT */add-tags")
    runner.tell("fault", "Richpanel: 429 on the next read and on the next tag update")
    asked = runner.ask("Hello again, where is my order #1001 now?", linked_order_id=5551001, **ANA)
    runner.expect("both refusals happened", runner.stack.richpanel.faults.armed() == [])
    runner.expect("exactly one reply", len(runner.replies(asked.conversation_id)) == 1)
    runner.expect("tagged", runner.has_tags(asked.conversation_id, "mw-processed"))
    runner.outcome.summary = "waited, then answered once"


def kill_switch(runner: ScenarioRunner) -> None:
    """Thrown while everything runs: the very next reply is not sent, routing goes on."""
    runner.stack.set_flag("automation_enabled", "false")
    runner.tell("switch", "automation_enabled = false")
    try:
        asked = runner.ask("Where is my order #1003?", linked_order_id=5551003, **(CLEO | {"channel": "email"}))
    finally:
        runner.stack.set_flag("automation_enabled", "true")
        runner.tell("switch", "automation_enabled = true")
    runner.expect("no reply", runner.replies(asked.conversation_id) == [])
    codes = _blocking_codes(runner.observer.records(asked.conversation_id)[-1])
    runner.expect("the switch is the reason that is recorded", by_weight(codes)[:1] == ["automation_off"])
    runner.tell("stopped", f"the answer about order #1003 was not sent. {' '.join(in_words(codes)[:1])}")
    runner.expect("still routed", any(tag.startswith("route-") for tag in runner.ticket(asked.conversation_id).tags))
    runner.outcome.summary = "reply stopped, routed"


def _blocking_codes(row: Json) -> list[str]:
    """What stopped a reply: the look before it was sent, and the gates before that."""
    refused = str(row.get("actions", {}).get("rp_reply", "")).partition(":")[2]
    gates = [str(gate).split(":")[1] for gate in row.get("gates_blocked", [])]
    return [refused, *gates] if refused else gates


def poison_message(runner: ScenarioRunner) -> None:
    """A message nobody can read, between good ones: to the DLQ with its reason, its neighbours go on."""
    before = runner.customer_writes(
        "I want to return my jacket, how does it work?", email="kim@example.com", name="Kim"
    )
    after = runner.customer_writes("Can I exchange a size M for an L?", email="lou@example.com", name="Lou")
    runner.webhook(before)
    group, marker = "poison", f"poison-{time.time_ns()}"
    runner.stack.client("sqs").send_message(
        QueueUrl=runner.observer.deployment.queues["events"].url,
        MessageBody=json.dumps({"type": "inbound_event", "version": 99, "conversation_id": marker}),
        MessageGroupId=group,
        MessageDeduplicationId=marker,
    )
    runner.tell("poison", "a message of version 99 goes into the queue")
    runner.webhook(after)
    runner.settle(before, after)
    dead_letters = [
        dead_letter
        for dead_letter in runner.observer.dead_letters()
        if marker in dead_letter["Body"] or _reason(dead_letter)
    ]
    runner.expect("one message in the DLQ", runner.observer.depth("events", dead_letters=True) == 1)
    runner.expect(
        "with its reason", [_reason(dead_letter) for dead_letter in dead_letters] == ["schema_version_unknown"]
    )
    for written in (before, after):
        runner.expect("its neighbours went on", runner.has_tags(written.conversation_id, "mw-processed"))
    runner.outcome.summary = "quarantined, neighbours went on"


def _reason(dead_letter: dict[str, dict[str, dict[str, str]]]) -> str:
    return dead_letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")


def model_down(runner: ScenarioRunner) -> None:
    """With classifier=openai and OpenAI failing: a person gets the ticket, with tags that say why."""
    runner.stack.set_flag("classifier", "openai")
    runner.tell("switch", f"classifier = openai (waiting {FLAG_CACHE_SECONDS:.0f} s: flags are cached that long)")
    time.sleep(FLAG_CACHE_SECONDS)
    runner.stack.openai.arm("overloaded", times=None)
    runner.tell("fault", "OpenAI: 503 on every call")
    try:
        asked = runner.ask(
            "Where is my order #1001, please?", linked_order_id=5551001, email="ana@example.com", name="Ana"
        )
    finally:
        runner.stack.openai.faults.clear()
        runner.stack.set_flag("classifier", "embedded")
    runner.expect("OpenAI was asked", len(runner.stack.openai.recorded("POST")) > 0)
    runner.expect("no reply", runner.replies(asked.conversation_id) == [])
    runner.expect("tagged mw-model-failure", runner.has_tags(asked.conversation_id, "mw-model-failure"))
    runner.outcome.summary = "to a person with mw-model-failure"


def nothing_personal_kept(runner: ScenarioRunner) -> None:
    """After all of it: no text, address or number of any customer in a table, a log or a model's input."""
    words = sorted(
        {
            word
            for one in runner.stack.richpanel.store.tickets.values()
            for word in (one.customer_email, one.customer_phone)
            if word
        }
    )
    texts = sorted(
        {
            comment.body
            for ticket in runner.stack.richpanel.store.tickets.values()
            for comment in ticket.comments
            if len(comment.body) > len("Hello Ivy!")
        }
    )
    kept = json.dumps([runner.observer.items(table) for table in runner.stack.topology.tables], default=str)
    logged = "\n".join(line for name in runner.stack.topology.functions for line in runner.observer.log_lines(name))
    for place, content in (("tables", kept), ("logs", logged)):
        found = [word for word in words + texts if word.lower() in content.lower()]
        runner.expect(f"nothing in the {place}", not found)
    runner.expect("OpenAI was sent nothing raw, nothing to store", runner.stack.openai.violations == [])
    runner.outcome.summary = f"{len(words)} addresses and {len(texts)} texts looked for"


Scenario = Callable[[ScenarioRunner], None]
SCENARIOS: tuple[tuple[str, str, Scenario], ...] = (
    ("tracked", "An order with tracking is answered", tracked_order),
    ("untracked", "An order without tracking gets a delivery window and is resolved", untracked_order),
    ("number", "The order number is asked for, given, verified, answered", number_asked_and_given),
    ("mismatch", "A sender who is not the buyer learns nothing", mismatching_sender),
    ("not-received", "Delivered but not received goes to Returns", delivered_not_received),
    ("chargeback", "A chargeback goes to Chargebacks, unanswered", chargeback),
    ("five-times", "The same webhook five times gives one reply", five_times_the_same),
    ("two-in-a-row", "Two messages in a row stay in order", two_in_a_row),
    ("agent", "An agent's message is ignored", agent_message),
    ("attachment", "Nothing but an attachment goes to a person", attachment_only),
    ("too-busy", "Richpanel says 429, then it works", helpdesk_too_busy),
    ("poison", "A poison message is quarantined, its neighbours go on", poison_message),
    ("kill-switch", "The kill switch stops the next reply", kill_switch),
    ("model-down", "OpenAI is down: a person, with safe tags", model_down),
    ("privacy", "Nothing personal was kept or logged", nothing_personal_kept),
)


def run_scenarios(runner: ScenarioRunner) -> list[Outcome]:
    """Plays every scenario in order; one that breaks off counts as not as told and the story goes on."""
    outcomes = []
    for name, title, scenario in SCENARIOS:
        with runner.scenario(name, title) as outcome:
            try:
                scenario(runner)
            except (OSError, LookupError, ValueError) as error:
                runner.expect(f"broke off: {type(error).__name__}: {error}", False)
        outcomes.append(outcome)
    return outcomes
