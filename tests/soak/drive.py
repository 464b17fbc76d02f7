"""Plays a plan on a running local system: posts webhooks over HTTP, kills processes, flips the switch, redeploys."""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rp_mw_local.http_target import full_payload, minimal_payload
from rp_mw_local.stack import Stack
from rp_mw_shared.environments.topology import Topology
from tests.soak.canaries import WORDS_PART
from tests.soak.plan import Plan, Post

SENDERS = 6
_LOOK_SECONDS = 0.25
_PROGRESS_SECONDS = 10.0
_POST_ATTEMPTS = 5
_POST_PATIENCE_FACTOR = 6
_FIRST_SECONDS = 120.0
# At the documented budget an event is decided long after its post: the switch stays off for so long at least.
_LEAST_OFF_SECONDS = 15.0
# Between the look at the switches and the request lie one or two writes to the tables.
IN_FLIGHT_MS = 2_000
# Before the switch is thrown: so few messages under way, or so long after the senders stopped, which is longer than
# a killed worker's messages stay away; then so long for the first reply to a question, and for the others after it.
_CALM_DEPTH = 4
_CALM_SECONDS = 45.0
_FIRST_REPLY_SECONDS = 30.0
_OTHER_REPLIES_SECONDS = 3.0
POISON_REASON = "schema_version_unknown"


class SoakError(Exception):
    """The soak itself could not be carried out."""


@dataclass(slots=True)
class Written:
    """One customer message as posted; times are epoch milliseconds, `accepted_at` is None until a 200 came back."""

    message_id: str
    created_at: str
    posted_at_epoch_ms: int
    is_minimal: bool
    accepted_at_epoch_ms: int | None = None
    ack_ms: float = 0.0
    webhooks: int = 0


@dataclass(slots=True)
class Disturbances:
    """What was really done to the system, with the moments of the switch."""

    killed: list[str] = field(default_factory=list)
    off_at_epoch_ms: int = 0
    on_at_epoch_ms: int = 0
    poison: int = 0
    versions: list[str] = field(default_factory=list)
    refused_webhooks: int = 0


def shortened(topology: Topology, worker_seconds: int, enricher_seconds: int) -> Topology:
    """The topology with shorter function timeouts, and queues that give a dead function's messages back in seconds.

    Deployed, the visibility timeout is six times the function's: nobody waits six minutes for each kill here.
    """
    seconds = {"worker": worker_seconds, "enricher": enricher_seconds}
    functions = {
        key: replace(spec, timeout_seconds=seconds.get(key, spec.timeout_seconds))
        for key, spec in topology.functions.items()
    }
    queues = {
        key: replace(spec, visibility_timeout_seconds=seconds[spec.consumer] + 7)
        for key, spec in topology.queues.items()
    }
    return replace(topology, functions=functions, queues=queues)


def add_mappings(stack: Stack, function: str, count: int) -> None:
    """Adds mappings between a function and its queue: the emulator runs one batch of a mapping at a time.

    The queue keeps a group with one consumer whichever mapping asks, as it does for Lambda's parallel pollers.
    """
    client, name = stack.client("lambda"), stack.topology.functions[function].name
    arn = client.get_alias(FunctionName=name, Name="live")["AliasArn"]
    queue = next(key for key, spec in stack.topology.queues.items() if spec.consumer == function)
    source = stack.observer.deployment.queues[queue].arn
    for _ in range(count):
        client.create_event_source_mapping(
            EventSourceArn=source,
            FunctionName=arn,
            BatchSize=stack.topology.functions[function].batch_size or 1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            Enabled=True,
        )


class Drive:
    """One run of a plan. `rate` is webhooks per second at most; `new_worker_zip` is what the redeploy brings.

    With more than `high_water` messages waiting the senders hold back.
    """

    def __init__(
        self,
        stack: Stack,
        plan: Plan,
        *,
        rate: float,
        high_water: int,
        new_worker_zip: Path,
        tell: Callable[[str], None],
    ) -> None:
        self.stack = stack
        self.plan = plan
        self.rate = rate
        self.high_water = high_water
        self.new_worker_zip = new_worker_zip
        self.tell = tell
        self.written: dict[tuple[int, int], Written] = {}
        self.done = Disturbances()
        self.started_at_epoch_ms = 0
        self._posted = 0
        self._depth = 0
        self._is_held = False
        self._held_seconds = 0.0
        self._mutex = threading.Lock()
        self._may_post = threading.Event()
        self._is_over = threading.Event()
        self._rng = random.Random(plan.seed)
        self._doomed: list[str] = []
        self._to_do = sorted(self._disturbances(), key=lambda entry: entry[0])

    # -- the whole -----------------------------------------------------------------------------------------------

    def run(self, drain_seconds: float) -> bool:
        """Posts everything, waits for the queues to empty; answers whether they did in time."""
        self.stack.shopify.seed({"orders": list(self.plan.orders)})
        self.started_at_epoch_ms = _now()
        self._may_post.set()
        self._warm_up()
        patience = 60 + _POST_PATIENCE_FACTOR * len(self.plan.posts) / self.rate
        deadline = time.monotonic() + patience + _CALM_SECONDS + _FIRST_REPLY_SECONDS
        with ThreadPoolExecutor(SENDERS) as pool:
            senders = [pool.submit(self._send, number) for number in range(SENDERS)]
            try:
                self._accompany(lambda: all(sender.done() for sender in senders), deadline)
            finally:
                self._is_over.set()
                self._may_post.set()
            for sender in senders:
                sender.result()
        self._disturb(len(self.plan.posts))
        return self._drain(drain_seconds)

    def _warm_up(self) -> None:
        """Posts the first message alone: a queue that fills up after a cold start is a soak of the start only."""
        self._post(self.plan.posts[0])
        self._posted = 1
        if not self._drain(_FIRST_SECONDS):
            raise SoakError(f"the first message was not final within {_FIRST_SECONDS:.0f} s")

    def _accompany(self, is_over: Callable[[], bool], deadline: float) -> None:
        next_line = time.monotonic()
        while not is_over():
            if time.monotonic() > deadline:
                raise SoakError(f"only {self._posted} of {len(self.plan.posts)} webhooks were posted in time")
            self._look()
            self._disturb(self._posted)
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + _PROGRESS_SECONDS
                self._tell_progress()
            time.sleep(_LOOK_SECONDS)

    def _drain(self, seconds: float) -> bool:
        deadline, next_line, quiet = time.monotonic() + seconds, 0.0, 0
        while time.monotonic() < deadline:
            self._look()
            self._disturb(self._posted)
            quiet = quiet + 1 if self._depth == 0 else 0
            if quiet >= 3 and not self._due(self._posted):
                return True
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + _PROGRESS_SECONDS
                self._tell_progress()
            time.sleep(_LOOK_SECONDS)
        return False

    def _look(self) -> None:
        observer = self.stack.observer
        self._depth = sum(observer.depth(queue) for queue in self.stack.topology.queues)
        if self._is_held or self._depth > self.high_water:
            self._may_post.clear()
        else:
            self._may_post.set()

    def _tell_progress(self) -> None:
        seconds = (_now() - self.started_at_epoch_ms) / 1000
        self.tell(
            f"{seconds:5.0f} s  {self._posted:5d} of {len(self.plan.posts)} webhooks posted, "
            f"{self._depth:3d} messages under way, {len(self.done.killed)} processes killed"
        )

    # -- the customers -------------------------------------------------------------------------------------------

    def _send(self, sender: int) -> None:
        """Posts every conversation of this sender, each in its order, not faster than the rate."""
        started = time.monotonic()
        for number, post in enumerate(self.plan.posts):
            if post.conversation % SENDERS != sender or number == 0:
                continue
            while (wait := started + self._held_seconds + number / self.rate - time.monotonic()) > 0:
                self._is_over.wait(wait)
                if self._is_over.is_set():
                    return
            self._may_post.wait()
            if self._is_over.is_set():
                return
            self._post(post)
            with self._mutex:
                self._posted += 1

    def _post(self, post: Post) -> None:
        key = (post.conversation, post.position)
        message = self._message(post)
        if not post.is_copy:
            stored = self.stack.richpanel.seed({"customer_message": message})
            self.written[key] = Written(stored["message_id"], stored["created_at"], _now(), post.is_minimal)
        written = self.written[key]
        conversation_id = self.plan.customers[post.conversation].conversation_id
        payload = (
            minimal_payload(conversation_id)
            if post.is_minimal
            else full_payload(conversation_id, written.message_id, message, written.created_at)
        )
        self._fire(payload, written)

    def _message(self, post: Post) -> dict[str, Any]:
        one, script = self.plan.customers[post.conversation], self.plan.scripts[post.conversation]
        message: dict[str, Any] = {
            "conversation_id": one.conversation_id,
            "channel": one.channel,
            "text": self.plan.texts[post.conversation][post.position],
            "email": one.email,
            "phone": one.phone,
            "name": one.name,
        }
        return message | ({"linked_order_id": one.order_id} if script in {"tracked", "untracked"} else {})

    def _fire(self, payload: dict[str, Any], written: Written) -> None:
        """Posts until it is accepted, as a sender does that takes 503 for "later"."""
        for attempt in range(_POST_ATTEMPTS):
            answer = self.stack.target.fire(payload)
            written.webhooks += 1
            if answer.status == 200 and answer.body.get("status") == "accepted":
                if written.accepted_at_epoch_ms is None:
                    written.accepted_at_epoch_ms, written.ack_ms = _now(), answer.seconds * 1000
                return
            with self._mutex:
                self.done.refused_webhooks += 1
            self._is_over.wait(0.2 * (attempt + 1))

    # -- what is done to us --------------------------------------------------------------------------------------

    def _disturbances(self) -> Iterator[tuple[int, Callable[[], None]]]:
        for moment, function in self.plan.kills:
            yield moment, functools.partial(self._doomed.append, function)
        for moment in self.plan.poison:
            yield moment, self._poison
        yield self.plan.off_at, self._switch_off
        yield self.plan.on_at, self._switch_on
        yield self.plan.redeploy_at, self._redeploy

    def _disturb(self, posted: int) -> None:
        due = self._due(posted)
        self._to_do = [entry for entry in self._to_do if entry not in due]
        for entry in due:
            entry[1]()
        self._kill_due()

    def _due(self, posted: int) -> list[tuple[int, Callable[[], None]]]:
        return [entry for entry in self._to_do if entry[0] <= posted]

    def _kill_due(self) -> None:
        """Kills what is to die; a function that is just starting has no process yet and dies at the next look."""
        for function in dict.fromkeys(self._doomed):
            pids = self.processes_of(function)
            if pids:
                os.kill(self._rng.choice(pids), signal.SIGKILL)
                self.done.killed.append(function)
                self._doomed.remove(function)

    def processes_of(self, function: str) -> list[int]:
        """The processes of this system's function, told by the folder its zip was unpacked to."""
        marker = f"{self.stack.emulator.work_dir}/ministack-lambda-{self.stack.topology.functions[function].name}"
        shown = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=True).stdout
        return [int(line.split()[0]) for line in shown.splitlines() if marker in line]

    def _switch_off(self) -> None:
        """Throws the switch between two rounds of questions that are right to answer.

        A worker that has just replied knows the switch as on for seconds yet. The questions of the second round are
        posted when no reply to them can have been in flight: nothing but a new look keeps them from being answered.
        """
        began = time.monotonic()
        self._is_held = True
        self._wait(lambda: self._depth <= _CALM_DEPTH, _CALM_SECONDS)
        self._ask(self.plan.asked_before)
        self._wait(lambda: self._replied() > 0, _FIRST_REPLY_SECONDS)
        self._wait(lambda: self._replied() == len(self.plan.asked_before), _OTHER_REPLIES_SECONDS)
        time.sleep(_LOOK_SECONDS)  # whoever replied looks once more whether that was right
        self.stack.set_flag("automation_enabled", "false")
        self.done.off_at_epoch_ms = _now()
        self.tell(f"        the kill switch is thrown after {self._replied()} replies to {len(self.plan.asked_before)}")
        time.sleep(IN_FLIGHT_MS / 1000)
        self._ask(self.plan.asked_after)
        self._held_seconds += time.monotonic() - began
        self._is_held = False

    def _ask(self, posts: tuple[Post, ...]) -> None:
        for post in posts:
            self._post(post)

    def _replied(self) -> int:
        """How many of the questions before the throw have their reply."""
        asked = {self.plan.customers[post.conversation].conversation_id for post in self.plan.asked_before}
        sent = tuple(self.stack.richpanel.store.deliveries)
        return len(asked & {one.conversation_id for one in sent if one.reached_customer})

    def _wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self._look()
        while not is_so() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            self._look()

    def _switch_on(self) -> None:
        if _now() - self.done.off_at_epoch_ms < _LEAST_OFF_SECONDS * 1000:
            self._to_do.append((self.plan.on_at, self._switch_on))
            return
        self.done.on_at_epoch_ms = _now()
        self.stack.set_flag("automation_enabled", "true")
        self.tell("        the kill switch is back on")

    def _redeploy(self) -> None:
        self.done.versions.append(self._live_version())
        self.stack.zips = {**self.stack.zips, "worker": self.new_worker_zip}
        self.stack.deploy()
        self.done.versions.append(self._live_version())
        self.tell(f"        the worker is redeployed: version {' -> '.join(self.done.versions)}")

    def _live_version(self) -> str:
        name = self.stack.topology.functions["worker"].name
        return str(self.stack.client("lambda").get_alias(FunctionName=name, Name="live")["FunctionVersion"])

    def _poison(self) -> None:
        """A message no version of ours can read, with a customer's words in it."""
        self.done.poison += 1
        self.stack.client("sqs").send_message(
            QueueUrl=self.stack.observer.deployment.queues["events"].url,
            MessageBody=json.dumps({"type": "inbound_event", "version": 99, "text": f"{WORDS_PART} poison"}),
            MessageGroupId=f"poison-{self.done.poison}",
            MessageDeduplicationId=f"poison-{self.plan.seed}-{self.done.poison}",
        )


def _now() -> int:
    return int(time.time() * 1000)
