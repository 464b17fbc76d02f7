"""Settings are read whole: every mistake at once, no secret in any message."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.settings import (
    load_settings,
    parse_boolean,
    parse_integer,
    parse_list,
    parse_number,
    parse_text,
    parse_url,
    setting,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Settings of every kind."""

    queue_url: str = setting("QUEUE_URL", parse_url, hint="set it to the events queue's URL")
    timeout_seconds: float = setting("TIMEOUT_SECONDS", parse_number, default=8.0, minimum=0.5, maximum=60)
    workers: int = setting("WORKERS", parse_integer, default=2, minimum=1)
    auth_mode: str = setting("AUTH_MODE", parse_text, default="token", choices=("token", "hmac"))
    channels: tuple[str, ...] = setting("CHANNELS", parse_list, default=())
    is_strict: bool = setting("STRICT", parse_boolean, default=False)
    api_key: str = setting("API_KEY", parse_text, default="", choices=("", "k"), secret=True)


def test_values_are_parsed_and_defaults_fill_the_rest() -> None:
    """Blanks around values do not matter; a blank value counts as absent."""
    environ = {"QUEUE_URL": " https://q.example/ ", "CHANNELS": "a, b,,", "STRICT": "Yes", "WORKERS": "  "}
    loaded = load_settings(Sample, environ)
    assert loaded == Sample(queue_url="https://q.example", channels=("a", "b"), is_strict=True)


def test_every_mistake_is_reported_at_once() -> None:
    """One deployment finds them all, each with the variable's name and what to do."""
    environ = {"TIMEOUT_SECONDS": "nan", "WORKERS": "0", "AUTH_MODE": "none", "STRICT": "maybe"}
    with pytest.raises(ConfigurationError) as raised:
        load_settings(Sample, environ)
    assert raised.value.problems == [
        "QUEUE_URL is not set: set it to the events queue's URL",
        "TIMEOUT_SECONDS is not a finite number (is 'nan'): set it to a number of at least 0.5 and of at most 60",
        "WORKERS must be at least 1 (is '0'): set it to a number of at least 1",
        "AUTH_MODE is not an allowed value (is 'none'): set it to one of token, hmac",
        "STRICT is neither true nor false (is 'maybe'): set it in the function's environment",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUEUE_URL", "q.example"),
        ("QUEUE_URL", "ftp://q"),
        ("QUEUE_URL", "https://"),
        ("QUEUE_URL", "https://a b"),
        ("WORKERS", "1.5"),
        ("TIMEOUT_SECONDS", "61"),
        ("TIMEOUT_SECONDS", "soon"),
    ],
)
def test_wrong_values_are_named(name: str, value: str) -> None:
    """The message starts with the variable."""
    with pytest.raises(ConfigurationError, match=f"^{name} "):
        load_settings(Sample, {"QUEUE_URL": "https://q", name: value})


def test_a_secret_is_never_quoted() -> None:
    """A wrong secret is named by its variable only."""
    with pytest.raises(ConfigurationError) as raised:
        load_settings(Sample, {"QUEUE_URL": "https://q", "API_KEY": "canary"})
    assert raised.value.problems == ["API_KEY cannot be read: set it to one of , k"]


def test_a_long_value_is_cut() -> None:
    """A pasted document does not fill the log."""
    with pytest.raises(ConfigurationError) as raised:
        load_settings(Sample, {"QUEUE_URL": "x" * 5_000})
    assert len(str(raised.value)) < 200
