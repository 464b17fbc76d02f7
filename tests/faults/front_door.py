"""The ingress' code before the queue, and a sender that repeats a webhook until it is answered 200.

What is real: the request's whole way, the keys, the sender's SendMessage behind the switchboard. The secret is given.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rp_mw_ingress.accept import Ingress
from rp_mw_ingress.adapters.sqs_sender import SqsSender
from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import configure
from tests.events.api_gateway import TOKEN
from tests.events.api_gateway import webhook as api_webhook
from tests.fakes.ingress_ports import FixedSecrets
from tests.faults.outside import client
from tests.faults.world import EVENTS_URL, World

SENDER_TRIES, SENDER_WAIT_SECONDS = 5, 30.0


def post(world: World, payload: dict[str, Any]) -> list[int | None]:
    """Send a webhook, again and again until it is accepted; return the answers, None where the function died."""
    answers: list[int | None] = []
    while not answers or (answers[-1] != 200 and len(answers) < SENDER_TRIES):
        if answers:
            world.clock.advance(SENDER_WAIT_SECONDS)
        answers.append(world.serve("ingress", lambda: _answer(world, payload)))
        if answers[-1] == 200 and not _is_queued(world, payload):
            world.witness.problems.append("ingress: answered 200, and nothing is in the queue")
    return answers


def _answer(world: World, payload: dict[str, Any]) -> int:
    ingress = Ingress(
        auth_mode=AuthMode.TOKEN,
        secrets=FixedSecrets(WebhookSecrets(tokens=(TOKEN,))),
        queue=SqsSender(_SqsJson(), EVENTS_URL),
        clock=SystemClock(),
        random_hex=lambda: f"{world.clock.now_epoch_ms():032x}",  # the clock moves with every request
    )
    configure(service="ingress", env="faults", strict=True, write=world.log_lines.append)
    return int(ingress.handle(api_webhook(payload))["statusCode"])


class _SqsJson:
    """Stands for the ingress' AwsJson: one try through the switchboard, its failures raised as AwsJson raises them."""

    def call(self, operation: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Return SQS's answer; raises TransientError."""
        try:
            return dict(client("sqs").send_message(**arguments))
        except (BotoCoreError, ClientError) as error:
            raise TransientError("AWS did not do what was asked", code="aws_unavailable") from error


def _is_queued(world: World, payload: dict[str, Any]) -> bool:
    wanted = f'"conversation_id":"{payload["ticket_id"]}"'
    message = f'"message_id":"{payload["message_id"]}"' if "message_id" in payload else ""
    return any(wanted in accepted.body and message in accepted.body for accepted in world.events.accepted)
