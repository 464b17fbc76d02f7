"""Which of a ticket's messages are new: everything the customer wrote since the last message that was processed."""

from __future__ import annotations

from rp_mw_worker.domain.model import Author, ConversationState, TicketMessage

Messages = tuple[TicketMessage, ...]


def latest_customer_message(messages: Messages) -> TicketMessage | None:
    """Return the last message that is not an operator's, or None."""
    return next((message for message in reversed(messages) if message.author is not Author.OPERATOR), None)


def new_messages(messages: Messages, state: ConversationState) -> Messages:
    """Return the customer's messages after the last processed one, oldest first; empty when all are processed.

    In a conversation we never saw: what the customer wrote since a person last answered, not its whole history.
    """
    theirs = [message for message in messages if message.author is not Author.OPERATOR]
    if state.last_message_id is None:
        return _last_run(messages)
    ids = [message.message_id for message in theirs]
    if state.last_message_id in ids:
        return tuple(theirs[ids.index(state.last_message_id) + 1 :])
    return tuple(message for message in theirs if message.created_at_epoch_ms > state.last_message_at_epoch_ms)


def up_to(messages: Messages, message_id: str) -> Messages:
    """Return the messages up to and including the one named; all of them when it is not there."""
    ids = [message.message_id for message in messages]
    return messages[: ids.index(message_id) + 1] if message_id in ids else messages


def _last_run(messages: Messages) -> Messages:
    """Return the customer's last uninterrupted run of messages, whether or not an operator wrote after it."""
    run: list[TicketMessage] = []
    for message in reversed(messages):
        if message.author is not Author.OPERATOR:
            run.append(message)
        elif run:
            break
    return tuple(reversed(run))
