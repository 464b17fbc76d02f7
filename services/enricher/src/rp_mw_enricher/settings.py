"""What the enricher is told by its environment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rp_mw_shared.settings import parse_integer, parse_text, parse_url, setting
from rp_mw_shared.sqs.batch import MAX_RECEIVE_COUNT

_API_VERSION = re.compile(r"[0-9]{4}-(?:01|04|07|10)|unstable")

# An empty variable counts as absent, so a word says that there is none.
_NO_AFFIX = "none"
_AFFIX = re.compile(r"[A-Za-z0-9#_-]{1,10}")
_AFFIX_HINT = "set it to at most 10 letters, digits, #, _ or -, such as EN, or to none"


def _parse_api_version(raw: str) -> str:
    if not _API_VERSION.fullmatch(raw):
        raise ValueError("is not a Shopify API version such as 2026-10")
    return raw


def _parse_affix(raw: str) -> str:
    if raw == _NO_AFFIX:
        return ""
    if not _AFFIX.fullmatch(raw):
        raise ValueError("is not what stands before or after a number in an order's name")
    return raw


@dataclass(frozen=True, slots=True)
class Settings:
    """Read with `rp_mw_shared.settings.load_settings`, which reports every mistake at once."""

    env: str = setting("RP_MW_ENV", parse_text)
    region: str = setting("AWS_REGION", parse_text)
    enrichment_queue_url: str = setting("ENRICHMENT_QUEUE_URL", parse_url)
    enrichment_dlq_url: str = setting("ENRICHMENT_DLQ_URL", parse_url)
    events_queue_url: str = setting("EVENTS_QUEUE_URL", parse_url)
    shopify_secret_name: str = setting("SHOPIFY_SECRET_NAME", parse_text)
    hash_salt_secret_name: str = setting("HASH_SALT_SECRET_NAME", parse_text)
    shopify_base_url: str = setting("SHOPIFY_BASE_URL", parse_url)
    shopify_api_version: str = setting(
        "SHOPIFY_API_VERSION", _parse_api_version, default="2026-10", hint="set it to a quarter such as 2026-10"
    )
    # How the shop writes order names around the number (admin, general settings, order ID format).
    order_name_prefix: str = setting("SHOPIFY_ORDER_NAME_PREFIX", _parse_affix, default="#", hint=_AFFIX_HINT)
    order_name_suffix: str = setting("SHOPIFY_ORDER_NAME_SUFFIX", _parse_affix, default="", hint=_AFFIX_HINT)
    # Deliveries of a request before it is answered with a failure; the queue's own maxReceiveCount.
    max_receive_count: int = setting(
        "ENRICHMENT_MAX_RECEIVE_COUNT", parse_integer, default=MAX_RECEIVE_COUNT, minimum=1, maximum=100
    )
