"""Reads Richpanel's ticket into ours, tolerant of everything that was seen to be missing.

Source: observed production tickets; fields beyond the documented ones may be absent, and so may documented ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.redaction.hashing import contact_digest, salted_hash
from rp_mw_worker.adapters.richpanel.contacts import Customers, SenderRules, find_customers, read_sender
from rp_mw_worker.domain.comments import WrittenText, without_repeated_each
from rp_mw_worker.domain.model import Author, Ticket, TicketMessage
from rp_mw_worker.ports import TOO_MANY_COMMENTS, HelpdeskTicket

if TYPE_CHECKING:
    from rp_mw_worker.domain.message_text import BodyText

    ReadBody = Callable[[str], BodyText]

Json = Mapping[str, Any]
# Source: seen in clients' types (operator, customer); the other words as the webhook's template may render them.
_SENDER_TYPES = {
    **dict.fromkeys(("customer", "user", "visitor", "end_user", "end-user", "contact"), Author.CUSTOMER),
    **dict.fromkeys(("operator", "agent", "admin", "staff", "teammate"), Author.OPERATOR),
}
_DISCARDED = frozenset({"SPAM", "TRASH", "TRASHED", "DELETED"})
_EPOCH_MS_FROM = 100_000_000_000
MAX_COMMENTS = 1_000
MAX_SUBJECT_CHARS = 500


def to_helpdesk_ticket(
    payload: Any,
    conversation_id: str,
    *,
    salt: str,
    read_body: ReadBody,
    tag_names: Mapping[str, str],
    senders: SenderRules,
) -> HelpdeskTicket:
    """Return the ticket in the answer to GET /tickets/{id}; `tag_names` maps the tag ids that are known to names,
    `senders` is what the policy says of senders and channels.

    Raises TransientError when the answer holds no ticket object: a proxy may have answered. PermanentError
    `ticket_too_many_comments` for more than a thousand.
    """
    raw = _ticket_in(payload)
    profile, source = _mapping(raw.get("customer_profile")), _mapping(_mapping(raw.get("via")).get("source"))
    sender = _mapping(source.get("from"))
    comments = _comments(raw)
    if len(comments) > MAX_COMMENTS:
        raise PermanentError("the ticket has too many comments to be read", code=TOO_MANY_COMMENTS)
    facts = read_sender(raw, profile, sender, map(_body, comments), senders, salt)
    contacts = senders.contacts.read(raw, profile, sender, facts.channel, salt)
    customers = find_customers(raw)
    ticket = Ticket(
        conversation_id=conversation_id,
        channel=facts.channel,
        is_open=str(raw.get("status", "CLOSED")).upper() in {"OPEN", "SNOOZED"},
        messages=_messages([comment for comment in comments if not is_note(comment)], read_body, customers),
        tags=frozenset(tag_names.get(str(tag), str(tag)) for tag in _list(raw.get("tags"))),
        sender_contact_digests=contacts.proving,
        linked_order_ids=to_order_ids(raw.get("orders", raw.get("order"))),
        subject=str(raw.get("subject") or "")[:MAX_SUBJECT_CHARS],
        sender_marks=facts.marks,
        is_redirected=contacts.is_redirected,
    )
    names = [str(name) for name in (profile.get("name"), sender.get("name")) if name]
    return HelpdeskTicket(
        ticket=ticket,
        known_values=tuple(dict.fromkeys([*names, *contacts.listed])),
        customer_digest=_customer_digest(contacts.listed, profile.get("id"), salt),
        written=read_written(comments),
        note_ids=frozenset(str(comment.get("id", "")) for comment in comments if is_note(comment)),
        is_trashed=is_trashed(raw),
        is_closed=_is_closed(raw),
        assignee_id=str(raw["assignee_id"]) if raw.get("assignee_id") else None,
        sender_domain_digest=facts.domain_digest,
        tags_as_shown=tuple(str(tag) for tag in _list(raw.get("tags"))),
        reply_address=contacts.reply_address,
    )


def _is_closed(raw: Json) -> bool | None:
    """Tell what the status says; `state` says nothing and is not read."""
    status = raw.get("status")
    return status.upper() == "CLOSED" if isinstance(status, str) and status else None


def shows_ticket(payload: Any) -> bool:
    """Tell whether an answer carries the whole ticket, comments and all: what is less may be an echo of the request."""
    raw = payload.get("ticket") if isinstance(payload, Mapping) else None
    return isinstance(raw, Mapping) and bool(_list(raw.get("comments"))) and {"id", "status", "tags"} <= set(raw)


def is_trashed(ticket: Json) -> bool:
    """Tell whether a ticket lies in the bin or among the spam, whichever way an account says so."""
    is_flagged = any(_find_boolean(ticket.get(key)) is True for key in ("is_trashed", "is_spam"))
    return is_flagged or str(ticket.get("status", "")).upper() in _DISCARDED


def to_order_ids(payload: Any) -> tuple[str, ...]:
    """Return the linked order ids in the answer to GET /order/{conversation}: one object, a list, or `{}` for none."""
    listed = payload.get("orders", payload) if isinstance(payload, Mapping) else payload
    entries = [listed] if isinstance(listed, Mapping) else _list(listed)
    found = [entry.get("orderId", entry.get("order_id")) for entry in entries if isinstance(entry, Mapping)]
    return tuple(dict.fromkeys(str(order_id) for order_id in found if order_id not in (None, "")))


def to_epoch_ms(value: Any) -> int:
    """Return ISO 8601 text or epoch seconds or milliseconds as epoch milliseconds; 0 for what is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value if value > _EPOCH_MS_FROM else value * 1000)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return 0
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _messages(comments: list[Json], read_body: ReadBody, customers: Customers) -> tuple[TicketMessage, ...]:
    shown = [comment for comment in comments if comment.get("id")]
    bodies = [read_body(_body(comment)) for comment in shown]
    agents = [body.text for comment, body in zip(shown, bodies, strict=True) if read_author(comment) is Author.OPERATOR]
    doubtful = without_repeated_each([body.doubtful for body in bodies], agents)
    return tuple(
        TicketMessage(
            message_id=str(comment["id"]),
            author=customers.author(comment, read_author(comment)),
            text=body.text,
            doubtful=unrepeated,
            with_notices=body.with_notices,
            created_at_epoch_ms=to_epoch_ms(comment.get("created_at")),
            attachment_count=len(_list(comment.get("attachments"))),
        )
        for comment, body, unrepeated in zip(shown, bodies, doubtful, strict=True)
    )


def _ticket_in(payload: Any) -> Json:
    raw = payload.get("ticket") if isinstance(payload, Mapping) else None
    if not isinstance(raw, Mapping):
        raise TransientError("the helpdesk's answer holds no ticket", code="vendor_answer_unreadable")
    return raw


def to_written(payload: Any) -> tuple[WrittenText, ...]:
    """Return what stands in the ticket of the answer to GET /tickets/{id}, oldest first.

    Raises TransientError when the answer holds no ticket object.
    """
    return read_written(_comments(_ticket_in(payload)))


def find_written(payload: Any) -> tuple[WrittenText, ...] | None:
    """Return what stands in the ticket, oldest first, if an answer carries the whole ticket; else None.

    Nothing else of it is read, so nothing else in it can fail: what was sent is sent.
    """
    return to_written(payload) if shows_ticket(payload) else None


def _comments(raw: Json) -> list[Json]:
    return [comment for comment in _list(raw.get("comments")) if isinstance(comment, Mapping)]


def read_written(comments: Sequence[Json]) -> tuple[WrittenText, ...]:
    """Return every different body of every comment, oldest first."""
    return tuple(
        WrittenText(str(comment.get("id", "")), body, Author.UNKNOWN if is_note(comment) else read_author(comment))
        for comment in comments
        for body in dict.fromkeys(_bodies(comment))
    )


def read_author(comment: Json) -> Author:
    """Read every spelling of the direction; if they are missing or disagree, nobody can tell."""
    flags = {_find_boolean(comment.get(key)) for key in ("isOperator", "is_operator")} - {None}
    said = {Author.OPERATOR if flag else Author.CUSTOMER for flag in flags}
    word = _SENDER_TYPES.get(str(comment.get("sender_type", "")).strip().lower())
    said |= {word} if word else set()
    return said.pop() if len(said) == 1 else Author.UNKNOWN


def is_note(comment: Json) -> bool:
    """A private note is nobody's message: on an e-mail ticket it may even look like the customer's."""
    return _find_boolean(comment.get("public")) is False or str(comment.get("type", "")).lower() == "note"


def _body(comment: Json) -> str:
    """Return the text to read: the plain form where there is one."""
    return next((body for body in _bodies(comment) if body.strip()), "")


def _bodies(comment: Json) -> list[str]:
    bodies = [comment.get(key) for key in ("plain_body", "html_body", "body")]
    return [body for body in bodies if isinstance(body, str) and body]


def _customer_digest(contacts: Iterable[str], profile_id: Any, salt: str) -> str | None:
    digests = (contact_digest(contact, salt) for contact in contacts)
    if found := next(filter(None, digests), None):
        return found
    return salted_hash(f"profile:{profile_id}", salt) if profile_id else None


def _find_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower()) if isinstance(value, str) else None


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
