"""Which of an address's orders is meant by somebody who names none: the only open one, or the only recent one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rp_mw_enricher.domain import statuses
from rp_mw_enricher.domain.answer import LookupAnswer, Outcome
from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.times import MS_PER_DAY

RECENT_DAYS = 60
# Nothing in it can leave the quotes of a search string, and it ends as a host does.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_OVER_FINANCIALLY = frozenset({"REFUNDED", "VOIDED"})


def find_email_search(address: str) -> str | None:
    """Return the search for the orders of an e-mail address, or None for what is none or could not be quoted."""
    return f'email:"{address}"' if _ADDRESS.fullmatch(address) else None


def choose_order(orders: Sequence[OrderFacts], now_epoch_ms: int) -> LookupAnswer:
    """Return the only open order, else the only one of the last 60 days; ambiguous for several.

    `orders` are all of one address, test orders included, which count as none.
    """
    real = [order for order in orders if not order.is_test]
    since = now_epoch_ms - RECENT_DAYS * MS_PER_DAY
    recent = [order for order in real if order.created_at_epoch_ms >= since]
    candidates = [order for order in real if _is_open(order, since)] or recent
    if len(candidates) > 1:
        return LookupAnswer(Outcome.AMBIGUOUS)
    return LookupAnswer(Outcome.FOUND, order=candidates[0]) if candidates else LookupAnswer(Outcome.NOT_FOUND)


def _is_open(order: OrderFacts, since_epoch_ms: int) -> bool:
    """An order is open until it is cancelled, refunded or all of it has arrived; what left long ago is over too.

    Of a parcel without tracking nobody ever says that it arrived.
    """
    if order.fulfillment_status == "FULFILLED" and order.created_at_epoch_ms < since_epoch_ms:
        return False
    has_arrived = order.delivered_at_epoch_ms is not None or order.delivery_status in statuses.DELIVERED
    is_over = order.cancelled_at_epoch_ms is not None or order.financial_status in _OVER_FINANCIALLY
    return not has_arrived and not is_over
