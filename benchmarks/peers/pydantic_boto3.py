"""Peer: pydantic models and boto3; no log, no metrics."""

import boto3
import models
import webhook
from pydantic import ValidationError

client = boto3.client("sqs")


def handler(event, context):
    """Answer one webhook."""
    if not webhook.is_authentic(event["headers"]):
        return webhook.answer(401)
    try:
        body = models.Webhook.model_validate_json(event["body"])
    except ValidationError:
        return webhook.answer(400)
    client.send_message(**webhook.queue_arguments(models.to_message(body), body.ticket_id, body.message_id))
    return webhook.answer(200)
