"""Reads the webhook secret and knows when to read it again.

read ───────────── 5 min, no reads ─────────────> read
  └─ a credential is refused: read at once, but not within 30 s of the last read (rotation without an outage,
     and a flood of wrong tokens costs two reads a minute)
  └─ a read fails: the older copy counts for another 10 min, then nobody is let in
"""

from __future__ import annotations

import json
from typing import Any

from rp_mw_ingress.adapters.aws_json import AwsJson
from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, usable
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, log

MAX_AGE_SECONDS = 300.0
MAX_STALE_SECONDS = 900.0
MIN_SECONDS_BETWEEN_READS = 30.0

_TOKEN_FIELDS = ("token_current", "token_previous")
_HMAC_FIELDS = ("hmac_secret", "hmac_secret_previous")


class SecretReader:
    """The webhook secret in Secrets Manager: a JSON object with `token_current`, `token_previous`, `hmac_secret`
    and `hmac_secret_previous`, each a string or null.
    """

    def __init__(self, secrets_manager: AwsJson, secret_name: str, auth_mode: AuthMode, clock: Clock) -> None:
        self._secrets_manager = secrets_manager
        self._secret_name = secret_name
        self._auth_mode = auth_mode
        self._clock = clock
        self._kept: WebhookSecrets | None = None
        self._kept_at = 0.0
        self._tried_at: float | None = None

    def load(self) -> WebhookSecrets:
        """Return the secrets, from memory while fresh; raises TransientError when there are none to use."""
        now = self._clock.monotonic()
        kept, age = self._kept, now - self._kept_at
        if kept is not None and (age < MAX_AGE_SECONDS or (age < MAX_STALE_SECONDS and self._tried_just_now(now))):
            return kept
        try:
            return self._read(now)
        except TransientError as error:
            if kept is None or age >= MAX_STALE_SECONDS:
                raise
            log(LogEvent.SECRET_STALE, exception_name=type(error.__cause__).__name__)
            return kept

    def load_newer(self) -> WebhookSecrets | None:
        """Read the secrets again if that was not done within 30 s; return them if they changed, else None."""
        now = self._clock.monotonic()
        if self._tried_just_now(now):
            return None
        before = self._kept
        try:
            newer = self._read(now)
        except TransientError as error:
            log(LogEvent.SECRET_STALE, exception_name=type(error.__cause__).__name__)
            return None
        return newer if newer != before else None

    def _tried_just_now(self, now: float) -> bool:
        return self._tried_at is not None and now - self._tried_at < MIN_SECONDS_BETWEEN_READS

    def _read(self, now: float) -> WebhookSecrets:
        self._tried_at = now
        secrets = parse_webhook_secrets(self._get_secret_string())
        if not secrets.has_any_for(self._auth_mode):
            raise TransientError("the webhook secret has nothing for this auth mode", code="secret_unreadable")
        self._kept, self._kept_at = secrets, now
        return secrets

    def _get_secret_string(self) -> str:
        """Source: AWS Secrets Manager API reference, GetSecretValue."""
        value = self._secrets_manager.call("GetSecretValue", {"SecretId": self._secret_name}).get("SecretString")
        if not isinstance(value, str):
            raise TransientError("the webhook secret has no text", code="secret_unreadable")
        return value


def parse_webhook_secrets(secret_string: str) -> WebhookSecrets:
    """Return the secrets in Secrets Manager's JSON text; raises TransientError when it has not the documented shape."""
    fields = _parse_json_object(secret_string)
    return WebhookSecrets(tokens=_values(fields, _TOKEN_FIELDS), hmac_keys=_values(fields, _HMAC_FIELDS))


def _parse_json_object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        # Without a cause: the parser's error would carry the secret.
        raise TransientError("the webhook secret is not a JSON object", code="secret_unreadable") from None
    return parsed


def _values(fields: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    return usable(fields.get(name) for name in names)
