"""The three services' zips as functions over the embedded AWS and the simulated vendors, invoked by hand."""

from __future__ import annotations

import functools
import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets
from rp_mw_local.deployment.deploy import _references
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.emulator import REGION, Emulator
from rp_mw_local.emulator_environment import ensure_environment
from rp_mw_local.shop import load_orders, stock
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_shared.environments.topology import resolve
from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.messages.inbound import InboundEvent
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.sqs.batch import MAX_RECEIVE_COUNT
from tests.events.api_gateway import api_event
from tests.written.aws_proxy import AwsProxy
from tests.written.zip_process import Function, SharedClock, ZipProcess, unpacked

FLAG_CACHE_SECONDS = 11.0
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 30.0
Json = dict[str, Any]


class WrittenSystem:
    """A local environment whose functions run only when a story invokes them. `lines` is what each has printed."""

    def __init__(self, zips: Mapping[str, Path], folder: Path) -> None:
        self.stack = Stack(zips, StackOptions(flags=LIVE_FLAGS))
        self.clock = SharedClock(folder)
        self._folder = folder
        self._running: dict[str, ZipProcess] = {}

    def __enter__(self) -> WrittenSystem:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        stack, emulator = self.stack, self.stack.emulator
        for simulator in stack.simulators:
            simulator.now_epoch_ms = self.now_epoch_ms
            simulator.start()
        stack.richpanel.switch(requests_per_window=stack.options.richpanel_requests_per_window)
        emulator.start()
        self.proxy = AwsProxy(emulator.endpoint_url)
        self.proxy.__enter__()
        self.client = functools.cache(emulator.client)
        target = Target(stack.topology, self.client, lambda _: None)
        key = ensure_key(target)
        for table in stack.topology.tables.values():
            ensure_table(target, table, key)
        self.queues = {name: ensure_queue(target, spec, key) for name, spec in stack.topology.queues.items()}
        ensure_secrets(target, stack.secrets)
        ensure_flags(target, LIVE_FLAGS)
        stock(stack)
        self.functions = {name: self._function(name, emulator) for name in stack.topology.functions}

    def _stop(self) -> None:
        for process in self._running.values():
            process.kill()
        if hasattr(self, "proxy"):
            self.proxy.__exit__(None, None, None)
        self.stack.stop()

    def _function(self, name: str, emulator: Emulator) -> Function:
        spec = self.stack.topology.functions[name]
        references = _references(self.stack.topology, self.queues, self.stack.vendors, self.stack.options.concurrency)
        settings = {**spec.environment, **(self.stack._worker_settings if name == "worker" else {})}
        environment = {key: resolve(value, references) for key, value in settings.items()} | {
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": emulator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": emulator.secret_access_key,
        }
        folder = unpacked(self.stack.zips[name], self._folder / name)
        return Function(folder, spec.handler, environment, ensure_environment().python, self.clock)

    def now_epoch_ms(self) -> int:
        """The time that functions and vendors share."""
        return int((time.time() + self.clock.seconds) * 1000)

    @property
    def lines(self) -> dict[str, list[Json]]:
        """Everything each service has printed, parsed; raises ValueError for a line that is no JSON."""
        return {name: [json.loads(line) for line in function.lines] for name, function in self.functions.items()}

    # -- invoking --------------------------------------------------------------------------------------------------

    def process(self, name: str) -> ZipProcess:
        """The running process of a service, started when there is none."""
        if name not in self._running:
            self._running[name] = self.functions[name].start()
        return self._running[name]

    def restart(self, name: str) -> None:
        """End a service's process without a word."""
        if name in self._running:
            self._running.pop(name).kill()

    def post(self, payload: Any, **headers: str) -> int:
        """Post a webhook; returns the HTTP status."""
        told = {
            "content-type": "application/json",
            "x-middleware-token": str(self.stack.secrets["webhook"]["token_current"]),
        } | headers
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        status: int = self.process("ingress").invoke(api_event(body, headers=told))["answer"]["statusCode"]
        return status

    def deliver(self, *messages: InboundEvent | str, service: str = "worker", **record: Any) -> int:
        """Hand a batch to a service; returns how many of it go back to the queue."""
        answered = self.process(service).invoke(self.batch(*messages, **record))
        return len(answered["answer"]["batchItemFailures"])

    def deliver_last(self, message: InboundEvent | str) -> int:
        """Hand the worker a message whose four runs before this one failed; returns how many go back to the queue."""
        record_id = str(uuid.uuid4())
        self.client("dynamodb").put_item(
            TableName=self.stack.topology.tables["idempotency"].name,
            Item={"event_id": {"S": f"rcv:{record_id}"}, "marks": {"N": str(MAX_RECEIVE_COUNT - 2)}},
        )
        return self.deliver(message, receive_count=MAX_RECEIVE_COUNT, record_id=record_id)

    def batch(self, *messages: InboundEvent | str, receive_count: int = 1, record_id: str = "") -> Json:
        """A batch as Lambda hands it over."""
        return {"Records": [self._record(one, receive_count, record_id) for one in messages]}

    def _record(self, message: InboundEvent | str, receive_count: int, record_id: str) -> Json:
        body = message if isinstance(message, str) else to_json(message)
        group = "poison" if isinstance(message, str) else group_id(message.conversation_id)
        return {
            "messageId": record_id or str(uuid.uuid4()),
            "receiptHandle": "not-a-handle-of-the-queue",
            "body": body,
            "attributes": {
                "MessageGroupId": group,
                "ApproximateReceiveCount": str(receive_count),
                "SentTimestamp": str(self.now_epoch_ms()),
            },
            "eventSourceARN": "arn:aws:sqs:us-east-2:000000000000:events.fifo",
        }

    def take(self, queue: str) -> str:
        """The body of the next message of a queue, deleted there."""
        sqs, url = self.client("sqs"), self.queues[queue].url
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return str(message["Body"])

    # -- what people do --------------------------------------------------------------------------------------------

    def asks(self, text: str, **message: Any) -> InboundEvent:
        """A customer writes, somebody new unless told otherwise; returns the event as the ingress queues it."""
        name = uuid.uuid4().hex
        message = {
            "conversation_id": f"<{name}+1@mail.example.com>",
            "channel": "livechat",
            "email": f"{name}@example.com",
            "name": "Ana",
        } | message
        stored = self.stack.richpanel.seed({"customer_message": {"text": text, **message}})
        conversation = str(message["conversation_id"])
        return InboundEvent(
            conversation_id=conversation,
            delivery_id=uuid.uuid4().hex,
            received_at_epoch_ms=self.now_epoch_ms(),
            trace_id=f"1-67890abc-{uuid.uuid4().hex[:24]}",
            event_id=event_id(conversation, stored["message_id"]),
            message_id=stored["message_id"],
            text=text,
            channel=str(message["channel"]),
            customer_email=str(message["email"]),
            created_at=stored["created_at"],
        )

    def asks_for_order(self, text: str = "Hello, where is my order #{number}?") -> InboundEvent:
        """A customer asks for a shipped order of their own, which the helpdesk has linked."""
        email = f"{uuid.uuid4().hex}@example.com"
        number = self.ships_to(email)
        return self.asks(text.format(number=number[:6]), linked_order_id=number, email=email)

    def ships_to(self, email: str) -> str:
        """The shop ships an order to this address; returns its id, whose first six digits are its number."""
        number = str(uuid.uuid4().int)[:12]
        order = load_orders()[0] | {"id": number, "name": f"#{number[:6]}", "email": email}
        self.stack.shopify.seed({"orders": [order]})
        return number

    def set_flags(self, **flags: str) -> None:
        """Set flags, live where nothing else is said; they are in force at once."""
        target = Target(self.stack.topology, self.client, lambda _: None)
        ensure_flags(target, {**self.stack.topology.flag_defaults, **LIVE_FLAGS, **flags})
        self.clock.advance(FLAG_CACHE_SECONDS)

    def wait_until_struck(self) -> None:
        """Wait until every fault armed at Richpanel was met."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.stack.richpanel.faults.armed():
            assert time.monotonic() < deadline, "the call that the fault waits for was never made"
            time.sleep(_LOOK_SECONDS)

    def die_at(self, event: InboundEvent, on: str) -> None:
        """Kill the worker while Richpanel works on a call of this event, before the call has an effect."""
        process = self.process("worker")
        self.stack.richpanel.arm("slow", on=on, seconds=_PATIENCE_SECONDS)
        process.begin(self.batch(event))
        self.wait_until_struck()
        self.restart("worker")
