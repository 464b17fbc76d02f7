"""Peer: Powertools' HTTP resolver with validation, Logger and Metrics, boto3."""

import boto3
import models
import webhook
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="ingress")
metrics = Metrics(namespace="peer", service="ingress")
app = APIGatewayHttpResolver(enable_validation=True)
client = boto3.client("sqs")


@app.post("/v1/richpanel/events")
def accept(body: models.Webhook) -> dict[str, str]:
    """Queue one message."""
    if not webhook.is_authentic(app.current_event.headers):
        raise UnauthorizedError("no")
    client.send_message(**webhook.queue_arguments(models.to_message(body), body.ticket_id, body.message_id))
    logger.info("accepted")
    metrics.add_metric(name="Accepted", unit=MetricUnit.Count, value=1)
    return {"status": "accepted"}


@metrics.log_metrics
def handler(event, context):
    """Answer one webhook."""
    return app.resolve(event, context)
