"""Richpanel's budget is enough for one event of each worker, and a concurrency that needs more is refused."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.world import running_world
from rp_mw_local.errors import LocalError
from rp_mw_local.shop import stock
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clients.richpanel_budget import CALLS_OF_ONE_EVENT
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.settings import load_settings, setting_spec
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.settings import Settings

REQUIRED = {
    spec.name: "https://example.invalid"
    for field in Settings.__dataclass_fields__.values()
    if (spec := setting_spec(field)) is not None
    if spec.name.endswith(("_URL", "_TABLE", "_NAME", "_PATH", "_ID", "_ENV"))
}


def _load(workers: int, budget: int = 50) -> Settings:
    told = {"RICHPANEL_WORKERS": str(workers), "RICHPANEL_REQUESTS_PER_WINDOW": str(budget)}
    return load_settings(Settings, REQUIRED | told)


def test_a_concurrency_that_needs_more_than_the_budget_is_refused() -> None:
    """At the worker's start and by the local system, with the arithmetic; a larger budget allows more."""
    assert (_load(4).richpanel_workers, _load(10, 120).richpanel_workers) == (4, 10)
    with pytest.raises(ConfigurationError, match=r"5 workers x 12 requests, .* are 60, .* budget is 50: .* at most 4 "):
        _load(5)
    with pytest.raises(ConfigurationError, match=r"13 workers x 12 requests, .* are 156"):
        _load(13)
    for options in ({"settings": {"RICHPANEL_WORKERS": "50001"}}, {"richpanel_requests_per_window": 11}):
        with pytest.raises(LocalError, match="does not fit the budget: "):
            Stack({}, StackOptions(**options))  # type: ignore[arg-type]


def test_the_costliest_event_makes_as_many_calls_as_are_reckoned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup's answer in a new process; the close needs its second form, its person is gone, an old tag goes."""
    calls: list[str] = []
    send = VendorHttp._try

    def counted(http: VendorHttp, call: Any) -> Any:
        calls.extend([call.operation] if http._vendor == "richpanel" else [])
        return send(http, call)

    monkeypatch.setattr(VendorHttp, "_try", counted)
    monkeypatch.setattr(PolicyEngine, "assignee", lambda *_: "agent-who-left")
    with running_world() as world:
        stock(world.stack)
        world.stack.richpanel.switch(plain_close_ignored=True)
        world.set_flags(**LIVE_FLAGS)
        event = world.asks("Where is my order #1002?", linked_order_id=5551002, email="ben@example.com")
        world.deliver(event)
        ticket = world.stack.richpanel.store.tickets[event.conversation_id]
        ticket.tags.append("route-returns")
        world.restart()
        calls.clear()
        world.enrich()
    assert ticket.status == "CLOSED"
    assert {"send_message", "update", "get_tags", "remove_tags"} <= set(calls)
    assert len(calls) == CALLS_OF_ONE_EVENT, calls
