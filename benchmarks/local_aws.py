"""Throughput and end-to-end latency through the local AWS, beside the emulator's own ceiling.

The emulator runs one batch of a queue at a time on this machine's processors: these figures say what it can do, not
what Lambda can.
"""

from __future__ import annotations

import statistics
import time
import uuid
from typing import Any

from rp_mw_local.http_target import full_payload
from rp_mw_local.stack import Stack, StackOptions
from rp_mw_local.zips import build_zips
from rp_mw_shared.idempotency.keys import event_id

EVENTS = 60
CONVERSATIONS = 20
LATENCY_EVENTS = 8
CEILING_EVENTS = 60
DEADLINE_SECONDS = 180.0
FLAGS = {"automation_enabled": "false", "rollout_stage": "assign"}


def measure() -> dict[str, Any]:
    """Return events a second and milliseconds, ours and the emulator's own."""
    with Stack(build_zips(), StackOptions(flags=FLAGS)) as stack:
        _wait(stack, [_fire(stack)])  # every function has started once
        latencies = [_latency_ms(stack) for _ in range(LATENCY_EVENTS)]
        return {
            "end_to_end_ms": {"median": round(statistics.median(latencies)), "slowest": round(max(latencies))},
            "throughput": _throughput(stack),
            "emulator_ceiling_events_per_second": round(_ceiling(stack), 1),
            "events": EVENTS,
            "conversations": CONVERSATIONS,
        }


def _fire(stack: Stack, conversation: str | None = None) -> str:
    conversation = conversation or f"<{uuid.uuid4().hex}@mail.example.com>"
    message = {
        "conversation_id": conversation,
        "channel": "email",
        "text": "I would like to return the blue mug that came last week please",
        "email": "ana@example.com",
        "name": "Ana",
    }
    stored = stack.richpanel.seed({"customer_message": message})
    answer = stack.target.fire(full_payload(conversation, stored["message_id"], message, stored["created_at"]))
    if answer.status != 200:
        raise RuntimeError(f"the webhook was answered with {answer.status}")
    return event_id(conversation, stored["message_id"])


def _wait(stack: Stack, keys: list[str]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        finished = [one for one in stack.observer.events(keys) if one["status"] == "completed"]
        if len(finished) == len(keys):
            return
        time.sleep(0.02 if len(keys) == 1 else 0.2)
    raise RuntimeError("the events were not finished in time")


def _latency_ms(stack: Stack) -> float:
    started = time.perf_counter()
    _wait(stack, [_fire(stack)])
    return (time.perf_counter() - started) * 1000


def _throughput(stack: Stack) -> dict[str, float]:
    started = time.perf_counter()
    conversations = [f"<{uuid.uuid4().hex}@mail.example.com>" for _ in range(CONVERSATIONS)]
    keys = [_fire(stack, conversations[number % CONVERSATIONS]) for number in range(EVENTS)]
    accepted = time.perf_counter()
    _wait(stack, keys)
    return {
        "accepted_per_second": round(EVENTS / (accepted - started), 1),
        "finished_per_second": round(EVENTS / (time.perf_counter() - started), 1),
    }


def _ceiling(stack: Stack) -> float:
    """One client that sends, receives, writes three items and deletes: all a pipeline could get out of it."""
    sqs, dynamodb = stack.client("sqs"), stack.client("dynamodb")
    url = sqs.create_queue(QueueName="ceiling.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    dynamodb.create_table(
        TableName="ceiling",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    started = time.perf_counter()
    for number in range(CEILING_EVENTS):
        name = str(number)
        sqs.send_message(QueueUrl=url, MessageBody="x" * 900, MessageGroupId=name, MessageDeduplicationId=name)
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        for table_row in range(3):
            item = {"key": {"S": f"{number}-{table_row}"}, "value": {"S": "x" * 700}}
            dynamodb.put_item(
                TableName="ceiling",
                Item=item,
                ConditionExpression="attribute_not_exists(#k)",
                ExpressionAttributeNames={"#k": "key"},
            )
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return CEILING_EVENTS / (time.perf_counter() - started)
