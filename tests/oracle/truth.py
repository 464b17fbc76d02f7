"""When a sentence of a reply is false, in words and as a rule over what Shopify shows. Nothing of the product is used.

The rules read the API's answer alone. The shop's own numbers (days of each method, how many days without a scan are too
many) are those the shop promises in `shipping_methods.yaml` and `settings.yaml`, written down here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.oracle.shop import NOW, TBD, Node

NEW_YORK = ZoneInfo("America/New_York")
# No deliveries from May to October 2026. Source: USPS holiday schedule; the German states' holidays.
DAYS_OFF = {
    "US": {date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7), date(2026, 10, 12)},
    "DE": {
        *(date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25), date(2026, 6, 4), date(2026, 8, 8)),
        *(date(2026, 8, 15), date(2026, 9, 20), date(2026, 10, 3), date(2026, 10, 31)),
    },
}
UNSENT = {"UNFULFILLED", "OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT"}
HELD = {"ON_HOLD", "REQUEST_DECLINED", "RESTOCKED"}
PAID = {None, "PAID", "AUTHORIZED"}
PROBLEMS = {"CANCELED", "FAILURE", "LABEL_VOIDED", "NOT_DELIVERED"}
LABELS = {None, "CONFIRMED", "FULFILLED", "LABEL_PRINTED", "LABEL_PURCHASED", "MARKED_AS_FULFILLED", "SUBMITTED"}
MOVING = {"IN_TRANSIT", "CARRIER_PICKED_UP"}
ARRIVED = {"DELIVERED", "PICKED_UP"}
SCANS = {"IN_TRANSIT", "OUT_FOR_DELIVERY", "ATTEMPTED_DELIVERY", "DELIVERED", "CARRIER_PICKED_UP"}
# Transit days at most, and the countries they hold for.
TRANSIT = {"Standard": (7, {"US"}), "International": (20, None), "Local delivery": (2, None)}
HANDLING_DAYS, CUT_OFF_HOUR = 2, 14
STUCK_DAYS = {"International": 10}
USUAL_STUCK_DAYS, FIRST_DAYS, OLD_DAYS = 5, 5, 90


def at(text: str | None) -> datetime | None:
    """The API's time."""
    return None if text is None else datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def day(moment: datetime) -> date:
    """Its day at the shop."""
    return moment.astimezone(NEW_YORK).date()


def is_working(one: date, country: str) -> bool:
    """Whether parcels move on that day."""
    return one.weekday() < 5 and one not in DAYS_OFF[country]


def plus(start: date, count: int, country: str) -> date:
    """The working day so many after `start`."""
    while count:
        start += timedelta(days=1)
        count -= is_working(start, country)
    return start


@dataclass(frozen=True)
class Parcel:
    """One fulfillment of an order, and what can be known of it."""

    node: Node
    order: Order

    @cached_property
    def display(self) -> str | None:
        """The API's display status."""
        status: str | None = self.node["displayStatus"]
        return status

    @cached_property
    def transit(self) -> datetime | None:
        """When it was first in transit."""
        return at(self.node["inTransitAt"])

    @cached_property
    def scan(self) -> datetime | None:
        """The newest scan with a time: of an event of the carrier's, or the start of its transit."""
        events = [at(one["happenedAt"]) for one in self.node["events"]["nodes"] if one["status"] in SCANS]
        return max((one for one in (*events, self.transit) if one is not None), default=None)

    @cached_property
    def has_arrived(self) -> bool:
        """Delivered or collected."""
        is_told = self.node["deliveredAt"] is not None and self.display not in PROBLEMS
        return self.display in ARRIVED or is_told

    @cached_property
    def is_unseen(self) -> bool:
        """A label at most: nobody has been seen with it."""
        return self.display in LABELS and self.scan is None and not self.has_arrived

    @cached_property
    def is_moving(self) -> bool:
        """The carrier has it, and no later state is known."""
        return not self.has_arrived and (self.display in MOVING or (self.display in LABELS and self.scan is not None))

    @cached_property
    def has_number(self) -> bool:
        """A tracking number, which TBD is not."""
        return any(entry["number"] != TBD for entry in self.node["trackingInfo"])

    @cached_property
    def estimate(self) -> date | None:
        """The carrier's day, unless it lies before the order."""
        moment = at(self.node["estimatedDeliveryAt"])
        return None if moment is None or day(moment) < day(self.order.created) else day(moment)

    @cached_property
    def due(self) -> date | None:
        """The day it should be there: the carrier's, else the shop's own."""
        return self.estimate or self.order.window(self.transit)

    @cached_property
    def is_stuck(self) -> bool:
        """No movement for too many business days; what is out for delivery is so on that day only."""
        most = STUCK_DAYS.get(self.order.method or "", USUAL_STUCK_DAYS)
        if self.display == "OUT_FOR_DELIVERY" and any(e["status"] in SCANS for e in self.node["events"]["nodes"]):
            most = 1
        since = self.scan or at(self.node["createdAt"])
        assert since is not None
        return plus(day(since), most, self.order.calendar) <= day(NOW)

    @cached_property
    def is_late(self) -> bool:
        """Nothing good can be said of it."""
        if self.has_arrived or self.display in {"READY_FOR_PICKUP", "ATTEMPTED_DELIVERY"}:
            return False
        passed = self.due is not None and self.due < day(NOW)
        return self.display == "DELAYED" or self.is_stuck or passed


@dataclass(frozen=True)
class Order:
    """One order of the API, and whether its customer calls it late, stuck or lost."""

    node: Node
    is_called_late: bool = False

    @cached_property
    def created(self) -> datetime:
        """When it was placed."""
        moment = at(self.node["createdAt"])
        assert moment is not None
        return moment

    @cached_property
    def status(self) -> str:
        """The API's fulfilment status."""
        return str(self.node["displayFulfillmentStatus"])

    @cached_property
    def method(self) -> str | None:
        """The title of its shipping method."""
        line = self.node["shippingLine"]
        return line["title"] if line else None

    @cached_property
    def country(self) -> str | None:
        """Where it goes."""
        address = self.node["shippingAddress"]
        return address["countryCodeV2"] if address else None

    @cached_property
    def calendar(self) -> str:
        """Whose days off count."""
        return self.country or "US"

    @cached_property
    def parcels(self) -> list[Parcel]:
        """Its fulfillments."""
        return [Parcel(node, self) for node in self.node["fulfillments"]]

    @cached_property
    def tags(self) -> list[str]:
        """The shop's tags."""
        return list(self.node["tags"])

    @cached_property
    def is_waiting(self) -> bool:
        """It waits for goods."""
        return bool(self.tags) or self.status == "SCHEDULED"

    @cached_property
    def has_known_method(self) -> bool:
        """The shop has days for this method in this country, or none arrive."""
        return self.method == "Store pickup" or self.transit_days is not None

    @cached_property
    def transit_days(self) -> int | None:
        """The most days on the way."""
        most, countries = TRANSIT.get(self.method or "", (0, {""}))
        return most if most and (countries is None or self.country in countries) else None

    def window(self, transit: datetime | None) -> date | None:
        """The last day by the shop's own count: hand-over from the order on, or transit from its start."""
        if self.transit_days is None or self.is_waiting or not self.node["requiresShipping"]:
            return None
        if transit is not None:
            return plus(day(transit), self.transit_days, self.calendar)
        start = self.created.astimezone(NEW_YORK)
        first = start.date()
        if is_working(first, "US") and start.hour >= CUT_OFF_HOUR:
            first += timedelta(days=1)
        while not is_working(first, "US"):
            first += timedelta(days=1)
        return plus(plus(first, HANDLING_DAYS, "US"), self.transit_days, self.calendar)

    @cached_property
    def own_due(self) -> date | None:
        """The day for what has no parcel yet."""
        return None if self.status == "FULFILLED" else self.window(None)

    @cached_property
    def is_late(self) -> bool:
        """The customer says so, a parcel is, or what was not sent should have been there."""
        rest = self.own_due is not None and self.own_due < day(NOW)
        return self.is_called_late or rest or any(parcel.is_late for parcel in self.parcels)

    @cached_property
    def is_silent(self) -> bool:
        """A machine must say nothing of it: cancelled, unpaid, held, a test, failed on the way, or of months ago."""
        status, problems = self.status, any(parcel.display in PROBLEMS for parcel in self.parcels)
        nothing_left = status == "FULFILLMENT_NOT_REQUIRED" and self.node["requiresShipping"]
        return (
            (self.node["cancelledAt"] is not None or self.node["test"] or problems or nothing_left)
            or self.node["displayFinancialStatus"] not in PAID
            or status in HELD
            or NOW - self.created > timedelta(days=OLD_DAYS)
        )


Rule = Callable[[Order, list[Parcel], "re.Match[str]"], bool]


def said_day(match: re.Match[str]) -> date:
    """The day a sentence names, of this year."""
    return datetime.strptime(f"{match['day']} {NOW.year} +0000", "%A %d %B %Y %z").date()


def every(holds: Callable[[Parcel], bool]) -> Rule:
    """A rule that has to hold of each parcel that is meant, of which there has to be one."""
    return lambda order, parcels, match: bool(parcels) and all(holds(parcel) for parcel in parcels)


def dated(known: Callable[[Parcel], date | None]) -> Rule:
    """A rule that the day named is the one known of the parcel."""
    return lambda order, parcels, match: bool(parcels) and all(known(one) == said_day(match) for one in parcels)


def _good(rule: Rule) -> Rule:
    """Good news: false as soon as anything of the order is late, stuck, or called so."""
    return lambda order, parcels, match: not order.is_late and rule(order, parcels, match)


def _arrives(order: Order, parcels: list[Parcel], match: re.Match[str]) -> bool:
    """A line is about its parcel, a sentence about the order or, where only some was sent, about its rest."""
    is_rest = order.status == "PARTIALLY_FULFILLED" and not match.string.startswith("- ")
    dues = {parcel.due for parcel in parcels} if parcels and not is_rest else {order.own_due}
    return dues == {said_day(match)} and said_day(match) >= day(NOW)


def _is_prepared(order: Order, parcels: list[Parcel], match: re.Match[str]) -> bool:
    return all(parcel.is_unseen for parcel in parcels) and (bool(parcels) or order.status in UNSENT)


def _was_due(order: Order, parcels: list[Parcel], match: re.Match[str]) -> bool:
    dues = [order.own_due, *(parcel.due for parcel in parcels if not parcel.has_arrived)]
    return said_day(match) < day(NOW) and said_day(match) in dues


def _tagged(tag: str) -> Rule:
    return lambda order, parcels, match: tag in order.tags


DAY = r"(?P<day>[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+)"
# Each sentence that says something of an order, and when it is true; `(line)` ones are said of one parcel.
SENTENCES: dict[str, tuple[str, Rule]] = {
    # false of a label without a scan, of what has arrived, and of anything late
    "on its way": (r"is on its way\.|: on its way", _good(every(lambda one: one.is_moving))),
    # false unless the carrier's transit began on that day
    "left us": (rf"It left us on {DAY}", dated(lambda one: one.transit and day(one.transit))),
    "last scan": (rf"last scanned it on {DAY}", dated(lambda one: one.scan and day(one.scan))),
    # false if it is another day than the carrier's or the shop's, one that has passed, or of anything late
    "arrives by": (rf"(?:reach you by|expected by) {DAY}", _good(_arrives)),
    "earliest": (rf"earliest day we expect it to reach you is {DAY}", lambda o, p, m: said_day(m) > day(NOW)),
    "out for delivery": (r"out for delivery", _good(every(lambda one: one.display == "OUT_FOR_DELIVERY"))),
    "attempted": (r"tried to deliver", every(lambda one: one.display == "ATTEMPTED_DELIVERY" and not one.has_arrived)),
    "ready": (r"ready for pickup", every(lambda one: one.display == "READY_FOR_PICKUP" and not one.has_arrived)),
    "delivered": (r"\bas delivered|: delivered", every(lambda one: one.has_arrived)),
    "delivered on": (
        rf"delivered on {DAY}",
        dated(lambda one: None if (moment := at(one.node["deliveredAt"])) is None else day(moment)),
    ),
    "collected": (r"as picked up|: picked up", every(lambda one: one.display == "PICKED_UP")),
    # false once anything was seen to move, and of anything late
    "being prepared": (r"being prepared", _good(_is_prepared)),
    "no scan": (r"not scanned", every(lambda one: one.is_unseen)),
    "not sent": (r"order #1001 has not been sent yet", lambda o, p, m: not p and o.status in UNSENT | {"SCHEDULED"}),
    "rest not sent": (r"rest of the order has not been sent", lambda o, p, m: o.status == "PARTIALLY_FULFILLED"),
    # "TBD" is no number
    "number": (r"Tracking number: (?!TBD)\S+", every(lambda one: one.has_number)),
    "no number": (r"no tracking to show", lambda o, p, m: not any(one.has_number for one in p)),
    "digital": (r"nothing that is sent by post", lambda o, p, m: not o.node["requiresShipping"]),
    "for pickup": (r"prepared for pickup", lambda o, p, m: o.method == "Store pickup"),
    "local delivery": (r"local delivery", lambda o, p, m: o.method == "Local delivery"),
    "pre-order": (r"pre-order", _tagged("Pre-order")),
    "back-order": (r"back-order", _tagged("backorder")),
    "made to order": (r"made to order", _tagged("made to order")),
    "scheduled": (r"scheduled to be sent", lambda o, p, m: o.status == "SCHEDULED"),
    "overdue": (rf"was due by {DAY}", _was_due),
    "carrier delay": (r"reports a delay", lambda o, p, m: any(one.display == "DELAYED" for one in p)),
    "carrier's day": (
        rf"current estimate is {DAY}",
        lambda o, p, m: said_day(m) >= day(NOW) and said_day(m) in {one.estimate for one in p},
    ),
    "parcels": (r"comes in (?P<count>\d) parcels", lambda o, p, m: int(m["count"]) == len(p)),
}
# Sentences that say nothing of the order, beyond that it is one.
NEUTRAL = (
    *("Hello,", "The Example Shop team", "Carrier: UPS", "Follow it here: https://www.ups.com/"),
    *("New scans can take a day", "If something looks wrong", "This is an automatic reply", "A colleague has your"),
    *("We may close this request", "Thank you for asking about your order", "If you do not have it", "- ask people"),
    *("- look in the places", "- see whether the carrier left", "Your order #1001 comes in parts"),
)
