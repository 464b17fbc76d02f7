"""Looks into a running environment: table items, queued messages, log lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rp_mw_local.deployment.deploy import Deployment
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.idempotency.attributes import from_item

POLL_SECONDS = 0.1
# Source: CloudWatch Logs, FilterLogEvents: at most 10,000 events in an answer
LOG_PAGE = 10_000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads one deployed environment and changes nothing in it."""

    deployment: Deployment
    client: Callable[[str], Any]

    def items(self, table: str) -> list[Json]:
        """Every item of a table by its topology key, as plain Python values; an audit row as its readers see it."""
        read = _to_row if table == "audit_trail" else from_item
        name = self.deployment.topology.tables[table].name
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        return [read(item) for page in pages for item in page["Items"]]

    def records(self, conversation_id: str) -> list[Json]:
        """The audit rows of a conversation, oldest first."""
        answer = self.client("dynamodb").query(
            TableName=self.deployment.topology.tables["audit_trail"].name,
            KeyConditionExpression="conversation_id = :id",
            ExpressionAttributeValues={":id": {"S": conversation_id}},
            ConsistentRead=True,
        )
        return [_to_row(item) for item in answer["Items"]]

    def events(self, event_ids: Iterable[str]) -> list[Json]:
        """The items of the idempotency table with these keys, as far as they exist."""
        name = self.deployment.topology.tables["idempotency"].name
        keys = [{"event_id": {"S": event_id}} for event_id in dict.fromkeys(event_ids)]
        answer = self.client("dynamodb").batch_get_item(RequestItems={name: {"Keys": keys, "ConsistentRead": True}})
        return [from_item(item) for item in answer["Responses"].get(name, [])]

    def depth(self, queue: str, *, dead_letters: bool = False) -> int:
        """Messages in a queue, waiting or in flight."""
        addresses = self.deployment.queues[queue]
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=addresses.dlq_url if dead_letters else addresses.url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        return sum(map(int, attributes.values()))

    def dead_letters(self, queue: str = "events") -> list[Json]:
        """The messages of a dead-letter queue; they become visible again at once."""
        sqs, url = self.client("sqs"), self.deployment.queues[queue].dlq_url
        found: dict[str, Json] = {}
        while True:
            batch = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=5,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            fresh = [message for message in batch if message["MessageId"] not in found]
            if not fresh:
                break
            found |= {message["MessageId"]: message for message in fresh}
        for message in found.values():
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        return list(found.values())

    def log_lines(self, function: str) -> list[str]:
        """Everything a function printed, by its topology key, oldest first."""
        logs, start = self.client("logs"), 0
        lines: list[str] = []
        group = f"/aws/lambda/{self.deployment.topology.functions[function].name}"
        while True:
            try:
                events = logs.filter_log_events(logGroupName=group, startTime=start, limit=LOG_PAGE)["events"]
            except logs.exceptions.ResourceNotFoundException:
                return []
            if len(events) < LOG_PAGE:
                return lines + [event["message"] for event in events]
            # the embedded AWS gives no token for the rest: go on from the last moment seen, whose lines may go on, too
            last = events[-1]["timestamp"]
            whole = [event for event in events if event["timestamp"] < last] or events
            lines += [event["message"] for event in whole]
            start = last if len(whole) < len(events) else last + 1

    def is_idle(self) -> bool:
        """Whether nothing is queued or in flight anywhere (dead letters aside)."""
        return all(self.depth(key) == 0 for key in self.deployment.queues)


def _to_row(item: Json) -> Json:
    return from_stored(from_item(item))


def wait_for(is_true: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(POLL_SECONDS)
    return is_true()
