"""What a lookup ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.messages.types import OrderFacts


class Outcome(StrEnum):
    """The four ends of a lookup, as they stand in an EnrichmentResult."""

    FOUND = "found"
    # Not visible to us. Without the right to all orders only the last 60 days are, so this never means that there
    # is no such order. Source: Shopify access scopes, read_all_orders.
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"  # several orders fit, or more pages than we read: nothing may be said about any
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """`order` is set exactly for FOUND, `reason` exactly for FAILED.

    `address` is the order's own e-mail address in plain: it leaves only where the request asked for it.
    """

    outcome: Outcome
    order: OrderFacts | None = None
    reason: FailureReason | None = None
    address: str | None = field(default=None, repr=False)


class LookupFailed(PermanentError):
    """Asking again would not help; `reason` goes to the worker, which hands the ticket to a person."""

    default_code = "lookup_failed"

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(f"the lookup failed: {reason}", code=reason.value)
        self.reason = reason
