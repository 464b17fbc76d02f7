"""Who is let in."""

from __future__ import annotations

import pytest

from rp_mw_ingress.domain import authentication
from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, is_authentic, sign

NOW = 1_795_000_000
BODY = b'{"ticket_id":"1"}'
SECRETS = WebhookSecrets(tokens=("current-token", "previous-token"), hmac_keys=("current-key", "previous-key"))


@pytest.mark.parametrize("token", ["current-token", "previous-token"])
def test_the_current_and_the_previous_token_are_accepted(token: str) -> None:
    """A rotation needs no moment at which sender and receiver change together."""
    assert is_authentic(AuthMode.TOKEN, {"x-middleware-token": token}, BODY, SECRETS, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-middleware-token": ""},
        {"x-middleware-token": "current-toke"},
        {"x-middleware-token": "current-token "},
        {"x-middleware-token": "current-token,current-token"},
        {"x-middleware-token": "CURRENT-TOKEN"},
        {"x-middleware-token": "töken\udc80"},
        {"authorization": "Bearer current-token"},
    ],
)
def test_any_other_token_is_refused(headers: dict[str, str]) -> None:
    """Missing, cut, doubled, or in another header."""
    assert not is_authentic(AuthMode.TOKEN, headers, BODY, SECRETS, NOW)


def test_an_empty_token_never_matches_missing_secrets() -> None:
    """Without secrets nobody is let in, not even with an empty credential."""
    assert not is_authentic(AuthMode.TOKEN, {"x-middleware-token": ""}, BODY, WebhookSecrets(), NOW)


@pytest.mark.parametrize("offset", [0, 300, -300])
@pytest.mark.parametrize("key", ["current-key", "previous-key"])
def test_a_signature_over_timestamp_and_body_is_accepted_within_the_window(key: str, offset: int) -> None:
    """300 seconds either way, inclusive; upper-case hex counts too."""
    timestamp = str(NOW + offset)
    headers = {"x-signature": sign(key, timestamp, BODY).upper(), "x-timestamp": timestamp}
    assert is_authentic(AuthMode.HMAC, headers, BODY, SECRETS, NOW)


@pytest.mark.parametrize("timestamp", [str(NOW + 301), str(NOW - 301), "", "now", "+5", "1e9", "١٢٣", "9" * 13, "-1"])
def test_a_signature_outside_the_window_or_with_a_malformed_time_is_refused(timestamp: str) -> None:
    """A recorded request cannot be replayed later."""
    headers = {"x-signature": sign("current-key", timestamp, BODY), "x-timestamp": timestamp}
    assert not is_authentic(AuthMode.HMAC, headers, BODY, SECRETS, NOW)


def test_a_signature_of_another_body_or_time_is_refused() -> None:
    """Both are signed."""
    headers = {"x-signature": sign("current-key", str(NOW), BODY), "x-timestamp": str(NOW)}
    assert not is_authentic(AuthMode.HMAC, headers, BODY + b" ", SECRETS, NOW)
    assert not is_authentic(AuthMode.HMAC, headers | {"x-timestamp": str(NOW + 1)}, BODY, SECRETS, NOW)


def test_the_token_does_not_open_the_hmac_mode() -> None:
    """Each mode takes its own credential only."""
    headers = {"x-middleware-token": "current-token", "x-timestamp": str(NOW)}
    assert not is_authentic(AuthMode.HMAC, headers, BODY, SECRETS, NOW)


def test_secrets_have_no_repr() -> None:
    """A traceback or a log line cannot show them."""
    assert "current" not in repr(SECRETS)


@pytest.mark.parametrize("mode", AuthMode)
@pytest.mark.parametrize("place", [0, 1, None])
def test_the_time_tells_nothing_of_a_secret(mode: AuthMode, place: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every valid secret is compared, whichever fits, and by the library's comparison that takes the same time."""
    compared: list[bytes] = []

    def compare(offered: bytes, secret: bytes) -> bool:
        compared.append(secret)
        return offered == secret

    monkeypatch.setattr(authentication.hmac, "compare_digest", compare)
    keys = SECRETS.tokens if mode is AuthMode.TOKEN else SECRETS.hmac_keys
    valid = keys if mode is AuthMode.TOKEN else tuple(sign(key, str(NOW), BODY) for key in keys)
    offered = "none-of-them" if place is None else valid[place]
    headers = {
        "x-middleware-token": offered,
        authentication.SIGNATURE_HEADER: offered,
        authentication.TIMESTAMP_HEADER: str(NOW),
    }
    assert is_authentic(mode, headers, BODY, SECRETS, NOW) is (place is not None)
    assert compared == [secret.encode() for secret in valid]
