"""The worker's steps end to end, in memory: what ends up at the helpdesk, in the tables and back in the queue."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus, EventStatus
from rp_mw_worker.domain.model import Flags, RolloutStage
from rp_mw_worker.ports import LINK_UNREADABLE
from rp_mw_worker.steps.context import ReplySent
from rp_mw_worker.steps.send_reply import is_shown
from tests.fakes.helpdesk import SALT
from tests.fakes.recording import recording
from tests.fakes.worker_world import LIVE, NOON, WITH_NOTES, World, shipped_order

SHADOW = Flags(False, False, frozenset(), RolloutStage.SHADOW)
ASSIGN = Flags(False, False, frozenset(), RolloutStage.ASSIGN)
RETURN_TEXT = "I would like to return the blue mug that came last week please"
ORDER_TEXT = "Hello, where is my package? It should have been here by now"


@pytest.fixture
def world() -> World:
    """A world with a customer who has one open livechat ticket, c1, and a policy that allows private notes."""
    return World(policy=WITH_NOTES)


def asks(world: World, text: str, conversation_id: str = "c1", **contents: object) -> str:
    """Let the customer write; return the message's id."""
    return world.helpdesk.customer_writes(conversation_id, text, **({"channel": "livechat"} | contents))


def actions(world: World, key: str) -> dict[str, str]:
    """The actions of an event's short result."""
    result = world.events()[key].result
    assert result is not None
    return dict(result["actions"])


def test_a_lookups_answer_books_its_whole_reply_before_it_begins(world: World) -> None:
    """So that a short budget does not cut it off between reading and replying; a message books what most need."""
    world.deps = replace(world.deps, budget=Mock())
    worker = world.new_worker(world.deps)
    world.deliver(world.event("c1", asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")), worker=worker)
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order()), worker=worker)
    assert [call.args[0] for call in world.deps.budget.reserve.call_args_list] == [2, 4]


def test_a_message_is_routed_by_tags_and_recorded_in_all_three_tables(world: World) -> None:
    """Route only: tags on the ticket, event completed, state and audit row written."""
    world.flags.set(ASSIGN)
    message_id = asks(world, RETURN_TEXT)
    assert world.deliver(world.event("c1", message_id)) == 0
    assert {"mw-processed", "mw-intent-return_request", "route-returns-admin"} <= set(world.tags("c1"))
    assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.COMPLETED
    assert actions(world, f"evt:rp:c1:{message_id}") == {"rp_tags": "done"}
    state = world.records.states["c1"]
    assert (state["last_message_id"], state["last_intent"], state["version"]) == (message_id, "return_request", 1)
    assert [row["mode"] for row in world.audit_rows("c1")] == ["route_only"]
    assert world.helpdesk.replies("c1") == []


def test_shadow_records_and_touches_nothing(world: World) -> None:
    """Dry run: the three tables are written, the helpdesk is only read."""
    world.flags.set(SHADOW)
    message_id = asks(world, RETURN_TEXT)
    world.deliver(world.event("c1", message_id))
    assert set(world.helpdesk.calls) == {"load_ticket"}
    assert world.events()[f"evt:rp:c1:{message_id}"].mode == "dry_run"
    assert world.audit_rows("c1")[0]["intent"] == "return_request"


def test_a_tier_one_reply_is_sent_once_and_read_back(world: World) -> None:
    """Live: reply, tags, action record, conversation history and the customer's slot."""
    message_id = asks(world, RETURN_TEXT)
    world.deliver(world.event("c1", message_id))
    assert len(world.helpdesk.replies("c1")) == 1
    assert "mw-auto-replied" in world.tags("c1")
    assert world.records.ledger.actions[f"act:rp_reply:c1:{message_id}"].status is ActionStatus.DONE
    assert len(world.records.states["c1"]["auto_replies"]) == 1
    assert [len(item["auto_replies"]) for item in world.records.customers.values()] == [1]
    assert world.flags.fresh_reads == 2  # the last look, and the alarm's own


def test_a_finished_event_is_acknowledged_and_nothing_else(world: World) -> None:
    """A duplicate costs one read: no call to the helpdesk, no second reply."""
    message_id = asks(world, RETURN_TEXT)
    world.deliver(world.event("c1", message_id))
    calls = len(world.helpdesk.calls)
    with recording() as kept:
        assert world.deliver(world.event("c1", message_id)) == 0
    assert len(world.helpdesk.calls) == calls
    assert kept.samples("Duplicates") == [1]


def test_ten_minimal_webhooks_for_one_message_give_one_reply(world: World) -> None:
    """Nothing tells minimal deliveries apart, so the ticket does: one event, one decision."""
    asks(world, RETURN_TEXT)
    for number in range(10):
        assert world.deliver(world.event("c1", delivery_id=f"d{number}")) == 0
    assert len(world.helpdesk.replies("c1")) == 1
    assert len(world.events()) == 1
    assert len(world.audit_rows("c1")) == 1


def test_an_event_the_tables_know_as_covered_costs_no_call(world: World) -> None:
    """The first event read both messages; the second one's own is the last that was handled."""
    first = asks(world, RETURN_TEXT)
    second = asks(world, "and what about a promo code?")
    world.deliver(world.event("c1", first))
    calls = len(world.helpdesk.calls)
    world.deliver(world.event("c1", second))
    assert world.events()[f"evt:rp:c1:{second}"].result == {"outcome": "covered"}
    assert len(world.helpdesk.calls) == calls


def test_two_messages_in_a_row_are_read_together_and_answered_once(world: World) -> None:
    """The first event covers both messages; the second finds itself covered."""
    first = asks(world, RETURN_TEXT)
    second = asks(world, "and what about a promo code?")
    world.deliver(world.event("c1", first), world.event("c1", second))
    assert world.records.states["c1"]["last_message_id"] == second
    assert world.events()[f"evt:rp:c1:{second}"].result == {"outcome": "covered"}
    assert len(world.audit_rows("c1")) == 1


def test_an_answer_that_carries_our_comment_is_the_proof(world: World) -> None:
    """No read-back then; an answer that carries the ticket without it proves nothing."""
    world.helpdesk.shows_after_sending = True
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    assert world.helpdesk.calls == ["load_ticket", "send_reply", "add_tags"]
    world.helpdesk.ignored.add("send_reply")
    message_id = asks(world, RETURN_TEXT, "c2")
    assert world.deliver(world.event("c2", message_id)) == 1
    assert world.records.ledger.actions[f"act:rp_reply:c2:{message_id}"].status is ActionStatus.ATTEMPTING
    assert world.helpdesk.calls[3:6] == ["load_ticket", "send_reply", "load_ticket"]


def test_an_older_comment_with_the_same_words_is_no_proof(world: World) -> None:
    """Somebody wrote the very words after the message before we read it: that is not our reply."""
    message_id = asks(world, RETURN_TEXT)
    world.deliver(world.event("c1", message_id))
    (words,) = world.helpdesk.replies("c1")
    world.helpdesk.shows_after_sending = True
    world.helpdesk.ignored.add("send_reply")
    other = asks(world, RETURN_TEXT, "c2")
    seen = world.helpdesk.load_ticket("c2")
    world.helpdesk.agent_writes("c2", words)
    shown = world.helpdesk.load_ticket("c2")
    record = replace(world.records.ledger.actions[f"act:rp_reply:c1:{message_id}"], key=f"act:rp_reply:c2:{other}")
    sent = ReplySent(record, words, shown.written)
    assert is_shown(seen, other, sent, SALT)
    assert not is_shown(shown, other, sent, SALT)
    assert not is_shown(seen, "c99", sent, SALT)


def test_the_ticket_is_read_after_the_lookup_and_before_the_reply(world: World) -> None:
    """A person who answered while the order was looked up is seen; the order asked by its link needs no second link."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    assert world.helpdesk.calls == ["load_ticket", "load_linked_orders"]
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order()))
    assert world.helpdesk.calls[2:] == ["load_ticket", "send_reply", "load_ticket", "add_tags"]


def test_an_order_linked_anew_while_it_was_looked_up_is_not_the_one_that_was_asked_for(world: World) -> None:
    """The answer is about another order than the parked flow's digest: the link is asked for again, and decides."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order(order_id="5559999")))
    assert world.helpdesk.calls.count("load_linked_orders") == 2
    assert not any("1Z5R" in reply for reply in world.helpdesk.replies("c1"))


@pytest.mark.parametrize(
    ("text", "channel"), [(ORDER_TEXT, "livechat"), ("Hello, where is my order #1001? It is late", "email")]
)
def test_no_link_is_asked_for_where_it_decides_nothing(world: World, text: str, channel: str) -> None:
    """A number comes before the link, and on a chat the number is needed anyway."""
    world.deliver(world.event("c1", asks(world, text, linked_order_id="5551001", channel=channel)))
    assert "load_linked_orders" not in world.helpdesk.calls


def test_tags_that_are_there_are_not_written_again(world: World) -> None:
    """The second message is routed as the first: nothing to write."""
    world.flags.set(ASSIGN)
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    world.helpdesk.calls.clear()
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    assert world.helpdesk.calls == ["load_ticket"]


def test_tags_that_were_lost_without_a_word_are_set_again_at_the_next_look(world: World) -> None:
    """The sweep brings a ticket without our mark: its finished event's tags come back, and nothing else happens."""
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    tags = set(world.tags("c1"))
    world.helpdesk.store.tickets["c1"].tags = ["vip"]
    for _ in range(2):
        world.deliver(world.event("c1", origin="sweep"))
    assert set(world.tags("c1")) == tags | {"vip"}
    assert world.helpdesk.calls.count("add_tags") == 2
    assert len(world.helpdesk.replies("c1")) == 1


def test_lost_tags_of_an_answered_order_are_set_again_by_one_read(world: World) -> None:
    """The last event is the lookup's answer: its plan holds the tags."""
    world.deliver(world.event("c1", asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")))
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order()))
    tags = set(world.tags("c1"))
    world.helpdesk.store.tickets["c1"].tags = []
    world.helpdesk.calls.clear()
    world.deliver(world.event("c1", origin="sweep"))
    assert (set(world.tags("c1")), world.helpdesk.calls) == (tags, ["load_ticket", "add_tags"])


def test_in_a_dry_run_nobody_s_tags_are_touched(world: World) -> None:
    """Safe mode: the ticket without a mark stays without."""
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    world.helpdesk.store.tickets["c1"].tags = []
    world.flags.set(replace(LIVE, safe_mode=True))
    world.deliver(world.event("c1", origin="sweep"))
    assert world.tags("c1") == []


def test_a_tracked_order_is_looked_up_and_answered(world: World) -> None:
    """Parked with a request, resumed by its result, answered with the tracking number."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    assert (request.lookup_kind, request.lookup_value) == ("order_id", "5551001")
    assert world.records.states["c1"]["pending"]["request_id"] == request.request_id
    assert "last_message_id" not in world.records.states["c1"]
    assert world.helpdesk.replies("c1") == []
    world.deliver(world.result(request, shipped_order()))
    assert "1Z5R89390357567127" in world.helpdesk.replies("c1")[0]
    assert world.records.states["c1"]["last_message_id"] == message_id
    assert "pending" not in world.records.states["c1"]


def test_an_order_that_is_looked_up_in_vain_goes_to_a_person(world: World) -> None:
    """A failed lookup: no reply, the ticket says why."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, outcome="failed", reason="shop_unavailable"))
    assert "mw-order-lookup-failed" in world.tags("c1")
    assert world.helpdesk.replies("c1") == []


def test_a_result_nobody_waits_for_is_superseded(world: World) -> None:
    """A newer message asked anew: the older answer is recorded and has no effect."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    newer = asks(world, "where is it? Please answer, where is my package")
    world.deliver(world.event("c1", newer))
    assert len(world.enrichment.requests) == 2
    world.deliver(world.result(request, shipped_order()))
    assert world.events()[f"evt:enr:{request.request_id}"].result == {"outcome": "superseded"}
    assert world.helpdesk.replies("c1") == []


def test_a_lookup_that_never_answers_ends_with_a_person(world: World) -> None:
    """When the parked flow has expired, the next delivery of its event takes the lookup as failed."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    world.clock.advance(16 * 60)
    world.deliver(world.event("c1", origin="sweep"))
    assert "mw-order-lookup-failed" in world.tags("c1")
    assert world.unfinished() == []
    world.deliver(world.event("c1", origin="sweep"))
    assert len(world.events()) == 2


def test_an_answer_after_its_flow_s_expiry_still_brings_the_message_to_a_person(world: World) -> None:
    """The parked event is over, and nothing else will be delivered: routed as a failed lookup, disclosing nothing."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.clock.advance(16 * 60)
    world.deliver(world.result(request, shipped_order()))
    assert "mw-order-lookup-failed" in world.tags("c1")
    assert world.helpdesk.replies("c1") == []
    assert world.records.states["c1"]["last_message_id"] == message_id
    assert "pending" not in world.records.states["c1"]


def test_an_answer_after_its_flow_s_expiry_is_superseded_once_the_message_is_handled(world: World) -> None:
    """A sweep came first: the late answer changes nothing."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.clock.advance(16 * 60)
    newer = asks(world, "I will file a chargeback with my bank")
    world.deliver(world.event("c1", newer))
    state, calls = dict(world.records.states["c1"]), len(world.helpdesk.calls)
    world.deliver(world.result(request, shipped_order()))
    assert len(world.helpdesk.calls) == calls
    assert world.events()[f"evt:enr:{request.request_id}"].result == {"outcome": "superseded"}
    assert world.records.states["c1"] == state


def test_the_number_is_asked_for_given_and_answered(world: World) -> None:
    """Ask, wait, verify by the sender's contact, answer: the whole way within minutes."""
    first = asks(world, ORDER_TEXT)
    world.deliver(world.event("c1", first))
    assert len(world.helpdesk.replies("c1")) == 1
    assert world.records.states["c1"]["pending"]["kind"] == "awaiting_order_number"
    world.clock.advance(60)
    second = asks(world, "#1001")
    world.deliver(world.event("c1", second))
    (request,) = world.enrichment.requests.values()
    assert (request.lookup_kind, request.lookup_value) == ("order_name", "1001")
    world.deliver(world.result(request, shipped_order()))
    assert len(world.helpdesk.replies("c1")) == 2
    assert "1Z5R89390357567127" in world.helpdesk.replies("c1")[1]


def test_an_order_of_somebody_else_is_not_disclosed(world: World) -> None:
    """The e-mail does not match: no fact of the order reaches the sender."""
    message_id = asks(world, "where is my package? order #1001 please, it is late")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order(email="somebody@example.org")))
    assert not any("1Z5R" in reply for reply in world.helpdesk.replies("c1"))


def test_a_chargeback_is_never_answered_and_asks_no_model(world: World) -> None:
    """Escalation words win: the network model is not asked, the right team gets the ticket."""
    world.flags.set(replace(LIVE, classifier="openai"))
    message_id = asks(world, "I will file a chargeback with my bank, where is my package")
    world.deliver(world.event("c1", message_id))
    assert [name for name, _ in world.classifiers.asked] == ["embedded"]
    assert "route-chargebacks-disputes" in world.tags("c1")
    assert world.helpdesk.replies("c1") == []


@pytest.mark.parametrize("first", ["I am filing a chargeback with my bank", "Let me talk to a real person please"])
def test_a_conversation_that_people_have_stays_with_people(world: World, first: str) -> None:
    """After an escalation, or once a person was asked for, no later message is answered, however harmless."""
    world.deliver(world.event("c1", asks(world, first)))
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    assert world.helpdesk.replies("c1") == []
    assert any("escalated_before" in gate for gate in world.audit_rows("c1")[1]["gates_blocked"])


def test_a_switch_thrown_after_the_decision_stops_the_reply(world: World) -> None:
    """The cached flags allow, the fresh ones do not: the reply is blocked and the ticket says so."""
    message_id = asks(world, RETURN_TEXT)
    world.flags.now = replace(LIVE, automation_enabled=False)
    world.deliver(world.event("c1", message_id))
    assert world.helpdesk.replies("c1") == []
    assert "mw-reply-blocked" in world.tags("c1")
    assert "mw-auto-replied" not in world.tags("c1")
    assert world.records.ledger.actions[f"act:rp_reply:c1:{message_id}"].status is ActionStatus.BLOCKED


def test_the_sixth_reply_to_a_customer_within_a_day_is_blocked(world: World) -> None:
    """Five replies over all conversations, then people only; after a day the slots are free again."""
    for number in range(6):
        message_id = asks(world, RETURN_TEXT, f"c{number}")
        world.deliver(world.event(f"c{number}", message_id))
    assert [len(world.helpdesk.replies(f"c{number}")) for number in range(6)] == [1, 1, 1, 1, 1, 0]
    world.clock.advance(24 * 3600)
    message_id = asks(world, RETURN_TEXT, "c9")
    world.clock.advance(3 * 24 * 3600)
    world.deliver(world.event("c9", message_id))
    assert len(world.helpdesk.replies("c9")) <= 1


def test_a_model_failure_routes_to_people_with_its_tag(world: World) -> None:
    """No classification, no reply, no guess."""
    world.classifiers.default = replace(world.classifiers.default, intents=(), failure="model_timeout")
    message_id = asks(world, "please help with this thing here")
    world.deliver(world.event("c1", message_id))
    assert {"mw-model-failure", "mw-needs-triage"} <= set(world.tags("c1"))


def test_an_answer_too_late_is_routed_instead(world: World) -> None:
    """An event that waited longer than replies may be late is routed, never answered."""
    message_id = asks(world, RETURN_TEXT)
    event = world.event("c1", message_id)
    world.clock.advance(45 * 60)
    world.deliver(event)
    assert world.helpdesk.replies("c1") == []
    assert "route-returns-admin" in world.tags("c1")


def test_the_helpdesk_being_down_hands_the_event_back(world: World) -> None:
    """Nothing is lost: the record goes back with the wait the helpdesk asked for, and is handled later."""
    message_id = asks(world, RETURN_TEXT)
    world.helpdesk.failures["load_ticket"] = [TransientError("down", code="vendor_unavailable", retry_after_seconds=7)]
    assert world.deliver(world.event("c1", message_id)) == 1
    assert world.delays == [7]
    assert world.deliver(world.event("c1", message_id), receive_count=2) == 0
    assert len(world.helpdesk.replies("c1")) == 1


@pytest.mark.parametrize("message_id", ["m1", None], ids=["full", "minimal"])
def test_a_deleted_ticket_ends_as_gone_and_its_neighbours_go_on(world: World, message_id: str | None) -> None:
    """A 404 is nobody's work: recorded as gone, nothing in the DLQ, and no second read when it comes again."""
    other = asks(world, RETURN_TEXT)
    assert world.deliver(world.event("gone", message_id), world.event("c1", other)) == 0
    assert world.deliver(world.event("gone", message_id)) == 0
    assert world.quarantined == []
    ended = {key: record.result for key, record in world.events().items() if ":gone:" in key}
    assert list(ended.values()) == [{"outcome": "gone"}]
    assert world.helpdesk.calls.count("load_ticket") == (3 if message_id is None else 2) + 1
    assert len(world.helpdesk.replies("c1")) == 1


@pytest.mark.parametrize("call", ["send_reply", "add_tags", "close"])
def test_a_ticket_deleted_while_it_is_worked_on_ends_quietly(world: World, call: str) -> None:
    """The plan stands, the ticket does not: nothing in the DLQ."""
    message_id = asks(world, RETURN_TEXT)
    gone = PermanentError("gone", code="ticket_not_found")
    world.helpdesk.failures[call] = [gone]
    world.deliver(world.event("c1", message_id))
    assert (world.quarantined, world.unfinished()) == ([], [])


@pytest.mark.parametrize("is_minimal", [False, True])
def test_a_trashed_ticket_is_left_alone_until_somebody_takes_it_out(world: World, is_minimal: bool) -> None:
    """No reply, no tag, no note, no record; taken out of the bin, the message is worked on as if it were new."""
    message_id = asks(world, RETURN_TEXT, trashed=True)
    event = world.event("c1", None if is_minimal else message_id)
    assert world.deliver(event) == 0
    ticket = world.helpdesk.store.tickets["c1"]
    assert (ticket.tags, len(ticket.comments), world.events(), world.quarantined) == ([], 1, {}, [])
    ticket.is_trashed = False
    world.deliver(event)
    assert len(world.helpdesk.replies("c1")) == 1


def test_an_order_link_that_only_fails_does_not_hold_up_the_route(world: World) -> None:
    """Richpanel answers everything but this: a person gets the ticket, with the tag that says why."""
    message_id = asks(world, "Where is my parcel?", channel="email")
    broken = TransientError("broken", code=LINK_UNREADABLE)
    world.helpdesk.failures["load_linked_orders"] = [broken] * 5
    assert world.deliver(world.event("c1", message_id)) == 0
    assert "mw-order-lookup-failed" in world.tags("c1")
    assert any(tag.startswith("route-") for tag in world.tags("c1"))
    assert (world.quarantined, world.helpdesk.replies("c1")) == ([], [])


def test_a_chat_reply_that_reached_nobody_is_not_called_sent(world: World) -> None:
    """The helpdesk keeps the comment as nobody's: never sent again, never announced, a person looks."""
    world.helpdesk.is_chat_delivered = False
    message_id = asks(world, RETURN_TEXT)
    world.deliver_until_final(world.event("c1", message_id))
    assert "mw-auto-replied" not in world.tags("c1")
    assert "mw-send-unknown" in world.tags("c1")
    assert world.helpdesk.calls.count("send_reply") == 1


def test_poison_goes_to_the_dlq_with_its_reason(world: World) -> None:
    """No JSON, unknown type, another queue's message: each in the DLQ on first sight."""
    message_id = asks(world, ORDER_TEXT, linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    assert world.deliver("{nonsense", '{"type":"other","version":1}') == 0
    assert world.deliver(request) == 0
    codes = [error.code for _, error in world.quarantined]
    assert codes == ["schema_invalid", "message_type_unknown", "message_type_unexpected"]


def test_an_operators_message_is_not_answered(world: World) -> None:
    """A webhook that fired for an agent's words is recorded and ignored."""
    asks(world, RETURN_TEXT)
    agents = world.helpdesk.agent_writes("c1", "We will look into it")
    world.deliver(world.event("c1", agents))
    assert world.events()[f"evt:rp:c1:{agents}"].result == {"outcome": "not_a_customer"}
    assert world.helpdesk.replies("c1") == []


def test_a_message_the_ticket_does_not_show_yet_is_read_from_the_webhook(world: World) -> None:
    """The API lags behind the webhook: the text that came along is used."""
    asks(world, "promo question from before, thanks a lot")
    world.deliver(world.event("c1", "c99", text=RETURN_TEXT))
    assert "mw-intent-return_request" in world.tags("c1")


def test_a_message_that_is_nowhere_to_be_seen_is_tried_again(world: World) -> None:
    """No text and not in the ticket: returned to the queue, not taken as done."""
    first = asks(world, RETURN_TEXT)
    world.deliver(world.event("c1", first))
    assert world.deliver(world.event("c1", "c99")) == 1


def test_an_unknown_tag_fails_the_action_and_not_the_event(world: World) -> None:
    """The reply is out, the records are written, and the event's end names what became of the tags."""
    message_id = asks(world, RETURN_TEXT)
    world.helpdesk.failures["add_tags"] = [PermanentError("unknown tag", code="tag_unknown")]
    with recording() as recorded:
        assert world.deliver(world.event("c1", message_id)) == 0
    assert recorded.samples("TagsUnknown") == [1]
    assert (world.quarantined, world.unfinished()) == ([], [])
    assert actions(world, f"evt:rp:c1:{message_id}")["rp_tags"] == "blocked:tag_unknown"
    assert len(world.helpdesk.replies("c1")) == 1


def refuse_tags(world: World, times: int = 1) -> None:
    """The key may not write tags."""
    world.helpdesk.failures["add_tags"] = [PermanentError("no right", code="vendor_status_403")] * times


def test_tags_that_may_not_be_written_quarantine_the_event_after_its_records(world: World) -> None:
    """The reply is out and remembered; the event is in the DLQ, and a redrive sets the tags and does not reply."""
    message_id = asks(world, RETURN_TEXT)
    refuse_tags(world)
    world.deliver(world.event("c1", message_id))
    assert [error.code for _, error in world.quarantined] == ["vendor_status_403"]
    assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.QUARANTINED
    assert len(world.records.states["c1"]["auto_replies"]) == 1
    assert world.tags("c1") == []
    world.deliver(world.event("c1", message_id))
    assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.COMPLETED
    assert actions(world, f"evt:rp:c1:{message_id}")["rp_tags"] == "done"
    assert {"mw-processed", "mw-auto-replied"} <= set(world.tags("c1"))
    assert any(tag.startswith("route-") for tag in world.tags("c1"))
    assert len(world.helpdesk.replies("c1")) == len(world.records.states["c1"]["auto_replies"]) == 1


def test_tags_still_refused_after_a_redrive_quarantine_the_event_again(world: World) -> None:
    """It is back in the DLQ, not taken for done."""
    message_id = asks(world, RETURN_TEXT)
    refuse_tags(world, times=2)
    for _ in range(2):
        world.deliver(world.event("c1", message_id))
        assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.QUARANTINED
    assert [error.code for _, error in world.quarantined] == ["vendor_status_403"] * 2


def test_a_run_that_dies_before_its_refused_event_is_quarantined_leaves_its_tags_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the final state was written: the next run sets the tags, and does not complete the event without."""
    message_id = asks(world, RETURN_TEXT)
    refuse_tags(world)
    with monkeypatch.context() as patch:
        patch.setattr(world.records, "complete", Mock(side_effect=TransientError("died", code="died")))
        assert world.deliver(world.event("c1", message_id)) == 1
    assert (world.quarantined, world.tags("c1")) == ([], [])
    world.clock.advance(100)
    assert world.deliver(world.event("c1", message_id), receive_count=2) == 0
    assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.COMPLETED
    assert {"mw-processed", "mw-auto-replied"} <= set(world.tags("c1"))
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_ticket_gone_before_the_redrive_needs_no_tags(world: World) -> None:
    """Deleted meanwhile: the event ends, and nothing is quarantined again."""
    message_id = asks(world, RETURN_TEXT)
    refuse_tags(world)
    world.deliver(world.event("c1", message_id))
    del world.helpdesk.store.tickets["c1"]
    world.deliver(world.event("c1", message_id))
    assert world.events()[f"evt:rp:c1:{message_id}"].status is EventStatus.COMPLETED
    assert len(world.quarantined) == 1


def test_a_shop_with_a_prefix_is_answered_by_the_bare_number(world: World) -> None:
    """EN1001 in the shop, `order 1001` in the customer's words."""
    message_id = asks(world, "Where is my order 1001?")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order(name="EN1001", spellings=("1001",))))
    (reply,) = world.helpdesk.replies("c1")
    assert "EN1001" in reply


def test_an_order_without_tracking_is_answered_and_closed(world: World) -> None:
    """The one template that may resolve: the close is read back and recorded."""
    message_id = asks(world, "Hello, where is my package? Thanks", linked_order_id="5551001", channel="email")
    world.deliver(world.event("c1", message_id))
    (request,) = world.enrichment.requests.values()
    order = shipped_order(
        fulfillment_status="UNFULFILLED",
        tracking=(),
        shipped_at_epoch_ms=None,
        delivery_status=None,
        created_at_epoch_ms=NOON - 86_400_000,
    )
    world.deliver(world.result(request, order))
    assert len(world.helpdesk.replies("c1")) == 1
    assert world.helpdesk.store.tickets["c1"].status == "CLOSED"
    assert actions(world, f"evt:enr:{request.request_id}")["rp_status"] == "done"


def test_a_private_note_says_why_there_was_no_reply(world: World) -> None:
    """Live and not answered: one note, in codes, never the customer's words."""
    message_id = asks(world, "I will file a chargeback with my bank", channel="email")
    world.deliver(world.event("c1", message_id))
    (note,) = world.helpdesk.notes("c1")
    assert "routed to Chargebacks/Disputes" in note
    assert "my bank" not in note
    asks(world, "hello again, any promo?", channel="email")
    world.deliver(world.event("c1"))
    assert len(world.events()) == 2


def test_the_shipped_policy_writes_no_note() -> None:
    """Off until the shop's own account has shown that a note is private."""
    world = World()
    message_id = asks(world, "I will file a chargeback with my bank", channel="email")
    world.deliver(world.event("c1", message_id))
    assert len(world.helpdesk.store.tickets["c1"].comments) == 1


@pytest.mark.parametrize("channel", ["email", "livechat"])
@pytest.mark.parametrize("is_minimal", [True, False])
def test_our_note_is_known_where_the_helpdesk_does_not_say_private(
    world: World, channel: str, is_minimal: bool
) -> None:
    """It may even look like the customer's: what was written down tells, and no event is made of it."""
    world.helpdesk.is_public_shown = False
    message_id = asks(world, "I will file a chargeback with my bank", channel=channel)
    world.deliver(world.event("c1", message_id))
    (note,) = world.helpdesk.notes("c1")
    note_id = world.helpdesk.store.tickets["c1"].comments[-1].id
    asked = len(world.classifiers.asked)
    again = world.event("c1") if is_minimal else world.event("c1", note_id, text=note)
    assert world.deliver(again) == 0
    assert len(world.classifiers.asked) == asked
    assert len(world.helpdesk.notes("c1")) == 1
    assert world.records.states["c1"]["version"] == 1


@pytest.mark.parametrize("is_full", [False, True])
def test_a_customer_who_repeats_our_note_is_heard(world: World, is_full: bool) -> None:
    """One note was written, so one comment of those words is ours: the older one."""
    world.helpdesk.is_public_shown = False
    world.deliver(world.event("c1", asks(world, "I will file a chargeback with my bank", channel="email")))
    (note,) = world.helpdesk.notes("c1")
    message_id = asks(world, note, channel="email")
    world.deliver(world.event("c1", message_id, text=note if is_full else None))
    assert world.records.states["c1"]["last_message_id"] == message_id


def test_the_webhook_of_a_note_that_the_ticket_does_not_show_is_nobodys(world: World) -> None:
    """An account may fire for a note and keep it out of the ticket: its words are the ones we wrote down."""
    world.deliver(world.event("c1", asks(world, "I will file a chargeback with my bank", channel="email")))
    (note,) = world.helpdesk.notes("c1")
    assert world.deliver(world.event("c1", "elsewhere", text=note)) == 0
    assert world.records.states["c1"]["version"] == 1
