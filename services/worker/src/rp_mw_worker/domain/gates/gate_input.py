"""What a gate is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_worker.domain.interpretation import Reading
from rp_mw_worker.domain.model import Case
from rp_mw_worker.domain.order_answer import OrderAnswer
from rp_mw_worker.domain.order_match import Match
from rp_mw_worker.domain.policy import IntentRule, Policy
from rp_mw_worker.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reply before its gates. `templates`: the one meant, or before the lookup all it may become; empty: no reply."""

    tier: int = 1
    templates: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    match: Match | None = None
    answer: OrderAnswer | None = None

    @property
    def template_id(self) -> str | None:
        """The one template meant, None when there is none or it is still open."""
        return self.templates[0] if len(self.templates) == 1 else None


@dataclass(frozen=True, slots=True)
class GateInput:
    """What a gate may look at. `rule` is the leading label's; `is_open`: people are at work, None where nobody asks."""

    case: Case
    policy: Policy
    reading: Reading
    rule: IntentRule
    proposal: Proposal
    is_open: bool | None


Verdict = tuple[bool, Reason, str]
Gate = Callable[[GateInput], Verdict]
ALLOWED: Verdict = (True, Reason.OK, "")
NOT_NEEDED: Verdict = (True, Reason.NOT_NEEDED, "")


def blocked(reason: Reason, detail: str = "") -> Verdict:
    """Return the verdict of a gate that forbids the reply; `detail` is a short fact without personal data."""
    return False, reason, detail
