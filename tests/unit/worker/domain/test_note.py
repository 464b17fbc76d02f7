"""The note for a colleague: in plain words why there was no reply and what is known, never a word of the customer's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Case, Decision, Intent, OrderLookup, TicketMessage
from rp_mw_worker.domain.note import note_from_json, note_lines, note_to_json
from rp_mw_worker.domain.records import ActionResult, note_head, note_text, plan_from_json, plan_to_json, to_plan
from tests.fakes.helpdesk import SALT
from tests.fakes.policy import load_policy
from tests.golden.golden_cases import DAY, TUESDAY_3_PM, GoldenRow, read_rows

POLICY = load_policy()
NOTED = replace(POLICY, settings=replace(POLICY.settings, private_notes=True))
ROWS = read_rows(POLICY)
LIVE_CASE = next(row.case for row in ROWS if row.outcome == "reply order_status_verified")
ORDER = OrderFacts(
    *("5001", "#1001", TUESDAY_3_PM - 5 * DAY, "FULFILLED"),
    contact_digests=tuple(LIVE_CASE.ticket.sender_contact_digests),
    financial_status="PARTIALLY_REFUNDED",  # a delivered order is answered; a refunded one is not
    delivery_status="DELIVERED",
    shipped_at_epoch_ms=TUESDAY_3_PM - 3 * DAY,
    delivered_at_epoch_ms=TUESDAY_3_PM - DAY,
)


def decided(case: Case) -> Decision:
    """What is decided under a policy that allows notes."""
    return decide(case, NOTED)


def with_order(order: OrderFacts) -> Case:
    """The customer's question about the order 1001, looked up by its number."""
    return replace(LIVE_CASE, order_lookup=OrderLookup("order_name", "found", order))


def words_of(case: Case) -> list[str]:
    """The note's lines below its head."""
    note = decided(case).note
    assert note is not None
    return note_lines(note)


def test_a_note_says_why_what_was_asked_and_what_is_known() -> None:
    """The state and the days of the sender's own order, and what nobody knows of it."""
    assert words_of(with_order(ORDER)) == [
        "No automatic reply:",
        "- The order is refunded, in part or whole, or its payment is voided.",
        "Asked: order status tracking.",
        "The order: shipping fulfilled, delivery delivered, payment partially refunded, ordered 2026-11-19, "
        "shipped 2026-11-21, delivered 2026-11-23.",
        "Not known: a tracking number, the shipping method.",
    ]


def test_what_is_known_is_not_called_missing() -> None:
    """A tracking number and a method that are there, and a day of arrival that is estimated."""
    known = replace(
        ORDER,
        financial_status="REFUNDED",
        delivery_status="IN_TRANSIT",
        delivered_at_epoch_ms=None,
        estimated_delivery_at_epoch_ms=TUESDAY_3_PM + DAY,
        shipping_method="Standard",
        tracking=(TrackingFacts("UPS", "1Z999AA10123456784", None),),
    )
    lines = words_of(with_order(known))
    assert lines[1] == "- The order is refunded, in part or whole, or its payment is voided."
    assert "expected 2026-11-25" in lines[3]
    assert not any(line.startswith("Not known") for line in lines)


def test_of_somebody_elses_order_a_note_says_nothing() -> None:
    """Whoever reads it may repeat it to the sender."""
    asked = replace(with_order(replace(ORDER, contact_digests=("somebody",))), flags=LIVE_CASE.flags)
    disabled = frozenset({"ask_order_number", "order_number_unmatched"})
    lines = words_of(replace(asked, flags=replace(asked.flags, disabled_templates=disabled)))
    assert not any(line.startswith("The order:") for line in lines)
    assert "Not known: a proof that the order is the sender's." in lines


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_no_note_holds_a_word_of_the_customers_or_an_orders_number(row: GoldenRow) -> None:
    """Whatever is decided: of the message only labels, of the order only states and days."""
    case = row.case
    secret = TicketMessage("new", case.new_messages[-1].author, "Zquixotic wants her parcel", 0)
    case = replace(case, text=f"{case.text} Zquixotic".strip(), new_messages=(*case.new_messages[:-1], secret))
    note = decided(case).note
    if note is None:
        return
    text = "\n".join(note_lines(note))
    assert "Zquixotic" not in text
    assert "1001" not in text
    assert "?" not in text
    assert note_from_json(json.loads(json.dumps(note_to_json(note)))) == note
    assert len(json.dumps(note_to_json(note))) < 450  # it shares an item of 1 KB with the event


def test_a_label_that_the_policy_does_not_have_is_not_repeated() -> None:
    """A model may answer with anything."""
    found = replace(LIVE_CASE.classification, intents=(Intent("Zquixotic", 0.9), Intent("order_status_tracking", 0.8)))
    note = decided(replace(LIVE_CASE, classification=found)).note
    assert note is not None
    assert note.asked == ("order_status_tracking",)


def test_the_recorded_plan_has_the_note_in_codes_and_its_words_come_out_the_same() -> None:
    """A retry writes the same note; a reply that is in doubt is told in words."""
    case = with_order(ORDER)
    plan = to_plan(case, decided(case), case.new_messages[-1], None, None, SALT)
    again = plan_from_json(json.loads(json.dumps(plan_to_json(plan))))
    assert again == plan
    text = note_text(again, {})
    assert text == note_text(plan, {})
    assert text.startswith(f"{note_head(plan)}\nNo automatic reply:\n- The order is refunded")
    unsure = note_text(plan, {"rp_reply": ActionResult(ActionStatus.UNKNOWN)})
    assert unsure.splitlines()[-1] == "Reply not confirmed: It is not known whether the action took effect."
    assert note_text(plan, {"rp_reply": ActionResult(ActionStatus.DONE)}) == text


def test_a_note_of_an_older_worker_is_not_written() -> None:
    """Its plan has words where codes are now: such an event in flight at the deployment gets none."""
    assert note_from_json("rp-mw: routed") is None
    assert note_from_json(None) is None
    assert note_from_json(True) is None


@pytest.mark.parametrize(
    ("by", "outcome", "missing"),
    [
        ("customer_email", "ambiguous", "which of several orders is meant"),
        ("customer_email", "not_found", "an order number"),
        ("order_name", "not_found", "an order number"),
        ("order_name", "ambiguous", "which of several orders is meant"),
    ],
)
def test_a_note_says_what_the_lookup_could_not_tell(by: str, outcome: str, missing: str) -> None:
    """Where a reply is not allowed the colleague learns what to ask for."""
    flags = replace(LIVE_CASE.flags, disabled_templates=frozenset(NOTED.templates.templates))
    assert f"Not known: {missing}." in words_of(replace(LIVE_CASE, flags=flags, order_lookup=OrderLookup(by, outcome)))
