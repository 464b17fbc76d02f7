"""An environment at work without functions: real tables, queues and switches, and the real worker in this process."""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets, generate_secret_values
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_ops.environment import Environment
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.flags.source import SsmFlags
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from tests.fakes.helpdesk import SALT
from tests.fakes.recording import recording
from tests.fakes.worker_world import World

ESCALATED = "I filed a chargeback with my bank about order #1002"
RETURNED = "I would like to return the blue mug that came last week please"
_PAST_THE_CACHE_SECONDS = 11
_ON_ITS_WAY_SECONDS = 1.4


class ShopAtWork:
    """`environment` is what the console opens; `asks` lets a customer write and the worker handle it.

    Each takes eleven seconds of the shop's time: `begins_seconds_ago` keeps several of them out of the future.
    """

    def __init__(self, aws: Callable[[str], Any], name: str, *, begins_seconds_ago: float = 0.0) -> None:
        topology, client = load_topology(name), functools.cache(aws)
        target = Target(topology, client)
        key = ensure_key(target)
        for table in topology.tables.values():
            ensure_table(target, table, key)
        for queue in topology.queues.values():
            ensure_queue(target, queue, key)
        ensure_flags(target, {"automation_enabled": "true", "rollout_stage": "tier2"})
        ensure_secrets(target, generate_secret_values() | {"hash_salt": {"salt": SALT}})
        self.environment = Environment(topology, client)
        self.world = World()
        self._begins_ago_seconds = begins_seconds_ago
        self._catch_up()
        events, states, audit = (
            topology.tables[key].name for key in ("idempotency", "conversation_state", "audit_trail")
        )
        records = DynamoDBRecords(
            client("dynamodb"), self.world.clock, event_table=events, state_table=states, audit_table=audit
        )
        flags = SsmFlags(client("ssm"), topology.flags_path, self.world.clock)
        self.world.deps = replace(self.world.deps, records=records, flags=flags)
        self.world.worker = self.world.new_worker(self.world.deps)

    def asks(self, text: str, email: str = "ana@example.com", conversation_id: str | None = None) -> str:
        """Let a customer write in a conversation of their own, and return its id."""
        self.world.clock.advance(_PAST_THE_CACHE_SECONDS)
        self._catch_up()
        conversation = conversation_id or f"conversation-{uuid.uuid4().hex[:8]}"
        message = self.world.helpdesk.customer_writes(conversation, text, channel="email", email=email)
        event = self.world.event(conversation, message)
        self.world.clock.advance(_ON_ITS_WAY_SECONDS)
        with recording():
            self.world.deliver(event)
        return conversation

    def _catch_up(self) -> None:
        now = SystemClock().now_epoch_ms() / 1000 - self._begins_ago_seconds
        self.world.clock.advance(max(0.0, now - self.world.clock.now_epoch_ms() / 1000))

    def dies_again(self, conversation_id: str, reason: str) -> None:
        """Take the conversation's message, which was sent back, out of its queue and put it among the dead letters."""
        sqs, url = self.environment.client("sqs"), self.environment.queue_url("events")
        (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        told = {"reason": reason, "record_id": message["MessageId"]}
        sqs.send_message(
            QueueUrl=self.environment.queue_url("events", dead_letters=True),
            MessageBody=message["Body"],
            MessageGroupId=conversation_id,
            MessageDeduplicationId=uuid.uuid4().hex,
            MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in told.items()},
        )

    def clears_queues(self) -> None:
        """Leave no message in any queue, and no dead letter."""
        for key in self.environment.topology.queues:
            for is_dead in (False, True):
                url = self.environment.queue_url(key, dead_letters=is_dead)
                self.environment.client("sqs").purge_queue(QueueUrl=url)

    def fails(self, conversation_id: str) -> None:
        """Put a readable message among the dead letters."""
        body = {
            "type": "inbound_event",
            "version": 1,
            "conversation_id": conversation_id,
            "delivery_id": uuid.uuid4().hex,
            "received_at_epoch_ms": self.world.clock.now_epoch_ms(),
            "trace_id": "1-67890abc-0123456789abcdef01234567",
        }
        self.environment.client("sqs").send_message(
            QueueUrl=self.environment.queue_url("events", dead_letters=True),
            MessageBody=json.dumps(body),
            MessageGroupId=conversation_id,
            MessageDeduplicationId=uuid.uuid4().hex,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": "dynamodb_refused"}},
        )
