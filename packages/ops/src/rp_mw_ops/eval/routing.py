"""What the shipped policy makes of one classified message: its team, its routing confidence, whether it abstains."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.interpretation import understand
from rp_mw_worker.domain.model import Case, Classification, ConversationState, Flags, Ticket
from rp_mw_worker.domain.policy import Policy

CHANNEL = "email"


@dataclass(frozen=True, slots=True)
class Routed:
    """`abstained`: the routing confidence is below the policy's threshold, or there is no classification."""

    team: str
    confidence: float
    abstained: bool
    escalated_by_model: bool
    escalated_by_words: bool


def route(text: str, classification: Classification, policy: Policy) -> Routed:
    """Return where a first message with this text and classification goes, everything else being plain."""
    case = _plain_case(text, classification)
    reading = understand(case, policy)
    return Routed(
        team=decide(case, policy).route_team,
        confidence=reading.confidence,
        abstained=reading.failure is not None or reading.confidence < policy.settings.thresholds.route,
        escalated_by_model=bool(reading.escalation_intents),
        escalated_by_words=bool(reading.escalation_words),
    )


def _plain_case(text: str, classification: Classification) -> Case:
    """One open ticket, one new message, no order, no state, shadow stage."""
    return Case(
        ticket=Ticket("eval", CHANNEL, is_open=True, messages=()),
        classification=classification,
        state=ConversationState("eval"),
        flags=Flags(),
        now_epoch_ms=0,
        received_at_epoch_ms=0,
        text=text,
    )
