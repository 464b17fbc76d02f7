"""Peer: a queue consumer with Powertools' idempotency and batch utilities over DynamoDB, pydantic models."""

import boto3
import models
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

logger = Logger(service="worker")
metrics = Metrics(namespace="peer", service="worker")
persistence = DynamoDBPersistenceLayer(table_name="rp_mw_bench_idempotency", key_attr="event_id")
config = IdempotencyConfig(event_key_jmespath="event_id")
processor = SqsFifoPartialProcessor()
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


@idempotent_function(data_keyword_argument="message", config=config, persistence_store=persistence)
def run(message):
    """Do one message's work."""
    return {"route": "sales"}


def handle_record(record):
    """Handle one record."""
    message = models.Message.model_validate_json(record["body"])
    run(message=message.model_dump())


def handler(event, context):
    """Handle one batch."""
    return process_partial_response(event=event, record_handler=handle_record, processor=processor, context=context)
