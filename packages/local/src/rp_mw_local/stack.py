"""Everything a local run consists of: three vendors, the embedded AWS, the deployed functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from rp_mw_local.deployment.configuration import SecretValue, generate_secret_values
from rp_mw_local.deployment.deploy import Deployment, Vendors, deploy
from rp_mw_local.emulator import REGION, Emulator
from rp_mw_local.errors import LocalError
from rp_mw_local.functions.event_source import EventSource
from rp_mw_local.functions.mapping import make_event_source
from rp_mw_local.functions.run_clock import RunClock
from rp_mw_local.http_target import HttpTarget
from rp_mw_local.observation import Observer
from rp_mw_local.simulators.openai import OpenAISimulator
from rp_mw_local.simulators.richpanel import DOCUMENTED_LIMIT, WINDOW_SECONDS, RichpanelSimulator
from rp_mw_local.simulators.server import Simulator
from rp_mw_local.simulators.shopify import ShopifySimulator
from rp_mw_shared.clients.richpanel_budget import find_concurrency_problem
from rp_mw_shared.environments.topology import Topology, load_topology

AUTHOR_ID = "agent-1"
# the documented limit is per account; a story of a minute would spend most of its time waiting for it
UNHURRIED_REQUESTS_PER_WINDOW = 5_000
# everything the product can do is on; a new environment in AWS starts in shadow
LIVE_FLAGS = {"automation_enabled": "true", "rollout_stage": "tier2"}


@dataclass(frozen=True, slots=True)
class StackOptions:
    """How to run: `ports` by part (aws, richpanel, shopify, openai), 0 or absent for a free one.

    `settings` go into the worker's environment. `concurrency` is the mapping's maximum concurrency by function: so many
    processes of it work at a time, each with a poller of its own; a function that is not named is fed by the embedded
    AWS, one batch of a queue at a time. `clock_scale` makes all clocks but the processors faster by that factor.
    """

    environment: str = "local"
    enforce_permissions: bool = False
    flags: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    richpanel_requests_per_window: int = UNHURRIED_REQUESTS_PER_WINDOW
    richpanel_window_seconds: float = WINDOW_SECONDS
    settings: Mapping[str, str] = field(default_factory=dict)
    concurrency: Mapping[str, int] = field(default_factory=dict)
    clock_scale: float = 1.0


class Stack:
    """A running local system. Use it as a context manager; leaving it leaves no process, port or folder behind."""

    def __init__(
        self,
        zips: Mapping[str, Path],
        options: StackOptions | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.zips = zips
        self.options = options or StackOptions()
        _require_concurrency(self._worker_settings, self.options.concurrency.get("worker", 1))
        self.progress = progress
        self.clock = RunClock(self.options.clock_scale)
        self.event_sources: dict[str, EventSource] = {}
        self.secrets: dict[str, SecretValue] = generate_secret_values()
        ports = self.options.ports
        now, shopify = self.clock.now_epoch_ms, self.secrets["shopify"]
        self.richpanel = RichpanelSimulator(
            str(self.secrets["richpanel"]["api_key"]), now, port=ports.get("richpanel", 0)
        )
        self.shopify = ShopifySimulator(
            str(shopify["client_id"]), str(shopify["client_secret"]), now_epoch_ms=now, port=ports.get("shopify", 0)
        )
        self.openai = OpenAISimulator(str(self.secrets["openai"]["api_key"]), now, port=ports.get("openai", 0))
        self.emulator = Emulator(
            enforce_permissions=self.options.enforce_permissions,
            port=ports.get("aws", 0),
            progress=progress,
            added_environment=self.clock.environment(),
        )
        self.topology: Topology = load_topology(self.options.environment)
        self.client = functools.cache(self.emulator.client)
        self.deployment: Deployment | None = None

    @property
    def simulators(self) -> tuple[Simulator, ...]:
        """The three vendors."""
        return (self.richpanel, self.shopify, self.openai)

    @property
    def vendors(self) -> Vendors:
        """Where the functions find them."""
        return Vendors(f"{self.richpanel.url}/v1", self.shopify.url, f"{self.openai.url}/v1", AUTHOR_ID)

    def start(self) -> Stack:
        """Starts and deploys everything; raises LocalError and leaves nothing behind when a part cannot start."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        for simulator in self.simulators:
            simulator.start()
        requests, window_seconds = self.options.richpanel_requests_per_window, self.options.richpanel_window_seconds
        self.richpanel.switch(requests_per_window=requests, window_seconds=window_seconds)
        self.progress(describe_budget(requests, window_seconds))
        self.progress(f"Richpanel {self.richpanel.url}, Shopify {self.shopify.url}, OpenAI {self.openai.url}")
        self.emulator.start()
        self.progress(f"embedded AWS {self.emulator.endpoint_url}")
        self.deploy()
        for function, maximum in self.options.concurrency.items():
            self.event_sources[function] = make_event_source(self, function, maximum)
            self.event_sources[function].start()

    @property
    def _worker_settings(self) -> dict[str, str]:
        """The worker keeps to the same limit as the simulated account has."""
        limit = {
            "RICHPANEL_REQUESTS_PER_WINDOW": str(self.options.richpanel_requests_per_window),
            "RICHPANEL_WINDOW_SECONDS": str(self.options.richpanel_window_seconds),
        }
        return limit | dict(self.options.settings)

    def deploy(self) -> Deployment:
        """Deploys the topology with this stack's zips, again if it is already there.

        The options' flags are set by the first deploy only: a later one must not turn a thrown switch back on.
        """
        flags = self.options.flags if self.deployment is None else {}
        self.deployment = deploy(
            self.topology,
            self.client,
            self.zips,
            self.vendors,
            secrets=self.secrets,
            flags=flags,
            settings={"worker": self._worker_settings},
            concurrency=self.options.concurrency,
            progress=self.progress,
        )
        for source in self.event_sources.values():
            source.replace()
        return self.deployment

    def stop(self) -> None:
        """Stops everything; may be called any number of times."""
        for source in self.event_sources.values():
            source.stop()
        for simulator in self.simulators:
            simulator.stop()
        self.emulator.stop()

    @property
    def observer(self) -> Observer:
        """A look into tables, queues and logs."""
        assert self.deployment is not None
        return Observer(self.deployment, self.client)

    @property
    def webhook_url(self) -> str:
        """Where the webhook is posted to, in the path form: the API's own host name does not resolve here."""
        assert self.deployment is not None
        return f"{self.emulator.endpoint_url}/_aws/execute-api/{self.deployment.api_id}/$default/v1/richpanel/events"

    @property
    def target(self) -> HttpTarget:
        """Richpanel's HTTP Target, as its settings page would have it."""
        return HttpTarget(self.webhook_url, str(self.secrets["webhook"]["token_current"]))

    def set_flag(self, name: str, value: str) -> None:
        """Sets a flag as it stands; functions see it once their cached one is ten seconds old, replies at once."""
        self.client("ssm").put_parameter(
            Name=f"{self.topology.flags_path}/{name}", Value=value, Type="String", Overwrite=True
        )

    def __enter__(self) -> Stack:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def describe_budget(requests_per_window: int, window_seconds: float = WINDOW_SECONDS) -> str:
    """The vendor's budget of a run in words; a larger one than the documented is named as that."""
    told = f"Richpanel's budget: {requests_per_window:,} calls in {window_seconds:g} s"
    if requests_per_window != DOCUMENTED_LIMIT:
        return f"{told}; documented are {DOCUMENTED_LIMIT}, which `make up` keeps to"
    if window_seconds == WINDOW_SECONDS:
        return f"{told}, as documented"
    faster = WINDOW_SECONDS / window_seconds
    return f"{told}: the documented one, the clock of limiter and simulator {faster:g} times faster for both"


def connection_facts(stack: Stack) -> dict[str, Any]:
    """What another process needs to use this running system."""
    return {
        "aws": {
            "endpoint_url": stack.emulator.endpoint_url,
            "region": REGION,
            "access_key_id": stack.emulator.access_key_id,
            "secret_access_key": stack.emulator.secret_access_key,
        },
        "environment": stack.options.environment,
        "webhook_url": stack.webhook_url,
        "webhook_token": stack.target.token,
        "simulators": {simulator.name: simulator.url for simulator in stack.simulators},
    }


def _require_concurrency(settings: Mapping[str, str], concurrency: int) -> None:
    budget, workers = settings["RICHPANEL_REQUESTS_PER_WINDOW"], settings.get("RICHPANEL_WORKERS", str(concurrency))
    problem = find_concurrency_problem(int(budget), int(workers))
    if problem is not None:
        raise LocalError(f"the local worker's concurrency does not fit the budget: {problem}")
