"""The real worker and enricher in this process, over the embedded AWS and the simulated vendors, no function deployed:
what they ask of AWS can be counted at their client."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.counting import CallCounter, Cost, Items
from rp_mw_enricher import wiring as enricher_wiring
from rp_mw_enricher.settings import Settings as EnricherSettings
from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.emulator import REGION
from rp_mw_local.simulators.server import Recorded
from rp_mw_local.stack import LIVE_FLAGS, Stack
from rp_mw_shared.environments.topology import resolve
from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.messages.inbound import InboundEvent
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.observability import configure
from rp_mw_shared.settings import load_settings
from rp_mw_worker import wiring as worker_wiring
from rp_mw_worker.settings import Settings as WorkerSettings

_REMAINING_MS = 55_000


class World:
    """Worker, enricher, vendors and AWS; `counter` counts what the first two ask of AWS."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = functools.cache(stack.emulator.client)
        self.target = Target(stack.topology, self.client, lambda _: None)
        key = ensure_key(self.target)
        for table in stack.topology.tables.values():
            ensure_table(self.target, table, key)
        self.queues = {name: ensure_queue(self.target, spec, key) for name, spec in stack.topology.queues.items()}
        ensure_secrets(self.target, stack.secrets)
        ensure_flags(self.target, LIVE_FLAGS)
        self.counter = CallCounter(self.snapshot, stack.topology.tables.values())
        self.restart()

    def restart(self) -> None:
        """New processes, as far as they can tell: new clients, caches empty; their flags are read at once."""
        self.worker = worker_wiring.build(load_settings(WorkerSettings, self._environment("worker")))
        self.enricher = enricher_wiring.build(load_settings(EnricherSettings, self._environment("enricher")))
        configure(service="bench", env="bench", write=lambda _: None)

    def set_flags(self, **flags: str) -> None:
        """Set flags and start new processes, so that they are in force."""
        ensure_flags(self.target, dict(self.stack.topology.flag_defaults) | flags)
        self.restart()

    def snapshot(self) -> Items:
        """Every item of the three tables."""
        found: Items = {}
        for table in self.stack.topology.tables.values():
            for item in self.client("dynamodb").scan(TableName=table.name, ConsistentRead=True)["Items"]:
                sort = item[table.sort_key]["S"] if table.sort_key else ""
                found[(table.name, item[table.partition_key]["S"], sort)] = item
        return found

    def asks(self, text: str, **message: Any) -> InboundEvent:
        """A customer writes; returns the event as the ingress queues it."""
        message = {
            "conversation_id": f"<{uuid.uuid4().hex}+1@mail.example.com>",
            "channel": "email",
            "email": "ana@example.com",
            "name": "Ana",
        } | message
        stored = self.stack.richpanel.seed({"customer_message": {"text": text, **message}})
        conversation = str(message["conversation_id"])
        return InboundEvent(
            conversation_id=conversation,
            delivery_id=uuid.uuid4().hex,
            received_at_epoch_ms=self.stack.richpanel.now_epoch_ms(),
            trace_id="1-67890abc-0123456789abcdef01234567",
            event_id=event_id(conversation, stored["message_id"]),
            message_id=stored["message_id"],
            text=text,
            channel=str(message["channel"]),
            customer_email=str(message["email"]),
            created_at=stored["created_at"],
        )

    def deliver(self, event: InboundEvent, receive_count: int = 1) -> Cost:
        """Hand the event to the worker; returns its cost."""
        return self._run(self.worker.handle, to_json(event), event.conversation_id, receive_count)

    def enrich(self) -> tuple[Cost, Cost]:
        """Carry one waiting request to the enricher and its result to the worker; returns what each spent."""
        request = self._take("enrichment")
        asked = self._run(self.enricher.handle_batch, request, "enrichment", 1)
        return asked, self._run(self.worker.handle, self._take("events"), "result", 1)

    def _take(self, queue: str) -> str:
        sqs, url = self.client("sqs"), self.queues[queue].url
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return str(message["Body"])

    def _run(self, handle: Any, body: str, group: str, receive_count: int) -> Cost:
        attributes = {"MessageGroupId": group_id(group), "ApproximateReceiveCount": str(receive_count)}
        record = {"messageId": uuid.uuid4().hex, "receiptHandle": "h", "body": body, "attributes": attributes}
        asked_before = len(self.stack.richpanel.requests)
        with self.counter.event() as cost:
            answer = handle({"Records": [record]}, lambda: _REMAINING_MS)
        cost.helpdesk = tuple(map(to_call, self.stack.richpanel.requests[asked_before:]))
        if answer["batchItemFailures"]:
            raise RuntimeError(f"the event was returned to the queue: {json.loads(body)['type']}")
        return cost

    def _environment(self, function: str) -> dict[str, str]:
        topology = self.stack.topology
        references = {"flags.path": topology.flags_path} | self.stack.vendors.references()
        references |= {f"table.{key}.name": spec.name for key, spec in topology.tables.items()}
        references |= {f"table.{key}.ttl_days": str(spec.ttl_days) for key, spec in topology.tables.items()}
        references |= {f"secret.{key}": name for key, name in topology.secrets.items()}
        references |= {f"queue.{key}.url": addresses.url for key, addresses in self.queues.items()}
        references |= {f"queue.{key}.dlq_url": addresses.dlq_url for key, addresses in self.queues.items()}
        for key, spec in topology.functions.items():
            references |= {f"function.{key}.maximum_concurrency": "2"}
            references |= {f"function.{key}.timeout_seconds": str(spec.timeout_seconds)}
        declared = topology.functions[function].environment
        settings = {name: resolve(value, references) for name, value in declared.items()}
        return settings | {"AWS_REGION": REGION, "RICHPANEL_REQUESTS_PER_WINDOW": "5000"}


def to_call(request: Recorded) -> str:
    """Name one request to the helpdesk by method and what it asks: `GET tickets`, `PUT tickets/add-tags`."""
    _, _, thing, *rest = request.path.split("/")
    return f"{request.method} {'/'.join([thing, *rest[1:]])}"


@contextlib.contextmanager
def running_world() -> Iterator[World]:
    """Start emulator and vendors, build worker and enricher over them, stop everything afterwards."""
    stack = Stack({})
    try:
        for simulator in stack.simulators:
            simulator.start()
        stack.richpanel.switch(requests_per_window=5000)
        stack.emulator.start()
        with _aws_environment(stack):
            world = World(stack)
            with world.counter.installed():
                yield world
    finally:
        stack.stop()


@contextlib.contextmanager
def _aws_environment(stack: Stack) -> Iterator[None]:
    wanted: Mapping[str, str] = {
        "AWS_ENDPOINT_URL": stack.emulator.endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": stack.emulator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.emulator.secret_access_key,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
