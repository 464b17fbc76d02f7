"""The access token: static, or granted for a day and renewed early."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from rp_mw_enricher.domain.answer import LookupFailed, Outcome
from rp_mw_shared.errors import ConfigurationError, TransientError
from tests.events.shopify_answers import BAD_TOKEN, order, page
from tests.fakes.enricher_bench import ShopBench
from tests.fakes.http_stub import HttpStub

CLIENT = {"client_id": "id-1", "client_secret": "secret & more"}


def grant(token: str = "granted-1", expires_in: Any = 86_399) -> dict[str, Any]:
    """The token endpoint's answer."""
    return {"access_token": token, "scope": "read_orders,read_customers", "expires_in": expires_in}


def test_a_static_token_needs_no_request(shop: HttpStub) -> None:
    """It does not expire."""
    assert ShopBench(shop, {"access_token": "shpat_1"}).token.load() == "shpat_1"
    assert shop.requests == []


def test_a_grant_is_asked_for_with_a_form_and_kept(shop: HttpStub) -> None:
    """Once for a day."""
    shop.reply(200, grant())
    bench = ShopBench(shop, CLIENT)
    assert [bench.token.load() for _ in range(3)] == ["granted-1"] * 3
    [request] = shop.requests
    assert (request.method, request.path) == ("POST", "/admin/oauth/access_token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id-1"],
        "client_secret": ["secret & more"],
    }


def test_a_grant_is_renewed_five_minutes_early(shop: HttpStub) -> None:
    """Before the shop refuses it."""
    shop.reply(200, grant("first"))
    shop.reply(200, grant("second"))
    bench = ShopBench(shop, CLIENT)
    bench.token.load()
    bench.clock.advance(86_399 - 301)
    assert bench.token.load() == "first"
    bench.clock.advance(2)
    assert bench.token.load() == "second"


def test_a_failing_early_renewal_keeps_the_old_token_until_it_expires(shop: HttpStub) -> None:
    """An outage of the token endpoint alone stops nothing for five minutes."""
    shop.reply(200, grant("first"))
    shop.reply(503, b"<html>")
    bench = ShopBench(shop, CLIENT)
    bench.token.load()
    bench.clock.advance(86_399 - 200)
    assert bench.token.load() == "first"
    bench.clock.advance(200)
    with pytest.raises(TransientError):
        bench.token.load()


def test_a_token_of_a_short_life_is_used_for_half_of_it(shop: HttpStub) -> None:
    """Not renewed on every call."""
    shop.reply(200, grant(expires_in=60))
    bench = ShopBench(shop, CLIENT)
    bench.token.load()
    bench.clock.advance(29)
    bench.token.load()
    assert len(shop.requests) == 1


def test_a_refused_grant_is_renewed_once_and_the_lookup_goes_on(shop: HttpStub) -> None:
    """401 from GraphQL, a new token, the answer."""
    shop.reply(200, grant("first"))
    shop.reply(401, BAD_TOKEN)
    shop.reply(200, grant("second"))
    shop.reply(200, page(order()))
    assert ShopBench(shop, CLIENT).orders.load_by_name("1001", 8.0).outcome is Outcome.FOUND
    used = [request.headers.get("x-shopify-access-token") for request in shop.requests]
    assert used == [None, "first", None, "second"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": "shop_not_permitted"}, "credential_refused"),
        (400, {"error": "app_not_installed"}, "credential_refused"),
        (401, {"error": "invalid_client"}, "credential_refused"),
        (403, b"<html>", "credential_refused"),
        (404, b"<html>", "shop_not_found"),
        (410, b"", "credential_refused"),
    ],
)
def test_a_refusing_token_endpoint_fails_the_lookup(shop: HttpStub, status: int, body: Any, reason: str) -> None:
    """A person has to set the app up; the customer does not wait for it."""
    shop.reply(status, body)
    with pytest.raises(LookupFailed) as failed:
        ShopBench(shop, CLIENT).token.load()
    assert failed.value.reason == reason


@pytest.mark.parametrize(
    "answer", [b"<html>", [], {}, grant(token=""), grant(expires_in="soon"), grant(expires_in=True)]
)
def test_an_answer_without_a_token_is_transient(shop: HttpStub, answer: Any) -> None:
    """It says nothing about the credential."""
    shop.reply(200, answer)
    with pytest.raises(TransientError):
        ShopBench(shop, CLIENT).token.load()


@pytest.mark.parametrize("fields", [{"client_id": "x"}, {"client_secret": "x"}, {"access_token": None}])
def test_a_secret_without_a_credential_is_a_configuration_error(shop: HttpStub, fields: dict[str, str | None]) -> None:
    """It names the secret and what is missing."""
    with pytest.raises(ConfigurationError, match="client_id and client_secret"):
        ShopBench(shop, fields).token.load()
