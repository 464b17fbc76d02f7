"""The secret cache on the embedded Secrets Manager: few reads, rotation, outages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_shared.clients.secrets import SecretCache
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import ConfigurationError, TransientError
from tests.fakes.aws_faults import BreakableClient, refused, unreachable
from tests.fakes.recording import Recording

pytestmark = pytest.mark.emulator


class World:
    """One secret in the store, a client that can be broken, a clock and the cache."""

    def __init__(self, client: Any) -> None:
        self.store = client
        self.client = BreakableClient(client)
        self.clock = FakeClock()
        self.cache = SecretCache(self.client, max_age_seconds=300, clock=self.clock)
        self.name = f"rp-mw/test/{uuid.uuid4()}"

    def create(self, text: str) -> None:
        """Put the secret into the store."""
        self.store.create_secret(Name=self.name, SecretString=text)

    def rotate(self, **fields: str | None) -> None:
        """Give the secret a new value."""
        self.store.put_secret_value(SecretId=self.name, SecretString=json.dumps(fields))


@pytest.fixture
def world(aws: Callable[[str], Any]) -> World:
    """A fresh world."""
    return World(aws("secretsmanager"))


def test_a_secret_is_read_once_and_again_when_old(world: World) -> None:
    """No read per event; a rotation arrives within five minutes."""
    world.create('{"api_key": "one", "previous": null}')
    for _ in range(20):
        assert world.cache.load(world.name) == {"api_key": "one", "previous": None}
    world.rotate(api_key="two")
    world.clock.advance(299)
    assert world.cache.load(world.name)["api_key"] == "one"
    world.clock.advance(1)
    assert world.cache.load(world.name)["api_key"] == "two"
    assert world.client.calls == ["get_secret_value"] * 2


def test_forgetting_reads_again_at_once(world: World) -> None:
    """A vendor that refuses the key is the first to know of a rotation."""
    world.create('{"api_key": "one"}')
    world.cache.load(world.name)
    world.rotate(api_key="two")
    world.cache.forget(world.name)
    assert world.cache.load(world.name)["api_key"] == "two"


def test_an_outage_keeps_the_older_value_and_asks_rarely(world: World, recorded: Recording) -> None:
    """A key that worked a minute ago is better than none."""
    world.create('{"api_key": "one"}')
    world.cache.load(world.name)
    world.client.error = unreachable()
    world.clock.advance(300)
    for _ in range(9):
        assert world.cache.load(world.name)["api_key"] == "one"
        world.clock.advance(1)
    assert len(world.client.calls) == 2
    assert recorded.events("secret_stale")
    world.client.error = None
    world.rotate(api_key="two")
    world.clock.advance(1)
    assert world.cache.load(world.name)["api_key"] == "two"


def test_without_an_older_value_an_outage_is_transient(world: World) -> None:
    """The event goes back to the queue."""
    world.client.error = unreachable()
    with pytest.raises(TransientError):
        world.cache.load(world.name)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_missing_or_forbidden_secret_needs_a_person(world: World, code: str) -> None:
    """The message names the secret and what to do."""
    world.client.error = refused(code)
    with pytest.raises(ConfigurationError, match=rf"{world.name}.*{code}"):
        world.cache.load(world.name)


@pytest.mark.parametrize("text", ["canary-not-json", '["canary"]', '{"canary": 1}', '"canary"'])
def test_a_malformed_secret_is_refused_without_quoting_it(world: World, text: str) -> None:
    """An error message is no place for a secret."""
    world.create(text)
    with pytest.raises(ConfigurationError) as raised:
        world.cache.load(world.name)
    assert "canary" not in f"{raised.value!r}{raised.value.__cause__!r}"


def test_the_cache_does_not_show_secrets_when_printed(world: World) -> None:
    """A debugger's or a traceback's repr stays clean."""
    world.create('{"api_key": "canary"}')
    world.cache.load(world.name)
    assert "canary" not in repr(vars(world.cache))
