"""Peer: Powertools Logger and Metrics, pydantic models, boto3."""

import boto3
import models
import webhook
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ValidationError

logger = Logger(service="ingress")
metrics = Metrics(namespace="peer", service="ingress")
client = boto3.client("sqs")


@metrics.log_metrics
def handler(event, context):
    """Answer one webhook, with one log line and one metric line."""
    if not webhook.is_authentic(event["headers"]):
        return webhook.answer(401)
    try:
        body = models.Webhook.model_validate_json(event["body"])
    except ValidationError:
        return webhook.answer(400)
    client.send_message(**webhook.queue_arguments(models.to_message(body), body.ticket_id, body.message_id))
    logger.info("accepted")
    metrics.add_metric(name="Accepted", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="AckLatency", unit=MetricUnit.Milliseconds, value=1)
    return webhook.answer(200)
