"""What accepting a webhook needs from outside, in its own words."""

from __future__ import annotations

from typing import Protocol

from rp_mw_ingress.domain.authentication import WebhookSecrets
from rp_mw_ingress.domain.delivery import Delivery


class EventQueue(Protocol):
    """The worker's inbox."""

    def send(self, delivery: Delivery) -> None:
        """Queue one message; returns only after the queue took it, raises TransientError when it did not."""


class SecretSource(Protocol):
    """The webhook secrets that count now."""

    def load(self) -> WebhookSecrets:
        """Return the secrets, from memory while fresh; raises TransientError when there are none to use."""

    def load_newer(self) -> WebhookSecrets | None:
        """Read the secrets again if that was not done just now; return them if they changed, else None."""
