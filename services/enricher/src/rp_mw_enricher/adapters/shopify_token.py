"""The shop's access token: a fixed one, or one of the client credentials grant that lives a day.

    ask ─────────── use ───────────┬─ renew ─┬─ expired
                                   └─ 5 min ─┘   a renewal that fails in between keeps the old token in use
Source: Shopify docs, "Using the client credentials grant".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, TypeGuard
from urllib.parse import urlencode

from rp_mw_enricher.domain.answer import LookupFailed
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import ConfigurationError, PermanentError, TransientError
from rp_mw_shared.secret_strength import find_malformation

TOKEN_PATH = "/admin/oauth/access_token"
RENEW_EARLY_SECONDS = 300.0
_NOT_FOUND = 404
_REFUSALS = (400, 401, 403, 404, 422)


class Secrets(Protocol):
    """Where the credential is kept (`rp_mw_shared.clients.secrets.SecretCache`)."""

    def load(self, name: str) -> dict[str, str | None]:
        """Return the secret's fields."""

    def forget(self, name: str) -> None:
        """Make the next load read the secret again."""


@dataclass(frozen=True, slots=True, repr=False)
class _Granted:
    token: str
    renew_at: float
    expires_at: float


class ShopifyToken:
    """`http` posts forms to the shop's address; times are the clock's monotonic seconds."""

    def __init__(self, http: VendorHttp, secrets: Secrets, secret_name: str, clock: Clock) -> None:
        self._http = http
        self._secrets = secrets
        self._secret_name = secret_name
        self._clock = clock
        self._granted: _Granted | None = None

    def load(self) -> str:
        """Return a token that counts now; raises TransientError, ConfigurationError or LookupFailed."""
        fields = self._secrets.load(self._secret_name)
        fixed = fields.get("access_token")
        if fixed:
            return fixed
        granted, now = self._granted, self._clock.monotonic()
        if granted is not None and now < granted.renew_at:
            return granted.token
        try:
            self._granted = self._request_token(fields, now)
        except TransientError:
            if granted is None or now >= granted.expires_at:
                raise
            return granted.token
        return self._granted.token

    def renew(self) -> None:
        """Forget the token and its credential: the shop just refused it."""
        self._granted = None
        self._secrets.forget(self._secret_name)

    def _request_token(self, fields: dict[str, str | None], now: float) -> _Granted:
        client_id, client_secret = fields.get("client_id"), fields.get("client_secret")
        if not client_id or not client_secret:
            raise ConfigurationError(
                [f"secret {self._secret_name} has neither access_token nor client_id and client_secret: add them"]
            )
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        try:
            response = self._http.request(
                "POST",
                TOKEN_PATH,
                operation="grant_token",
                idempotent=True,  # a second token does no harm
                body=urlencode(form).encode(),
                accept=_REFUSALS,
            )
        except PermanentError as error:
            raise LookupFailed(FailureReason.CREDENTIAL_REFUSED) from error
        if response.status == _NOT_FOUND:
            raise LookupFailed(FailureReason.SHOP_NOT_FOUND)
        if response.status in _REFUSALS:
            raise LookupFailed(FailureReason.CREDENTIAL_REFUSED)
        return _parse_grant(response.json(), now)


def _parse_grant(answer: object, now: float) -> _Granted:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    lifetime = answer.get("expires_in") if isinstance(answer, dict) else None
    if not isinstance(token, str) or find_malformation(token) is not None or not token or not _is_lifetime(lifetime):
        raise TransientError("the token endpoint's answer has no token in it", code="vendor_answer_unreadable")
    early = min(RENEW_EARLY_SECONDS, lifetime / 2)
    return _Granted(token, now + lifetime - early, now + lifetime)


def _is_lifetime(value: object) -> TypeGuard[float]:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return math.isfinite(value) and value > 0
