"""A one-time code on chat: who gets it, what it proves, what nobody can learn by it, and what is kept of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.flags.declared import RolloutStage
from rp_mw_shared.messages.types import EnrichmentRequest, OrderFacts
from rp_mw_worker.domain.codes import ORDER_CODE_MAIL, ORDER_CODE_SENT
from rp_mw_worker.domain.policy import Policy
from tests.fakes.worker_world import LIVE, POLICY, World, shipped_order

CODES_ON = replace(LIVE, chat_codes=True)
OWNER = "owner@example.com"
QUESTION = "Hello, where is my order #1001? Thanks"
TRACKING = "1Z5R89390357567127"
CODE = re.compile(r"<p>(\d{6})</p>")


def codes_world(policy: Policy = POLICY) -> World:
    """A world whose chat asks for codes."""
    world = World(policy=policy)
    world.flags.set(CODES_ON)
    return world


@pytest.fixture
def world() -> World:
    """One visitor on one chat, c1."""
    return codes_world()


def says(world: World, text: str, conversation_id: str = "c1", **contents: Any) -> str:
    """Let the visitor write and the worker handle it; return the message's id."""
    world.clock.advance(1)
    written = {"channel": "messenger", "email": "visitor@example.net"} | contents
    message_id = world.helpdesk.customer_writes(conversation_id, text, **written)
    world.deliver(world.event(conversation_id, message_id, customer_email=written["email"]))
    return message_id


def last_request(world: World) -> EnrichmentRequest:
    """The newest lookup."""
    return list(world.enrichment.requests.values())[-1]


def answer(
    world: World, order: OrderFacts | None = None, address: str | None = OWNER, **fields: Any
) -> EnrichmentRequest:
    """Let the enricher answer the newest lookup."""
    world.clock.advance(1)
    request = last_request(world)
    found = order if order is not None or fields else None
    world.deliver(world.result(request, found, order_address=address if found else None, **fields))
    return request


def asks(world: World, order: OrderFacts | None, text: str = QUESTION, **contents: Any) -> None:
    """Ask about an order by its number, and let the shop answer."""
    says(world, text, **contents)
    answer(world, order)


def owners() -> OrderFacts:
    """An order on its way of OWNER."""
    return shipped_order(OWNER)


def mailed_code(world: World) -> str:
    """The code in the newest mail to OWNER."""
    found = CODE.search(world.helpdesk.mails_to(OWNER)[-1])
    assert found is not None
    return found[1]


def wrong_for(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def blocked(world: World, conversation_id: str = "c1") -> str:
    """What the gates said against a reply, in the last row."""
    return " ".join(world.audit_rows(conversation_id)[-1].get("gates_blocked", ()))


def test_a_machine_gets_no_code(world: World) -> None:
    """Its mail names an order, on a chat where codes are on: nothing is looked up, mailed or kept."""
    says(
        world,
        "Thank you for your message about order #1001. I am out of the office until 14 December. "
        "This is an automatic reply, please do not respond to it.",
    )
    assert "mw-machine" in world.tags("c1")
    assert not world.enrichment.requests and not world.helpdesk.mails_to(OWNER) and not world.helpdesk.replies("c1")
    assert not world.records.codes


def test_the_right_code_proves_the_order(world: World) -> None:
    """The code goes to the order's own address, not to what the visitor typed, and is asked for on the chat."""
    asks(world, owners())
    (told,) = world.helpdesk.replies("c1")
    assert "six-digit code" in told and "5 minutes" in told and TRACKING not in told
    assert world.helpdesk.mails_to("visitor@example.net") == []
    says(world, mailed_code(world))
    answer(world, owners())
    assert TRACKING in world.helpdesk.replies("c1")[-1]
    assert "matched_by_code" in str(world.audit_rows("c1")[-1])


def test_the_code_may_stand_among_words_and_in_two_groups(world: World) -> None:
    """People write more than digits."""
    asks(world, owners())
    code = mailed_code(world)
    says(world, f"the code is {code[:3]} {code[3:]} thanks")
    answer(world, owners())
    assert TRACKING in world.helpdesk.replies("c1")[-1]


def test_the_mail_names_no_order_and_nobody(world: World) -> None:
    """Neither number, name, address nor tracking."""
    asks(world, owners())
    (mail,) = world.helpdesk.mails_to(OWNER)
    for secret in ("1001", "Ana", "Diaz", OWNER, "visitor", TRACKING, "#"):
        assert secret not in mail.replace(mailed_code(world), "")
    ticket = next(one for one in world.helpdesk.store.tickets.values() if one.is_opened_by_api)
    assert mailed_code(world) not in ticket.subject + ticket.comments[0].body


@pytest.mark.parametrize(
    "outcome",
    [
        {"outcome": "not_found"},
        {"outcome": "ambiguous"},
        {"outcome": "failed", "reason": "access_denied"},
        {"order": shipped_order(OWNER, fulfillment_status="ON_HOLD")},
        {"order": shipped_order(OWNER), "address": None},
        {"order": shipped_order(OWNER), "address": "another@example.com"},
    ],
)
def test_nothing_on_the_chat_tells_whether_there_is_an_order(outcome: dict[str, Any]) -> None:
    """The same words, tags and state keys as for an order with a code, also after a guess."""
    seen = []
    for lookup in ({"order": owners()}, outcome):
        world = codes_world()
        says(world, QUESTION)
        if "outcome" in lookup:
            world.deliver(world.result(last_request(world), **lookup))
        else:
            answer(world, **lookup)
        code = mailed_code(world) if world.helpdesk.mails_to(OWNER) else "123456"
        for _ in range(3):
            world.clock.advance(20)
            says(world, wrong_for(code))
        visible = [tag for tag in world.tags("c1") if not tag.startswith("mw-order-lookup")]
        seen.append((world.helpdesk.replies("c1"), visible, sorted(world.records.states["c1"])))
        assert TRACKING not in str(world.helpdesk.store.deliveries)
    assert seen[0] == seen[1] and len(seen[0][0]) == 3


@pytest.mark.parametrize("lookup", [{"outcome": "failed", "reason": "access_denied"}, {"outcome": "not_found"}])
def test_a_right_code_that_finds_no_order_any_more_is_not_answered_with_another(lookup: dict[str, Any]) -> None:
    """A person takes over: the words of a first code would read as if the right one had been wrong."""
    world = codes_world()
    asks(world, owners())
    says(world, mailed_code(world))
    world.deliver(world.result(last_request(world), **lookup))
    assert len(world.helpdesk.replies("c1")) == 1
    assert len(world.helpdesk.mails_to(OWNER)) == 1


def test_an_order_without_an_answer_gets_no_mail(world: World) -> None:
    """A code that leads to nothing only troubles its owner."""
    asks(world, shipped_order(OWNER, fulfillment_status="ON_HOLD"))
    assert world.helpdesk.mails_to(OWNER) == [] and len(world.helpdesk.replies("c1")) == 1


def test_the_owners_own_address_on_the_chat_proves_nothing(world: World) -> None:
    """It is typed by the visitor: with codes on, number and contact together are not enough."""
    asks(world, owners(), email=OWNER)
    assert TRACKING not in str(world.helpdesk.replies("c1"))


def test_an_address_that_is_not_the_orders_gets_no_mail(world: World) -> None:
    """Whatever address an answer of the shop's carries: the order's own digests say whose it is."""
    says(world, QUESTION)
    answer(world, owners(), address="stranger@example.net")
    assert world.helpdesk.mails_to("stranger@example.net") == []
    assert world.helpdesk.mails_to(OWNER) == []


def test_three_wrong_codes_end_with_a_person(world: World) -> None:
    """And then the right one is of no use either, nor is a new one to be had that day."""
    asks(world, owners())
    code = mailed_code(world)
    for _ in range(3):
        world.clock.advance(10)
        says(world, wrong_for(code))
    assert len(world.helpdesk.replies("c1")) == 3 and "code_tries_used" in blocked(world)
    says(world, code)
    assert [one["right"] for one in world.records.codes["code:c1"]["tries"]] == [False] * 3
    asks(world, owners())
    assert TRACKING not in str(world.helpdesk.replies("c1")) and len(world.helpdesk.mails_to(OWNER)) == 1


def test_a_code_is_good_for_five_minutes(world: World) -> None:
    """To the second."""
    for seconds, is_told in ((297, True), (301, False)):
        fresh = codes_world()
        asks(fresh, owners())
        fresh.clock.advance(seconds)
        says(fresh, mailed_code(fresh))
        if len(fresh.enrichment.requests) > 1:
            answer(fresh, owners())
        assert (TRACKING in str(fresh.helpdesk.replies("c1"))) is is_told
    del world


def test_several_codes_in_one_message_are_one_wrong_try(world: World) -> None:
    """Nobody tries a hundred at once."""
    asks(world, owners())
    code = mailed_code(world)
    says(world, f"{wrong_for(code)} {code}")
    assert "does not fit" in world.helpdesk.replies("c1")[-1]


def test_a_code_is_good_on_its_own_chat_only(world: World) -> None:
    """Typed elsewhere it is a number like any other."""
    asks(world, owners())
    code = mailed_code(world)
    asks(world, owners(), conversation_id="c2", email="second@example.net")
    says(world, code, "c2", email="second@example.net")
    assert TRACKING not in str(world.helpdesk.store.deliveries)


def test_a_right_code_proves_its_own_order_only(world: World) -> None:
    """The shop answers the second lookup with another order of the same name: nothing is told."""
    asks(world, owners())
    says(world, mailed_code(world))
    answer(world, shipped_order(OWNER, order_id="5559999"))
    assert TRACKING not in str(world.helpdesk.store.deliveries)


def test_the_proof_ends(world: World) -> None:
    """A lookup that takes longer than the proof holds tells nothing."""
    asks(world, owners())
    world.records.codes["code:c1"]["proved_until"] = 0
    says(world, mailed_code(world))
    world.records.codes["code:c1"]["proved_until"] = world.clock.now_epoch_ms() - 1
    answer(world, owners())
    assert TRACKING not in str(world.helpdesk.replies("c1"))


def test_the_code_is_nowhere_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Not the mailed one, not the typed ones, not in a table, not in a log line, not in what a model is asked."""
    asks(world, owners())
    code = mailed_code(world)
    typed = [wrong_for(code), f"my code: {wrong_for(wrong_for(code))} ok", code]
    for text in typed:
        world.clock.advance(10)
        says(world, text)
    answer(world, owners())
    kept = world.dump() + str(world.records.codes) + capsys.readouterr().out
    kept += str(world.classifiers.asked) + repr(world.enrichment.requests)
    for secret in (code, wrong_for(code), wrong_for(wrong_for(code)), OWNER):
        assert secret not in kept


def test_the_address_is_asked_for_only_where_a_code_may_go(world: World) -> None:
    """And stands in no record of ours, nor in what is shown of the message."""
    asks(world, owners())
    assert last_request(world).with_address is True
    assert OWNER not in repr(world.result(last_request(world), owners(), order_address=OWNER))
    without = World()
    says(without, QUESTION)
    assert last_request(without).with_address is None


@pytest.mark.parametrize(
    "off",
    [
        {"automation_enabled": False},
        {"safe_mode": True},
        {"rollout_stage": RolloutStage.TIER1},
        {"chat_codes": False},
        {"disabled_templates": frozenset({ORDER_CODE_MAIL})},
        {"disabled_templates": frozenset({ORDER_CODE_SENT})},
        {"automation_enabled_channels": frozenset({"livechat"})},
        {"automation_enabled_channels": frozenset({"email"})},
        {"problem": "flag_missing"},
    ],
)
def test_every_switch_stops_the_mail_at_its_last_look(off: dict[str, Any]) -> None:
    """Thrown after the chat's reply: the mail does not leave, and nothing on the chat tells."""
    world = codes_world()
    says(world, QUESTION)
    sent = world.helpdesk.send_reply

    def throw_after_reply(*args: Any) -> Any:
        shown = sent(*args)
        world.flags.set(replace(CODES_ON, **off))
        return shown

    world.helpdesk.send_reply = throw_after_reply  # type: ignore[method-assign]
    answer(world, owners())
    assert len(world.helpdesk.replies("c1")) == 1 and world.helpdesk.mails_to(OWNER) == []
    assert world.audit_rows("c1")[-1]["actions"]["rp_code"] == "blocked:code_withheld"


@pytest.mark.parametrize("off", [{"disabled_templates": frozenset({ORDER_CODE_MAIL})}, {"automation_enabled": False}])
def test_where_no_mail_may_go_no_code_is_spoken_of(world: World, off: dict[str, Any]) -> None:
    """And no order is told instead."""
    world.flags.set(replace(CODES_ON, **off))
    says(world, QUESTION, email=OWNER)
    if world.enrichment.requests:
        answer(world, owners())
    assert world.helpdesk.replies("c1") == [] and world.helpdesk.mails_to(OWNER) == []


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order #1001? I will file a chargeback with my bank",
        "Where is my order #1001? I want to talk to a human agent please",
    ],
)
def test_an_escalated_conversation_gets_no_code(world: World, text: str) -> None:
    """Nor does a later plain question there."""
    says(world, text)
    world.clock.advance(60)
    says(world, QUESTION)
    assert not world.enrichment.requests and world.helpdesk.store.deliveries == []


def test_a_stranger_in_copy_gets_no_code_and_has_no_tries(world: World) -> None:
    """The words of somebody who is not the ticket's own customer are never tried."""
    asks(world, owners())
    code = mailed_code(world)
    says(world, code, author_id="cus-somebody-else")
    assert TRACKING not in str(world.helpdesk.store.deliveries)
    assert world.records.codes["code:c1"]["tries"] == []


def test_codes_are_bounded_for_the_order_and_its_address(world: World) -> None:
    """From any number of chats; the chat's words stay the same."""
    rules = POLICY.settings.codes
    for number in range(rules.max_per_order_24h + 2):
        asks(world, owners(), conversation_id=f"c{number}", email=f"visitor@example{number}.net")
        answered = world.helpdesk.replies(f"c{number}")
        assert answered == world.helpdesk.replies("c0")
    assert len(world.helpdesk.mails_to(OWNER)) == rules.max_per_order_24h
    for number in range(10, 20):
        order = shipped_order(OWNER, f"#20{number}", order_id=f"77{number}")
        contents = {"conversation_id": f"c{number}", "email": f"visitor@example{number}.net"}
        asks(world, order, QUESTION.replace("1001", f"20{number}"), **contents)
    assert len(world.helpdesk.mails_to(OWNER)) == rules.max_per_address_24h


def test_the_same_message_again_sends_one_mail(world: World) -> None:
    """Delivered ten times: one mail, one code, one reply."""
    says(world, QUESTION)
    request = last_request(world)
    result = world.result(request, owners(), order_address=OWNER)
    for _ in range(10):
        world.deliver(result, receive_count=2)
    assert len(world.helpdesk.mails_to(OWNER)) == 1 and len(world.helpdesk.replies("c1")) == 1


@pytest.mark.parametrize(
    ("method", "where", "error", "mails", "ends"),
    [
        ("create_ticket", "failures", TransientError("busy", code="rate_limited"), 1, "done"),
        ("create_ticket", "failures", OutcomeUnknownError("lost"), 0, "unknown:outcome_unknown"),
        ("send_mail", "failures", PermanentError("refused", code="vendor_status_400"), 0, "blocked:vendor_status_400"),
        ("send_mail", "lost", OutcomeUnknownError("lost"), 1, "unknown:outcome_unknown"),
    ],
)
def test_a_failing_mail_is_not_sent_twice(
    world: World, method: str, where: str, error: Exception, mails: int, ends: str
) -> None:
    """Only what certainly made nothing is tried again."""
    says(world, QUESTION)
    getattr(world.helpdesk, where)[method] = [error]
    world.clock.advance(1)
    result = world.result(last_request(world), owners(), order_address=OWNER)
    world.deliver_until_final(result)
    assert len(world.helpdesk.mails_to(OWNER)) == mails and len(world.helpdesk.replies("c1")) == 1
    assert world.audit_rows("c1")[-1]["actions"]["rp_code"] == ends


def test_the_mails_own_ticket_is_left_alone(world: World) -> None:
    """Its webhook comes back to us: nothing is answered, tagged or sent."""
    asks(world, owners())
    ticket = next(one for one in world.helpdesk.store.tickets.values() if one.is_opened_by_api)
    before = (list(ticket.tags), len(world.helpdesk.store.deliveries))
    world.deliver(world.event(ticket.id))
    assert (ticket.tags, len(world.helpdesk.store.deliveries)) == before


def test_an_order_number_of_six_digits_is_no_code() -> None:
    """The number asked about is known by its digest, and stays a number."""
    world = codes_world()
    order = shipped_order(OWNER, "#100200")
    asks(world, order, "Where is my order 100200?")
    code = mailed_code(world)
    says(world, f"order 100200 code {code}")
    answer(world, order)
    assert TRACKING in world.helpdesk.replies("c1")[-1]
