"""What people of the shop wrote in the ticket, and when."""

from __future__ import annotations

from rp_mw_worker.domain.model import Author, Case, TicketMessage
from rp_mw_worker.domain.policy import Policy


def after_latest(case: Case) -> tuple[TicketMessage, ...]:
    """Return the ticket's messages after the customer's newest one that this event is about."""
    messages = case.ticket.messages
    newest = case.new_messages[-1].message_id if case.new_messages else None
    places = [
        place
        for place, message in enumerate(messages)
        if message.message_id == newest or (newest is None and message.author is Author.CUSTOMER)
    ]
    return messages[places[-1] + 1 :] if places else ()


def latest_agent_age_ms(case: Case, policy: Policy) -> int | None:
    """Return how long ago a person of the shop wrote last, None when none did; our own replies do not count."""
    ours = [reply.sent_at_epoch_ms for reply in case.state.auto_replies]
    near = policy.settings.limits.own_reply_match_seconds * 1000
    written = (
        message.created_at_epoch_ms
        for message in case.ticket.messages
        if message.author is Author.OPERATOR
        and not any(abs(message.created_at_epoch_ms - sent) <= near for sent in ours)
    )
    latest = max(written, default=None)
    return None if latest is None else max(0, case.now_epoch_ms - latest)
