"""What would have been done with one exported ticket, in codes; the customer's words are gone after this step.

A ticket is judged as if its customer's first words had just come: what was written before anybody answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rp_mw_ops.backtest.their_team import TeamSigns
from rp_mw_ops.backtest.ticket import ExportedTicket
from rp_mw_ops.case_preparation import Comment, TicketForm, UnreadableTicketError, prepare, read_form
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Author, ConversationState, Decision, Flags, RolloutStage
from rp_mw_worker.policy.loader import load_policy

if TYPE_CHECKING:
    from rp_mw_worker.domain.policy import Policy
    from rp_mw_worker.ports import Classifiers

LOOKUP, NOTHING = "order looked up first", "no reply"
MOST_NAME_CHARS, OTHER_NAMES = 30, "other names"
CHANNELS = ("livechat", "email", "sms", "social", "tiktok", "phone", "whatsapp")
# What a shop sees once it has opened everything.
END_OF_ROLLOUT = Flags(
    automation_enabled=True,
    automation_enabled_channels=frozenset(CHANNELS),
    rollout_stage=RolloutStage.TIER2,
)
MERGED, NO_CUSTOMER, NO_WORDS, UNREADABLE = "merged", "no_customer_message", "no_words", "unreadable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One ticket. `left_out` is why it was not judged, else empty, and then the rest holds.

    `answer` is a template's name, LOOKUP or NOTHING; `is_answered`: the reply would have ended the matter. `blocked_by`
    is the first gate against a reply. `intent` and `confidence` are the embedded model's. `their_team` is the policy's
    name for the agents' team; where nothing tells it, `foreign_team` is what the export calls it.
    """

    ticket: str
    left_out: str = ""
    team: str = ""
    their_team: str = ""
    foreign_team: str = ""
    label: str = ""
    channel: str = ""
    language: str = ""
    intent: str = ""
    confidence: float = 0.0
    answer: str = NOTHING
    is_answered: bool = False
    is_machine: bool = False
    is_escalated: bool = False
    blocked_by: str = ""


def make_judge(teams: Mapping[str, str]) -> Callable[[ExportedTicket], Outcome]:
    """Return the function from a ticket to its outcome, with the shipped policy and the embedded model.

    `teams` are the shop's words for the policy's teams.
    """
    from rp_mw_ops.eval.classifiers import make_choice

    policy, classifiers = load_policy(), make_choice("embedded", {})
    signs = TeamSigns.of(policy, teams)
    return lambda ticket: judge(ticket, policy, classifiers, signs)


def judge(ticket: ExportedTicket, policy: Policy, classifiers: Classifiers, signs: TeamSigns) -> Outcome:
    """Return what would have been done with `ticket`, every flag as at the end of a roll-out (tier 2, all channels)."""
    comments = _first_words(ticket)
    left_out = _find_left_out(ticket, comments)
    if left_out:
        return Outcome(ticket.ticket, left_out)
    now = comments[-1].created_at_epoch_ms
    form = TicketForm(
        conversation_id=ticket.ticket,
        channel=policy.channels.get(ticket.channel.casefold(), "unknown"),
        is_open=True,
        comments=comments,
        subject=ticket.subject,
        sender_address=ticket.sender,
    )
    try:
        seen = read_form(form, policy)
    except UnreadableTicketError:
        return Outcome(ticket.ticket, UNREADABLE)
    case = prepare(seen, ConversationState(ticket.ticket), END_OF_ROLLOUT, now, policy, classifiers=classifiers).case
    if not case.text.strip():
        return Outcome(ticket.ticket, NO_WORDS)
    decision = decide(case, policy)
    their_team = signs.find(ticket)
    top = max(case.classification.intents, key=lambda intent: intent.confidence, default=None)
    return Outcome(
        ticket=ticket.ticket,
        team=decision.route_team,
        their_team=their_team,
        foreign_team="" if their_team else _foreign(ticket.team),
        label=ticket.label if ticket.label in policy.intents else "",
        channel=form.channel,
        language=case.language or "",
        intent=top.label if top else "",
        confidence=top.confidence if top else 0.0,
        answer=_answer(decision),
        is_answered=decision.close_ticket,
        is_machine=_is_blocked_by(decision, "written_by_machine"),
        is_escalated=decision.tier == 0,
        blocked_by=next((gate.gate for gate in decision.gates if not gate.allowed), ""),
    )


def _find_left_out(ticket: ExportedTicket, comments: tuple[Comment, ...]) -> str:
    if ticket.is_merged:
        return MERGED
    if not any(comment.author is not Author.OPERATOR for comment in comments):
        return NO_CUSTOMER
    return "" if any(comment.body.strip() for comment in comments) else NO_WORDS


def _first_words(ticket: ExportedTicket) -> tuple[Comment, ...]:
    """Return what was written until the first answer of a person; a message without a time takes its neighbour's."""
    comments: list[Comment] = []
    time = 0
    for place, message in enumerate(ticket.messages, 1):
        has_customer = any(comment.author is not Author.OPERATOR for comment in comments)
        if message.author is Author.OPERATOR and has_customer:
            break
        time = message.time_epoch_ms or time
        comments.append(Comment(str(place), message.author, message.body, time, is_raw=True, is_html=message.is_html))
    return tuple(comments)


def _foreign(team: str) -> str:
    """Return a team's name that the policy does not know; OTHER_NAMES for one too long to be a name."""
    return team if len(team) <= MOST_NAME_CHARS else OTHER_NAMES


def _answer(decision: Decision) -> str:
    return decision.template_id or (LOOKUP if decision.order_question else NOTHING)


def _is_blocked_by(decision: Decision, gate: str) -> bool:
    return any(found.gate == gate and not found.allowed for found in decision.gates)
