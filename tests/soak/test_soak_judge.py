"""The soak's judge finds each kind of damage in made-up facts, and none in good ones."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_shared.idempotency.keys import action_key, event_id
from tests.soak.canaries import customer
from tests.soak.drive import IN_FLIGHT_MS, Disturbances, Written
from tests.soak.facts import Facts, Seen, SendRequest, Sent
from tests.soak.judge import final_at, judge
from tests.soak.plan import make_plan
from tests.soak.report import percentiles

PLAN = make_plan(1, events=12, conversations=6)
OFF, ON = 50_000, 90_000
# the first script of a plan: an order with tracking, which is answered once
FIRST = PLAN.customers[0]


def good_facts() -> Facts:
    """Every message of every conversation decided by itself, one reply in the first conversation."""
    written: dict[tuple[int, int], Written] = {}
    events, seen = {}, {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for number, one in enumerate(PLAN.customers):
        rows[one.conversation_id] = []
        for position in range(len(PLAN.texts[number])):
            message, moment = f"c{number}{position}", 1_000 * (position + 1)
            written[number, position] = Written(message, "", moment, False, moment + 20, 20.0, 1)
            key = event_id(one.conversation_id, message)
            events[key] = {"event_id": key, "status": "completed", "completed_at": moment + 300, "result": "{}"}
            rows[one.conversation_id].append(row_of(message, position))
        seen[one.conversation_id] = Seen(("mw-processed", "mw-intent-return_request", "route-returns-admin"), False)
    rows[FIRST.conversation_id][0] |= {"template": "order_status_verified", "actions": {"rp_reply": "done"}}
    reply = Sent(FIRST.conversation_id, 1_200, f"Your order #{FIRST.order} is on its way.", False)
    return Facts(
        plan=PLAN,
        written=written,
        done=Disturbances(["worker"], OFF, ON, 0, ["1", "2"]),
        under_way=0,
        seen=seen,
        sent=(reply, Sent(FIRST.conversation_id, 2_200, "a note", True)),
        send_requests=(SendRequest(FIRST.conversation_id, 1_200),),
        events=events,
        actions={},
        states={},
        rows=rows,
        dead=(),
        logs={"worker": '{"message":"event_completed","conversation":"h0123456789ab"}'},
        model_requests="{}",
        model_violations=0,
        started_at_epoch_ms=0,
    )


def row_of(message_id: str, position: int) -> dict[str, Any]:
    """A decision's audit row."""
    stamp = f"2026-11-23T00:00:{position:02d}.000Z#{message_id}#decision"
    return {
        "ts_action_id": stamp,
        "message_id": message_id,
        "outcome": "completed",
        "intent": "return_request",
        "route": "Returns Admin",
        "actions": {"rp_tags": "done"},
    }


def found(facts: Facts) -> set[str]:
    """The kinds of findings there are."""
    return {kind for kind, findings in judge(facts).items() if findings}


def key_of(number: int, position: int) -> str:
    """A message's key in the idempotency table."""
    return event_id(PLAN.customers[number].conversation_id, f"c{number}{position}")


def test_good_facts_are_good() -> None:
    """Nothing is found where everything held."""
    facts = good_facts()
    assert {kind: findings for kind, findings in judge(facts).items() if findings} == {}
    assert final_at(facts, 0, 0) == 1_300


def test_an_accepted_event_without_a_trace_is_lost() -> None:
    """Neither a record nor a queue nor a DLQ has it."""
    facts = good_facts()
    assert found(replace(facts, events={key: one for key, one in facts.events.items() if key != key_of(1, 0)})) == {
        "lost"
    }


def test_a_record_without_its_decision_is_lost() -> None:
    """Recorded as done, but the conversation never got that far."""
    facts = good_facts()
    one = PLAN.customers[1].conversation_id
    assert "lost" in found(replace(facts, rows=dict(facts.rows) | {one: facts.rows[one][:-1]}))


def test_a_minimal_payload_is_covered_by_a_later_message() -> None:
    """It does not say which message it is about."""
    facts = good_facts()
    facts.written[1, 0].is_minimal = True
    without = replace(facts, events={key: one for key, one in facts.events.items() if key != key_of(1, 0)})
    assert final_at(without, 1, 0) == final_at(without, 1, 1)
    assert found(without) == set()


def test_what_is_unfinished_is_stuck() -> None:
    """A claimed record, an open action, a queued message, a flow that waits, a message in the DLQ."""
    facts, key = good_facts(), key_of(2, 1)
    claimed = dict(facts.events) | {key: dict(facts.events[key]) | {"status": "claimed"}}
    action = {action_key("rp_reply", FIRST.conversation_id, "c00"): {"status": "attempting"}}
    waits = {FIRST.conversation_id: {"pending": {"kind": "awaiting_order"}}}
    dead = ({"Body": "{}", "MessageAttributes": {"reason": {"StringValue": "retries_exhausted"}}},)
    for broken in (
        replace(facts, events=claimed),
        replace(facts, actions=action),
        replace(facts, under_way=3),
        replace(facts, states=waits),
        replace(facts, dead=dead),
    ):
        assert found(broken) == {"stuck"}


def test_one_reply_too_many_is_doubled() -> None:
    """The same text twice, or more texts than answered messages."""
    facts = good_facts()
    again = replace(facts.sent[0], at_epoch_ms=1_400)
    assert found(replace(facts, sent=(*facts.sent, again))) == {"doubled"}
    elsewhere = Sent(PLAN.customers[4].conversation_id, 1_400, "Please tell us the order.", False)
    assert found(replace(facts, sent=(*facts.sent, elsewhere))) == {"doubled"}


def test_one_decision_too_many_is_doubled() -> None:
    """A message carried out twice, or more notes than decisions."""
    facts = good_facts()
    one = PLAN.customers[3].conversation_id
    rows = [*facts.rows[one], facts.rows[one][-1]]
    assert found(replace(facts, rows=dict(facts.rows) | {one: rows})) == {"doubled"}
    notes = tuple(Sent(one, 3_000 + place, f"note {place}", True) for place in range(3))
    assert found(replace(facts, sent=(*facts.sent, *notes))) == {"doubled"}


def test_an_older_message_after_a_newer_one_is_misordered() -> None:
    """Told by the audit rows, and by the tags that came last."""
    facts = good_facts()
    one = PLAN.customers[3].conversation_id
    swapped = [row_of("c31", 0), row_of("c30", 1)]
    assert found(replace(facts, rows=dict(facts.rows) | {one: swapped})) == {"misordered"}
    older = Seen(("mw-processed", "mw-intent-refund_request", "route-returns-admin"), False)
    assert found(replace(facts, seen=dict(facts.seen) | {one: older})) == {"misordered"}


def test_a_reply_after_the_thrown_switch_is_late() -> None:
    """Unless its first try left before: a refused one may be repeated for a while."""
    facts = good_facts()
    moment = OFF + IN_FLIGHT_MS + 500
    late = replace(facts.sent[0], at_epoch_ms=moment)
    requests = (SendRequest(FIRST.conversation_id, moment),)
    assert found(replace(facts, sent=(late,), send_requests=requests)) == {"late"}
    begun = (SendRequest(FIRST.conversation_id, OFF - 100), *requests)
    assert found(replace(facts, sent=(late,), send_requests=begun)) == set()


@pytest.mark.parametrize("secret", [*FIRST.personal(), FIRST.words, FIRST.order])
def test_a_secret_in_a_log_is_leaked_in_every_form(secret: str) -> None:
    """In plain, in capitals, in base64 inside a longer text, and as an unsalted digest, whole or cut."""
    facts, raw = good_facts(), secret.encode()
    digest = hashlib.sha256(raw).hexdigest()
    shown = [secret, secret.upper(), digest, digest[:16]]
    shown += [] if secret in {FIRST.order, FIRST.tracking} else [base64.b64encode(b"ab" + raw + b"c").decode()]
    for text in shown:
        line = json.dumps({"message": "event_started", "place": text})
        assert found(replace(facts, logs={"worker": line})) == {"leaked"}, text


def test_another_customers_order_in_a_reply_is_leaked() -> None:
    """Its number or its tracking number."""
    facts, other = good_facts(), PLAN.customers[1]
    for fact in (f"#{other.order}", other.tracking):
        reply = replace(facts.sent[0], body=f"Your order {fact}")
        assert found(replace(facts, sent=(reply, *facts.sent[1:]))) == {"leaked"}


def test_customers_share_no_secret() -> None:
    """Each one's are their own, and cards and numbers are well-formed."""
    people = [customer(1, number) for number in range(500)]
    assert len({secret for one in people for secret in (*one.personal(), one.words, one.order)}) == 500 * 8
    assert all(len(one.card.replace(" ", "")) == 16 and len(one.tracking) == 18 for one in people)


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    """And has the promised share of copies, every message before its copy, and positions in order."""
    plan = make_plan(7, events=1_000, conversations=100)
    assert plan == make_plan(7, events=1_000, conversations=100)
    assert plan != make_plan(8, events=1_000, conversations=100)
    assert sum(post.is_copy for post in plan.posts) == 200
    reached: dict[int, int] = {}
    for post in plan.posts:
        assert post.position <= reached.get(post.conversation, -1) + (not post.is_copy)
        reached[post.conversation] = max(post.position, reached.get(post.conversation, -1))


def test_percentiles_are_of_all_values() -> None:
    """The largest one included."""
    assert percentiles([float(value) for value in range(1, 101)]) == {
        "p50": 50.5,
        "p90": 90.1,
        "p99": 99.0,
        "max": 100.0,
    }
