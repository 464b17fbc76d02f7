"""Peer: a plain handler over boto3; checks by hand, no log, no metrics."""

import json

import boto3
import webhook

client = boto3.client("sqs")


def handler(event, context):
    """Answer one webhook."""
    if not webhook.is_authentic(event["headers"]):
        return webhook.answer(401)
    body = json.loads(event["body"])
    if not isinstance(body.get("ticket_id"), str) or not isinstance(body.get("message_id"), str):
        return webhook.answer(400)
    client.send_message(**webhook.queue_arguments(json.dumps(body), body["ticket_id"], body["message_id"]))
    return webhook.answer(200)
