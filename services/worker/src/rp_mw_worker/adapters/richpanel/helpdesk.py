"""Richpanel's API, called so that its answers can be believed.

A 200 proves nothing here: a reply is looked for by the caller, the rest in `updates`. Only an answer that carries the
whole ticket counts as a look. Ids can be mail Message-IDs, so each is percent-encoded as one path segment.
Source: Richpanel API reference and observed behaviour (reference of vendor facts, section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rp_mw_shared.clients.http import VendorHttp, VendorResponse
from rp_mw_shared.clients.richpanel_lists import page_query
from rp_mw_shared.clock import Clock, require_seconds
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import LeaseLostError
from rp_mw_worker.adapters.richpanel.contacts import SenderRules
from rp_mw_worker.adapters.richpanel.tag_creation import TagCreation
from rp_mw_worker.adapters.richpanel.tags import TagDirectory
from rp_mw_worker.adapters.richpanel.ticket import (
    find_written,
    shows_ticket,
    to_helpdesk_ticket,
    to_order_ids,
    to_written,
)
from rp_mw_worker.adapters.richpanel.updates import AddedTags, Attributes, TicketUpdater
from rp_mw_worker.domain.comments import WrittenText
from rp_mw_worker.domain.model import Ticket
from rp_mw_worker.ports import (
    LINK_UNREADABLE,
    TAG_UNKNOWN,
    TICKET_NOT_FOUND,
    TOO_MUCH_TO_READ,
    HelpdeskTicket,
    Mail,
    TicketUpdate,
    Updated,
)

if TYPE_CHECKING:
    from rp_mw_worker.adapters.richpanel.ticket import ReadBody

CALL_SECONDS = 10.0
_CONFLICT = 409
_REFUSED = "vendor_status_400"
# Answers that say nothing of the helpdesk as a whole: throttling, a used-up budget and a lost connection do.
_BROKEN_ANSWERS = frozenset({"vendor_unavailable", "vendor_answer_unreadable"})


class RichpanelHelpdesk:
    """The helpdesk behind the `Helpdesk` port; `author_id` is the person whose name replies by `send-message` carry.

    `chat_replies` is how replies leave on every channel but e-mail: `comment` or `send_message`.
    `creation` lets each tag be made once, over all processes. `on_unauthorized` is called when the key is refused.
    """

    def __init__(
        self,
        http: VendorHttp,
        clock: Clock,
        *,
        author_id: str,
        salt: str,
        read_body: ReadBody,
        senders: SenderRules,
        chat_replies: str,
        creation: TagCreation,
        on_unauthorized: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._author_id = author_id
        self._salt = salt
        self._read_body = read_body
        self._senders = senders
        self._is_comment_sent = chat_replies == "comment"
        self._on_unauthorized = on_unauthorized
        self._creation = creation
        self._tags = TagDirectory(self._get_tags, clock)
        self._updater = TicketUpdater(self, clock)

    def load_ticket(self, conversation_id: str) -> HelpdeskTicket:
        """Return the ticket as it stands; PermanentError `ticket_not_found` when there is none."""
        return self._to_ticket(self._get_ticket(conversation_id), conversation_id)

    def load_written(self, conversation_id: str) -> tuple[WrittenText, ...]:
        """Return what stands in the ticket, oldest first: all that a look for our own comment needs of it."""
        return to_written(self._get_ticket(conversation_id))

    def load_linked_orders(self, conversation_id: str) -> tuple[str, ...]:
        """Return the ids of the orders linked to the conversation; empty for none, or where the helpdesk refuses it.

        Raises TransientError `order_link_unreadable` when this path alone does not answer.
        """
        try:
            response = self._call("GET", f"/order/{_segment(conversation_id)}", "get_order")
            return to_order_ids(response.json())
        except PermanentError:
            return ()
        except TransientError as error:
            if error.code not in _BROKEN_ANSWERS:
                raise
            raise TransientError("the helpdesk does not say which order is linked", code=LINK_UNREADABLE) from error

    def send_reply(self, ticket: Ticket, text: str, may_leave: Callable[[], None]) -> tuple[WrittenText, ...] | None:
        """Send `text` to the customer: e-mail only leaves by send-message, other channels as the policy says."""
        path = f"/tickets/{_segment(ticket.conversation_id)}"
        if ticket.channel == "email" or not self._is_comment_sent:
            body: dict[str, Any] = {"body": text, "author_id": self._author_id}
            answer = self._call(
                "PUT", f"{path}/send-message", "send_message", body, idempotent=False, may_leave=may_leave
            )
        else:
            comment = {"body": text, "sender_type": "operator", "public": True}
            wanted = {"ticket": {"comment": comment}}
            answer = self._call("PUT", path, "comment", wanted, idempotent=False, may_leave=may_leave)
        return find_written(_find_json(answer))

    def send_mail(self, mail: Mail, may_leave: Callable[[], None]) -> None:
        """Send a mail to an address: a ticket of its own, and the mail in it by send-message, which alone mails.

        The ticket's first comment holds nothing of the mail: nobody documents whether it is mailed too.
        """
        ticket_id = self._create_mail_ticket(mail)
        path, body = f"/tickets/{_segment(ticket_id)}/send-message", {"body": mail.body, "author_id": self._author_id}
        try:
            self._call("PUT", path, "send_mail", body, idempotent=False, may_leave=may_leave)
        except LeaseLostError:
            raise
        except TransientError as error:  # not sent, and a second try would make a second ticket
            raise PermanentError("the mail was not sent", code=error.code) from error

    def _create_mail_ticket(self, mail: Mail) -> str:
        """Return the id of a new ticket of the address. Source: Richpanel API reference, Create a Conversation."""
        source = {"from": {"address": mail.address}} | ({"to": {"address": mail.mailbox}} if mail.mailbox else {})
        ticket = {
            "status": "CLOSED",
            "comment": {"sender_type": "operator", "body": mail.opening},
            "subject": mail.subject,
            "via": {"channel": "email", "source": source},
        }
        try:
            answer = self._post_ticket(ticket, mail.tag)
        except PermanentError as error:
            if error.code != _REFUSED:
                raise
            self._create_missing([mail.tag])  # an account may take tags only that it has
            answer = self._post_ticket(ticket, mail.tag)
        payload = _find_json(answer)
        made = payload.get("ticket", payload) if isinstance(payload, Mapping) else {}
        ticket_id = made.get("id") if isinstance(made, Mapping) else None
        if not ticket_id:
            raise PermanentError("the helpdesk does not say which ticket it made", code="vendor_answer_unreadable")
        return str(ticket_id)

    def _post_ticket(self, ticket: dict[str, Any], tag: str) -> VendorResponse:
        body = {"ticket": ticket | {"tags": self._tags.to_ids([tag])}}
        return self._call("POST", "/tickets", "create_ticket", body, idempotent=False)

    def add_note(self, conversation_id: str, text: str, may_leave: Callable[[], None] | None = None) -> None:
        """Add a private note as a comment that is not public."""
        comment = {"body": text, "sender_type": "operator", "public": False}
        path = f"/tickets/{_segment(conversation_id)}"
        self._call("PUT", path, "note", {"ticket": {"comment": comment}}, idempotent=False, may_leave=may_leave)

    def update(self, seen: HelpdeskTicket, wanted: TicketUpdate) -> Updated:
        """Close, assign and tag; a route or intent tag of an earlier decision goes."""
        return self._updater.update(seen, wanted)

    def put_attributes(self, conversation_id: str, attributes: Attributes) -> HelpdeskTicket | None:
        """Change status and assignee; returns the ticket if the answer shows it."""
        path = f"/tickets/{_segment(conversation_id)}"
        answer = self._call("PUT", path, "update", {"ticket": dict(attributes)})
        return self._find_ticket(answer, conversation_id)

    def add_tags(self, conversation_id: str, tags: Collection[str]) -> AddedTags:
        """Add tags by id where the account knows them, else by name."""
        answer, unknown = self._send_tags(f"/tickets/{_segment(conversation_id)}/add-tags", tuple(tags))
        return AddedTags(self._shown_tags(answer) if answer is not None else frozenset(), frozenset(unknown))

    def tag_unread(self, conversation_id: str, tags: Sequence[str]) -> None:
        """Add tags; an answer that shows the whole ticket is too large as well, and says that they were taken."""
        try:
            self._send_tags(f"/tickets/{_segment(conversation_id)}/add-tags", tags)
        except PermanentError as error:
            if error.code not in TOO_MUCH_TO_READ:
                raise

    def remove_tags(self, conversation_id: str, tags: Collection[str]) -> Collection[str] | None:
        """Take tags away, by the ids or names the ticket shows; returns the names the answer shows, if it does."""
        path = f"/tickets/{_segment(conversation_id)}/remove-tags"
        return self._shown_tags(self._call("PUT", path, "remove_tags", {"tags": list(tags)}))

    def tag_names(self, shown: Collection[str]) -> dict[str, str]:
        """Return each tag that a ticket shows with its name, as far as it is known without a call."""
        names = self._tags.known_names()
        return {tag: names.get(tag, tag) for tag in shown}

    def _send_tags(self, path: str, tags: Sequence[str]) -> tuple[VendorResponse | None, list[str]]:
        """Send the tags and return the answer. Where some are refused, those the account lacks are made first.

        The second value names what it still does not know, and what therefore was not sent.
        """
        try:
            return self._put_tags(path, tags), []
        except PermanentError as error:
            if error.code != _REFUSED:
                raise
        self._create_missing(tags)
        unknown = self._tags.unknown(tags)
        known = [tag for tag in tags if tag not in unknown]
        try:
            return self._put_tags(path, known) if known else None, unknown
        except PermanentError as error:
            if error.code != _REFUSED:
                raise
            raise PermanentError("the helpdesk refuses the tags", code=TAG_UNKNOWN) from error

    def _put_tags(self, path: str, tags: Sequence[str]) -> VendorResponse:
        return self._call("PUT", path, "add_tags", {"tags": self._tags.to_ids(tags)})

    def _create_missing(self, tags: Sequence[str]) -> None:
        """Make the tags that the whole list certainly does not hold, each once over all processes."""
        try:
            missing = self._tags.require_missing(tags)
        except PermanentError:
            return  # this account may not read its tags, so nothing tells what is missing
        for tag in missing:
            with suppress(PermanentError):  # it stays unknown
                self._create_once(tag)
        if missing:
            self._tags.require_missing(tags)

    def _create_once(self, tag: str) -> None:
        self._creation.begin(tag)
        try:
            self._call("POST", "/tags", "create_tag", {"tag": {"name": tag}}, idempotent=False, accept=(_CONFLICT,))
        except OutcomeUnknownError:
            return  # the list will tell
        except (PermanentError, TransientError):
            self._creation.end(tag, is_made=False)
            raise
        self._creation.end(tag, is_made=True)

    def _shown_tags(self, answer: VendorResponse) -> frozenset[str] | None:
        shown = _tags_in(_find_json(answer))
        return None if shown is None else frozenset(self.tag_names(shown).values())

    def _find_ticket(self, answer: VendorResponse, conversation_id: str) -> HelpdeskTicket | None:
        payload = _find_json(answer)
        return self._to_ticket(payload, conversation_id) if shows_ticket(payload) else None

    def _to_ticket(self, payload: Any, conversation_id: str) -> HelpdeskTicket:
        return to_helpdesk_ticket(
            payload,
            conversation_id,
            salt=self._salt,
            read_body=self._read_body,
            tag_names=self._tags.known_names(),
            senders=self._senders,
        )

    def _get_ticket(self, conversation_id: str) -> Any:
        return self._call("GET", f"/tickets/{_segment(conversation_id)}", "get_ticket").json()

    def _get_tags(self, page: int) -> Any:
        return self._call("GET", "/tags", "get_tags", query=page_query(page)).json()

    def _call(
        self,
        method: str,
        path: str,
        operation: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotent: bool = True,
        accept: tuple[int, ...] = (),
        query: Mapping[str, str] | None = None,
        may_leave: Callable[[], None] | None = None,
    ) -> VendorResponse:
        try:
            return self._http.request(
                method,
                path,
                operation=operation,
                idempotent=idempotent,
                body=body,
                query=query,
                accept=accept,
                total_seconds=require_seconds(self._clock, CALL_SECONDS),
                may_leave=may_leave,
            )
        except TransientError as error:
            if error.code == "vendor_unauthorized":
                self._on_unauthorized()  # the key may have been rotated: the next call reads it again
            raise
        except PermanentError as error:
            if error.code == "vendor_status_404" and path.startswith("/tickets/"):
                raise _gone() from error
            raise


def _segment(conversation_id: str) -> str:
    """Percent-encode an id as ONE path segment; dots alone would be taken for a folder."""
    encoded = quote(conversation_id, safe="")
    return encoded.replace(".", "%2E") if set(encoded) == {"."} else encoded


def _gone() -> PermanentError:
    return PermanentError("the helpdesk has no such ticket", code=TICKET_NOT_FOUND)


def _find_json(response: VendorResponse) -> Any:
    try:
        return response.json()
    except (PermanentError, TransientError):
        return None


def _tags_in(payload: Any) -> list[str] | None:
    holder = payload.get("ticket", payload) if isinstance(payload, Mapping) else None
    tags = holder.get("tags") if isinstance(holder, Mapping) else None
    return [str(tag) for tag in tags] if isinstance(tags, list) else None
