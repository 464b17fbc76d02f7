"""What we would answer if nothing forbade it. No threshold has a say here: thresholds only take answers away."""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_worker.domain.interpretation import ASK_ORDER_NUMBER, Reading
from rp_mw_worker.domain.model import Case
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES, OrderAnswer, answer_about
from rp_mw_worker.domain.order_match import Match, match_order
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reasons import Reason

# After these the number is worth asking for; after a failed lookup it is not.
_ASK_AFTER = frozenset(
    {
        *(Reason.NO_ORDER_NUMBER, Reason.SEVERAL_ORDERS, Reason.ORDER_NOT_FOUND),
        *(Reason.NUMBER_MISMATCH, Reason.CONTACT_MISMATCH),
    }
)


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

    @property
    def needs_lookup(self) -> bool:
        """Whether the order has to be looked up first."""
        return self.match is not None and self.match.question is not None


def propose(case: Case, reading: Reading, policy: Policy) -> Proposal:
    """Return the reply that fits what the customer means and what is known of the order."""
    rule = policy.rule(reading.label)
    if rule.answers_with_order:
        return _propose_order_reply(case, reading, policy)
    return Proposal(templates=(rule.reply,) if rule.reply else ())


def _propose_order_reply(case: Case, reading: Reading, policy: Policy) -> Proposal:
    match = match_order(case.ticket, reading.numbers, case.order_lookup)
    if match.question is not None:
        return Proposal(tier=2, templates=ORDER_TEMPLATES, match=match)
    if match.matched and match.order is not None:
        answer = answer_about(match.order, case.now_epoch_ms, policy)
        templates = (answer.template_id,) if answer.template_id else ()
        return Proposal(tier=2, templates=templates, variables=answer.variables, match=match, answer=answer)
    if match.reason in _ASK_AFTER:
        # The same words whether the order is unknown or somebody else's: the reply must not tell which.
        return Proposal(templates=(ASK_ORDER_NUMBER,), match=match)
    return Proposal(tier=2, match=match)
