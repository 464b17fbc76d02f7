"""What every helpdesk promises, run against the fake and against the real adapter over HTTP to the simulated API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import HttpPolicy, VendorHttp
from rp_mw_shared.clients.limiter import UnlimitedLimiter
from rp_mw_shared.clock import Clock, FakeClock, SystemClock
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.adapters.records_memory import MemoryRecords
from rp_mw_worker.adapters.richpanel.helpdesk import RichpanelHelpdesk
from rp_mw_worker.adapters.richpanel.tag_creation import LedgerTagCreation
from rp_mw_worker.domain.comments import body_digest, is_written
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.records import ActionResult
from rp_mw_worker.ports import Helpdesk, Mail, TicketUpdate, Updated
from tests.fakes.helpdesk import AUTHOR_ID, SALT, FakeHelpdesk, plain_text
from tests.fakes.senders import senders

KEY = "test-key"
DONE = ActionResult(ActionStatus.DONE)
MESSAGE_ID = "<CAxyz+1/a=b@mail.example.com>"  # a mail Message-ID, as the API uses them for ids


def allow() -> None:
    """A last look that forbids nothing."""


@dataclass
class Bench:
    """A helpdesk and the store behind it."""

    helpdesk: Helpdesk
    store: Any

    def update(self, **wanted: Any) -> Updated:
        """Read the ticket and bring it to what is wanted."""
        return self.helpdesk.update(self.helpdesk.load_ticket(MESSAGE_ID), TicketUpdate(**wanted))

    def writes(self, text: str, conversation_id: str = MESSAGE_ID, **contents: Any) -> str:
        """The customer writes; returns the message's id."""
        written = {"conversation_id": conversation_id, "text": text, "email": "ana@example.com", "name": "Ana Diaz"}
        return str(self.store.customer_writes(written | contents, 1_795_000_000_000)["message_id"])


def real_helpdesk(
    url: str,
    key: str = KEY,
    clock: Clock | None = None,
    chat_replies: str = "comment",
    records: MemoryRecords | None = None,
) -> RichpanelHelpdesk:
    """The adapter, pointed at a server on this machine; helpdesks of one account share `records`."""
    clock = clock or SystemClock()
    http = VendorHttp(
        vendor="richpanel",
        base_url=f"{url}/v1",
        clock=clock,
        limiter=UnlimitedLimiter(),
        breaker=CircuitBreaker(clock, vendor="richpanel"),
        headers=lambda: {"x-richpanel-key": key},
        policy=HttpPolicy(max_attempts=2, first_backoff_seconds=0.01),
    )
    return RichpanelHelpdesk(
        http,
        clock,
        author_id=AUTHOR_ID,
        salt=SALT,
        read_body=plain_text,
        senders=senders(),
        chat_replies=chat_replies,
        creation=LedgerTagCreation(records or MemoryRecords(), clock, lambda: "owner"),
    )


@pytest.fixture(params=["fake", "adapter"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One helpdesk of each kind in turn."""
    if request.param == "fake":
        fake = FakeHelpdesk(FakeClock().now_epoch_ms)
        yield Bench(fake, fake.store)
        return
    simulator = RichpanelSimulator(KEY)
    simulator.start()
    try:
        yield Bench(real_helpdesk(simulator.url), simulator.store)
    finally:
        simulator.stop()


def test_a_mail_of_its_own_reaches_its_address_alone(bench: Bench) -> None:
    """In a closed, tagged ticket whose first comment holds nothing of it and is mailed to nobody."""
    looks: list[int] = []
    mail = Mail("owner@example.com", "Your code", "<p>123456</p>", "Your code", "mw-code-mail")
    bench.helpdesk.send_mail(mail, lambda: looks.append(len(bench.store.deliveries)))
    (ticket,) = bench.store.tickets.values()
    assert (ticket.customer_email, ticket.status, ticket.subject) == ("owner@example.com", "CLOSED", "Your code")
    assert ticket.tags == ["mw-code-mail"] and "123456" not in ticket.comments[0].body
    assert [one.body for one in bench.store.deliveries if one.reached_customer] == ["<p>123456</p>"]
    assert looks == [1]  # after the ticket is made, before the mail


def test_a_mail_that_may_not_leave_is_not_sent(bench: Bench) -> None:
    """What the last look raises is raised."""

    def forbid() -> None:
        raise PermanentError("off", code="code_withheld")

    with pytest.raises(PermanentError, match="off"):
        bench.helpdesk.send_mail(Mail("owner@example.com", "s", "body", "s", "mw-code-mail"), forbid)
    assert not any(one.reached_customer for one in bench.store.deliveries)


def test_a_ticket_is_read_with_its_messages_in_order(bench: Bench) -> None:
    """Authors, texts and the sender's contact; ids that are mail Message-IDs survive the way."""
    first = bench.writes("Where is #1001?")
    bench.store.agent_writes({"conversation_id": MESSAGE_ID, "text": "One moment"}, 1_795_000_001_000)
    second = bench.writes("Thanks", attachments=[{"url": "https://files.example/1"}])
    seen = bench.helpdesk.load_ticket(MESSAGE_ID)
    assert [message.author for message in seen.ticket.messages] == [Author.CUSTOMER, Author.OPERATOR, Author.CUSTOMER]
    assert [message.message_id for message in seen.ticket.messages][::2] == [first, second]
    assert seen.ticket.messages[0].text == "Where is #1001?"
    assert seen.ticket.messages[0].created_at_epoch_ms == 1_795_000_000_000
    assert seen.ticket.messages[2].attachment_count == 1
    assert (seen.ticket.channel, seen.ticket.is_open) == ("email", True)
    assert seen.ticket.sender_contact_digests == {contact_digest("ana@example.com", SALT)}
    assert {"Ana Diaz", "ana@example.com"} <= set(seen.known_values)


def test_a_ticket_that_is_not_there_is_a_permanent_error(bench: Bench) -> None:
    """No retry makes it appear."""
    with pytest.raises(PermanentError) as raised:
        bench.helpdesk.load_ticket("nothing-here")
    assert raised.value.code == "ticket_not_found"


@pytest.mark.parametrize("channel", ["email", "messenger", "instagram", "whatsapp"])
def test_a_reply_reaches_the_customer_and_is_found_again(bench: Bench, channel: str) -> None:
    """On every channel the text arrives once and stands in the ticket after the message."""
    message_id = bench.writes("Where is it?", channel=channel)
    seen = bench.helpdesk.load_ticket(MESSAGE_ID)
    text = "<p>Hello,</p><p>your order &amp; more<br>is on its way.</p>"
    assert not is_written(seen.written, message_id, body_digest(text, SALT), text, SALT)
    bench.helpdesk.send_reply(seen.ticket, text, allow)
    assert [delivery.reached_customer for delivery in bench.store.deliveries] == [True]
    again = bench.helpdesk.load_ticket(MESSAGE_ID)
    assert is_written(again.written, message_id, body_digest(text, SALT), text, SALT)
    assert is_written(again.written, message_id, body_digest(text, SALT), None, SALT)


def test_an_older_reply_of_the_same_words_is_no_proof(bench: Bench) -> None:
    """Only what stands after the message answered counts."""
    first = bench.writes("Where is it?", channel="messenger")
    bench.helpdesk.send_reply(bench.helpdesk.load_ticket(MESSAGE_ID).ticket, "Please tell us the number.", allow)
    second = bench.writes("Where is it now?", channel="messenger")
    written = bench.helpdesk.load_ticket(MESSAGE_ID).written
    digest = body_digest("Please tell us the number.", SALT)
    assert is_written(written, first, digest, None, SALT)
    assert not is_written(written, second, digest, None, SALT)


@pytest.mark.parametrize("channel", ["email", "messenger"])
def test_a_note_is_private_and_nobodys_message(bench: Bench, channel: str) -> None:
    """It reaches no customer, and reading the ticket does not take it for the customer's words."""
    message_id = bench.writes("I want my money back", channel=channel)
    bench.helpdesk.add_note(MESSAGE_ID, "rp-mw: routed to Leadership")
    seen = bench.helpdesk.load_ticket(MESSAGE_ID)
    assert [message.message_id for message in seen.ticket.messages] == [message_id]
    assert not any(delivery.reached_customer for delivery in bench.store.deliveries)
    assert len(seen.note_ids) == 1
    assert is_written(seen.written, message_id, body_digest("rp-mw: routed to Leadership", SALT), None, SALT) is None


def test_closing_is_proved_by_reading_back(bench: Bench) -> None:
    """True only when the ticket shows closed."""
    bench.writes("Where is it?")
    assert bench.update(close=True).status == DONE
    assert not bench.helpdesk.load_ticket(MESSAGE_ID).ticket.is_open


def test_tags_are_added_to_those_there_and_may_be_added_twice(bench: Bench) -> None:
    """A person's tag stays, repeated tags are there once."""
    bench.writes("Where is it?")
    bench.store.tickets[MESSAGE_ID].tags = ["vip"]
    for _ in range(2):
        bench.update(tags=("mw-processed", "route-sales"))
    assert sorted(bench.store.tickets[MESSAGE_ID].tags) == ["mw-processed", "route-sales", "vip"]


def test_a_new_route_replaces_the_old_one(bench: Bench) -> None:
    """A rule in the helpdesk acts on the route tag: two of them would be two teams."""
    bench.writes("Where is it?")
    bench.update(tags=("mw-processed", "route-sales", "mw-intent-promo_discount_issue"))
    bench.update(tags=("mw-processed", "route-returns-admin", "mw-intent-return_request"))
    assert sorted(bench.store.tickets[MESSAGE_ID].tags) == [
        "mw-intent-return_request",
        "mw-processed",
        "route-returns-admin",
    ]


def test_an_unknown_person_is_refused_and_holds_nothing_up(bench: Bench) -> None:
    """Assigning to a known one works and may be repeated; beside a refusal the ticket is closed and tagged."""
    bench.writes("Where is it?")
    for _ in range(2):
        assert bench.update(assignee_id="agent-2").assignee == DONE
    assert bench.store.tickets[MESSAGE_ID].assignee_id == "agent-2"
    updated = bench.update(assignee_id="nobody", close=True, tags=("mw-processed",))
    assert updated.assignee == ActionResult(ActionStatus.BLOCKED, "vendor_status_400")
    assert (updated.status, updated.tags) == (DONE, DONE)
    ticket = bench.store.tickets[MESSAGE_ID]
    assert (ticket.status, ticket.assignee_id, ticket.tags) == ("CLOSED", "agent-2", ["mw-processed"])


def test_a_reply_that_is_not_allowed_any_more_never_leaves(bench: Bench) -> None:
    """What the last look raises reaches the caller, and the customer gets nothing."""

    def forbid() -> None:
        raise PermanentError("switched off", code="kill_switch")

    bench.writes("Where is it?")
    ticket = bench.helpdesk.load_ticket(MESSAGE_ID).ticket
    with pytest.raises(PermanentError, match="switched off"):
        bench.helpdesk.send_reply(ticket, "It is on its way", forbid)
    assert bench.store.deliveries == []


def test_linked_orders_are_ids_or_none(bench: Bench) -> None:
    """`{}` means that no order is linked."""
    bench.writes("Where is it?")
    assert bench.helpdesk.load_linked_orders(MESSAGE_ID) == ()
    bench.writes("Where is it?", linked_order_id=5551001)
    assert bench.helpdesk.load_linked_orders(MESSAGE_ID) == ("5551001",)
