"""The model's client as the worker and the evaluation make it: the customer's text goes to the one address set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rp_mw_ops.eval.openai_settings import ModelSettings, make_openai
from rp_mw_shared.clock import SystemClock
from rp_mw_worker import wiring
from tests.fakes.http_stub import HttpStub
from tests.fakes.policy import load_policy

SECONDS = 10.0
OPTIONS: dict[str, Any] = {"openai_model": "gpt-6-luna", "openai_effort": "none", "openai_max_output_tokens": 400}


def worker_classifier(url: str) -> Any:
    """The worker's own, with the settings and the secret it reads."""
    settings: Any = SimpleNamespace(
        openai_base_url=url, openai_secret_name="openai", openai_input_usd=0.1, openai_output_usd=0.5, **OPTIONS
    )
    secrets: Any = SimpleNamespace(load=lambda name: {"api_key": "key"})
    core: Any = SimpleNamespace(policy=load_policy())
    return wiring._make_openai(settings, secrets, SystemClock(), core)


def evaluation_classifier(url: str) -> Any:
    """The one `rp-mw eval` makes on a person's machine."""
    return make_openai(ModelSettings("key", url, *OPTIONS.values()))


MAKERS = [worker_classifier, evaluation_classifier]


@pytest.fixture
def other() -> Iterator[HttpStub]:
    """A host nobody chose: it would answer anything, and must not be asked."""
    with HttpStub() as stub:
        stub.reply(200, {"status": "completed"})
        yield stub


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_a_failure(other: HttpStub, make: Callable[[str], Any], status: int) -> None:
    """The text is sent once, to the set address; the outcome is a reason code without a guess."""
    with HttpStub() as vendor:
        vendor.reply(status, b"", {"location": f"{other.url}/v1/responses"})
        answer = make(f"{vendor.url}/v1").classify("Where is my parcel?", time.monotonic() + SECONDS, "subject")
        assert len(vendor.requests) == 1
    assert other.requests == []
    assert (answer.failure, answer.intents) == ("model_bad_request", ())


@pytest.mark.parametrize("make", MAKERS)
def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, other: HttpStub, make: Callable[[str], Any]
) -> None:
    """HTTP_PROXY and its like do not decide who reads a customer's text."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HttpStub() as vendor:
        vendor.reply(404, {"error": {"message": "no such model"}})
        answer = make(f"{vendor.url}/v1").classify("Where is my parcel?", time.monotonic() + SECONDS, "subject")
        assert len(vendor.requests) == 1
    assert other.requests == []
    assert answer.failure == "model_not_found"
