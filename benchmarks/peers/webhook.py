"""What the peers' webhook handlers share: the check of the token, the keys, the queue; standard library only."""

import hashlib
import hmac
import os

QUEUE_URL = os.environ["EVENTS_QUEUE_URL"]
TOKEN = os.environ["WEBHOOK_TOKEN"]


def is_authentic(headers):
    """Whether the request carries the token."""
    return hmac.compare_digest(headers.get("x-middleware-token", "").encode(), TOKEN.encode())


def queue_arguments(body, conversation_id, message_id):
    """The arguments of one SendMessage."""
    key = f"evt:rp:{conversation_id}:{message_id}"
    return {
        "QueueUrl": QUEUE_URL,
        "MessageBody": body,
        "MessageGroupId": hashlib.sha256(conversation_id.encode()).hexdigest(),
        "MessageDeduplicationId": hashlib.sha256(key.encode()).hexdigest(),
    }


def answer(status):
    """An API Gateway answer."""
    body = '{"status":"accepted"}' if status == 200 else '{"title":"refused"}'
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}
