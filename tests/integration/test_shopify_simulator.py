"""The simulated shop answers as Shopify's Admin GraphQL API does, refusals with status 200 included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from rp_mw_local.simulators.shopify import ShopifySimulator
from rp_mw_shared.clock import FakeClock

QUERY = """query Find($q: String!, $first: Int!) {
  orders(first: $first, query: $q) { pageInfo { hasNextPage } nodes { id name email customer { id } } } }"""


@pytest.fixture
def clock() -> FakeClock:
    """The simulator's clock."""
    return FakeClock()


@pytest.fixture
def shopify(clock: FakeClock) -> Iterator[ShopifySimulator]:
    """A shop with two similar order names and an old order."""
    simulator = ShopifySimulator("id", "secret", now_epoch_ms=clock.now_epoch_ms)
    simulator.start()
    orders = [
        {"id": 1, "name": "#1001", "email": "ana@example.com"},
        {"id": 2, "name": "#10011", "email": "zoe@example.com"},
        {"id": 3, "name": "#900", "email": "old@example.com", "created_days_ago": 61},
    ]
    simulator.seed({"orders": orders})
    yield simulator
    simulator.stop()


def token(shopify: ShopifySimulator) -> str:
    """A fresh access token."""
    form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
    return str(httpx2.post(f"{shopify.url}/admin/oauth/access_token", data=form).json()["access_token"])


def ask(
    shopify: ShopifySimulator, search: str, *, version: str = "2026-10", access: str | None = None
) -> httpx2.Response:
    """One search."""
    return httpx2.post(
        f"{shopify.url}/admin/api/{version}/graphql.json",
        headers={"X-Shopify-Access-Token": access or token(shopify)},
        json={"query": QUERY, "variables": {"q": search, "first": 5}},
    )


def names(answer: httpx2.Response) -> set[str]:
    """The names found."""
    return {node["name"] for node in answer.json()["data"]["orders"]["nodes"]}


def test_names_match_loosely_unless_switched(shopify: ShopifySimulator) -> None:
    """The caller has to compare names itself."""
    assert names(ask(shopify, 'name:"#1001"')) == {"#1001", "#10011"}
    shopify.switch(loose_names=False)
    assert names(ask(shopify, "name:1001")) == {"#1001"}


def test_names_are_not_unique(shopify: ShopifySimulator) -> None:
    """Two orders may share one."""
    shopify.seed({"orders": [{"id": 9, "name": "#1001", "email": "other@example.com"}]})
    assert len(ask(shopify, 'name:"#1001"').json()["data"]["orders"]["nodes"]) == 3


def test_an_unknown_filter_is_ignored_with_a_warning(shopify: ShopifySimulator) -> None:
    """Unrelated orders come back with status 200."""
    answer = ask(shopify, "phone:+15550100")
    assert len(names(answer)) == 2
    assert answer.json()["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_orders_past_sixty_days_are_absent(shopify: ShopifySimulator) -> None:
    """Not found does not mean that it does not exist."""
    assert names(ask(shopify, "name:900")) == set()
    shopify.switch(horizon_days=365)
    assert names(ask(shopify, "name:900")) == {"#900"}


def test_every_reply_tells_its_cost(shopify: ShopifySimulator) -> None:
    """In the extensions."""
    assert ask(shopify, "name:1001").json()["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 100.0


def test_a_retired_version_is_served_by_the_oldest(shopify: ShopifySimulator) -> None:
    """Only a header tells."""
    assert ask(shopify, "name:1001", version="2024-01").headers["x-shopify-api-version"] == "2026-01"


def test_tokens_live_a_day(shopify: ShopifySimulator, clock: FakeClock) -> None:
    """Afterwards a 401 whose errors is a string."""
    access = token(shopify)
    assert ask(shopify, "name:1001", access=access).status_code == 200
    clock.advance(86_400)
    answer = ask(shopify, "name:1001", access=access)
    assert (answer.status_code, type(answer.json()["errors"])) == (401, str)


def test_an_unapproved_app_gets_data_and_errors(shopify: ShopifySimulator) -> None:
    """The fields are null and named by path."""
    shopify.arm("access_denied", on="* */graphql.json")
    body = ask(shopify, "name:10011").json()
    assert body["data"]["orders"]["nodes"][0]["customer"] is None
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    # the order itself is as it was
    assert ask(shopify, "name:10011").json()["data"]["orders"]["nodes"][0]["email"] == "zoe@example.com"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttled", "THROTTLED"),
        ("scope_missing", "ACCESS_DENIED"),
        ("internal_error", "INTERNAL_SERVER_ERROR"),
        ("max_cost", "MAX_COST_EXCEEDED"),
        ("shop_inactive", "SHOP_INACTIVE"),
    ],
)
def test_refusals_inside_graphql_have_status_200(shopify: ShopifySimulator, kind: str, code: str) -> None:
    """The code is in the extensions."""
    shopify.arm(kind, on="* */graphql.json")
    answer = ask(shopify, "name:1001")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (200, code)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "rate_limited", "retry_after": "2.0"}, 429),
        ({"kind": "security_block"}, 430),
        ({"kind": "bad_gateway"}, 502),
        ({"kind": "not_found"}, 404),
        ({"kind": "inactive", "status": 423}, 423),
    ],
)
def test_refusals_before_graphql_have_their_own_status(
    shopify: ShopifySimulator, fault: dict[str, Any], status: int
) -> None:
    """HTML where an outage would be."""
    shopify.arm(**fault, on="* */graphql.json")
    answer = ask(shopify, "name:1001")
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == fault.get("retry_after")


@pytest.mark.parametrize(
    ("kind", "error"), [("not_permitted", "shop_not_permitted"), ("not_installed", "app_not_installed")]
)
def test_the_token_endpoint_refuses_by_name(shopify: ShopifySimulator, kind: str, error: str) -> None:
    """Status 400."""
    shopify.arm(kind)
    answer = httpx2.post(f"{shopify.url}/admin/oauth/access_token", data={})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_only_fields_of_the_schema_can_be_asked_for(shopify: ShopifySimulator) -> None:
    """A wrong query is told, as status 200."""
    body = {"query": "{ orders(first: 1) { nodes { id emailAddress } } }"}
    headers = {"X-Shopify-Access-Token": token(shopify)}
    answer = httpx2.post(f"{shopify.url}/admin/api/2026-10/graphql.json", headers=headers, json=body)
    assert answer.json()["errors"][0]["extensions"]["code"] == "undefinedField"
