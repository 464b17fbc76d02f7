"""The helpdesk adapter where the simulated API is at its worst: answers that prove nothing, missing fields, faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.observability import flush_metrics
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.adapters.records_memory import MemoryRecords
from rp_mw_worker.adapters.richpanel.helpdesk import RichpanelHelpdesk
from rp_mw_worker.adapters.richpanel.ticket import (
    MAX_COMMENTS,
    find_written,
    to_epoch_ms,
    to_helpdesk_ticket,
    to_order_ids,
)
from rp_mw_worker.domain.comments import body_digest, is_written
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.records import ActionResult
from rp_mw_worker.ports import LINK_UNREADABLE, TicketUpdate, Updated
from tests.contract.test_helpdesk_contract import DONE, KEY, allow, real_helpdesk
from tests.fakes.helpdesk import SALT, plain_text
from tests.fakes.recording import recording
from tests.fakes.senders import senders


@pytest.fixture
def richpanel() -> Iterator[RichpanelSimulator]:
    """The simulated API with one e-mail ticket, t1, and one chat, t2."""
    simulator = RichpanelSimulator(KEY)
    simulator.start()
    for ticket_id, channel in (("t1", "email"), ("t2", "messenger")):
        contents = {"conversation_id": ticket_id, "text": "Hi", "channel": channel, "email": "ana@example.com"}
        simulator.store.customer_writes(contents, 1_795_000_000_000)
    yield simulator
    simulator.stop()


@pytest.fixture
def helpdesk(richpanel: RichpanelSimulator) -> RichpanelHelpdesk:
    """The adapter, pointed at the simulated API."""
    return real_helpdesk(richpanel.url)


def update(helpdesk: RichpanelHelpdesk, ticket_id: str, **wanted: Any) -> Updated:
    """Read the ticket and bring it to what is wanted."""
    return helpdesk.update(helpdesk.load_ticket(ticket_id), TicketUpdate(**wanted))


def add_tags(helpdesk: RichpanelHelpdesk, ticket_id: str, tags: tuple[str, ...]) -> None:
    """Read the ticket and add the tags; raise what the update ends with where they are refused."""
    refused = update(helpdesk, ticket_id, tags=tags).refused
    if refused is not None:
        raise refused


def methods(simulator: RichpanelSimulator) -> list[str]:
    """What was asked, as method and path."""
    return [f"{request.method} {request.path}" for request in simulator.requests]


def test_an_email_goes_by_send_message_and_a_chat_by_comment(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """A comment would send no e-mail."""
    for ticket_id in ("t1", "t2"):
        helpdesk.send_reply(helpdesk.load_ticket(ticket_id).ticket, "Hello", allow)
    assert [delivery.via for delivery in richpanel.store.deliveries] == ["send-message", "comment"]
    assert all(delivery.reached_customer for delivery in richpanel.store.deliveries)


def test_a_close_that_changed_nothing_is_tried_in_the_other_form_once(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """200 and still open: the combined form closes it; if that fails too, the answer is no."""
    richpanel.switch(plain_close_ignored=True)
    assert update(helpdesk, "t1", close=True).status == DONE
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t2", times=None))
    assert update(helpdesk, "t2", close=True).status == ActionResult(ActionStatus.UNKNOWN, "not_closed")


def test_an_assignment_that_changed_nothing_is_tried_once_more(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """200 and still nobody's: asked again; if that fails too, the answer is no."""
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t1"))
    assert update(helpdesk, "t1", assignee_id="agent-2").assignee == DONE
    assert richpanel.store.tickets["t1"].assignee_id == "agent-2"
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t2", times=None))
    unknown = ActionResult(ActionStatus.UNKNOWN, "not_assigned")
    assert update(helpdesk, "t2", assignee_id="agent-2").assignee == unknown


def test_assignee_and_status_go_in_one_update_and_one_look_proves_all(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Answers say nothing: PUT, add-tags, remove-tags and one read. Never a PUT with `tags`, which replaces the set."""
    richpanel.store.tickets["t1"].tags = ["vip", "route-sales"]
    seen = helpdesk.load_ticket("t1")
    richpanel.requests.clear()
    updated = helpdesk.update(seen, TicketUpdate(True, "agent-2", ("mw-processed", "route-leadership")))
    assert (updated.status, updated.assignee, updated.tags) == (DONE, DONE, DONE)
    asked = [line.rsplit("/", 1)[-1] for line in methods(richpanel)]
    assert asked == ["t1", "tags", "add-tags", "remove-tags", "t1"]
    assert not any('"tags"' in request.body for request in richpanel.requests if request.path.endswith("/t1"))
    ticket = richpanel.store.tickets["t1"]
    assert (ticket.status, ticket.assignee_id) == ("CLOSED", "agent-2")
    assert sorted(ticket.tags) == ["mw-processed", "route-leadership", "vip"]


def test_an_answer_with_the_whole_ticket_saves_the_look(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Comments and all: then it is what the ticket is, and no echo of what was sent."""
    richpanel.switch(empty_updates=False)
    seen = helpdesk.load_ticket("t1")
    richpanel.requests.clear()
    assert helpdesk.update(seen, TicketUpdate(assignee_id="agent-2", close=True)).status == DONE
    assert [line.split()[0] for line in methods(richpanel)] == ["PUT"]
    shown = helpdesk.send_reply(helpdesk.load_ticket("t2").ticket, "Hello there", allow)
    assert shown is not None and shown[-1].text == "Hellothere"


def test_a_reply_whose_answer_shows_a_ticket_too_long_to_read_was_sent() -> None:
    """What is read of the answer are the comments' words: nothing else in it can turn a sent reply into a failure."""
    comments = [{"id": f"c{place}", "body": f"word {place}"} for place in range(MAX_COMMENTS + 1)]
    answer = {"ticket": {"id": "t1", "status": "OPEN", "tags": [], "comments": comments}}
    written = find_written(answer)
    assert written is not None and written[-1].text == f"word{MAX_COMMENTS}"
    assert find_written({"ticket": {"id": "t1", "comments": comments}}) is None
    assert find_written({}) is None


def test_nothing_is_written_that_is_so_already(richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk) -> None:
    """Closed, assigned and tagged as wanted: no call at all."""
    wanted = TicketUpdate(True, "agent-2", ("mw-processed",))
    helpdesk.update(helpdesk.load_ticket("t1"), wanted)
    seen = helpdesk.load_ticket("t1")
    richpanel.requests.clear()
    updated = helpdesk.update(seen, wanted)
    assert (updated.status, updated.assignee, updated.tags, methods(richpanel)) == (DONE, DONE, DONE, [])


def test_silent_answers_to_tags_are_looked_at_once_in_a_while(richpanel: RichpanelSimulator) -> None:
    """The first time in a process and every ten minutes; in between the answer is believed."""
    clock = FakeClock()
    helpdesk = real_helpdesk(richpanel.url, clock=clock)
    looks = []
    for number, seconds in enumerate((0, 1, 598, 2)):
        clock.advance(seconds)
        seen = helpdesk.load_ticket("t1")
        richpanel.requests.clear()
        helpdesk.update(seen, TicketUpdate(tags=(f"mw-{number}",)))
        looks.append("GET /v1/tickets/t1" in methods(richpanel))
    assert looks == [True, False, False, True]


def test_outdated_tags_that_were_not_removed_are_noticed(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Two routes on one ticket would send it to two teams: the event comes again."""
    update(helpdesk, "t1", tags=("mw-processed", "route-sales"))
    richpanel.faults.arm(Fault("no_effect", "PUT */remove-tags"))
    with pytest.raises(TransientError) as raised:
        update(helpdesk, "t1", tags=("mw-processed", "route-leadership"))
    assert raised.value.code == "tags_not_applied"
    update(helpdesk, "t1", tags=("mw-processed", "route-leadership"))
    assert sorted(richpanel.store.tickets["t1"].tags) == ["mw-processed", "route-leadership"]


@pytest.mark.parametrize("kind", ["lost_answer", "server_error"])
def test_a_lost_answer_to_a_reply_is_an_unknown_outcome_and_not_repeated(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, kind: str
) -> None:
    """It may have been sent, so the adapter does not send it again by itself."""
    ticket = helpdesk.load_ticket("t1").ticket
    richpanel.faults.arm(Fault(kind, "PUT */send-message", status=502))
    with pytest.raises(OutcomeUnknownError):
        helpdesk.send_reply(ticket, "Hello", allow)
    assert len([line for line in methods(richpanel) if line.endswith("send-message")]) == 1


def test_a_throttled_call_waits_as_asked_and_succeeds(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """429 with Retry-After, then success."""
    richpanel.faults.arm(Fault("rate_limited", "GET *", retry_after="0.05"))
    assert helpdesk.load_ticket("t1").ticket.channel == "email"


def test_a_throttling_that_lasts_is_returned_to_the_queue_with_its_wait(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """The queue does the waiting."""
    richpanel.faults.arm(Fault("rate_limited", "GET *", times=None, retry_after="40"))
    with pytest.raises(TransientError) as raised:
        helpdesk.load_ticket("t1")
    assert raised.value.retry_after_seconds == 40


def test_tags_that_were_not_kept_are_noticed(richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk) -> None:
    """200 and no tag: not done."""
    richpanel.faults.arm(Fault("no_effect", "PUT */add-tags"))
    with pytest.raises(TransientError) as raised:
        update(helpdesk, "t1", tags=("mw-processed",))
    assert raised.value.code == "tags_not_applied"


def test_tags_known_to_the_account_go_by_id(richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk) -> None:
    """Ids where known, names else; and a ticket that shows ids is read with names."""
    richpanel.store.tags = {"3f0c": "mw-processed", "9a1b": "route-sales"}
    richpanel.store.tickets["t1"].tags = ["9a1b"]
    update(helpdesk, "t1", tags=("mw-processed", "route-email-support"))
    assert sorted(richpanel.store.tickets["t1"].tags) == ["3f0c", "route-email-support"]
    assert helpdesk.load_ticket("t1").ticket.tags == {"mw-processed", "route-email-support"}


def test_a_tenant_that_takes_only_ids_gets_its_missing_tags_created(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Names refused with 400: created once, then sent by id."""
    richpanel.switch(strict_tags=True)
    update(helpdesk, "t1", tags=("mw-processed", "route-sales"))
    assert helpdesk.load_ticket("t1").ticket.tags == {"mw-processed", "route-sales"}
    update(helpdesk, "t2", tags=("mw-processed",))
    assert [line for line in methods(richpanel) if line == "POST /v1/tags"] == ["POST /v1/tags"] * 2


@pytest.mark.parametrize("keys", ["documented", "singular", "plural"])
@pytest.mark.parametrize("next_page", ["url", "number"])
def test_tags_after_the_first_page_are_used_and_not_made_again(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, keys: str, next_page: str
) -> None:
    """130 tags of the shop's own before ours, under any of the keys, ids only: no tag is made."""
    richpanel.switch(strict_tags=True, list_keys=keys, next_page_form=next_page)
    richpanel.store.tags = {f"id-{number}": f"own {number}" for number in range(130)} | {"3f0c": "mw-processed"}
    add_tags(helpdesk, "t1", ("mw-processed",))
    assert richpanel.store.tickets["t1"].tags == ["3f0c"]
    assert len(richpanel.store.tags) == 131


@pytest.mark.parametrize("paged", [[], ["tags"]])
def test_pages_that_do_not_say_whether_another_follows_are_read_to_their_end(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, paged: list[str]
) -> None:
    """Whether the list is paged or not: a page that brings nothing new ends it."""
    richpanel.switch(strict_tags=True, silent_pages=True, paged_lists=paged)
    richpanel.store.tags = {f"id-{number}": f"own {number}" for number in range(130)} | {"3f0c": "mw-processed"}
    add_tags(helpdesk, "t1", ("mw-processed",))
    assert richpanel.store.tickets["t1"].tags == ["3f0c"]


def test_two_processes_that_miss_a_tag_make_it_once(richpanel: RichpanelSimulator) -> None:
    """Both read the list before either has made the tag: the ledger lets one of them."""
    richpanel.switch(strict_tags=True)
    records, clock = MemoryRecords(), FakeClock()
    first, second = (real_helpdesk(richpanel.url, clock=clock, records=records) for _ in range(2))
    first._creation.begin("mw-processed")  # the first is at it
    with pytest.raises(TransientError) as raised:
        add_tags(second, "t1", ("mw-processed",))
    assert (raised.value.code, raised.value.retry_after_seconds) == ("tag_being_made", 5.0)
    richpanel.store.tags["3f0c"] = "mw-processed"
    add_tags(second, "t1", ("mw-processed",))
    assert [line for line in methods(richpanel) if line == "POST /v1/tags"] == []


def test_a_tag_whose_making_was_not_answered_is_looked_for_and_not_made_again(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """The call took effect: repeated, it would make a second tag of the same name."""
    richpanel.switch(strict_tags=True)
    richpanel.faults.arm(Fault("lost_answer", "POST */tags", times=None))
    add_tags(helpdesk, "t1", ("mw-processed",))
    assert list(richpanel.store.tags.values()) == ["mw-processed"]
    assert helpdesk.load_ticket("t1").ticket.tags == {"mw-processed"}


def test_a_tag_made_without_effect_is_made_once_more_and_never_a_third_time(richpanel: RichpanelSimulator) -> None:
    """A minute after a lost answer the list proves that nothing was made."""
    richpanel.switch(strict_tags=True)
    clock = FakeClock()
    helpdesk = real_helpdesk(richpanel.url, clock=clock)
    richpanel.faults.arm(Fault("drop", "POST */tags", times=None))
    codes = []
    for waited in (0.0, 1.0, 60.0, 61.0, 61.0):
        clock.advance(waited)
        with pytest.raises((PermanentError, TransientError)) as raised:
            add_tags(helpdesk, "t1", ("mw-processed",))
        codes.append(raised.value.code)
    assert codes == ["tag_unknown", "tag_being_made", "tag_unknown", "tag_unknown", "tag_unknown"]
    assert methods(richpanel).count("POST /v1/tags") == 2


def test_an_unknown_tag_that_cannot_be_made_does_not_hold_back_the_others(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """The known ones are on the ticket; the refusal names its reason."""
    richpanel.switch(strict_tags=True)
    richpanel.store.tags = {"3f0c": "mw-processed"}
    richpanel.faults.arm(Fault("error", "POST */tags", times=None, status=403))
    with pytest.raises(PermanentError) as raised:
        add_tags(helpdesk, "t1", ("mw-processed", "route-sales"))
    assert raised.value.code == "tag_unknown"
    assert richpanel.store.tickets["t1"].tags == ["3f0c"]


def test_a_tag_made_anew_since_the_list_was_read_is_found(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """The id kept for ten minutes is refused: the list is read anew."""
    richpanel.switch(strict_tags=True)
    add_tags(helpdesk, "t1", ("mw-processed", "route-sales"))
    gone = next(tag_id for tag_id, name in richpanel.store.tags.items() if name == "route-sales")
    del richpanel.store.tags[gone]
    richpanel.store.tags["new"] = "route-sales"
    add_tags(helpdesk, "t2", ("mw-processed", "route-sales"))
    assert helpdesk.load_ticket("t2").ticket.tags == {"mw-processed", "route-sales"}


@pytest.mark.parametrize(
    ("made", "kept"), [("mw-language-fr", ["mw-processed", "route-new"]), ("route-new", ["mw-processed", "route-old"])]
)
def test_an_unknown_tag_leaves_one_route(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, made: str, kept: list[str]
) -> None:
    """The old route goes when the new one is there, and stays when the new one is what is unknown."""
    richpanel.switch(strict_tags=True)
    wanted = ("mw-processed", "route-new", "mw-language-fr")
    richpanel.store.tags = {tag: tag for tag in (*wanted, "route-old") if tag != made}
    richpanel.store.tickets["t1"].tags = ["route-old"]
    richpanel.faults.arm(Fault("error", "POST */tags", times=None, status=403))
    with pytest.raises(PermanentError):
        add_tags(helpdesk, "t1", wanted)
    found = richpanel.store.tickets["t1"].tags
    assert sorted(tag for tag in found if tag != "mw-language-fr") == kept


def test_an_account_that_may_not_read_its_tags_makes_none(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """What is not known to be missing is not made."""
    richpanel.switch(strict_tags=True, forbidden_lists=["tags"])
    with pytest.raises(PermanentError):
        add_tags(helpdesk, "t1", ("mw-processed",))
    assert "POST /v1/tags" not in methods(richpanel)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refused_order_link_is_no_link(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, status: int
) -> None:
    """The path is the least documented one: whatever 4xx it answers, no linked order is known."""
    richpanel.switch(order_error_status=status, order_error_on="unlinked")
    assert helpdesk.load_linked_orders("t1") == ()
    richpanel.store.linked_orders["t2"] = {"orderId": "5551001"}
    assert helpdesk.load_linked_orders("t2") == ("5551001",)


def test_an_order_link_that_only_fails_says_so_after_its_retries(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """5xx for ever on this path alone; a throttled call or a lost connection is not this path's."""
    richpanel.switch(order_error_status=500)
    with pytest.raises(TransientError) as raised:
        helpdesk.load_linked_orders("t1")
    assert raised.value.code == LINK_UNREADABLE
    assert methods(richpanel).count("GET /v1/order/t1") == 2
    richpanel.switch(order_error_status=0)
    richpanel.faults.arm(Fault("rate_limited", "GET */order/*", times=None, retry_after="40"))
    with pytest.raises(TransientError) as throttled:
        helpdesk.load_linked_orders("t1")
    assert throttled.value.code == "vendor_throttled"


def test_a_chat_reply_leaves_as_the_policy_says(richpanel: RichpanelSimulator) -> None:
    """`send_message` instead of a comment."""
    helpdesk = real_helpdesk(richpanel.url, chat_replies="send_message")
    helpdesk.send_reply(helpdesk.load_ticket("t2").ticket, "Hello", allow)
    assert [delivery.via for delivery in richpanel.store.deliveries] == ["send-message"]


def test_a_comment_that_reached_nobody_is_no_proof_of_a_reply(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """The helpdesk kept it as nobody's: neither sent nor certainly not sent."""
    richpanel.switch(undelivered_channels=["email", "messenger"])
    seen = helpdesk.load_ticket("t2")
    message_id = seen.ticket.messages[-1].message_id
    helpdesk.send_reply(seen.ticket, "Hello", allow)
    assert is_written(helpdesk.load_ticket("t2").written, message_id, body_digest("Hello", SALT), "Hello", SALT) is None


@pytest.mark.parametrize("call", ["put_attributes", "add_tags", "remove_tags", "add_note", "send_reply"])
def test_a_ticket_that_was_deleted_is_said_to_be_gone_by_every_call(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, call: str
) -> None:
    """404 on a ticket's own path."""
    ticket = helpdesk.load_ticket("t1").ticket
    richpanel.seed({"deleted": "t1"})
    arguments: dict[str, tuple[Any, ...]] = {
        "put_attributes": ("t1", {"status": "CLOSED"}),
        "add_tags": ("t1", ("mw-processed",)),
        "remove_tags": ("t1", ("mw-processed",)),
        "add_note": ("t1", "routed"),
        "send_reply": (ticket, "Hello", allow),
    }
    with pytest.raises(PermanentError) as raised:
        getattr(helpdesk, call)(*arguments[call])
    assert raised.value.code == "ticket_not_found"


def test_answers_to_updates_that_say_nothing_are_read_back(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """`{}` after every update: the ticket tells what came of it."""
    updated = update(helpdesk, "t1", close=True, assignee_id="agent-2", tags=("mw-processed", "route-sales"))
    assert (updated.status, updated.assignee, updated.tags) == (DONE, DONE, DONE)
    richpanel.faults.arm(Fault("no_effect", "PUT */add-tags"))
    with pytest.raises(TransientError):
        add_tags(real_helpdesk(richpanel.url), "t2", ("mw-processed",))


def test_a_wrong_key_is_reported_and_read_again(richpanel: RichpanelSimulator) -> None:
    """401 may heal when a key is rotated, so it is transient, and the cached key is dropped."""
    helpdesk = real_helpdesk(richpanel.url, key="old")
    dropped: list[bool] = []
    helpdesk._on_unauthorized = lambda: dropped.append(True)
    with pytest.raises(TransientError) as raised:
        helpdesk.load_ticket("t1")
    assert (raised.value.code, dropped) == ("vendor_unauthorized", [True])


def test_a_refused_reply_is_permanent(richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk) -> None:
    """400: it will never be accepted, and it was not sent."""
    ticket = helpdesk.load_ticket("t1").ticket
    with pytest.raises(PermanentError):
        helpdesk.send_reply(ticket, "", allow)


@pytest.mark.parametrize(
    ("comment", "author"),
    [
        ({"is_operator": True}, Author.OPERATOR),
        ({"isOperator": True}, Author.OPERATOR),
        ({"isOperator": False, "is_operator": False}, Author.CUSTOMER),
        ({"isOperator": "false"}, Author.CUSTOMER),
        ({"isOperator": True, "is_operator": False}, Author.UNKNOWN),
        ({}, Author.UNKNOWN),
        ({"is_operator": None}, Author.UNKNOWN),
        ({"sender_type": "operator"}, Author.OPERATOR),
        ({"sender_type": "Customer"}, Author.CUSTOMER),
        ({"sender_type": "agent", "is_operator": True}, Author.OPERATOR),
        ({"sender_type": "operator", "is_operator": False}, Author.UNKNOWN),
        ({"sender_type": "robot"}, Author.UNKNOWN),
    ],
)
def test_the_direction_is_read_in_every_spelling(comment: dict[str, Any], author: Author) -> None:
    """Missing or contradicting: nobody can tell."""
    raw = {"ticket": {"comments": [{"id": "c1", "body": "hi", **comment}]}}
    (message,) = read(raw).ticket.messages
    assert message.author is author


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("email", "email"),
        ("messenger", "livechat"),
        ("facebook_message", "social"),
        ("aircall", "phone"),
        ("x", "unknown"),
    ],
)
def test_channels_are_mapped(channel: str, expected: str) -> None:
    """An unknown channel is unknown, never a guess."""
    assert read({"ticket": {"via": {"channel": channel}}}).ticket.channel == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ({"address": "ana@mail.example"}, "email"),
        ({"id": "+1 212 555 0100"}, "sms"),
        ({"phone": "12125550100"}, "sms"),
        ({"id": "user-8812"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_an_unknown_channel_is_treated_by_where_a_reply_would_go(sender: dict[str, str], expected: str) -> None:
    """An address is e-mail, a number sms; and the name is counted."""
    with recording() as kept:
        seen = read({"ticket": {"via": {"channel": "carrier_pigeon", "source": {"from": sender}}}})
        flush_metrics()
    assert seen.ticket.channel == expected
    assert kept.samples("UnknownChannels") == [1]


def test_a_widgets_mail_is_mail() -> None:
    """Richpanel's own name for what its contact widget sends: 28 % of one shop."""
    assert read({"ticket": {"via": {"channel": "email_from_widget"}}}).ticket.channel == "email"


def test_the_domain_gets_marks_and_a_digest_and_no_address() -> None:
    """What the decision sees of the sender are codes; the domain is a digest."""
    source = {"from": {"address": "noreply@ups.example", "name": "UPS"}}
    seen = read({"ticket": {"subject": "Your package", "via": {"channel": "email", "source": source}}})
    assert "sender_robot" in seen.ticket.sender_marks
    assert "ups.example" not in repr(seen.ticket) + str(seen.sender_domain_digest)


def test_a_ticket_with_nearly_nothing_in_it_is_read() -> None:
    """No profile, no via, no bodies, odd types: an unknown channel, closed, no sender."""
    raw = {"ticket": {"id": "t", "comments": [{"id": 1}, "odd", {"type": "VoiceComment", "id": "c2", "body": None}]}}
    seen = read(raw)
    assert (seen.ticket.channel, seen.ticket.is_open, seen.customer_digest) == ("unknown", False, None)
    assert [message.text for message in seen.ticket.messages] == ["", ""]


def test_a_phone_like_sender_is_a_contact() -> None:
    """WhatsApp and phone put the number into `source.from.id`."""
    seen = read({"ticket": {"via": {"channel": "whatsapp", "source": {"from": {"id": "+1 212 555 0100"}}}}})
    assert contact_digest("+12125550100", SALT) in seen.ticket.sender_contact_digests
    assert "+1 212 555 0100" in seen.known_values


def test_how_a_text_begins_makes_no_note_of_it() -> None:
    """A customer may write what our notes begin with, under a profile or without one: their message stays."""
    comments = [
        {"id": "c1", "author_id": "cus_9", "body": "rp-mw: what is this?", "is_operator": False},
        {"id": "c2", "body": "rp-mw: routed to Sales, it says. Why?", "is_operator": False},
        {"id": "c3", "author_id": "api", "body": "rp-mw: routed", "is_operator": False, "public": False},
    ]
    seen = read({"ticket": {"comments": comments}})
    assert [message.message_id for message in seen.ticket.messages] == ["c1", "c2"]
    assert seen.note_ids == {"c3"}


@pytest.mark.parametrize(
    "ticket",
    [{"is_trashed": True}, {"is_trashed": "true"}, {"is_spam": True}, {"status": "SPAM"}, {"status": "trashed"}],
)
def test_a_trashed_ticket_is_known_however_it_is_said(ticket: dict[str, Any]) -> None:
    """In the bin or among the spam."""
    assert read({"ticket": ticket}).is_trashed
    assert not read({"ticket": {"is_trashed": False, "status": "OPEN"}}).is_trashed


def test_an_answer_without_a_ticket_is_transient() -> None:
    """A proxy's page is no ticket."""
    for payload in ([], {}, {"ticket": None}, "x"):
        with pytest.raises(TransientError):
            read(payload)


@pytest.mark.parametrize(
    ("payload", "ids"),
    [
        ({}, ()),
        ({"appClientId": "s", "orderId": 5}, ("5",)),
        ([{"orderId": "5"}, {"orderId": "6"}, {"orderId": "5"}], ("5", "6")),
        ({"orders": [{"order_id": "7"}]}, ("7",)),
        ({"orderId": None}, ()),
        ("odd", ()),
    ],
)
def test_linked_orders_are_read_in_every_shape(payload: Any, ids: tuple[str, ...]) -> None:
    """One object, a list, an empty object."""
    assert to_order_ids(payload) == ids


@pytest.mark.parametrize(
    ("value", "epoch_ms"),
    [("2026-11-02T14:03:11.337Z", 1_793_628_191_337), (1_793_628_191, 1_793_628_191_000), ("soon", 0), (None, 0)],
)
def test_times_are_read_in_every_form(value: Any, epoch_ms: int) -> None:
    """ISO 8601, seconds, milliseconds; 0 for nonsense."""
    assert to_epoch_ms(value) == epoch_ms


def read(payload: Any) -> Any:
    """The payload as a ticket."""
    return to_helpdesk_ticket(payload, "t", salt=SALT, read_body=plain_text, tag_names={}, senders=senders())
