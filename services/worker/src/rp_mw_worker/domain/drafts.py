"""How a draft ended: whether an agent sent it, changed it first, or did not use it.

The words are compared in memory when the ticket is read back, and only the code is kept. A draft is a note that holds
`DRAFT_INTRODUCTION`; what an agent wrote to the customer after it is compared with the words below that line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from rp_mw_worker.domain.comments import WrittenText, squeeze
from rp_mw_worker.domain.model import Author

DRAFT_INTRODUCTION = "A draft for you to check and send. The customer does not have it:"
_MARK = squeeze(DRAFT_INTRODUCTION)
# Five characters in a row tell a wording; half of the draft's found again means that the agent began with it.
_SHINGLE_CHARS, _EDITED_SHARE = 5, 0.5


class DraftEnd(StrEnum):
    """What became of a draft."""

    SENT = "sent_unchanged"  # the agent's answer holds all of its words, in their order
    EDITED = "edited"  # the answer holds at least half of its wording
    NOT_USED = "not_used"  # the agent answered in other words
    UNANSWERED = "unanswered"  # no agent has written since


def find_draft_end(written: Sequence[WrittenText], note_ids: Collection[str]) -> DraftEnd | None:
    """Return how the ticket's last draft ended, None where there is none. `written` is oldest first.

    A draft counts where the helpdesk calls it private (`note_ids`) or shows it as nobody's; an agent's answer is a
    comment that is neither.
    """
    place = next((at for at in reversed(range(len(written))) if _is_draft(written[at])), None)
    if place is None:
        return None
    draft = written[place].text.partition(_MARK)[2]
    own_id = written[place].comment_id
    answers = [
        one.text
        for one in written[place + 1 :]
        if one.author is Author.OPERATOR and one.comment_id not in note_ids and one.comment_id != own_id
    ]
    if not answers:
        return DraftEnd.UNANSWERED
    if any(draft in answer for answer in answers):
        return DraftEnd.SENT
    is_edited = any(_share_found(draft, answer) >= _EDITED_SHARE for answer in answers)
    return DraftEnd.EDITED if is_edited else DraftEnd.NOT_USED


def _is_draft(one: WrittenText) -> bool:
    return _MARK in one.text and bool(one.text.partition(_MARK)[2])


def _share_found(draft: str, answer: str) -> float:
    """Return the share of the draft's wording that the answer holds, 0 to 1."""
    wanted, there = _shingles(draft), _shingles(answer)
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _shingles(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _SHINGLE_CHARS] for at in range(len(text) - _SHINGLE_CHARS + 1))
