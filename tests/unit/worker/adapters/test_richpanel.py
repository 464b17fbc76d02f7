"""The helpdesk adapter where the simulated API is at its worst: answers that prove nothing, missing fields, faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_worker.adapters.richpanel.helpdesk import RichpanelHelpdesk
from rp_mw_worker.adapters.richpanel.ticket import to_epoch_ms, to_helpdesk_ticket, to_order_ids
from rp_mw_worker.domain.model import Author
from tests.contract.test_helpdesk_contract import KEY, real_helpdesk
from tests.fakes.helpdesk import SALT, plain_text


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


def methods(simulator: RichpanelSimulator) -> list[str]:
    """What was asked, as method and path."""
    return [f"{request.method} {request.path}" for request in simulator.requests]


def test_an_email_goes_by_send_message_and_a_chat_by_comment(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """A comment would send no e-mail."""
    for ticket_id in ("t1", "t2"):
        helpdesk.send_reply(helpdesk.load_ticket(ticket_id).ticket, "Hello")
    assert [delivery.via for delivery in richpanel.store.deliveries] == ["send-message", "comment"]
    assert all(delivery.reached_customer for delivery in richpanel.store.deliveries)


def test_a_close_that_changed_nothing_is_tried_in_the_other_form_once(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """200 and still open: the combined form closes it; if that fails too, the answer is no."""
    richpanel.switch(plain_close_ignored=True)
    assert helpdesk.close("t1")
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t2", times=None))
    assert not helpdesk.close("t2")


def test_an_assignment_that_changed_nothing_is_tried_once_more(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """200 and still nobody's: asked again; if that fails too, the answer is no."""
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t1"))
    assert helpdesk.assign("t1", "agent-2")
    assert richpanel.store.tickets["t1"].assignee_id == "agent-2"
    richpanel.faults.arm(Fault("no_effect", "PUT */tickets/t2", times=None))
    assert not helpdesk.assign("t2", "agent-2")


def test_outdated_tags_that_were_not_removed_are_noticed(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Two routes on one ticket would send it to two teams: the event comes again."""
    helpdesk.add_tags("t1", ("mw-processed", "route-sales"))
    richpanel.faults.arm(Fault("no_effect", "PUT */remove-tags"))
    with pytest.raises(TransientError) as raised:
        helpdesk.add_tags("t1", ("mw-processed", "route-leadership"))
    assert raised.value.code == "tags_not_applied"
    helpdesk.add_tags("t1", ("mw-processed", "route-leadership"))
    assert sorted(richpanel.store.tickets["t1"].tags) == ["mw-processed", "route-leadership"]


@pytest.mark.parametrize("kind", ["lost_answer", "server_error"])
def test_a_lost_answer_to_a_reply_is_an_unknown_outcome_and_not_repeated(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk, kind: str
) -> None:
    """It may have been sent, so the adapter does not send it again by itself."""
    ticket = helpdesk.load_ticket("t1").ticket
    richpanel.faults.arm(Fault(kind, "PUT */send-message", status=502))
    with pytest.raises(OutcomeUnknownError):
        helpdesk.send_reply(ticket, "Hello")
    assert len([line for line in methods(richpanel) if line.endswith("send-message")]) == 1


def test_a_throttled_call_waits_as_asked_and_succeeds(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """429 with Retry-After, then success."""
    richpanel.faults.arm(Fault("rate_limited", "GET *", retry_after="0.05"))
    assert helpdesk.load_ticket("t1").ticket.channel == "email"


def test_a_throttling_that_lasts_is_handed_back_with_its_wait(
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
        helpdesk.add_tags("t1", ("mw-processed",))
    assert raised.value.code == "tags_not_applied"


def test_tags_known_to_the_account_go_by_id(richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk) -> None:
    """Ids where known, names else; and a ticket that shows ids is read with names."""
    richpanel.store.tags = {"3f0c": "mw-processed", "9a1b": "route-sales"}
    richpanel.store.tickets["t1"].tags = ["9a1b"]
    helpdesk.add_tags("t1", ("mw-processed", "route-email-support"))
    assert sorted(richpanel.store.tickets["t1"].tags) == ["3f0c", "route-email-support"]
    assert helpdesk.load_ticket("t1").ticket.tags == {"mw-processed", "route-email-support"}


def test_a_tenant_that_takes_only_ids_gets_its_missing_tags_created(
    richpanel: RichpanelSimulator, helpdesk: RichpanelHelpdesk
) -> None:
    """Names refused with 400: created once, then sent by id."""
    richpanel.switch(strict_tags=True)
    helpdesk.add_tags("t1", ("mw-processed", "route-sales"))
    assert helpdesk.load_ticket("t1").ticket.tags == {"mw-processed", "route-sales"}
    helpdesk.add_tags("t2", ("mw-processed",))
    assert [line for line in methods(richpanel) if line == "POST /v1/tags"] == ["POST /v1/tags"] * 2


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
        helpdesk.send_reply(ticket, "")


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
    ],
)
def test_the_direction_is_read_in_both_spellings(comment: dict[str, Any], author: Author) -> None:
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


def test_a_ticket_with_nearly_nothing_in_it_is_read() -> None:
    """No profile, no via, no bodies, odd types: an unknown channel, closed, no sender."""
    raw = {"ticket": {"id": "t", "comments": [{"id": 1}, "odd", {"type": "VoiceComment", "id": "c2", "body": None}]}}
    seen = read(raw)
    assert (seen.ticket.channel, seen.ticket.is_open, seen.customer_digest) == ("unknown", False, None)
    assert [message.text for message in seen.ticket.messages] == ["", ""]


def test_a_phone_like_sender_is_a_contact() -> None:
    """WhatsApp and phone put the number into `source.from.id`."""
    seen = read({"ticket": {"via": {"channel": "whatsapp", "source": {"from": {"id": "+1 212 555 0100"}}}}})
    assert len(seen.ticket.sender_contact_digests) == 1
    assert "+1 212 555 0100" in seen.known_values


def test_a_note_that_is_not_marked_private_is_known_by_its_beginning() -> None:
    """A tenant that does not say `public`: our own marker, from somebody who is not the customer."""
    comments = [
        {"id": "c1", "author_id": "cus_9", "body": "rp-mw: what is this?", "is_operator": False},
        {"id": "c2", "author_id": "api", "body": "rp-mw: routed", "is_operator": False},
    ]
    seen = read({"ticket": {"customer_profile": {"id": "cus_9"}, "comments": comments}})
    assert [message.message_id for message in seen.ticket.messages] == ["c1"]


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
    return to_helpdesk_ticket(payload, "t", salt=SALT, clean_text=plain_text, tag_names={})
