"""Peer: FastAPI behind Mangum, boto3; no log, no metrics."""

import boto3
import models
import webhook
from fastapi import FastAPI, HTTPException, Request
from mangum import Mangum

app = FastAPI()
client = boto3.client("sqs")


@app.post("/v1/richpanel/events")
def accept(body: models.Webhook, request: Request) -> dict[str, str]:
    """Queue one message."""
    if not webhook.is_authentic(request.headers):
        raise HTTPException(401)
    client.send_message(**webhook.queue_arguments(models.to_message(body), body.ticket_id, body.message_id))
    return {"status": "accepted"}


handler = Mangum(app, lifespan="off")
