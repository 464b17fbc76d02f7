"""What a Richpanel account has: its tags, teams and agents, read page by page and within a small request budget.

Names and ids only are kept: an agent's name and address are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import MemoryBudget
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clients.richpanel_lists import page_query, read_names
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError

# the account's 50 requests in 30 s are the worker's: this takes a few of them, and waits rather than takes more
BUDGET = 10
WINDOW_MS = 30_000
CALL_SECONDS = 40.0
_REFUSED = (403, 404)


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of the account: id to name, or why it could not be read."""

    names: Mapping[str, str]
    problem: str | None = None


def open_account(base_url: str, api_key: str, clock: Clock) -> VendorHttp:
    """A client of the account that waits for its turn."""
    return open_vendor("richpanel", base_url, {"x-richpanel-key": api_key, "accept": "application/json"}, clock)


def open_vendor(vendor: str, base_url: str, headers: Mapping[str, str], clock: Clock) -> VendorHttp:
    """A client of a vendor's API for a few calls, with the same headers each time."""
    return VendorHttp(
        vendor=vendor,
        base_url=base_url,
        clock=clock,
        limiter=BudgetLimiter(clock, MemoryBudget(), BudgetTerms(vendor, BUDGET, WINDOW_MS)),
        breaker=CircuitBreaker(clock, vendor=vendor),
        headers=lambda: headers,
    )


def load_list(http: VendorHttp, kind: str) -> Listed:
    """Every entry of the account's tags, teams or users; what stands in the way is told, not raised."""
    try:
        return _load_pages(http, kind)
    except RpMwError as error:
        return Listed({}, _explained(kind, error))


def _load_pages(http: VendorHttp, kind: str) -> Listed:
    refused: list[int] = []

    def load_page(page: int) -> Any:
        response = http.request(
            "GET",
            f"/{kind}",
            operation=f"list_{kind}",
            idempotent=True,
            query=page_query(page),
            accept=_REFUSED,
            total_seconds=CALL_SECONDS,
        )
        if response.status in _REFUSED:
            refused.append(response.status)
            return {kind: [], "next_page": None}
        return response.json()

    names = read_names(load_page, kind)
    if refused:
        return Listed({}, f"Richpanel answers {refused[0]} to GET /{kind}: this key or plan may not read them")
    return Listed(names)


def _explained(kind: str, error: RpMwError) -> str:
    reasons: dict[str, Callable[[], str]] = {
        "vendor_unauthorized": lambda: "Richpanel refuses the key: put a valid one into the secret",
        "vendor_throttled": lambda: "Richpanel's request limit is used up: try again in a minute",
        "vendor_unreachable": lambda: "Richpanel cannot be reached from here",
    }
    reason = reasons.get(error.code)
    return reason() if reason else f"GET /{kind} failed: {error}"
