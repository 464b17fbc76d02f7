"""Builds the enricher once; the only place that knows which adapter stands behind which port."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from rp_mw_enricher.adapters.result_queue import SqsResultQueue
from rp_mw_enricher.adapters.shopify_orders import ShopifyOrders
from rp_mw_enricher.adapters.shopify_token import ShopifyToken
from rp_mw_enricher.domain.order_name import NameFormat
from rp_mw_enricher.enrich import Enricher
from rp_mw_enricher.settings import Settings
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import HttpPolicy, VendorHttp
from rp_mw_shared.clients.limiter import UnlimitedLimiter
from rp_mw_shared.clients.secrets import SecretCache, require_own_secret
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.observability import configure
from rp_mw_shared.redaction.hashing import contact_digests
from rp_mw_shared.settings import load_settings
from rp_mw_shared.sqs.consumer import QueueConsumer

# Kept back from each lookup for sending its answer and ending the batch.
_RESERVE_SECONDS = 3.0
_VENDOR = "shopify"
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@cache
def enricher_function() -> QueueConsumer:
    """Return the process's enricher, built from the environment; raises ConfigurationError."""
    return build(load_settings(Settings, os.environ))


def build(settings: Settings) -> QueueConsumer:
    """Make the clients; nothing is sent before the first request."""
    import botocore.session
    from botocore.config import Config

    configure(service="enricher", env=settings.env)
    session = botocore.session.get_session()
    # The SDK's own name is composed anew, twice for every request.
    config = Config(user_agent="rp-mw-enricher", retries={"mode": "standard", "total_max_attempts": 3})
    sqs = session.create_client("sqs", region_name=settings.region, config=config)
    clock = SystemClock()
    secrets_manager = session.create_client("secretsmanager", region_name=settings.region, config=config)
    orders = _shopify_orders(settings, SecretCache(secrets_manager, clock=clock), clock)
    results = SqsResultQueue(sqs, settings.events_queue_url)
    enricher = Enricher(orders, results, clock, max_receive_count=settings.max_receive_count)
    return QueueConsumer(
        sqs,
        settings.enrichment_queue_url,
        settings.enrichment_dlq_url,
        "enrichment",
        enricher.handle,
        on_dead_letter=enricher.on_dead_letter,
        max_receive_count=settings.max_receive_count,
        reserve_seconds=_RESERVE_SECONDS,
    )


def _shopify_orders(settings: Settings, secrets: SecretCache, clock: Clock) -> ShopifyOrders:
    def http(**options: Any) -> VendorHttp:
        return VendorHttp(
            vendor=_VENDOR,
            base_url=settings.shopify_base_url,
            clock=clock,
            limiter=UnlimitedLimiter(),  # the budget is one of cost, told by each answer
            breaker=breaker,
            policy=HttpPolicy(total_seconds=8.0),
            **options,
        )

    breaker = CircuitBreaker(clock, vendor=_VENDOR)
    token = ShopifyToken(http(headers=lambda: _FORM), secrets, settings.shopify_secret_name, clock)
    return ShopifyOrders(
        http(headers=lambda: {"x-shopify-access-token": token.load()}),
        token,
        clock,
        api_version=settings.shopify_api_version,
        name_format=NameFormat(settings.order_name_prefix, settings.order_name_suffix),
        contact_digests=lambda contact: contact_digests(
            contact, require_own_secret(secrets, settings.hash_salt_secret_name, "salt")
        ),
    )
