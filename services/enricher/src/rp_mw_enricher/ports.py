"""What answering a request needs from outside, in its own words."""

from __future__ import annotations

from typing import Protocol

from rp_mw_enricher.domain.answer import LookupAnswer
from rp_mw_shared.messages.types import EnrichmentResult


class OrderSource(Protocol):
    """The shop."""

    def load_by_name(self, typed: str, budget_seconds: float) -> LookupAnswer:
        """Look up the order a customer called `typed`; raises TransientError or LookupFailed."""

    def load_by_id(self, order_id: str, budget_seconds: float) -> LookupAnswer:
        """Look up the order the helpdesk linked; raises TransientError or LookupFailed."""

    def load_by_email(self, address: str, budget_seconds: float) -> LookupAnswer:
        """Look up the one open order of an e-mail address; raises TransientError or LookupFailed."""


class ResultQueue(Protocol):
    """The worker's inbox."""

    def send(self, result: EnrichmentResult) -> None:
        """Queue one answer in its conversation's group; raises TransientError when the queue did not take it."""


class TokenSource(Protocol):
    """The shop's access token."""

    def load(self) -> str:
        """Return a token that counts now; raises TransientError, ConfigurationError or LookupFailed."""

    def renew(self) -> None:
        """Forget the token and its credential: the shop just refused it."""
