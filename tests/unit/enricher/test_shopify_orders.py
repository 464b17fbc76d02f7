"""The order lookup over real HTTP: every answer Shopify is known to give, and what it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_enricher.domain.answer import LookupAnswer, LookupFailed, Outcome
from rp_mw_enricher.domain.order_name import NameFormat
from rp_mw_enricher.domain.queries import PAGE_SIZE
from rp_mw_shared.errors import TransientError
from rp_mw_shared.redaction.hashing import contact_digest
from tests.events.shopify_answers import (
    BAD_TOKEN,
    EMAIL,
    by_id,
    cost,
    graphql_error,
    order,
    page,
    throttled,
)
from tests.fakes.enricher_bench import SALT, ShopBench
from tests.fakes.http_stub import HttpStub
from tests.fakes.recording import Recording

BUDGET_SECONDS = 8.0


def by_name(shop: HttpStub, typed: str = "1001", **options: Any) -> LookupAnswer:
    """The answer to a lookup by name."""
    return ShopBench(shop, **options).orders.load_by_name(typed, BUDGET_SECONDS)


def failure(shop: HttpStub, typed: str = "1001") -> str:
    """The reason a lookup by name fails with."""
    with pytest.raises(LookupFailed) as failed:
        by_name(shop, typed)
    return failed.value.reason.value


def test_a_name_is_searched_with_token_and_variables(shop: HttpStub) -> None:
    """Version in the path, token in its header, the search never inside the query's text."""
    shop.reply(200, page(order()))
    answer = by_name(shop)
    [request] = shop.requests
    assert (request.method, request.path) == ("POST", "/admin/api/2026-10/graphql.json")
    assert request.headers["x-shopify-access-token"] == "shpat_static"
    assert request.json()["variables"] == {"search": 'name:"#1001"', "first": PAGE_SIZE, "after": None}
    assert "1001" not in request.json()["query"]
    assert answer.outcome is Outcome.FOUND
    assert answer.order is not None
    assert contact_digest(EMAIL, SALT) in answer.order.contact_digests


def test_an_id_is_asked_for_by_its_global_id(shop: HttpStub) -> None:
    """Richpanel links orders by their numeric id."""
    shop.reply(200, by_id(order()))
    answer = ShopBench(shop).orders.load_by_id("5551001", BUDGET_SECONDS)
    assert shop.requests[0].json()["variables"] == {"id": "gid://shopify/Order/5551001"}
    assert answer.order is not None
    assert answer.order.order_id == "5551001"


def test_only_what_the_answer_uses_is_asked_for(shop: HttpStub) -> None:
    """No names, street, items or status page."""
    shop.reply(200, page(order()))
    by_name(shop)
    query = shop.requests[0].json()["query"]
    for field in ("firstName", "lastName", "displayName", "address1", "zip", "lineItems", "statusPageUrl", "note"):
        assert field not in query


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ([], Outcome.NOT_FOUND),
        ([order(name="#10011")], Outcome.NOT_FOUND),
        ([order(name="#10011"), order()], Outcome.FOUND),
        ([order(), order(legacyResourceId="5559999")], Outcome.AMBIGUOUS),
        ([order(), order()], Outcome.FOUND),
    ],
)
def test_the_name_is_compared_here_and_must_be_unique(
    shop: HttpStub, found: list[dict[str, Any]], outcome: Outcome
) -> None:
    """The search is loose and names are not unique; one order told twice is still one."""
    shop.reply(200, page(*found))
    assert by_name(shop).outcome is outcome


def test_the_shops_own_name_format_is_used(shop: HttpStub) -> None:
    """Prefix and suffix are added to the search and ignored in the comparison."""
    shop.reply(200, page(order(name="EN1001-US"), order(name="EN1001-CA", legacyResourceId="2")))
    answer = by_name(shop, name_format=NameFormat("EN", "-US"))
    assert shop.requests[0].json()["variables"]["search"] == 'name:"EN1001-US"'
    assert answer.order is not None
    assert answer.order.name == "EN1001-US"


def test_an_exact_name_after_loose_ones_is_found_on_a_later_page(shop: HttpStub) -> None:
    """The pages are read on with the cursor, names alone; the one order is then asked for by its id."""
    shop.reply(200, page(*(order(name=f"#1001{n}", legacyResourceId=str(n)) for n in range(10)), next_cursor="c1"))
    shop.reply(200, page({"legacyResourceId": "5551001", "name": "#1001"}))
    shop.reply(200, by_id(order()))
    assert by_name(shop).outcome is Outcome.FOUND
    asked = [request.json()["variables"] for request in shop.requests]
    assert asked[1] == {"search": 'name:"#1001"', "first": 250, "after": "c1"}
    assert asked[2] == {"id": "gid://shopify/Order/5551001"}
    assert "email" not in shop.requests[1].json()["query"]


def test_an_exact_name_of_the_first_page_is_not_asked_for_again(shop: HttpStub) -> None:
    """The later pages only show that it is the only one."""
    shop.reply(200, page(order(), next_cursor="c1"))
    shop.reply(200, page({"legacyResourceId": "7", "name": "#10017"}))
    assert by_name(shop).outcome is Outcome.FOUND
    assert len(shop.requests) == 2


def test_a_second_order_of_the_name_among_the_names_is_ambiguous(shop: HttpStub) -> None:
    """Names are not unique in a store."""
    shop.reply(200, page(order(), next_cursor="c1"))
    shop.reply(200, page({"legacyResourceId": "7", "name": "#1001"}))
    assert by_name(shop).outcome is Outcome.AMBIGUOUS


def test_more_pages_than_are_read_are_ambiguous(shop: HttpStub) -> None:
    """What was not read could hold the same name again."""
    shop.reply(200, page(order(), next_cursor="again"))
    assert by_name(shop).outcome is Outcome.AMBIGUOUS
    assert len(shop.requests) == 9


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"errors": "[API] This app is not approved to access protected customer data."}, "access_denied"),
        ({"errors": [{"message": "Not approved to access the Customer object."}]}, "access_denied"),
        ({"errors": "Unavailable Shop"}, "shop_inactive"),
        ({}, "shop_inactive"),
    ],
)
def test_a_403_is_named_by_what_it_says(shop: HttpStub, body: Any, reason: str) -> None:
    """Protected data is for the operator to mend in the app's settings; a frozen shop is not."""
    shop.reply(403, body)
    assert failure(shop) == reason


def test_the_facts_name_every_spelling_of_the_order(shop: HttpStub) -> None:
    """So that the worker, which knows no prefix, can compare what the customer typed."""
    shop.reply(200, page(order(name="EN1001-US")))
    found = by_name(shop, name_format=NameFormat("EN", "-US")).order
    assert found is not None
    assert found.spellings == ("1001", "1001-US", "EN1001")


def test_an_absent_id_is_not_found(shop: HttpStub) -> None:
    """Also for an order older than the visible sixty days."""
    shop.reply(200, by_id(None))
    assert ShopBench(shop).orders.load_by_id("5551001", BUDGET_SECONDS) == LookupAnswer(Outcome.NOT_FOUND)


@pytest.mark.parametrize("typed", ["", "#", "1001 OR 1", 'a"b', "x" * 21, "name:1"])
def test_what_is_no_order_name_is_never_asked(shop: HttpStub, typed: str) -> None:
    """The shop does not hear of it."""
    assert failure(shop, typed) == "invalid_lookup_value"
    with pytest.raises(LookupFailed):
        ShopBench(shop).orders.load_by_id("#1001", BUDGET_SECONDS)
    assert shop.requests == []


def test_a_search_with_warnings_means_nothing(shop: HttpStub) -> None:
    """An ignored filter brings other people's orders."""
    warning = {"field": "name", "message": "Invalid search field for this query.", "code": "invalid_field"}
    shop.reply(200, page(order(), extensions={"cost": cost(), "search": [{"path": ["orders"], "warnings": [warning]}]}))
    assert failure(shop) == "search_not_understood"


@pytest.mark.parametrize("warnings", [[], None])
def test_a_search_without_warnings_is_fine(shop: HttpStub, warnings: Any) -> None:
    """The block may be there and empty."""
    shop.reply(200, page(order(), extensions={"search": [{"path": ["orders"], "warnings": warnings}]}))
    assert by_name(shop).outcome is Outcome.FOUND


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ([graphql_error("ACCESS_DENIED", "Access denied for orders field.", ["orders"])], "access_denied"),
        ([graphql_error(None, "This app is not approved to access the Order object.", ["orders"])], "access_denied"),
        ([graphql_error("undefinedField", "Field 'x' doesn't exist")], "query_refused"),
        ([graphql_error("MAX_COST_EXCEEDED")], "query_too_costly"),
        ([graphql_error("SHOP_INACTIVE")], "shop_inactive"),
        ([graphql_error("SOMETHING_NEW")], "query_refused"),
        ("a text", "query_refused"),
        ({"query": ["is too long"]}, "query_refused"),
        ([["odd"]], "query_refused"),
    ],
)
def test_errors_at_status_200_fail_with_their_reason(shop: HttpStub, errors: Any, reason: str) -> None:
    """As a list, an object or a text."""
    shop.reply(200, {"errors": errors, "extensions": {"cost": cost()}})
    assert failure(shop) == reason
    assert len(shop.requests) == 1


def denied(*fields: str) -> list[dict[str, Any]]:
    """Errors that say which fields of the first order may not be read."""
    return [graphql_error("ACCESS_DENIED", "not approved", ["orders", "nodes", 0, field]) for field in fields]


def test_denied_contacts_make_a_lookup_by_name_useless(shop: HttpStub) -> None:
    """Nobody could be compared with the sender."""
    answer = page(order(email=None, phone=None, customer=None), errors=denied("email", "phone", "customer"))
    shop.reply(200, answer)
    assert failure(shop) == "access_denied"


def test_one_readable_contact_is_enough(shop: HttpStub) -> None:
    """The customer object may be denied while the order's own e-mail is not."""
    shop.reply(200, page(order(customer=None), errors=denied("customer")))
    assert by_name(shop).outcome is Outcome.FOUND


def test_denied_contacts_make_a_lookup_of_a_linked_order_useless(shop: HttpStub) -> None:
    """The link proves nobody: there has to be a contact to compare the sender with."""
    errors = [graphql_error("ACCESS_DENIED", "no", ["order", "email"])]
    shop.reply(200, by_id(order(email=None, customer=None), errors=errors))
    with pytest.raises(LookupFailed) as failed:
        ShopBench(shop).orders.load_by_id("5551001", BUDGET_SECONDS)
    assert failed.value.reason == "access_denied"


@pytest.mark.parametrize("field", ["fulfillments", "displayFulfillmentStatus", "createdAt", "cancelledAt"])
def test_a_denied_fact_fails_the_lookup(shop: HttpStub, field: str) -> None:
    """An answer without it could be wrong."""
    shop.reply(200, page(order(**{field: None}), errors=denied(field)))
    assert failure(shop) == "access_denied"


def test_a_denied_method_or_country_only_leaves_it_out(shop: HttpStub) -> None:
    """The answer is poorer, not wrong."""
    shop.reply(
        200, page(order(shippingAddress=None, shippingLine=None), errors=denied("shippingAddress", "shippingLine"))
    )
    answer = by_name(shop)
    assert answer.order is not None
    assert answer.order.shipping_method is None


def test_throttled_at_200_waits_as_computed_and_asks_again(shop: HttpStub, recorded: Recording) -> None:
    """(requested - available) / restore rate, in this case (752 - 51) / 100 seconds."""
    shop.reply(200, throttled(requested=351, available=51.0))
    shop.reply(200, page(order()))
    bench = ShopBench(shop)
    assert bench.orders.load_by_name("1001", BUDGET_SECONDS).outcome is Outcome.FOUND
    assert bench.clock.slept_seconds == [3.0]


def test_a_throttle_longer_than_the_budget_goes_back_to_the_queue(shop: HttpStub) -> None:
    """The queue does the waiting, for as long as the bucket needs."""
    shop.reply(200, throttled(requested=1000, available=0.0))
    bench = ShopBench(shop)
    with pytest.raises(TransientError) as failed:
        bench.orders.load_by_name("1001", BUDGET_SECONDS)
    assert (failed.value.retry_after_seconds, bench.clock.slept_seconds) == (10.0, [])


@pytest.mark.parametrize("extensions", [{}, {"cost": None}, {"cost": cost(10, 50, 0)}, {"cost": {"throttleStatus": 1}}])
def test_a_throttle_without_usable_numbers_waits_a_little(shop: HttpStub, extensions: dict[str, Any]) -> None:
    """Two seconds, and never forever."""
    shop.reply(200, throttled() | {"extensions": extensions})
    bench = ShopBench(shop)
    with pytest.raises(TransientError):
        bench.orders.load_by_name("1001", BUDGET_SECONDS)
    assert bench.clock.slept_seconds == [2.0, 2.0, 2.0]


def test_a_fault_inside_the_query_is_transient(shop: HttpStub) -> None:
    """INTERNAL_SERVER_ERROR at status 200."""
    shop.reply(200, {"errors": [graphql_error("INTERNAL_SERVER_ERROR")]})
    with pytest.raises(TransientError):
        by_name(shop)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (402, "shop_inactive"),
        (403, "shop_inactive"),
        (404, "shop_not_found"),
        (423, "shop_inactive"),
        (430, "security_block"),
        (301, "query_refused"),
        (400, "query_refused"),
        (410, "query_refused"),
        (422, "query_refused"),
    ],
)
@pytest.mark.parametrize("body", [b"<html>no</html>", {"errors": "Not Found"}, {}])
def test_a_refusing_status_fails_at_once(shop: HttpStub, status: int, reason: str, body: Any) -> None:
    """With an HTML page or JSON; asking again would not help."""
    shop.reply(status, body)
    assert failure(shop) == reason
    assert len(shop.requests) == 1


def test_a_graphql_body_is_read_at_status_400(shop: HttpStub) -> None:
    """Validation errors may one day come with it."""
    shop.reply(400, {"errors": [graphql_error("MAX_COST_EXCEEDED")]})
    assert failure(shop) == "query_too_costly"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_is_retried_then_left_to_the_queue(shop: HttpStub, status: int) -> None:
    """Often with an HTML page."""
    shop.reply(status, b"<html>Bad Gateway</html>")
    with pytest.raises(TransientError):
        by_name(shop)
    assert len(shop.requests) == 3


def test_a_short_outage_is_ridden_out(shop: HttpStub) -> None:
    """One bad gateway, then the answer."""
    shop.reply(502, b"<html>Bad Gateway</html>")
    shop.reply(200, page(order()))
    assert by_name(shop).outcome is Outcome.FOUND


def test_the_hard_limit_waits_as_asked(shop: HttpStub) -> None:
    """Retry-After is a fraction here."""
    shop.reply(429, {"errors": "Exceeded"}, {"retry-after": "2.5"})
    shop.reply(200, page(order()))
    bench = ShopBench(shop)
    assert bench.orders.load_by_name("1001", BUDGET_SECONDS).outcome is Outcome.FOUND
    assert bench.clock.slept_seconds == [2.5]


@pytest.mark.parametrize(
    "reply",
    [(b"<html>maintenance</html>", {}), (b'{"data": {"ord', {}), ([1], {}), ({"data": None}, {}), ({"data": {}}, {})],
)
def test_an_unreadable_answer_at_200_is_transient(shop: HttpStub, reply: tuple[Any, dict[str, Any]]) -> None:
    """A proxy's page or a cut body says nothing about the order."""
    shop.reply(200, reply[0])
    with pytest.raises(TransientError):
        by_name(shop)
    with pytest.raises(TransientError):
        ShopBench(shop).orders.load_by_id("5551001", BUDGET_SECONDS)


@pytest.mark.parametrize("fault", [{"drop": True}, {"cut_after_bytes": 20}])
def test_a_broken_connection_is_transient(shop: HttpStub, fault: dict[str, Any]) -> None:
    """Nothing came back, or half of it."""
    shop.reply(200, page(order()), **fault)
    with pytest.raises(TransientError):
        by_name(shop)


def test_a_refused_static_token_is_read_again_once(shop: HttpStub) -> None:
    """It may have been rotated; `errors` is a text here."""
    shop.reply(401, BAD_TOKEN)
    bench = ShopBench(shop)
    with pytest.raises(LookupFailed) as failed:
        bench.orders.load_by_name("1001", BUDGET_SECONDS)
    assert failed.value.reason == "credential_refused"
    assert (len(shop.requests), bench.secrets.forgotten) == (2, 1)


def test_another_version_than_asked_for_is_warned_of_once(shop: HttpStub, recorded: Recording) -> None:
    """A retired version does not fail: it is served by the oldest supported one."""
    shop.reply(200, page(order()), {"X-Shopify-API-Version": "2027-01"})
    bench = ShopBench(shop)
    for _ in range(2):
        assert bench.orders.load_by_name("1001", BUDGET_SECONDS).outcome is Outcome.FOUND
    assert len(recorded.events("api_version_differs")) == 1


def test_no_log_line_holds_a_name_contact_or_token(shop: HttpStub, recorded: Recording) -> None:
    """On success and on failure alike."""
    shop.reply(502, b"<html>ana@example.com</html>")
    shop.reply(200, page(order()))
    by_name(shop)
    said = "\n".join(recorded.raw)
    assert recorded.raw
    for secret in ("1001", EMAIL, "shpat_static", "1Z9", "15550100123", "Standard"):
        assert secret not in said
