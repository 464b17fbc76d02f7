"""One simulated world: queues, tables, vendors, a clock, and functions that are started, killed and started again.

Time passes only here. A function's process lives until it is killed; the next batch gets a new one, built by the
product's real wiring.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from rp_mw_enricher import wiring as enricher_wiring
from rp_mw_enricher.settings import Settings as EnricherSettings
from rp_mw_local.simulators.openai import OpenAISimulator
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_local.simulators.server import Request, Response
from rp_mw_local.simulators.shopify import ShopifySimulator
from rp_mw_shared.budget.store import DynamoDBBudget
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.observability import configure
from rp_mw_worker import wiring as worker_wiring
from rp_mw_worker.day_sums import COMPUTED_AT, closed_days
from rp_mw_worker.domain.figures import Figures
from rp_mw_worker.settings import Settings as WorkerSettings
from tests.faults.expressions import Item
from tests.faults.memory_dynamodb import MemoryDynamoDB
from tests.faults.memory_sqs import MemoryQueue, MemorySqs, Message, as_lambda_event
from tests.faults.switchboard import Action, Call, Killed, Kind, Switchboard
from tests.faults.witness import Attempt, Witness

START = 1_795_016_400_000  # Wednesday 2026-11-18 15:40 UTC: business hours in New York
EVENTS, STATES, AUDIT = "a_idempotency", "b_conversation_state", "c_audit_trail"
LIVE_FLAGS = {
    "safe_mode": "false",
    "automation_enabled": "true",
    "automation_enabled_channels": "livechat,email",
    "rollout_stage": "tier2",
    "stage_ceiling": "tier2",
    "notes_are_private": "false",
    "disabled_templates": "none",
    "classifier": "embedded",
    "chat_codes": "false",
}
SECONDS_PER_CALL = 0.05
_TIMEOUT_SECONDS = {"worker": 60, "enricher": 30, "ingress": 10, "sweep": 60}
_API_KEY, _OPENAI_KEY, _SHOP_TOKEN, SALT = "rp-key", "sk-key", "shpat_token", "salt-of-the-world-0f1e2d3c4b5a6978"
_URL = "https://queues.invalid/"
EVENTS_URL = _URL + "events"


class NotFinalError(Exception):
    """Messages are still going round after far more deliveries than any fault explains."""


class WorldClock(FakeClock):
    """Effects that are under way happen when their time comes."""

    def __init__(self, now_epoch_ms: int) -> None:
        super().__init__(now_epoch_ms)
        self._later: list[tuple[float, Callable[[], Any]]] = []

    def do_later(self, seconds: float, effect: Callable[[], Any]) -> None:
        """Let `effect` happen when `seconds` have passed."""
        self._later.append((self.monotonic() + seconds, effect))

    def advance(self, seconds: float) -> None:
        """Move on, and let happen what was due on the way."""
        end = self.monotonic() + seconds
        while due := sorted((one for one in self._later if one[0] <= end), key=lambda one: one[0])[:1]:
            self._later.remove(due[0])
            super().advance(max(0.0, due[0][0] - self.monotonic()))
            due[0][1]()
        super().advance(max(0.0, end - self.monotonic()))

    @property
    def next_effect_seconds(self) -> float | None:
        """Return how long until the next effect under way."""
        return min((at for at, _ in self._later), default=self.monotonic() - 1) - self.monotonic()


@dataclass(slots=True)
class _Run:
    """The invocation under way."""

    role: str = "worker"
    number: int = 0
    ends_at: int = 0
    batch: list[Message] = field(default_factory=list)
    is_nested: bool = False


def worker_settings() -> WorkerSettings:
    """Return the worker's settings in this world."""
    return WorkerSettings(
        env="faults",
        events_queue_url=EVENTS_URL,
        events_dlq_url=_URL + "events-dlq",
        enrichment_queue_url=_URL + "enrichment",
        idempotency_table=EVENTS,
        conversation_state_table=STATES,
        audit_trail_table=AUDIT,
        flags_path="/flags",
        richpanel_secret_name="richpanel",
        openai_secret_name="openai",
        hash_salt_secret_name="salt",
        richpanel_author_id="agent-1",
        richpanel_base_url="https://richpanel.invalid/v1",
        openai_base_url="https://openai.invalid/v1",
    )


def enricher_settings() -> EnricherSettings:
    """Return the enricher's settings in this world."""
    return EnricherSettings(
        env="faults",
        region="us-east-1",
        enrichment_queue_url=_URL + "enrichment",
        enrichment_dlq_url=_URL + "enrichment-dlq",
        events_queue_url=EVENTS_URL,
        shopify_secret_name="shopify",
        hash_salt_secret_name="salt",
        shopify_base_url="https://shopify.invalid",
    )


class World:
    """The world of one schedule."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.clock = WorldClock(START)
        self.witness = Witness()
        self.flags = dict(LIVE_FLAGS)
        self.log_lines: list[str] = []
        self._make_vendors()
        self._make_queues()
        self.tables = MemoryDynamoDB(
            {EVENTS: ("event_id",), STATES: ("conversation_id",), AUDIT: ("conversation_id", "ts_action_id")},
            self._table_written,
        )
        self._keep_sums_of_earlier_days()
        self._clients: dict[str, Any] = {
            "dynamodb": self.tables,
            "sqs": MemorySqs({queue.name: queue for queue in self.queues}),
            "ssm": self,
            "secretsmanager": self,
        }
        self._functions: dict[str, Any] = {}
        self._run = _Run()
        self._invocations = 0
        self._stalled: set[int] = set()

    def _keep_sums_of_earlier_days(self) -> None:
        """Leave one closed day to sum: sixty would be the same calls sixty times in each schedule."""
        sums = Figures().to_json() | {COMPUTED_AT: START}
        for day in closed_days(START)[1:]:
            key = f"figures:{day}"
            self.tables.items[STATES][key,] = to_item({"conversation_id": key, "sums": sums})

    def _make_vendors(self) -> None:
        now = self.clock.now_epoch_ms
        self.richpanel = RichpanelSimulator(_API_KEY, now)
        self.shopify = ShopifySimulator("id", "secret", _SHOP_TOKEN, now)
        self.openai = OpenAISimulator(_OPENAI_KEY, now)

    def _make_queues(self) -> None:
        self.events_dlq = MemoryQueue("events-dlq", self.clock)
        self.enrichment_dlq = MemoryQueue("enrichment-dlq", self.clock)
        self.events = MemoryQueue("events", self.clock, 6 * _TIMEOUT_SECONDS["worker"], self.events_dlq, 1_000)
        self.enrichment = MemoryQueue("enrichment", self.clock, 6 * _TIMEOUT_SECONDS["enricher"], self.enrichment_dlq)
        self.queues = (self.events, self.events_dlq, self.enrichment, self.enrichment_dlq)

    # -- what the product calls --------------------------------------------------------------------------------

    @property
    def role(self) -> str:
        """The function that is running."""
        return self._run.role

    def aws(self, service: str) -> Any:
        """Return what answers a service's calls."""
        return self._clients[service]

    def get_parameters_by_path(self, **_: Any) -> dict[str, Any]:
        """SSM: the flags."""
        is_on = self.flags["automation_enabled"] == "true" and self.flags["safe_mode"] == "false"
        self.witness.flags_read(self._run.number, is_on)
        set_at = datetime.fromtimestamp(START / 1000, UTC)
        found = [
            {"Name": f"/flags/{name}", "Value": value, "LastModifiedDate": set_at} for name, value in self.flags.items()
        ]
        return {"Parameters": found}

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        """Secrets Manager."""
        fields = {
            "salt": {"salt": SALT},
            "richpanel": {"api_key": _API_KEY},
            "openai": {"api_key": _OPENAI_KEY},
            "shopify": {"access_token": _SHOP_TOKEN},
        }
        return {"SecretString": json.dumps(fields[SecretId])}

    def vendor_answer(self, service: str, request: Request) -> Response:
        """Let a vendor answer."""
        minute = int(self.clock.monotonic() // 60)
        seen = self.witness.calls_by_minute
        seen[service, minute] = seen.get((service, minute), 0) + 1
        simulator = {"richpanel": self.richpanel, "shopify": self.shopify, "openai": self.openai}[service]
        return simulator.handle(request)

    def inert_answer(self, request: Request) -> Response:
        """Let the helpdesk answer 200 and do nothing, as it was seen to do."""
        self.richpanel.arm("no_effect")
        return self.vendor_answer("richpanel", request)

    def request_left(self, operation: str, request: Request) -> Attempt | None:
        """Tell the witness of a request to the helpdesk."""
        is_off = self.flags["automation_enabled"] != "true" or self.flags["safe_mode"] == "true"
        return self.witness.request_left(operation, request, self._run.number, self.clock.now_epoch_ms(), is_off=is_off)

    def waited(self) -> None:
        """Tell the witness that the run waits."""
        self.witness.waited(self._run.number)

    def _table_written(self, table: str, before: Item, after: Item) -> None:
        if table == EVENTS:
            self.witness.event_written(before, after, self.clock.now_epoch_ms())
        if table == STATES and not after["conversation_id"]["S"].startswith(
            ("sweep:", "read:", "read-back:", "closed:", "figures:")
        ):
            self.witness.state_written(before, after)

    # -- what the switchboard does -----------------------------------------------------------------------------

    def require_time(self) -> None:
        """Let a call take its time; the function is killed when its own is over."""
        self.clock.advance(SECONDS_PER_CALL)
        if self.clock.now_epoch_ms() >= self._run.ends_at and self._run.number not in self._stalled:
            raise Killed

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def do_later(self, seconds: float, effect: Callable[[], Any]) -> None:
        """Let an effect happen later."""
        self.clock.do_later(seconds, effect)

    def now(self) -> float:
        """Return seconds on the world's clock."""
        return self.clock.monotonic()

    def switch_off(self) -> None:
        """Throw the kill switch."""
        self.flags["automation_enabled"] = "false"

    def spend_budget(self, seconds: float) -> None:
        """Let other processes spend the helpdesk's budget for so long, as the book of all tells."""
        until = self.clock.now_epoch_ms() + round(seconds * 1000)
        book = DynamoDBBudget(self.tables, EVENTS, "richpanel", self.clock)
        book.change(lambda found: (replace(found, blocked_until=max(found.blocked_until, until)), None))

    def recycle(self) -> None:
        """Let the next batches be handled by new processes."""
        self._functions.clear()

    def intrude(self, stall_seconds: float) -> None:
        """Deliver the batch under way again, to a second process, and let that one run to its end first."""
        if self._run.is_nested or not self._run.batch:
            return
        outer, functions, is_silent = self._run, self._functions, self.board.is_silent
        self.clock.advance(stall_seconds)
        if stall_seconds >= _TIMEOUT_SECONDS[outer.role]:
            self._stalled.add(outer.number)
        self._functions, self.board.is_silent = {}, True
        try:
            self._invoke(outer.role, outer.batch, is_nested=True)
        finally:
            self._run, self._functions, self.board.is_silent = outer, functions, is_silent

    # -- the functions -----------------------------------------------------------------------------------------

    def settle(self, max_batches: int = 120) -> None:
        """Deliver until nothing is left in the queues; raises NotFinalError."""
        for _ in range(max_batches):
            if not self.deliver_once() and not self._wait():
                return
        raise NotFinalError

    def serve(self, role: str, function: Callable[[], Any]) -> Any:
        """Run the code of a function that no queue triggers; return its answer, None when its process died."""
        self._invocations += 1
        ends_at = self.clock.now_epoch_ms() + _TIMEOUT_SECONDS[role] * 1000
        self._run = _Run(role, self._invocations, ends_at)
        try:
            return function()
        except Killed:
            return None

    def sweep(self) -> bool:
        """Run the scheduled sweep; False when it has to come again."""

        def run() -> bool:
            sweeper = worker_wiring.build_sweeper(worker_settings())
            configure(service="worker", env="faults", strict=True, write=self.log_lines.append)
            return bool(sweeper.run(lambda: self._run.ends_at - self.clock.now_epoch_ms())["outcome"] == "finished")

        return bool(self.serve("sweep", run))

    def deliver_once(self) -> bool:
        """Deliver what can be received now; False when there is nothing."""
        batches = [("worker", self.events.receive()), ("enricher", self.enrichment.receive())]
        for role, batch in batches:
            if batch:
                self._invoke(role, batch)
        return any(batch for _, batch in batches)

    def _wait(self) -> bool:
        """Wait for the next message to become visible; False when none is left and nothing is under way."""
        times = [at for queue in (self.events, self.enrichment) if (at := queue.next_visible_at()) is not None]
        effect = self.clock.next_effect_seconds
        if effect is not None and effect >= 0:
            times.append(self.clock.now_epoch_ms() + int(effect * 1000) + 1)
        if not times:
            return False
        self.clock.advance(max(0.001, (min(times) - self.clock.now_epoch_ms()) / 1000))
        return True

    def _invoke(self, role: str, batch: list[Message], is_nested: bool = False) -> None:
        self._invocations += 1
        ends_at = self.clock.now_epoch_ms() + _TIMEOUT_SECONDS[role] * 1000
        self._run = run = _Run(role, self._invocations, ends_at, batch, is_nested)
        try:
            function = self._functions.get(role) or self._start(role)
            self._functions[role] = function
            answer = function(as_lambda_event(batch), lambda: run.ends_at - self.clock.now_epoch_ms())
        except Killed:
            self._functions.pop(role, None)
            _leave_unanswered(batch)
            return
        except Exception as error:  # noqa: BLE001 - Lambda's edge: the whole batch comes back
            self._functions.pop(role, None)
            self.log_lines.append(f"invocation failed: {type(error).__name__}: {error}")
            _leave_unanswered(batch)
            return
        returned = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in batch:
            message.is_unanswered = message.id not in returned
            if message.id not in returned:
                self._acknowledge(role, message)

    def _start(self, role: str) -> Callable[..., Any]:
        try:
            if role == "worker":
                return worker_wiring.build(worker_settings()).handle
            return enricher_wiring.build(enricher_settings()).handle_batch
        finally:  # a wiring says where lines go to, even one that dies on its way
            configure(service=role, env="faults", strict=True, write=self.log_lines.append)

    def _acknowledge(self, role: str, message: Message) -> None:
        queue = self.events if role == "worker" else self.enrichment

        def fail(action: Action) -> None:
            if action is Action.LOSE:
                queue.delete(message.receipt)

        call = Call(role, "queue", "delete", Kind.QUEUE, fail)
        try:
            self.board.pass_through(self, call, lambda: queue.delete(message.receipt))
        except Killed:
            return


def _leave_unanswered(batch: list[Message]) -> None:
    for message in batch:
        message.is_unanswered = True
