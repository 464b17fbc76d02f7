"""Looks orders up in Shopify's Admin GraphQL API.

HTTP 429, 5xx, timeouts      `VendorHttp` retries within the budget, then TransientError
THROTTLED at 200             wait as computed within the budget, else TransientError with that wait
401                          renew the token once, then failed
everything else that refuses failed with a reason: asking again would not help
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from rp_mw_enricher.domain.answer import LookupAnswer, LookupFailed, Outcome
from rp_mw_enricher.domain.graphql_answer import (
    CONTACT_FIELDS,
    Payload,
    Throttled,
    find_order,
    parse_errors,
    require_page,
    require_readable,
)
from rp_mw_enricher.domain.order_facts import ContactDigests, find_own_address, to_order_facts
from rp_mw_enricher.domain.order_name import NameFormat, find_global_id, find_search_string, is_same_name
from rp_mw_enricher.domain.orders_of_address import choose_order, find_email_search
from rp_mw_enricher.domain.queries import (
    NAMES_PAGE_SIZE,
    ORDER_BY_ID,
    ORDER_NAMES,
    ORDERS_BY_EMAIL,
    ORDERS_BY_NAME,
    PAGE_SIZE,
)
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_enricher.ports import TokenSource
from rp_mw_shared.clients.http import VendorHttp, VendorResponse
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric

MAX_NAMES_PAGES = 8
_MIN_TIME_FOR_A_CALL_SECONDS = 0.5
_MAX_JITTER_SECONDS = 0.5
_UNAUTHORIZED = 401
_REFUSED_STATUSES = {
    402: FailureReason.SHOP_INACTIVE,
    403: FailureReason.SHOP_INACTIVE,
    404: FailureReason.SHOP_NOT_FOUND,
    423: FailureReason.SHOP_INACTIVE,
    430: FailureReason.SECURITY_BLOCK,
}
# 400 and 422 may carry a GraphQL body: it is read whatever the status.
_ANSWERS = (400, _UNAUTHORIZED, *_REFUSED_STATUSES, 422)


class ShopifyOrders:
    """One shop, one API version. `http` sends the token's header; `contact_digests` salts and hashes contacts."""

    def __init__(
        self,
        http: VendorHttp,
        token: TokenSource,
        clock: Clock,
        *,
        api_version: str,
        name_format: NameFormat,
        contact_digests: ContactDigests,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._http = http
        self._token = token
        self._clock = clock
        self._api_version = api_version
        self._name_format = name_format
        self._contact_digests = contact_digests
        self._jitter = jitter
        self._has_warned_of_version = False

    def load_by_name(self, typed: str, budget_seconds: float) -> LookupAnswer:
        """Look up the order a customer called `typed`; raises TransientError or LookupFailed.

        Found means: exactly one order has exactly this name, and there is a contact to compare the sender with.
        """
        search = find_search_string(typed, self._name_format)
        if search is None:
            raise LookupFailed(FailureReason.INVALID_LOOKUP_VALUE)
        deadline = self._clock.monotonic() + budget_seconds
        payload, missing = self._query(ORDERS_BY_NAME, _page(search, PAGE_SIZE, None), deadline)
        nodes, cursor = require_page(payload)
        hits = self._hits(typed, nodes)
        for _ in range(MAX_NAMES_PAGES):
            if cursor is None:
                break
            payload, _ = self._query(ORDER_NAMES, _page(search, NAMES_PAGE_SIZE, cursor), deadline)
            nodes, cursor = require_page(payload)
            hits = self._hits(typed, nodes) | hits
        if cursor is not None or len(hits) > 1:
            return LookupAnswer(Outcome.AMBIGUOUS)
        order_id, node = next(iter(hits.items()), ("", None))
        if node is not None and "createdAt" not in node:  # of a page of names
            return self.load_by_id(order_id, deadline - self._clock.monotonic())
        return self._answer(node, needed=CONTACT_FIELDS & missing)

    def load_by_id(self, order_id: str, budget_seconds: float) -> LookupAnswer:
        """Look up the order the helpdesk linked; raises TransientError or LookupFailed.

        Found means, as by name, that there is a contact to compare the sender with.
        """
        global_id = find_global_id(order_id)
        if global_id is None:
            raise LookupFailed(FailureReason.INVALID_LOOKUP_VALUE)
        deadline = self._clock.monotonic() + budget_seconds
        payload, missing = self._query(ORDER_BY_ID, {"id": global_id}, deadline)
        return self._answer(find_order(payload), needed=CONTACT_FIELDS & missing)

    def load_by_email(self, address: str, budget_seconds: float) -> LookupAnswer:
        """Look up the one open order of an e-mail address; raises TransientError or LookupFailed.

        Found means: of the orders of exactly this address one is open, or none is and there is one of the last 60 days.
        """
        search, wanted = find_email_search(address), self._contact_digests(address)[:1]
        if search is None or not wanted:
            raise LookupFailed(FailureReason.INVALID_LOOKUP_VALUE)
        deadline = self._clock.monotonic() + budget_seconds
        payload, missing = self._query(ORDERS_BY_EMAIL, _page(search, PAGE_SIZE, None), deadline)
        nodes, cursor = require_page(payload)
        if CONTACT_FIELDS & missing:
            raise LookupFailed(FailureReason.ACCESS_DENIED)
        if cursor is not None:
            return LookupAnswer(Outcome.AMBIGUOUS)
        orders = [to_order_facts(node, self._contact_digests, self._name_format) for node in nodes]
        theirs = [order for order in orders if wanted[0] in order.contact_digests]
        return choose_order(theirs, self._clock.now_epoch_ms())

    def _hits(self, typed: str, nodes: list[Payload]) -> dict[str, Payload]:
        return {str(node.get("legacyResourceId")): node for node in nodes if self._is_hit(typed, node)}

    def _is_hit(self, typed: str, node: Payload) -> bool:
        name = node.get("name")
        return isinstance(name, str) and is_same_name(typed, name, self._name_format)

    def _answer(self, node: Payload | None, needed: frozenset[str]) -> LookupAnswer:
        if node is None:
            return LookupAnswer(Outcome.NOT_FOUND)
        facts = to_order_facts(node, self._contact_digests, self._name_format)
        if needed and not facts.contact_digests:
            raise LookupFailed(FailureReason.ACCESS_DENIED)
        return LookupAnswer(Outcome.FOUND, order=facts, address=find_own_address(node))

    def _query(self, query: str, variables: Mapping[str, Any], deadline: float) -> tuple[Payload, frozenset[str]]:
        while True:
            payload = self._post(query, variables, deadline)
            try:
                return payload, require_readable(payload)
            except Throttled as throttled:
                metric(Metric.VENDOR_THROTTLED, Vendor="shopify")
                self._wait(throttled.wait_seconds + self._jitter() * _MAX_JITTER_SECONDS, deadline)

    def _wait(self, seconds: float, deadline: float) -> None:
        if self._clock.monotonic() + seconds + _MIN_TIME_FOR_A_CALL_SECONDS > deadline:
            raise TransientError("Shopify's cost bucket is empty", code="vendor_throttled", retry_after_seconds=seconds)
        self._clock.sleep(seconds)

    def _post(self, query: str, variables: Mapping[str, Any], deadline: float) -> Payload:
        response = self._send(query, variables, deadline)
        if response.status == _UNAUTHORIZED:
            self._token.renew()
            response = self._send(query, variables, deadline)
        self._warn_of_version(response)
        if response.status == _UNAUTHORIZED:
            raise LookupFailed(FailureReason.CREDENTIAL_REFUSED)
        if response.status in _REFUSED_STATUSES:
            raise LookupFailed(_find_denial(response) or _REFUSED_STATUSES[response.status])
        return _parse_payload(response)

    def _send(self, query: str, variables: Mapping[str, Any], deadline: float) -> VendorResponse:
        self._token.load()  # before the call: a token that cannot be had is not a failure of the call
        left = deadline - self._clock.monotonic()
        if left < _MIN_TIME_FOR_A_CALL_SECONDS:
            raise TransientError("no time left to ask Shopify", code="out_of_time")
        try:
            return self._http.request(
                "POST",
                f"/admin/api/{self._api_version}/graphql.json",
                operation="order_lookup",
                idempotent=True,
                body={"query": query, "variables": dict(variables)},
                accept=_ANSWERS,
                total_seconds=left,
            )
        except PermanentError as error:
            raise LookupFailed(FailureReason.QUERY_REFUSED) from error

    def _warn_of_version(self, response: VendorResponse) -> None:
        """A retired version is served by the oldest supported one; only this header tells."""
        served = response.headers.get("x-shopify-api-version", self._api_version)
        if served != self._api_version and not self._has_warned_of_version:
            self._has_warned_of_version = True
            log(LogEvent.API_VERSION_DIFFERS, vendor="shopify")


def _page(search: str, first: int, after: str | None) -> dict[str, Any]:
    return {"search": search, "first": first, "after": after}


def _find_denial(response: VendorResponse) -> FailureReason | None:
    """A 403 may be about protected customer data, which its text alone tells from a frozen shop."""
    try:
        payload = response.json()
    except TransientError:
        return None
    errors = parse_errors(payload) if isinstance(payload, Mapping) else []
    return FailureReason.ACCESS_DENIED if any(error.is_denial for error in errors) else None


def _parse_payload(response: VendorResponse) -> Payload:
    try:
        payload = response.json()
    except TransientError:
        if response.status >= 400:
            raise LookupFailed(FailureReason.QUERY_REFUSED) from None
        raise
    if not isinstance(payload, Mapping):
        raise TransientError("Shopify's answer is not an object", code="vendor_answer_unreadable")
    if response.status >= 400 and not payload.get("errors"):
        raise LookupFailed(FailureReason.QUERY_REFUSED)
    return payload
