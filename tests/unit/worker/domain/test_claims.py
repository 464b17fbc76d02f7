"""The claims ledger, the facts under it, and the numbers and links of carriers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.claims import Said, prove
from rp_mw_worker.domain.delivery_window import count_working_days, find_calendar, find_method
from rp_mw_worker.domain.evidence import FACT_NAMES, LATE_FACTS, Evidence, Fact, collect
from rp_mw_worker.domain.order_answer import answer_about
from rp_mw_worker.domain.policy import ShippingMethod
from tests.fakes.policy import load_policy

POLICY = load_policy()
HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_795_550_400_000  # Tuesday 2026-11-24 15:00 in New York
UPS = (TrackingFacts("UPS", "1Z999AA10123456784", None),)
PARCEL = ParcelFacts("IN_TRANSIT", NOW - 2 * DAY, NOW - DAY, None, NOW + 2 * DAY, NOW - 2 * HOUR, UPS)
ORDER = OrderFacts(
    *("5001", "#1001", NOW - 3 * DAY, "FULFILLED", ("ana",), "PAID"),
    shipping_method="Standard",
    destination_country="US",
    parcels=(PARCEL,),
)


def proofs(order: OrderFacts, variables: dict[str, str], *said: Said) -> dict[str, str | None]:
    """The fact under each claim of the status reply."""
    evidence = collect(order, NOW, POLICY)
    found = prove("order_status_verified", variables, said, evidence, POLICY, NOW, "en")
    return {proof.claim: proof.fact for proof in found}


def test_each_claim_has_its_fact_class_and_age() -> None:
    """What `explain` shows of an answer: claim, fact, value class, age in hours."""
    answer = answer_about(ORDER, NOW, POLICY)
    assert answer.template_id == "order_status_verified"
    found = prove(answer.template_id, answer.variables, answer.said, answer.evidence, POLICY, NOW, "en")
    assert [str(proof) for proof in found] == [
        "in_transit:carrier_scan:IN_TRANSIT:2",
        "left_us:in_transit_since::24",
        "scanned:last_scan::2",
        "arrives_by:carrier_estimate",
    ]


def test_a_day_that_is_not_the_facts_proves_nothing() -> None:
    """A claim with a day stands on the fact of that day only."""
    assert proofs(ORDER, {"expected_by": "Thursday 26 November"})["arrives_by"] == "carrier_estimate"
    assert proofs(ORDER, {"expected_by": "Friday 27 November"})["arrives_by"] is None


def test_a_claim_of_the_whole_has_to_hold_for_every_parcel() -> None:
    """One parcel with a label alone, and the order is not on its way."""
    label = replace(PARCEL, delivery_status="LABEL_PRINTED", in_transit_at_epoch_ms=None, last_scan_at_epoch_ms=None)
    assert proofs(replace(ORDER, parcels=(PARCEL, label)), {})["in_transit"] is None


def test_a_claim_of_one_parcel_stands_on_that_parcel_only() -> None:
    """The other one's scan proves nothing for it."""
    label = replace(PARCEL, delivery_status="LABEL_PRINTED", in_transit_at_epoch_ms=None, last_scan_at_epoch_ms=None)
    evidence = collect(replace(ORDER, parcels=(PARCEL, label)), NOW, POLICY)
    said = (Said("parcel_1", "parcel_in_transit", 0), Said("parcel_2", "parcel_in_transit", 1))
    found = prove("order_status_parcels_verified", {}, said, evidence, POLICY, NOW, "en")
    assert [proof.fact for proof in found] == ["carrier_scan", None]


@pytest.mark.parametrize("late", sorted(LATE_FACTS))
@pytest.mark.parametrize("claim", ["in_transit", "out_for_delivery", "arrives_by", "being_prepared"])
def test_nothing_late_is_good_news(claim: str, late: str) -> None:
    """Each fact that makes it late refutes each piece of good news, in the data as shipped."""
    rule = POLICY.claims.claims[claim]
    facts = (Fact(late), *(Fact(name) for name in rule.proved_by))
    said = (Said("x", "all", None),)
    policy = replace(POLICY, claims=replace(POLICY.claims, statements={"all": (claim,)}))
    assert [proof.fact for proof in prove("none", {}, said, Evidence(facts), policy, NOW, "en")] == [None]
    assert prove("none", {}, said, Evidence(facts[1:]), policy, NOW, "en")[0].fact is not None


def test_every_fact_the_ledger_names_can_be_found_in_some_order() -> None:
    """No claim waits for a fact that nothing gives."""
    days = {"estimated_delivery_at_epoch_ms": NOW - DAY}
    parcels = [
        *(PARCEL, replace(PARCEL, **days), replace(PARCEL, in_transit_at_epoch_ms=None, last_scan_at_epoch_ms=None)),
        *(replace(PARCEL, delivery_status=status) for status in ("OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "DELAYED")),
        *(replace(PARCEL, delivery_status=status) for status in ("READY_FOR_PICKUP", "PICKED_UP")),
        replace(PARCEL, delivery_status="DELIVERED", delivered_at_epoch_ms=NOW - HOUR),
        ParcelFacts("LABEL_PRINTED", NOW - 2 * DAY),
    ]
    unsent = replace(ORDER, parcels=(), fulfillment_status="UNFULFILLED")
    orders = [
        *(replace(ORDER, parcels=(parcel,)) for parcel in parcels),
        *(replace(unsent, fulfillment_status=status) for status in ("UNFULFILLED", "SCHEDULED", "PARTIALLY_FULFILLED")),
        *(replace(unsent, waits_as=kind) for kind in ("pre_order", "back_order", "made_to_order")),
        *(replace(unsent, shipping_method=title) for title in ("Store pickup", "Local delivery", "Pre-order")),
        replace(unsent, cancelled_at_epoch_ms=NOW, financial_status="REFUNDED", requires_shipping=False),
        replace(unsent, created_at_epoch_ms=NOW - 30 * DAY),
        replace(ORDER, created_at_epoch_ms=NOW - 30 * DAY, parcels=(ParcelFacts("IN_TRANSIT", NOW - 20 * DAY),)),
    ]
    methods = {"pre": ShippingMethod(("pre-order",), (3, 7), ships_from="2026-12-10"), **POLICY.shipping.methods}
    policy = replace(POLICY, shipping=replace(POLICY.shipping, methods=methods))
    found = {
        fact.name
        for order in orders
        for evidence in (collect(order, NOW, policy, is_called_late=True),)
        for fact in (*evidence.order, *(fact for facts in evidence.by_parcel for fact in facts))
    }
    assert found == FACT_NAMES


@pytest.mark.parametrize(
    ("number", "company", "is_one"),
    [
        ("1Z999AA10123456784", "UPS", True),
        ("1Z 999 AA1 0123456784", "ups", True),
        ("9400111899223197428490", "UPS", True),  # typed under the wrong carrier, and another one's form
        ("12345", "UPS", False),
        ("pending", "UPS", False),
        ("TBD", None, False),
        ("pending 2026", None, False),
        ("TBD-0001", None, False),
        ("Folgt 12 2026", "Some Carrier", False),
        ("0000000000", "UPS", False),
        ("000-000", None, False),
        ("0000000001", "UPS", True),
        ("TBA123456789012", None, True),
        ("99 00 123456 12345678", "Swiss Post", True),
        ("n/a", "DHL", False),
        ("to follow", None, False),
        ("TRK-555000", "Bike Couriers", True),
        ("AB12", None, False),
        ("<b>1234</b>", None, False),
    ],
)
def test_what_is_a_tracking_number(number: str, company: str | None, is_one: bool) -> None:
    """A known carrier's number has a known form; a word for a number that is to come is none."""
    assert POLICY.carriers.is_number(number, company) is is_one


def test_a_number_that_is_to_come_is_no_tracking() -> None:
    """The shop typed TBD: no number is told, and nothing is on its way."""
    parcel = ParcelFacts("MARKED_AS_FULFILLED", NOW - DAY, tracking=(TrackingFacts("UPS", "TBD", None),))
    answer = answer_about(replace(ORDER, parcels=(parcel,)), NOW, POLICY)
    assert answer.template_id == "order_eta_no_tracking"
    assert "TBD" not in str(answer.variables)


@pytest.mark.parametrize(("country", "name"), [("US", "standard"), ("DE", None), (None, None)])
def test_a_methods_days_hold_for_its_countries(country: str | None, name: str | None) -> None:
    """Elsewhere the method is unknown, and so are its days."""
    methods = {"standard": replace(POLICY.shipping.methods["standard"], countries=("US",))}
    policy = replace(POLICY, shipping=replace(POLICY.shipping, methods=methods))
    found = find_method(replace(ORDER, destination_country=country), policy)
    assert found is (methods[name] if name else None)


@pytest.mark.parametrize(("age_days", "reason"), [(1, Reason.METHOD_UNKNOWN), (6, Reason.DELAYED_ORDER)])
def test_an_unknown_method_claims_nothing_in_its_first_days(age_days: int, reason: Reason) -> None:
    """Then a person follows up, and still no day is named."""
    unsent = replace(ORDER, parcels=(), fulfillment_status="UNFULFILLED", shipping_method="Carrier pigeon")
    answer = answer_about(replace(unsent, created_at_epoch_ms=NOW - age_days * DAY), NOW, POLICY)
    assert answer.reason is reason
    assert set(answer.variables) <= {"order_number"}


def test_business_days_are_counted_without_weekends_and_holidays() -> None:
    """From the Tuesday before Thanksgiving: Wed, Fri, Mon; no further than asked."""
    calendar = find_calendar("US", ())
    assert calendar is not None
    assert count_working_days(date(2026, 11, 24), date(2026, 11, 30), calendar, 10) == 3
    assert count_working_days(date(2026, 11, 24), date(2026, 12, 30), calendar, 2) == 2
    assert count_working_days(date(2026, 11, 24), date(2026, 11, 24), calendar, 5) == 0
