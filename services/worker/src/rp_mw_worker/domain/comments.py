"""A ticket's comments: which words repeat the shop's, which are new, who wrote them, and which are ours."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from rp_mw_shared.reasons import Reason
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_shared.times import MS_PER_HOUR
from rp_mw_worker.domain.model import Author, Case, ConversationState, Ticket, TicketMessage
from rp_mw_worker.domain.policy import Policy

_WORD = re.compile(r"[^\W_]+")
_RUN = 4  # so many words in a row, all the shop's, are no chance
_MAX_AGENT_WORDS = 50_000


def without_repeated(text: str, agent_texts: Iterable[str]) -> str:
    """Return the lines of `text` that are not whole in one of the shop's own texts, compared word by word.

    A line of fewer than four words is the shop's only where the shop wrote just that line.
    """
    return without_repeated_each([text], agent_texts)[0]


def without_repeated_each(texts: Sequence[str], agent_texts: Iterable[str]) -> list[str]:
    """Return `without_repeated` of each text; the shop's own are read once, and not at all where no text has words."""
    if not any(text.strip() for text in texts):
        return ["" for _ in texts]
    whole, runs = _known(agent_texts)
    return [_without(text, whole, runs) for text in texts]


def _without(text: str, whole: set[tuple[str, ...]], runs: set[tuple[str, ...]]) -> str:
    kept = [line for line in text.split("\n") if not _is_repeated(_words(line), whole, runs)]
    return "\n".join(kept).strip()


def _known(texts: Iterable[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    whole: set[tuple[str, ...]] = set()
    runs: set[tuple[str, ...]] = set()
    left = _MAX_AGENT_WORDS
    for text in texts:
        if left <= 0:
            break
        words = _words(text)[:left]
        left -= len(words)
        runs.update(_runs(words))
        whole.update(tuple(_words(line)) for line in text.split("\n"))
    return whole, runs


def _is_repeated(words: list[str], whole: set[tuple[str, ...]], runs: set[tuple[str, ...]]) -> bool:
    if len(words) < _RUN:
        return tuple(words) in whole
    return all(run in runs for run in _runs(words))


def _runs(words: list[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


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


def is_answered_since(case: Case) -> bool:
    """Tell whether a person of the shop wrote after the customer's newest message that this event is about."""
    return any(message.author is Author.OPERATOR for message in after_latest(case))


def find_agent_at_work(case: Case, policy: Policy) -> Reason | None:
    """Return why a person has the conversation, who answered since or wrote lately; None where nobody has it."""
    if is_answered_since(case):
        return Reason.AGENT_REPLIED
    age, hours = latest_agent_age_ms(case, policy), policy.settings.limits.agent_active_hours
    return Reason.AGENT_ACTIVE if age is not None and age <= hours * MS_PER_HOUR else None


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


_DOUBTS = {
    Author.UNKNOWN: Reason.AUTHOR_UNKNOWN,
    Author.THIRD_PARTY: Reason.THIRD_PARTY,
    Author.UNSEEN: Reason.MESSAGE_UNSEEN,
}
# Their words send the ticket where it belongs, and leave no mark on the conversation.
STRANGERS = frozenset({Author.THIRD_PARTY, Author.UNSEEN})


def customers_subject(ticket: Ticket) -> str:
    """Return the subject, "" where the shop began the conversation and so chose it."""
    began = ticket.messages[0].author if ticket.messages else Author.UNKNOWN
    return "" if began is Author.OPERATOR else ticket.subject.strip()


def find_doubtful_author(case: Case) -> Reason | None:
    """Return why the new or the latest words may not be the customer's, or None when all of them are."""
    messages = (*case.new_messages, *case.ticket.messages[-1:], *after_latest(case))
    found = [_DOUBTS[message.author] for message in messages if message.author in _DOUBTS]
    if found:
        return found[0]
    return None if messages else Reason.AUTHOR_UNKNOWN


_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_DIGEST_HEX_CHARS = 32


@dataclass(frozen=True)
class WrittenText:
    """One body of a comment; `author` UNKNOWN also for a private comment."""

    comment_id: str
    body: str = field(repr=False)
    author: Author = Author.UNKNOWN

    @cached_property
    def text(self) -> str:
        """The body without mark-up and blanks, made where it is compared: most tickets hold nothing to look for."""
        return squeeze(self.body)


def squeeze(text: str) -> str:
    """Return `text` without mark-up, entities and blanks: equal for every way a helpdesk shows the same words."""
    plain = unescape(_TAG.sub("", text))
    return _BLANKS.sub("", unicodedata.normalize("NFC", plain))


def body_digest(text: str, salt: str) -> str:
    """Return the salted digest of the squeezed text, 32 hex digits: no guess can be tried without the salt."""
    return _digest(squeeze(text), salt)


def is_digest_of(digest: str, text: str, salt: str) -> bool:
    """Tell whether `digest` is the text's, also one that was kept before digests were salted."""
    return digest in _digests(squeeze(text), salt)


def is_written(
    written: Sequence[WrittenText], after_message_id: str, digest: str, text: str | None, salt: str
) -> bool | None:
    """Tell whether an operator's comment after the message is the text of `digest`, or holds `text`.

    A signature may follow the text. None: it stands there, but as nobody's, as the customer's or as private, so that it
    may have reached nobody. `written` is oldest first; older comments do not count: they may hold the same words.
    """
    later = _later(written, after_message_id)
    authors = {comment.author for comment in later if _is_it(comment.text, digest, text, salt)}
    if not authors:
        return False
    return True if Author.OPERATOR in authors else None


def find_notes(written: Sequence[WrittenText], digests: Sequence[str], salt: str) -> frozenset[str]:
    """Return the ids of the comments that are notes of ours: for each digest the oldest comment with that very text.

    `digests` are kept when a note is written (`body_digest`); a later comment of the same words is somebody else's.
    """
    wanted, found = Counter(digests), set()
    for comment in written:
        digest = next((one for one in _digests(comment.text, salt) if wanted[one] > 0), None) if wanted else None
        if digest is not None and comment.comment_id not in found:
            wanted[digest] -= 1
            found.add(comment.comment_id)
    return frozenset(found)


def _is_it(squeezed: str, digest: str, text: str | None, salt: str) -> bool:
    wanted = squeeze(text) if text else ""
    return (bool(wanted) and wanted in squeezed) or digest in _digests(squeezed, salt)


def _later(written: Sequence[WrittenText], message_id: str) -> Sequence[WrittenText]:
    ids = [comment.comment_id for comment in written]
    start = len(ids) - ids[::-1].index(message_id) if message_id in ids else 0
    return written[start:]


def _digest(squeezed: str, salt: str) -> str:
    return salted_hash(f"body:{squeezed}", salt)


def _digests(squeezed: str, salt: str) -> tuple[str, str]:
    """Return the digest as it is kept now, and as the worker kept it up to 0.2: those items live out (90 days)."""
    unsalted = hashlib.sha256(squeezed.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS]
    return _digest(squeezed, salt), unsalted
