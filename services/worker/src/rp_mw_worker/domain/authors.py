"""Whether the words of a case are the ticket's own customer's."""

from __future__ import annotations

from rp_mw_worker.domain.agents_in_ticket import after_latest
from rp_mw_worker.domain.model import Author, Case
from rp_mw_worker.domain.reasons import Reason

_DOUBTS = {
    Author.UNKNOWN: Reason.AUTHOR_UNKNOWN,
    Author.THIRD_PARTY: Reason.THIRD_PARTY,
    Author.UNSEEN: Reason.MESSAGE_UNSEEN,
}
# Their words send the ticket where it belongs, and leave no mark on the conversation.
STRANGERS = frozenset({Author.THIRD_PARTY, Author.UNSEEN})


def find_doubtful_author(case: Case) -> Reason | None:
    """Return why the new or the latest words may not be the customer's, or None when all of them are."""
    messages = (*case.new_messages, *case.ticket.messages[-1:], *after_latest(case))
    found = [_DOUBTS[message.author] for message in messages if message.author in _DOUBTS]
    if found:
        return found[0]
    return None if messages else Reason.AUTHOR_UNKNOWN
