"""The story `make demo` plays: each scenario says what happens and what must have come of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from rp_mw_local.play import Outcome, Play
from rp_mw_local.shop import load_orders

ANA = {"email": "ana@example.com", "name": "Ana"}
CLEO = {"email": "cleo@example.com", "name": "Cleo", "channel": "livechat"}
# flags are cached for ten seconds by whoever routes; replies read them afresh
FLAG_CACHE_SECONDS = 10.5
SECRETS = ("tracking", "http", "1Z", "shipped", "delivered")


def tracking_of(name: str) -> str:
    """The tracking number of an order of the shop."""
    return str(next(order for order in load_orders() if order["name"] == name)["tracking"]["number"])


def tracked_order(play: Play) -> None:
    """The linked order has a tracking number: the customer gets it."""
    asked = play.ask("Hello, can you tell me where my order #1001 is?", linked_order_id=5551001, **ANA)
    replies = play.replies(asked.conversation_id)
    play.expect("exactly one reply", len(replies) == 1)
    play.expect("the reply holds the tracking number", any(tracking_of("#1001") in reply for reply in replies))
    play.expect("tagged as processed", play.has_tags(asked.conversation_id, "mw-processed", "mw-routing-applied"))
    play.outcome.summary = "answered with its tracking link"


def untracked_order(play: Play) -> None:
    """Not shipped yet, inside the promised window: the customer gets the window and the ticket is resolved."""
    asked = play.ask(
        "Hello, when will my order #1002 arrive? I have no tracking yet.",
        linked_order_id=5551002,
        email="ben@example.com",
        name="Ben",
    )
    replies = play.replies(asked.conversation_id)
    play.expect("exactly one reply", len(replies) == 1)
    play.expect("the reply says how to reopen", any("reply" in reply.lower() for reply in replies))
    play.expect("the ticket is resolved", play.ticket(asked.conversation_id).status == "CLOSED")
    play.outcome.summary = "told the delivery window, resolved"


def number_asked_and_given(play: Play) -> None:
    """No order linked: the number is asked for, given, verified against the sender, and answered."""
    asked = play.ask("Where is my package? I ordered it last week.", **CLEO)
    first = play.replies(asked.conversation_id)
    play.expect("the number is asked for", len(first) == 1 and "order" in first[0].lower())
    play.expect("nothing is disclosed yet", not any(tracking_of("#1003") in reply for reply in first))
    play.ask("Sure, it is #1003", conversation_id=asked.conversation_id, **CLEO)
    second = play.replies(asked.conversation_id)
    play.expect("exactly one more reply", len(second) == 2)
    play.expect("which holds the tracking number", tracking_of("#1003") in second[-1])
    play.outcome.summary = "asked, verified, answered"


def mismatching_sender(play: Play) -> None:
    """The order belongs to somebody else: nothing of it is disclosed."""
    asked = play.ask(
        "Where is my order 1004? Please send me the tracking.",
        email="mallory@example.com",
        name="Mallory",
        channel="livechat",
    )
    said = " ".join(play.replies(asked.conversation_id))
    play.expect("no tracking number", tracking_of("#1004") not in said)
    play.expect("no link", "http" not in said)
    play.expect("routed", any(tag.startswith("route-") for tag in play.ticket(asked.conversation_id).tags))
    play.outcome.summary = "disclosed nothing"


def delivered_not_received(play: Play) -> None:
    """A claim, not a question: to the people who handle claims, without an order answer."""
    asked = play.ask(
        "Tracking says delivered but I never received my package.",
        linked_order_id=5551005,
        email="eli@example.com",
        name="Eli",
    )
    said = " ".join(play.replies(asked.conversation_id))
    play.expect("to Returns Admin", play.has_tags(asked.conversation_id, "route-returns-admin"))
    play.expect("no order facts", tracking_of("#1005") not in said)
    play.outcome.summary = "to Returns Admin"


def chargeback(play: Play) -> None:
    """An escalation word: never answered by a machine."""
    asked = play.ask("I am going to file a chargeback with my bank.", email="gina@example.com", name="Gina")
    play.expect("to Chargebacks/Disputes", play.has_tags(asked.conversation_id, "route-chargebacks-disputes"))
    play.expect("no reply", play.replies(asked.conversation_id) == [])
    play.outcome.summary = "to Chargebacks/Disputes, no reply"


def five_times_the_same(play: Play) -> None:
    """Overlapping rules fire the same webhook five times at once: one reply."""
    asked = play.customer_writes(
        "Where is my order #1006?", linked_order_id=5551006, email="finn@example.com", name="Finn"
    )
    answers = play.webhook(asked, copies=5)
    play.expect("all five accepted", [one.status for one in answers] == [200] * 5)
    play.settle(asked)
    play.expect("exactly one reply", len(play.replies(asked.conversation_id)) == 1)
    rows = [item for item in play.observer.items("idempotency") if item["event_id"] == asked.event_id]
    play.expect("one record", len(rows) == 1)
    play.outcome.summary = "one record, one reply"


def two_in_a_row(play: Play) -> None:
    """Two messages within a moment: handled in order, in one conversation at a time."""
    who = {"email": "hana@example.com", "name": "Hana"}
    first = play.customer_writes("Hello, I have a question about a return.", **who)
    second = play.customer_writes("How can I send the shoes back?", conversation_id=first.conversation_id, **who)
    for written in (first, second):
        play.expect("webhook accepted", play.webhook(written)[0].status == 200)
    play.settle(first, second)
    states = [
        item for item in play.observer.items("conversation_state") if item["conversation_id"] == first.conversation_id
    ]
    play.expect(
        "the later message is the last processed", [row["last_message_id"] for row in states] == [second.message_id]
    )
    play.expect("at most one reply", len(play.replies(first.conversation_id)) <= 1)
    play.outcome.summary = "in order"


def agent_message(play: Play) -> None:
    """What an agent writes is none of our business."""
    asked = play.customer_writes("Just saying hello.", email="ivy@example.com", name="Ivy")
    before = len(play.observer.items("idempotency"))
    play.stack.richpanel.seed({"agent_message": {"conversation_id": asked.conversation_id, "text": "Hello Ivy!"}})
    answers = play.webhook_of(
        {"ticket_id": asked.conversation_id, "message_id": "a1", "sender_type": "operator", "text": "Hello Ivy!"}
    )
    play.expect("ignored", (answers[0].status, answers[0].body.get("status")) == (200, "ignored"))
    play.expect("nothing recorded", len(play.observer.items("idempotency")) == before and play.observer.is_idle())
    play.outcome.summary = "ignored"


def attachment_only(play: Play) -> None:
    """A picture without words: a person looks at it."""
    picture = {"content_type": "image/jpeg", "size_bytes": 204_800, "url": "https://files.example/1.jpg"}
    asked = play.ask("", email="jo@example.com", name="Jo", attachments=[picture])
    play.expect("no reply", play.replies(asked.conversation_id) == [])
    play.expect("routed", any(tag.startswith("route-") for tag in play.ticket(asked.conversation_id).tags))
    play.outcome.summary = "to a person, no reply"


def helpdesk_too_busy(play: Play) -> None:
    """Richpanel answers 429, once with and once without saying how long to wait; then it works."""
    play.stack.richpanel.arm("rate_limited", on="GET */tickets/*", retry_after="1")
    play.stack.richpanel.arm("rate_limited", on="PUT */add-tags")
    play.tell("fault", "Richpanel: 429 on the next read and on the next tag update")
    asked = play.ask("Hello again, where is my order #1001 now?", linked_order_id=5551001, **ANA)
    play.expect("both refusals happened", play.stack.richpanel.faults.armed() == [])
    play.expect("exactly one reply", len(play.replies(asked.conversation_id)) == 1)
    play.expect("tagged", play.has_tags(asked.conversation_id, "mw-processed"))
    play.outcome.summary = "waited, then answered once"


def kill_switch(play: Play) -> None:
    """Thrown while everything runs: the very next reply is not sent, routing goes on."""
    play.stack.set_flag("automation_enabled", "false")
    play.tell("switch", "automation_enabled = false")
    try:
        asked = play.ask("Where is my order #1003?", linked_order_id=5551003, **(CLEO | {"channel": "email"}))
    finally:
        play.stack.set_flag("automation_enabled", "true")
        play.tell("switch", "automation_enabled = true")
    play.expect("no reply", play.replies(asked.conversation_id) == [])
    play.expect("still routed", any(tag.startswith("route-") for tag in play.ticket(asked.conversation_id).tags))
    play.outcome.summary = "reply stopped, routed"


def poison_message(play: Play) -> None:
    """A message nobody can read, between good ones: to the DLQ with its reason, its neighbours go on."""
    before = play.customer_writes("I want to return my jacket, how does it work?", email="kim@example.com", name="Kim")
    after = play.customer_writes("Can I exchange a size M for an L?", email="lou@example.com", name="Lou")
    play.webhook(before)
    group, marker = "poison", f"poison-{time.time_ns()}"
    play.stack.client("sqs").send_message(
        QueueUrl=play.observer.deployment.queues["events"].url,
        MessageBody=json.dumps({"type": "inbound_event", "version": 99, "conversation_id": marker}),
        MessageGroupId=group,
        MessageDeduplicationId=marker,
    )
    play.tell("poison", "a message of version 99 goes into the queue")
    play.webhook(after)
    play.settle(before, after)
    letters = [letter for letter in play.observer.dead_letters() if marker in letter["Body"] or _reason(letter)]
    play.expect("one message in the DLQ", play.observer.depth("events", dead_letters=True) == 1)
    play.expect("with its reason", [_reason(letter) for letter in letters] == ["schema_version_unknown"])
    for written in (before, after):
        play.expect("its neighbours went on", play.has_tags(written.conversation_id, "mw-processed"))
    play.outcome.summary = "quarantined, neighbours went on"


def _reason(letter: dict[str, dict[str, dict[str, str]]]) -> str:
    return letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")


def model_down(play: Play) -> None:
    """With classifier=openai and OpenAI failing: a person gets the ticket, with tags that say why."""
    play.stack.set_flag("classifier", "openai")
    play.tell("switch", f"classifier = openai (waiting {FLAG_CACHE_SECONDS:.0f} s: flags are cached that long)")
    time.sleep(FLAG_CACHE_SECONDS)
    play.stack.openai.arm("overloaded", times=None)
    play.tell("fault", "OpenAI: 503 on every call")
    try:
        asked = play.ask(
            "Where is my order #1001, please?", linked_order_id=5551001, email="ana@example.com", name="Ana"
        )
    finally:
        play.stack.openai.faults.clear()
        play.stack.set_flag("classifier", "embedded")
    play.expect("OpenAI was asked", len(play.stack.openai.recorded("POST")) > 0)
    play.expect("no reply", play.replies(asked.conversation_id) == [])
    play.expect("tagged mw-model-failure", play.has_tags(asked.conversation_id, "mw-model-failure"))
    play.outcome.summary = "to a person with mw-model-failure"


def nothing_personal_kept(play: Play) -> None:
    """After all of it: no text, address or number of any customer in a table, a log or a model's input."""
    words = sorted(
        {
            word
            for one in play.stack.richpanel.store.tickets.values()
            for word in (one.customer_email, one.customer_phone)
            if word
        }
    )
    texts = sorted(
        {
            comment.body
            for ticket in play.stack.richpanel.store.tickets.values()
            for comment in ticket.comments
            if len(comment.body) > len("Hello Ivy!")
        }
    )
    kept = json.dumps([play.observer.items(table) for table in play.stack.topology.tables], default=str)
    logged = "\n".join(line for name in play.stack.topology.functions for line in play.observer.log_lines(name))
    for place, content in (("tables", kept), ("logs", logged)):
        found = [word for word in words + texts if word.lower() in content.lower()]
        play.expect(f"nothing in the {place}", not found)
    play.expect("OpenAI was sent nothing raw, nothing to store", play.stack.openai.violations == [])
    play.outcome.summary = f"{len(words)} addresses and {len(texts)} texts looked for"


Scenario = Callable[[Play], None]
STORY: tuple[tuple[str, str, Scenario], ...] = (
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


def play_story(play: Play) -> list[Outcome]:
    """Plays every scenario in order; one that breaks off counts as not as told and the story goes on."""
    outcomes = []
    for name, title, scenario in STORY:
        with play.scenario(name, title) as outcome:
            try:
                scenario(play)
            except (OSError, LookupError, ValueError) as error:
                play.expect(f"broke off: {type(error).__name__}: {error}", False)
        outcomes.append(outcome)
    return outcomes
