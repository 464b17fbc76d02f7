"""When an order should arrive: business days, counted by the calendars of the shop and of the destination.

    ordered --cut-off, days off--> start --handling (shop's days)--> handed over --transit (destination's days)--> there

A pre-order starts on its own date; a shipped order starts transit on the day it shipped; the carrier's estimate, when
there is one, is the last day. All days are dates in the shop's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Hours, Policy, ShippingMethod, Shop

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_YEAR = re.compile(r",? (?:'de' )?y+$")  # at the end of a date pattern of CLDR
_DAY_OF_MONTH = re.compile(r"\bd\b")
# What the first of a month is written with, which no pattern of CLDR tells.
_FIRST = {"fr": "d'er'"}
IsWorkingDay = Callable[[date], bool]
_ONE_DAY = timedelta(days=1)
_LONGEST_BREAK_DAYS = 40  # no calendar has this many days off in a row; a wrong one must not loop
# Where carriers work on the holidays of a part. Source: USPS, UPS and FedEx holiday schedules name federal days only.
_CARRIERS_KEEP_NATIONAL_DAYS = frozenset({"US"})


@dataclass(frozen=True, slots=True)
class DeliveryWindow:
    """First and last day the order should arrive."""

    earliest: date
    latest: date


def delivery_window(order: OrderFacts, policy: Policy) -> DeliveryWindow | None:
    """Return when the order should arrive, or None when its method or its destination's calendar is unknown."""
    method = find_method(order, policy)
    shop = policy.settings.shop
    shop_days = find_delivery_calendar(shop.country, shop.closed_on)
    destination_days = find_delivery_calendar(order.destination_country or shop.country, ())
    if method is None or shop_days is None or destination_days is None:
        return None
    first, last = _handed_over(order, method, policy, shop_days)
    earliest = add_working_days(first, method.transit_days[0], destination_days)
    latest = add_working_days(last, method.transit_days[1], destination_days)
    if order.estimated_delivery_at_epoch_ms is not None:
        latest = local_date(order.estimated_delivery_at_epoch_ms, shop)
    return DeliveryWindow(min(earliest, latest), latest)


def find_method(order: OrderFacts, policy: Policy) -> ShippingMethod | None:
    """Return the first method that serves the order's country and has a pattern in the shop's title of it.

    Where the country is not told, only a method without countries of its own can be meant.
    """
    title, country = order.shipping_method, order.destination_country
    if not title:
        return None
    serving = (method for method in policy.shipping.methods.values() if _serves(method, country))
    return next((method for method in serving if any(_found(pattern, title) for pattern in method.patterns)), None)


def method_words(order: OrderFacts, policy: Policy) -> str:
    """Return the part of a title by which its method was found: what else a shop writes there may be a customer's."""
    title, method = order.shipping_method, find_method(order, policy)
    if title is None or method is None:
        return ""
    found = (re.search(pattern, title, re.IGNORECASE) for pattern in method.patterns)
    return next(match.group() for match in found if match)


def local_time(epoch_ms: int, shop: Shop) -> datetime:
    """Return the moment in the shop's time zone."""
    return datetime.fromtimestamp(epoch_ms / 1000, ZoneInfo(shop.time_zone))


def local_date(epoch_ms: int, shop: Shop) -> date:
    """Return the day of the moment in the shop's time zone."""
    return local_time(epoch_ms, shop).date()


def is_business_hour(epoch_ms: int, shop: Shop) -> bool:
    """Whether people are at work then: a business day of the week, not a holiday, within opening hours."""
    now, hours = local_time(epoch_ms, shop), shop.business_hours
    if not _is_open(now, hours):
        return False
    calendar = find_calendar(shop.country, shop.closed_on)
    # The hours say which weekdays count, the calendar only adds days off; an unknown calendar adds none.
    return calendar is None or now.weekday() >= 5 or calendar(now.date())


def to_words(day: date, language: str | None = BASE_LANGUAGE) -> str:
    """Return a day as customers read it in `language` (ISO 639-1), whatever the machine's: `Tuesday 24 November`.

    Source for every other language than English: CLDR's full date without its year, by the `babel` library, which is
    loaded on first use. A language that CLDR does not know, and None, get the English words.
    """
    if language is None or language == BASE_LANGUAGE:
        return f"{_DAY_NAMES[day.weekday()]} {day.day} {_MONTH_NAMES[day.month - 1]}"
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    try:
        locale = Locale.parse(language)
    except UnknownLocaleError:
        return to_words(day)
    pattern = _YEAR.sub("", locale.date_formats["full"].pattern)
    if day.day == 1 and language in _FIRST:
        pattern = _DAY_OF_MONTH.sub(_FIRST[language], pattern)
    return format_date(day, pattern, locale=locale)


def add_working_days(start: date, count: int, is_working_day: IsWorkingDay) -> date:
    """Return the `count`th working day after `start`; `start` itself for 0."""
    day = start
    for _ in range(count):
        day = next_working_day(day + _ONE_DAY, is_working_day)
    return day


def next_working_day(day: date, is_working_day: IsWorkingDay) -> date:
    """Return `day`, or the first working day after it."""
    for _ in range(_LONGEST_BREAK_DAYS):
        if is_working_day(day):
            break
        day += _ONE_DAY
    return day


def count_working_days(start: date, end: date, is_working_day: IsWorkingDay, most: int) -> int:
    """Return how many working days there are after `start` up to and with `end`, counted no further than `most`."""
    count, day = 0, start
    while day < end and count < most:
        day += _ONE_DAY
        count += is_working_day(day)
    return count


@lru_cache(maxsize=64)
def find_calendar(country: str, closed_on: tuple[str, ...]) -> IsWorkingDay | None:
    """Return the working days of a country (ISO 3166-1 alpha-2), or None when no calendar is kept for it.

    Source: the `holidays` library; it is big, so it is loaded on first use.
    """
    import holidays

    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        return None
    closed = frozenset(closed_on)
    return lambda day: calendar.is_working_day(day) and day.isoformat() not in closed


@lru_cache(maxsize=64)
def find_delivery_calendar(country: str, closed_on: tuple[str, ...]) -> IsWorkingDay | None:
    """Return the days on which parcels move everywhere in a country, or None when no calendar is kept for it.

    The part of the country is not known (Fronleichnam is a holiday in some German states only), so a day off in any
    part counts: a window may end late, never early.
    """
    import holidays

    national = find_calendar(country, closed_on)
    if national is None or country in _CARRIERS_KEEP_NATIONAL_DAYS:
        return national
    parts = holidays.list_supported_countries().get(country, [])
    calendars = [holidays.country_holidays(country, subdiv=part) for part in parts]
    return lambda day: national(day) and all(calendar.is_working_day(day) for calendar in calendars)


def _handed_over(
    order: OrderFacts, method: ShippingMethod, policy: Policy, shop_days: IsWorkingDay
) -> tuple[date, date]:
    """Return the first and last day the parcel should go to the carrier, or the day it went."""
    shop = policy.settings.shop
    if order.shipped_at_epoch_ms is not None:
        shipped = local_date(order.shipped_at_epoch_ms, shop)
        return shipped, shipped
    start = _start(order, method, shop, shop_days)
    least, most = method.handling_days or policy.shipping.handling_days
    return add_working_days(start, least, shop_days), add_working_days(start, most, shop_days)


def _start(order: OrderFacts, method: ShippingMethod, shop: Shop, shop_days: IsWorkingDay) -> date:
    ordered = local_time(order.created_at_epoch_ms, shop)
    day = ordered.date()
    if shop_days(day) and ordered.hour >= shop.cut_off_hour:
        day += _ONE_DAY
    if method.ships_from is not None:
        day = max(day, date.fromisoformat(method.ships_from))
    return next_working_day(day, shop_days)


def _is_open(now: datetime, hours: Hours) -> bool:
    return now.weekday() in hours.days and hours.opens <= now.hour < hours.closes


def _serves(method: ShippingMethod, country: str | None) -> bool:
    return not method.countries or country in method.countries


def _found(pattern: str, title: str) -> bool:
    return re.search(pattern, title, re.IGNORECASE) is not None
