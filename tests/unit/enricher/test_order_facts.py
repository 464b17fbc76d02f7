"""From an order node to the facts the worker may know."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_enricher.domain import statuses
from rp_mw_enricher.domain.answer import LookupFailed
from rp_mw_enricher.domain.order_facts import to_order_facts
from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from tests.events.shopify_answers import EMAIL, fulfillment, order

NOV_2_14_03_11 = 1_793_628_191_000
NOV_3_08_00 = 1_793_692_800_000
NOV_3_18_00 = 1_793_728_800_000
NOV_4_06_30 = 1_793_773_800_000
NOV_5_12_00 = 1_793_880_000_000
NOV_6 = 1_793_923_200_000

UPS = (TrackingFacts("UPS", "1Z9", "https://track.example/1Z9"),)


def facts(**changes: Any) -> OrderFacts:
    """The facts of an order, contacts shown as they are for the test's sake."""
    return to_order_facts(order(**changes), lambda contact: (f"digest of {contact}",))


def test_a_shipped_order_gives_these_facts_and_no_more() -> None:
    """Statuses, times, method, country, tracking, and digests of the contacts."""
    assert facts() == OrderFacts(
        order_id="5551001",
        name="#1001",
        created_at_epoch_ms=NOV_2_14_03_11,
        fulfillment_status="FULFILLED",
        contact_digests=("digest of +15550100123", f"digest of {EMAIL}"),
        financial_status="PAID",
        shipping_method="Standard",
        destination_country="US",
        shipped_at_epoch_ms=NOV_3_18_00,
        estimated_delivery_at_epoch_ms=NOV_6,
        delivery_status="IN_TRANSIT",
        tracking=UPS,
        parcels=(ParcelFacts("IN_TRANSIT", NOV_3_08_00, NOV_3_18_00, None, NOV_6, NOV_4_06_30, UPS),),
    )


def test_everything_that_may_be_empty_may_be_empty() -> None:
    """A guest's unpaid, unshipped order."""
    empty = ["displayFinancialStatus", "email", "phone", "customer", "shippingAddress", "shippingLine", "cancelledAt"]
    found = facts(**dict.fromkeys(empty), fulfillments=[], displayFulfillmentStatus="UNFULFILLED")
    assert found == OrderFacts("5551001", "#1001", NOV_2_14_03_11, "UNFULFILLED")


def test_parcels_may_lack_status_times_and_tracking() -> None:
    """A parcel that nothing is known of has not left: when it was made is when its label was."""
    bare = fulfillment(displayStatus=None, inTransitAt=None, estimatedDeliveryAt=None, trackingInfo=[])
    found = facts(fulfillments=[bare])
    assert (found.delivery_status, found.tracking, found.shipped_at_epoch_ms) == (None, (), None)


@pytest.mark.parametrize("status", [None, "CONFIRMED", "LABEL_PRINTED", "LABEL_PURCHASED"])
def test_one_parcel_that_has_only_a_label_leads_and_nothing_is_called_shipped(status: str | None) -> None:
    """Beside a parcel in transit, made before or after it."""
    label = fulfillment(displayStatus=status, inTransitAt=None)
    for made in ("2026-11-01T08:00:00Z", "2026-11-05T08:00:00Z"):
        found = facts(fulfillments=[fulfillment(), label | {"createdAt": made}])
        assert (found.delivery_status, found.shipped_at_epoch_ms) == (status, None)


def test_movement_is_when_the_first_parcel_was_in_transit() -> None:
    """Not when its label was made; a carrier's scan without a time is movement without a time."""
    scanned = fulfillment(inTransitAt=None, displayStatus="OUT_FOR_DELIVERY")
    assert facts(fulfillments=[fulfillment(displayStatus="CONFIRMED"), scanned]).shipped_at_epoch_ms == NOV_3_18_00
    assert facts(fulfillments=[scanned]).shipped_at_epoch_ms is None


def test_an_order_is_delivered_when_its_last_parcel_is() -> None:
    """The last arrival is the delivery."""
    first = fulfillment(displayStatus="DELIVERED", deliveredAt="2026-11-04T12:00:00Z")
    second = fulfillment(displayStatus="DELIVERED", deliveredAt="2026-11-05T12:00:00Z")
    found = facts(fulfillments=[second, first])
    assert (found.delivery_status, found.delivered_at_epoch_ms) == ("DELIVERED", NOV_5_12_00)


def test_one_parcel_on_its_way_keeps_the_order_undelivered() -> None:
    """Its status leads, and no delivery time is claimed."""
    arrived = fulfillment(displayStatus="DELIVERED", deliveredAt="2026-11-05T12:00:00Z", inTransitAt=None)
    delayed = fulfillment(displayStatus="DELAYED")
    for parcels in ([arrived, delayed], [delayed, arrived]):
        found = facts(fulfillments=parcels)
        assert (found.delivery_status, found.delivered_at_epoch_ms) == ("DELAYED", None)


@pytest.mark.parametrize("status", sorted(statuses.FULFILLMENT_VOID))
def test_a_void_parcel_counts_for_nothing(status: str) -> None:
    """Its tracking number leads nowhere."""
    void = fulfillment(status=status, trackingInfo=[{"company": None, "number": "VOID", "url": None}])
    assert facts(fulfillments=[void]).tracking == ()
    assert facts(fulfillments=[void]).shipped_at_epoch_ms is None


def test_the_same_tracking_number_is_told_once() -> None:
    """Two fulfillments can travel in one parcel; empty entries tell nothing."""
    empty = {"company": None, "number": None, "url": None}
    parcels = [fulfillment(), fulfillment(trackingInfo=[*fulfillment()["trackingInfo"], empty])]
    assert len(facts(fulfillments=parcels).tracking) == 1


def test_cancelled_and_test_orders_say_so() -> None:
    """The worker treats both differently."""
    found = facts(cancelledAt="2026-11-03T18:00:00Z", test=True)
    assert (found.cancelled_at_epoch_ms, found.is_test) == (NOV_3_18_00, True)


@pytest.mark.parametrize("status", sorted(statuses.ORDER_FULFILLMENT))
def test_every_documented_order_status_is_understood(status: str) -> None:
    """The schema's list."""
    assert facts(displayFulfillmentStatus=status).fulfillment_status == status


@pytest.mark.parametrize("status", sorted(statuses.DELIVERY))
def test_every_documented_delivery_status_is_understood(status: str) -> None:
    """The schema's list."""
    assert facts(fulfillments=[fulfillment(displayStatus=status)]).delivery_status == status


@pytest.mark.parametrize(
    "changes",
    [
        {"displayFulfillmentStatus": "TELEPORTED"},
        {"displayFinancialStatus": "BARTERED"},
        {"fulfillments": [fulfillment(displayStatus="BEAMED")]},
        {"fulfillments": [fulfillment(status="MAYBE")]},
    ],
)
def test_an_unknown_status_is_handed_to_a_person(changes: dict[str, Any]) -> None:
    """Never guessed at, never a crash."""
    with pytest.raises(LookupFailed) as failed:
        facts(**changes)
    assert failed.value.reason == "unknown_status"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"legacyResourceId": None},
        {"createdAt": None},
        {"createdAt": "yesterday"},
        {"createdAt": 5},
        {"displayFulfillmentStatus": None},
        {"fulfillments": "none"},
        {"fulfillments": ["one"]},
        {"fulfillments": [fulfillment(createdAt=None)]},
        {"fulfillments": [fulfillment(trackingInfo=["1Z9"])]},
        {"customer": "Ana"},
        {"email": 1},
        {"shippingLine": []},
    ],
)
def test_an_order_of_another_shape_is_handed_to_a_person(changes: dict[str, Any]) -> None:
    """A field that is never empty is, or has another type."""
    with pytest.raises(LookupFailed) as failed:
        facts(**changes)
    assert failed.value.reason == "malformed_order"


def test_a_numeric_legacy_id_is_taken_as_text() -> None:
    """The schema calls it a number in a string; both are understood."""
    assert facts(legacyResourceId=5551001).order_id == "5551001"


@pytest.mark.parametrize("status", ["CONFIRMED", "LABEL_PRINTED", "DELAYED", "READY_FOR_PICKUP", "FAILURE"])
def test_an_event_without_the_carriers_hand_on_the_parcel_is_no_scan(status: str) -> None:
    """Source: Shopify Admin schema 2026-10, FulfillmentEventStatus."""
    events = {"nodes": [{"status": status, "happenedAt": "2026-11-04T06:30:00Z"}]}
    (parcel,) = facts(fulfillments=[fulfillment(events=events)]).parcels
    assert parcel.last_scan_at_epoch_ms is None


def test_an_event_of_a_kind_nobody_knows_fails_the_lookup() -> None:
    """A new status is handed to a person instead of being guessed at."""
    events = {"nodes": [{"status": "TELEPORTED", "happenedAt": "2026-11-04T06:30:00Z"}]}
    with pytest.raises(LookupFailed):
        facts(fulfillments=[fulfillment(events=events)])


@pytest.mark.parametrize(
    ("tags", "waits_as"),
    [
        (["Pre-Order", "vip"], "pre_order"),
        (["back order"], "back_order"),
        (["MADE_TO_ORDER"], "made_to_order"),
        (["Anna Example"], None),
        ([], None),
    ],
)
def test_a_tag_says_what_an_order_waits_for_and_no_other_tag_leaves_the_enricher(
    tags: list[str], waits_as: str | None
) -> None:
    """The shop's tags may name a person: of them only our own three words go on."""
    found = facts(tags=tags)
    assert found.waits_as == waits_as
    assert "Anna" not in repr(found)


def test_digital_goods_need_no_shipping() -> None:
    """Shopify says so of the whole order."""
    assert not facts(requiresShipping=False).requires_shipping
    assert facts().requires_shipping
