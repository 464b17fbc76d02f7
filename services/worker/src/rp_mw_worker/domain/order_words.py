"""The values of an order's reply: numbers, links, days in words, and one line for each parcel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from string import Template

from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_worker.domain.carriers import is_known_carrier_url, is_printable_company
from rp_mw_worker.domain.claims import Said
from rp_mw_worker.domain.delivery_window import to_words
from rp_mw_worker.domain.evidence import Evidence, Fact
from rp_mw_worker.domain.parcels import ParcelState, to_numbers
from rp_mw_worker.domain.policy import Policy

PARCEL_NAME = "parcel_name"
PARCEL_LINES = ("parcel_1", "parcel_2", "parcel_3", "parcel_4", "parcel_5")
_WAITS = {
    "tagged_pre_order": "waits_pre_order",
    "tagged_back_order": "waits_back_order",
    "tagged_made_to_order": "waits_made_to_order",
    "preorder_method": "waits_pre_order",
    "scheduled": "waits_scheduled",
}
_PARCEL_STATEMENTS = {
    ParcelState.LABEL: "parcel_not_scanned",
    ParcelState.UNTRACKED: "parcel_not_scanned",
    ParcelState.IN_TRANSIT: "parcel_in_transit",
    ParcelState.OUT_FOR_DELIVERY: "parcel_out_for_delivery",
    ParcelState.ATTEMPTED: "parcel_attempted",
    ParcelState.READY_FOR_PICKUP: "parcel_ready",
    ParcelState.COLLECTED: "parcel_collected",
    ParcelState.DELIVERED: "parcel_delivered",
}
_WITH_DAY = {
    "parcel_in_transit": ("parcel_expected", ("carrier_estimate", "promised_window")),
    "parcel_delivered": ("parcel_delivered_on", ("delivered_at",)),
}
# Each statement that may stand in a variable: templates.yaml has its words, claims.yaml its claims.
STATEMENTS = frozenset(
    {
        *(PARCEL_NAME, "being_prepared", "delay_reported"),
        *_WAITS.values(),
        *_PARCEL_STATEMENTS.values(),
        *(name for name, _ in _WITH_DAY.values()),
    }
)


@dataclass(slots=True)
class OrderWords:
    """Makes the values of one order's reply in `language` (ISO 639-1); what is not known has no value."""

    order: OrderFacts
    evidence: Evidence
    policy: Policy
    language: str | None
    said: list[Said] = field(default_factory=list)

    def values_for(self, template_id: str) -> tuple[dict[str, str], tuple[Said, ...]]:
        """Return every variable the template takes and the facts give, and the statements in them."""
        rule = self.policy.template_rules.get(template_id)
        required, optional = (rule.required, rule.optional) if rule else ((), ())
        made = {name: make() for name, make in self._makers().items() if name in {*required, *optional}}
        found = {name: value for name, value in made.items() if value}
        tells_parcels = PARCEL_LINES[0] in required or (PARCEL_LINES[0] in optional and len(self.evidence.parcels) > 1)
        return (found | dict(self._parcel_lines()) if tells_parcels else found), tuple(self.said)

    def _makers(self) -> dict[str, Callable[[], str | None]]:
        return {
            "order_number": lambda: self.order.name,
            "parcel_count": lambda: str(len(self.evidence.parcels)),
            "tracking_number": self._numbers,
            "tracking_company": self._company,
            "tracking_url": self._url,
            "shipped_on": lambda: self._day("in_transit_since"),
            "last_scan_on": lambda: self._day("last_scan"),
            "expected_by": lambda: self._day("carrier_estimate", "promised_window"),
            "expected_from": lambda: self._day("window_opens"),
            "carrier_estimate_on": lambda: self._day("carrier_estimate"),
            "due_by": lambda: self._day("estimate_passed", "window_passed"),
            "delivered_on": lambda: self._day("delivered_at"),
            "order_step": lambda: self._stated("order_step", "being_prepared", "not_fulfilled"),
            "waits_for": self._wait,
            "delay_reported": lambda: self._stated("delay_reported", "delay_reported", "carrier_delay"),
        }

    def _entries(self) -> tuple[TrackingFacts, ...]:
        """The tracking of the one parcel there is; of several each has its own line."""
        parcels = self.evidence.parcels
        return to_numbers(parcels[0], self.policy.carriers) if len(parcels) == 1 else ()

    def _numbers(self) -> str | None:
        return ", ".join(entry.number or "" for entry in self._entries())

    def _company(self) -> str | None:
        return next((entry.company for entry in self._entries() if _has_name(entry)), None)

    def _url(self) -> str | None:
        urls = [entry.url for entry in self._entries() if entry.url]
        is_one = len(urls) == 1 and is_known_carrier_url(urls[0], self.policy.carriers.hosts)
        return urls[0] if is_one else None

    def _day(self, *names: str) -> str | None:
        fact = self._own_fact(*names)
        return None if fact is None or fact.day is None else to_words(fact.day, self.language)

    def _own_fact(self, *names: str) -> Fact | None:
        """Return a fact of the order, or of the parcel that is the whole of it."""
        of_order, by_parcel = self.evidence.order, self.evidence.by_parcel
        is_whole = len(by_parcel) == 1 and self.order.fulfillment_status != "PARTIALLY_FULFILLED"
        return next((fact for fact in (*of_order, *(by_parcel[0] if is_whole else ())) if fact.name in names), None)

    def _stated(self, variable: str, statement: str, *facts: str) -> str | None:
        """The words of a statement where one of the facts holds; it is noted as said."""
        if self._own_fact(*facts) is None:
            return None
        self.said.append(Said(variable, statement))
        return self._words(statement)

    def _wait(self) -> str | None:
        statement = next((_WAITS[name] for name in _WAITS if self._own_fact(name)), None)
        return None if statement is None else self._stated("waits_for", statement, *_WAITS)

    def _words(self, statement: str, **values: str) -> str:
        words = self.policy.templates_by_language.get(self.language)
        return Template(words.statements.get(statement, "") if words else "").safe_substitute(values)

    def _parcel_lines(self) -> Iterator[tuple[str, str]]:
        for place, (variable, state) in enumerate(zip(PARCEL_LINES, self.evidence.states, strict=False)):
            statement, day = self._parcel_statement(place, _PARCEL_STATEMENTS.get(state, ""))
            self.said.append(Said(variable, statement, place))
            yield variable, self._words(statement, parcel=self._parcel_name(place), day=day)

    def _parcel_statement(self, place: int, plain: str) -> tuple[str, str]:
        """Return the statement about a parcel, with its day in words where one is known."""
        dated, facts = _WITH_DAY.get(plain, ("", ()))
        known = next((fact for fact in self.evidence.by_parcel[place] if fact.name in facts), None)
        if known is None or known.day is None:
            return plain, ""
        return dated, to_words(known.day, self.language)

    def _parcel_name(self, place: int) -> str:
        entries = to_numbers(self.evidence.parcels[place], self.policy.carriers)
        if not entries:
            return self._words(PARCEL_NAME, place=str(place + 1))
        numbers = ", ".join(entry.number or "" for entry in entries)
        return f"{numbers} ({entries[0].company})" if _has_name(entries[0]) else numbers


def _has_name(entry: TrackingFacts) -> bool:
    return entry.company is not None and is_printable_company(entry.company)
