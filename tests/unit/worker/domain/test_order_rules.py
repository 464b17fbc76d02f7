"""The match, carriers' links and the flow of asking for a number: small rules the tables do not spell out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain import order_match
from rp_mw_worker.domain.carriers import is_known_carrier_url
from rp_mw_worker.domain.delivery_window import (
    add_working_days,
    delivery_window,
    find_calendar,
    find_delivery_calendar,
    find_method,
    is_business_hour,
    local_date,
)
from rp_mw_worker.domain.entities import normalised_number, order_numbers
from rp_mw_worker.domain.interpretation import find_answered_flow
from rp_mw_worker.domain.model import ConversationState, Entity, Intent, OrderLookup, OrderQuestion, PendingFlow, Ticket
from rp_mw_worker.domain.order_answer import answer_about
from rp_mw_worker.domain.order_match import Match
from rp_mw_worker.domain.policy import Policy, ShippingMethod
from tests.fakes.policy import load_policy

POLICY = load_policy()
HOUR, DAY = 3_600_000, 86_400_000
TUESDAY_3_PM = 1_795_550_400_000  # 2026-11-24 15:00 in New York


def match_order(ticket: Ticket, numbers: tuple[str, ...], lookup: OrderLookup | None) -> Match:
    """The match as the ticket's channel proves its customer."""
    return order_match.match_order(ticket, numbers, lookup, load_policy().proof_on(ticket.channel))


TICKET = Ticket("conversation", "email", True, (), sender_contact_digests=frozenset({"ana"}))
ORDER = OrderFacts("5001", "#1001", TUESDAY_3_PM - DAY, "FULFILLED", ("ana",), "PAID", shipping_method="Standard")
IN_TRANSIT = replace(ORDER, delivery_status="IN_TRANSIT")
HOSTS = POLICY.carriers.hosts
PARCELS = (TrackingFacts("UPS", "1Z999AA10123456784", None), TrackingFacts("DHL", "LX123456785DE", None))
# What Shopify shows of a parcel that nobody has seen move.
NO_MOVEMENT = ("CONFIRMED", "FULFILLED", "LABEL_PRINTED", "LABEL_PURCHASED", "MARKED_AS_FULFILLED", "SUBMITTED")


def found(order: OrderFacts) -> OrderLookup:
    """A lookup that found the order."""
    return OrderLookup("order_name", "found", order)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("#1001", "1001", True),
        ("# 1001", "1001", True),
        ("a-77", "A-77", True),
        ("1001", "01001", False),
        ("1001", "10011", False),
        ("1001-A", "1001", False),
        ("１００１", "1001", False),
    ],
)
def test_order_numbers_are_compared_whole(one: str, other: str, same: bool) -> None:
    """`#`, blanks and case do not matter; leading zeros, suffixes and look-alike digits do."""
    assert (normalised_number(one) == normalised_number(other)) is same


def test_the_same_number_said_twice_is_one_number() -> None:
    """Different spellings of one number are not several orders."""
    entities = [Entity("order_number", value, 0, 1) for value in ("#1001", "1001", "# 1001")]
    assert order_numbers([*entities, Entity("tracking_number", "1Z9", 0, 1)]) == ("1001",)


@pytest.mark.parametrize(
    ("number", "matched"), [("1001", True), ("EN1001", True), ("1001-US", True), ("EN1001-US", True), ("US1001", False)]
)
def test_a_number_is_compared_with_and_without_the_shops_prefix_and_suffix(number: str, matched: bool) -> None:
    """The enricher knows the shop's format and says every spelling; any other number is another order."""
    order = replace(ORDER, name="EN1001-US", spellings=("1001", "1001-US", "EN1001"))
    assert match_order(TICKET, (number,), found(order)).matched is matched


@pytest.mark.parametrize("status", ["IN_TRANSIT", "DELIVERED", "DELAYED", None])
def test_of_an_order_with_parcels_that_were_not_told_nothing_is_said(status: str | None) -> None:
    """No number of parcels, and not that all have arrived."""
    order = replace(ORDER, tracking=PARCELS, delivery_status=status, has_more_parcels=True)
    answer = answer_about(order, TUESDAY_3_PM, POLICY)
    assert (answer.template_id, answer.reason) == (None, Reason.ORDER_INCOMPLETE)


def test_a_contact_alone_is_no_match() -> None:
    """Without a number given, an order of the sender's e-mail is still not disclosed."""
    assert not match_order(TICKET, (), found(ORDER)).matched


def test_a_sender_without_a_contact_never_matches_by_number() -> None:
    """Two empty contact sets do not equal each other."""
    ticket = replace(TICKET, sender_contact_digests=frozenset())
    assert not match_order(ticket, ("1001",), found(replace(ORDER, contact_digests=()))).matched


def test_the_customers_number_comes_before_the_link() -> None:
    """Whoever names another order than the linked one means that one."""
    ticket = replace(TICKET, linked_order_ids=("5002",))
    assert match_order(ticket, ("1001",), None).question == OrderQuestion("order_name", "1001")
    assert match_order(ticket, ("1001",), found(replace(ORDER, contact_digests=("bob",)))).reason is (
        Reason.CONTACT_MISMATCH
    )


def test_the_link_is_not_enough_for_another_number() -> None:
    """The linked order is not disclosed to who asks about a number that is not its own."""
    ticket = replace(TICKET, linked_order_ids=("5001",))
    assert match_order(ticket, ("1002",), found(ORDER)).reason is Reason.NUMBER_MISMATCH


@pytest.mark.parametrize("channel", ["email", "livechat", "sms", "social", "unknown"])
@pytest.mark.parametrize("numbers", [(), ("1001",)], ids=["no number", "its number"])
def test_the_link_alone_discloses_nothing(channel: str, numbers: tuple[str, ...]) -> None:
    """On every channel the order's contact has to be the ticket's, also where the helpdesk links the order.

    On a chat and for a number that wrote the link does not even choose the order, and elsewhere nobody is proved.
    """
    ticket = replace(TICKET, channel=channel, linked_order_ids=("5001",))
    may_match = channel == "email" or (channel in {"livechat", "sms"} and bool(numbers))
    assert match_order(ticket, numbers, found(ORDER)).matched is may_match
    if not may_match:
        return
    for strangers in (frozenset(), frozenset({"bob"})):
        match = match_order(replace(ticket, sender_contact_digests=strangers), numbers, found(ORDER))
        assert (match.matched, match.order, match.reason) == (False, None, Reason.CONTACT_MISMATCH)
    assert not match_order(ticket, numbers, found(replace(ORDER, contact_digests=()))).matched


def test_one_order_linked_in_two_spellings_is_one_order() -> None:
    """Richpanel's number and Shopify's global id name the same order."""
    ticket = replace(TICKET, linked_order_ids=("5001", "gid://shopify/Order/5001"))
    assert match_order(ticket, (), None).question == OrderQuestion("order_id", "5001")


@pytest.mark.parametrize("url", ["https://ups.com/t", "https://www.ups.com/track?a=1&b=2", "https://a.b.dhl.de/x#y"])
def test_links_of_known_carriers_are_kept(url: str) -> None:
    """The carrier's host and its subdomains."""
    assert is_known_carrier_url(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://ups.com/t",
        "https://ups.com.evil.example/t",
        "https://evilups.com/t",
        "https://ups.com@evil.example/t",
        "https://user:pass@ups.com/t",
        "https://ups.com:8443/t",
        "https://evil.example/?ups.com",
        "https://ups.com\\@evil.example/",
        "https://ups.com/t est",
        "https://ups.com/\nSet",
        "javascript:alert(1)",
        "//ups.com/t",
        "https:ups.com",
        "https://[::1/t",
        "https://uрs.com/t",
        "HTTPS://ups.com/" + "x" * 300,
        "",
    ],
)
def test_other_links_are_left_out(url: str) -> None:
    """Anything but plain https to a known carrier."""
    assert not is_known_carrier_url(url, HOSTS)


def test_a_strange_link_and_company_do_not_stop_the_answer() -> None:
    """The tracking number is said, the rest is left out."""
    parcel = TrackingFacts("<script>", "1Z999AA10123456784", "https://evil.example/x")
    answer = answer_about(replace(IN_TRANSIT, tracking=(parcel,)), TUESDAY_3_PM, POLICY)
    values = {"order_number": "#1001", "tracking_number": "1Z999AA10123456784"}
    assert answer.variables == values | {"expected_by": "Tuesday 8 December"}


def test_a_shipping_date_that_cannot_be_is_not_said() -> None:
    """Shipped before it was ordered, or in the future."""
    parcel = TrackingFacts("UPS", "1Z999AA10123456784", None)
    for shipped in (ORDER.created_at_epoch_ms - DAY, TUESDAY_3_PM + DAY):
        order = replace(IN_TRANSIT, tracking=(parcel,), shipped_at_epoch_ms=shipped)
        assert "shipped_on" not in answer_about(order, TUESDAY_3_PM, POLICY).variables
        answer = answer_about(replace(order, delivery_status=None), TUESDAY_3_PM, POLICY)
        assert (answer.template_id, answer.reason) == ("order_preparing_verified", Reason.ORDER_LABEL_ONLY)


@pytest.mark.parametrize("status", [None, *NO_MOVEMENT])
@pytest.mark.parametrize("parcels", [PARCELS[:1], PARCELS], ids=["one parcel", "two parcels"])
def test_a_label_is_not_on_its_way(status: str | None, parcels: tuple[TrackingFacts, ...]) -> None:
    """Without movement it is being prepared, and nothing is said of a tracking number; with a time in transit it is."""
    order = replace(ORDER, tracking=parcels, delivery_status=status)
    answer = answer_about(order, TUESDAY_3_PM, POLICY)
    assert (answer.template_id, answer.reason) == ("order_preparing_verified", Reason.ORDER_LABEL_ONLY)
    assert set(answer.variables) == {"order_number", "expected_by"}
    moved = answer_about(replace(order, shipped_at_epoch_ms=TUESDAY_3_PM - HOUR), TUESDAY_3_PM, POLICY)
    assert moved.template_id == "order_status_verified"


@pytest.mark.parametrize(
    ("status", "template_id"),
    [
        ("CARRIER_PICKED_UP", "order_status_verified"),
        ("IN_TRANSIT", "order_status_verified"),
        ("OUT_FOR_DELIVERY", "order_out_for_delivery_verified"),
    ],
)
def test_a_carriers_scan_is_movement(status: str, template_id: str) -> None:
    """Also without a time, which is then not told."""
    answer = answer_about(replace(ORDER, tracking=PARCELS[:1], delivery_status=status), TUESDAY_3_PM, POLICY)
    assert (answer.template_id, "shipped_on" in answer.variables) == (template_id, False)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "#10 01"},
        {"name": "${x}"},
        {"created_at_epoch_ms": 0},
        {"tracking": (TrackingFacts("UPS", "<b>", None),)},
        {"tracking": tuple(TrackingFacts("UPS", f"1Z999AA1012345678{n}", None) for n in range(6))},
        {"fulfillment_status": "UNFULFILLED", "tracking": (TrackingFacts("UPS", "1Z999AA10123456784", None),)},
        {"financial_status": "NEW"},
        {"delivery_status": "NEW"},
    ],
    ids=str,
)
def test_facts_that_are_odd_go_to_a_person(change: dict[str, object]) -> None:
    """What cannot be printed, is new, or contradicts itself is not said."""
    answer = answer_about(replace(ORDER, **change), TUESDAY_3_PM, POLICY)  # type: ignore[arg-type]
    assert (answer.template_id, answer.reason) == (None, Reason.ORDER_INCOMPLETE)


def test_the_same_parcel_listed_twice_is_one_parcel() -> None:
    """Two fulfilments with one tracking number."""
    parcel = TrackingFacts("UPS", "1Z999AA10123456784", None)
    answer = answer_about(replace(IN_TRANSIT, tracking=(parcel, parcel)), TUESDAY_3_PM, POLICY)
    assert answer.template_id == "order_status_verified"


def with_method(method: ShippingMethod) -> Policy:
    """The policy with a pre-order method in front."""
    methods = {"preorder": method, **POLICY.shipping.methods}
    return replace(POLICY, shipping=replace(POLICY.shipping, methods=methods))


def test_a_pre_order_starts_on_its_own_day() -> None:
    """From Thu 10 December: out by Mon 14, there between Tue 15 and Wed 23."""
    policy = with_method(ShippingMethod(("pre-?order",), (3, 7), ships_from="2026-12-10"))
    window = delivery_window(replace(ORDER, shipping_method="Pre-order, standard"), policy)
    assert window is not None
    assert (window.earliest.isoformat(), window.latest.isoformat()) == ("2026-12-15", "2026-12-23")


def test_a_pre_order_date_that_has_passed_changes_nothing() -> None:
    """After its day a pre-order is an order."""
    policy = with_method(ShippingMethod(("pre-?order",), (3, 7), ships_from="2026-01-10"))
    assert delivery_window(replace(ORDER, shipping_method="Pre-order"), policy) == delivery_window(ORDER, POLICY)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Free shipping", "standard"),
        ("UPS® Ground", "standard"),
        ("FedEx 2Day", "two_day"),
        ("DHL Express", "express"),
        ("Next-day air", "overnight"),
        ("DHL Express Worldwide", "international_express"),
        ("Drone", None),
    ],
)
def test_titles_are_recognised_as_methods(title: str, name: str | None) -> None:
    """Shops write their methods' names as they like."""
    assert find_method(replace(ORDER, shipping_method=title), POLICY) is (
        POLICY.shipping.methods[name] if name else None
    )


@pytest.mark.parametrize(
    ("offset_hours", "open_then"),
    [(0, True), (-6, True), (-7, False), (2, True), (3, False), (48, False), (96, False), (6 * 24, True)],
    ids=["15:00", "09:00", "08:00", "17:00", "18:00", "Thanksgiving", "Saturday", "next Monday"],
)
def test_business_hours_know_days_off(offset_hours: int, open_then: bool) -> None:
    """Opening hour included, closing hour not, holidays and weekends off."""
    assert is_business_hour(TUESDAY_3_PM + offset_hours * HOUR, POLICY.settings.shop) is open_then


def test_a_bare_number_answers_our_question() -> None:
    """`it is #1001, thanks` continues what was asked; more words, no number or a closed question do not."""
    intents = (Intent("order_status_tracking", 0.8),)
    pending = PendingFlow("awaiting_order_number", "old", intents, TUESDAY_3_PM + HOUR)
    state = ConversationState("conversation", 1, pending=pending)

    def answered(text: str, now: int = TUESDAY_3_PM) -> bool:
        start = text.find("1001")
        entities = [Entity("order_number", "1001", start, start + 4)] if start >= 0 else []
        return find_answered_flow(text, entities, state, now, POLICY) == intents

    assert answered("1001") and answered("it is #1001, thanks") and answered("It’s 1001")
    assert not answered("1001 arrived broken")
    assert not answered("thanks")
    assert not answered("1001", TUESDAY_3_PM + 2 * HOUR)


@pytest.mark.parametrize(
    ("country", "day"),
    [("DE", date(2026, 6, 4)), ("CH", date(2026, 3, 19)), ("GB", date(2026, 1, 2)), ("ES", date(2026, 4, 23))],
)
def test_a_holiday_in_a_part_of_a_country_is_no_delivery_day(country: str, day: date) -> None:
    """The part is not known: the window may end late, never early. Fronleichnam is a holiday in six German states."""
    national, everywhere = find_calendar(country, ()), find_delivery_calendar(country, ())
    assert national is not None and everywhere is not None
    assert national(day)
    assert not everywhere(day)


def test_the_delivery_window_of_a_country_with_parts_is_late_never_early() -> None:
    """Over a year of orders no window to Germany ends before the latest part's own working days say."""
    import holidays

    bavaria = holidays.country_holidays("DE", subdiv="BY")
    for day in range(365):
        shipped = replace(ORDER, shipped_at_epoch_ms=TUESDAY_3_PM + day * DAY, destination_country="DE")
        window = delivery_window(shipped, POLICY)
        assert window is not None
        method = find_method(shipped, POLICY)
        assert method is not None
        start = local_date(TUESDAY_3_PM + day * DAY, POLICY.settings.shop)
        assert window.latest >= add_working_days(start, method.transit_days[1], bavaria.is_working_day)
