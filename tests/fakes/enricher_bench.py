"""A Shopify client against a scripted shop, with a fake clock."""

from __future__ import annotations

from typing import Any, Protocol

from rp_mw_enricher.adapters.shopify_orders import ShopifyOrders
from rp_mw_enricher.adapters.shopify_token import ShopifyToken
from rp_mw_enricher.domain.order_name import NameFormat
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import HttpPolicy, VendorHttp
from rp_mw_shared.clients.limiter import UnlimitedLimiter
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.messages.types import EnrichmentResult
from rp_mw_shared.redaction.hashing import contact_digests

SALT = "salt"


class Shop(Protocol):
    """A scripted or simulated shop."""

    @property
    def url(self) -> str:
        """Its address."""


class MemorySecrets:
    """One secret's fields; counts how often they were forgotten."""

    def __init__(self, fields: dict[str, str | None]) -> None:
        self.fields = fields
        self.forgotten = 0

    def load(self, name: str) -> dict[str, str | None]:
        """Return the secret's fields."""
        return self.fields

    def forget(self, name: str) -> None:
        """Count a forgotten secret."""
        self.forgotten += 1


class MemoryResults:
    """Keeps results; raises `failure` instead if set."""

    def __init__(self) -> None:
        self.results: list[EnrichmentResult] = []
        self.failure: Exception | None = None

    def send(self, result: EnrichmentResult) -> None:
        """Keep one result."""
        if self.failure is not None:
            raise self.failure
        self.results.append(result)


class ShopBench:
    """The adapters over real HTTP; `clock` moves only when something waits."""

    def __init__(self, shop: Shop, secrets: dict[str, str | None] | None = None, **options: Any) -> None:
        self.shop = shop
        self.clock = FakeClock()
        self.secrets = MemorySecrets(secrets or {"access_token": "shpat_static"})
        breaker = CircuitBreaker(self.clock, vendor="shopify", failures_to_open=99)

        def http(headers: Any) -> VendorHttp:
            return VendorHttp(
                vendor="shopify",
                base_url=shop.url,
                clock=self.clock,
                limiter=UnlimitedLimiter(),
                breaker=breaker,
                headers=headers,
                policy=HttpPolicy(total_seconds=8.0),
                jitter=lambda: 0.5,
            )

        self.token = ShopifyToken(
            http(lambda: {"content-type": "application/x-www-form-urlencoded"}), self.secrets, "shopify", self.clock
        )
        self.orders = ShopifyOrders(
            http(lambda: {"x-shopify-access-token": self.token.load()}),
            self.token,
            self.clock,
            api_version=options.get("api_version", "2026-10"),
            name_format=options.get("name_format", NameFormat()),
            contact_digests=lambda contact: contact_digests(contact, SALT),
            jitter=lambda: 0.0,
        )
