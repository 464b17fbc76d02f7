"""How the ingress' domain says no."""

from __future__ import annotations

from rp_mw_ingress.domain.reasons import Refusal
from rp_mw_shared.errors import PermanentError


class RequestRefused(PermanentError):
    """The request gets `refusal`'s status and title; its content is in neither."""

    default_code = "request_refused"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title, code=refusal.code)
        self.refusal = refusal
