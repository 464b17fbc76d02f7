"""How much of the helpdesk's request budget is in use now, from the workers' shared book."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_ops.environment import Environment
from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.store import load_book
from rp_mw_shared.clients.richpanel_budget import REQUESTS_PER_WINDOW

VENDOR = "richpanel"


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """Calls booked in the window that ends now, the limit in force, and the whole budget; requests in 30 s."""

    used: int
    limit: int
    budget: int


def load_budget_use(environment: Environment, now: int) -> BudgetUse:
    """Read the book; `now` is epoch milliseconds. Raises TransientError when it cannot be read."""
    told = environment.topology.functions["worker"].environment.get("RICHPANEL_REQUESTS_PER_WINDOW", "")
    terms = BudgetTerms(VENDOR, int(told) if told.isdecimal() else REQUESTS_PER_WINDOW)
    book = load_book(environment.client("dynamodb"), environment.table("idempotency"), VENDOR)
    return BudgetUse(book.used(terms, now), book.limit_of(terms, now), terms.requests)
