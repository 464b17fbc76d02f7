"""In-memory stand-ins for what the ingress needs from outside."""

from __future__ import annotations

import itertools
import json
from typing import Any

from rp_mw_ingress.accept import Ingress
from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets
from rp_mw_ingress.domain.delivery import Delivery
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from tests.events.api_gateway import TOKEN


class MemoryEventQueue:
    """Keeps deliveries; refuses them while `is_refusing`, breaks with `defect` if set."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.is_refusing = False
        self.defect: Exception | None = None

    def send(self, delivery: Delivery) -> None:
        """Queue one message."""
        if self.defect is not None:
            raise self.defect
        if self.is_refusing:
            raise TransientError("SQS did not take the message", code="queue_refused")
        self.deliveries.append(delivery)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The queued messages, parsed."""
        return [json.loads(delivery.body) for delivery in self.deliveries]


class FixedSecrets:
    """Answers with `secrets`, and with `newer` once asked for newer ones; None is unreadable."""

    def __init__(self, secrets: WebhookSecrets | None, newer: WebhookSecrets | None = None) -> None:
        self.secrets = secrets
        self.newer = newer
        self.newer_reads = 0

    def load(self) -> WebhookSecrets:
        """Return the secrets."""
        if self.secrets is None:
            raise TransientError("the webhook secret could not be read", code="secret_unreadable")
        return self.secrets

    def load_newer(self) -> WebhookSecrets | None:
        """Return newer secrets, if there are any."""
        self.newer_reads += 1
        return self.newer


class IngressBench:
    """An ingress with fakes behind it."""

    def __init__(
        self,
        auth_mode: AuthMode = AuthMode.TOKEN,
        secrets: FixedSecrets | None = None,
        own_author_ids: frozenset[str] = frozenset(),
    ) -> None:
        numbers = itertools.count(1)
        self.queue = MemoryEventQueue()
        self.secrets = secrets or FixedSecrets(WebhookSecrets(tokens=(TOKEN,), hmac_keys=("hmac-key",)))
        self.clock = FakeClock()
        self.ingress = Ingress(
            auth_mode=auth_mode,
            secrets=self.secrets,
            queue=self.queue,
            clock=self.clock,
            random_hex=lambda: f"{next(numbers):032x}".replace("0", "a", 1),
            own_author_ids=own_author_ids,
        )

    def post(self, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and parsed body of the answer to one API Gateway event."""
        answer = self.ingress.handle(event)
        return answer["statusCode"], json.loads(answer["body"])
