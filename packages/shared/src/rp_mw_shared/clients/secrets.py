"""Reads secrets once per process and again when they are old, so that a rotation needs no deployment."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.clients.aws_errors import error_code, require_answered
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.errors import ConfigurationError, TransientError
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.secret_strength import find_malformation, find_weakness

# A person has to act on these; anything else may pass by itself. Source: Secrets Manager GetSecretValue, Errors.
_NEEDS_A_PERSON = frozenset({"ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException"})
_RETRY_STALE_AFTER_SECONDS = 10.0

SecretFields = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class _Kept:
    fields: SecretFields
    next_read_at: float

    def __repr__(self) -> str:
        return "_Kept(...)"


class SecretCache:
    """Holds each secret for `max_age_seconds` (default 300); after that the next use reads it again.

    A read that fails, or brings nothing usable, while an older value is at hand keeps the older value and tries again
    10 s later. Texts come without the blanks around them.
    """

    def __init__(self, client: Any, max_age_seconds: float = 300, clock: Clock | None = None) -> None:
        self._client = client
        self._max_age_seconds = max_age_seconds
        self._clock = clock or SystemClock()
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def load(self, name: str) -> SecretFields:
        """Return the JSON object kept under the secret's `name`, as text fields (null for an unset one).

        Raises ConfigurationError when the secret is missing, forbidden or malformed (it names secret and field),
        TransientError when it could not be read this time.
        """
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or self._clock.monotonic() >= kept.next_read_at:
                kept = self._read(name, kept)
                self._kept[name] = kept
            return kept.fields

    def forget(self, name: str) -> None:
        """Make the next `load` read the secret again: for a vendor that just refused the credential."""
        with self._lock:
            self._kept.pop(name, None)

    def _read(self, name: str, older: _Kept | None) -> _Kept:
        now = self._clock.monotonic()
        try:
            return _Kept(_parse_fields(name, self._get_text(name)), now + self._max_age_seconds)
        except (ConfigurationError, TransientError) as error:
            if older is None:
                raise
            log(LogEvent.SECRET_STALE, exception_name=type(error.__cause__ or error).__name__)
            return _Kept(older.fields, now + _RETRY_STALE_AFTER_SECONDS)

    def _get_text(self, name: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            answer = self._client.get_secret_value(SecretId=name)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise _as_product_error(name, error) from error
        return require_answered(answer, "SecretString", str, "secretsmanager")


def require_secret(secrets: SecretCache, name: str, field: str) -> str:
    """Return one field of a secret; raises ConfigurationError, which names secret and field, when it is not there."""
    value = secrets.load(name).get(field)
    if not value:
        raise ConfigurationError([f"secret {name} has no {field}: write it again"])
    return value


def require_own_secret(secrets: SecretCache, name: str, field: str) -> str:
    """Return a field of a secret that is of our own making; raises ConfigurationError for one that could be guessed."""
    value = require_secret(secrets, name, field)
    if (weakness := find_weakness(value)) is not None:
        raise ConfigurationError([f"secret {name}: {field} {weakness}"])
    return value


def _as_product_error(name: str, error: Exception) -> ConfigurationError | TransientError:
    code = error_code(error)
    if code in _NEEDS_A_PERSON:
        return ConfigurationError([f"secret {name} cannot be read ({code}): create it or grant the role access"])
    return TransientError("a secret could not be read", code="secret_unreadable")


def _parse_fields(name: str, text: str) -> SecretFields:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or not all(value is None or isinstance(value, str) for value in fields.values()):
        # The cause would quote the secret, so it is left out.
        raise ConfigurationError([f"secret {name} is not a JSON object of texts: write it again"]) from None
    stripped = {field: value and value.strip() for field, value in fields.items()}
    problems = [
        f"secret {name}: {field} {problem}"
        for field, value in stripped.items()
        if value and (problem := find_malformation(value)) is not None
    ]
    if problems:
        raise ConfigurationError(problems)
    return stripped
