"""Richpanel's API, called so that its answers can be believed.

A 200 proves nothing here: a close is read back, a reply is looked for by the caller, tags and assignee are compared
with what the answer shows. Ids can be mail Message-IDs, so each is percent-encoded as one path segment.
Source: Richpanel API reference and observed behaviour (reference of vendor facts, section 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from rp_mw_shared.clients.http import VendorHttp, VendorResponse
from rp_mw_shared.clients.richpanel_lists import page_query
from rp_mw_shared.clock import Clock
from rp_mw_shared.deadline import require_seconds
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_worker.adapters.richpanel.tag_creation import TagCreation
from rp_mw_worker.adapters.richpanel.tags import TagDirectory
from rp_mw_worker.adapters.richpanel.ticket import CleanText, is_closed, to_helpdesk_ticket, to_order_ids
from rp_mw_worker.domain.model import Ticket
from rp_mw_worker.ports import LINK_UNREADABLE, TAG_UNKNOWN, TICKET_NOT_FOUND, HelpdeskTicket

CALL_SECONDS = 10.0
_ASSIGN_TRIES = 2
_CONFLICT = 409
_REFUSED = "vendor_status_400"
# Answers that say nothing of the helpdesk as a whole: throttling, a used-up budget and a lost connection do.
_BROKEN_ANSWERS = frozenset({"vendor_unavailable", "vendor_answer_unreadable"})
_REPLACED_PREFIXES = ("route-", "mw-intent-")


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
        clean_text: CleanText,
        chat_replies: str,
        creation: TagCreation,
        on_unauthorized: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._author_id = author_id
        self._salt = salt
        self._clean_text = clean_text
        self._is_comment_sent = chat_replies == "comment"
        self._on_unauthorized = on_unauthorized
        self._creation = creation
        self._tags = TagDirectory(self._get_tags, clock)

    def load_ticket(self, conversation_id: str) -> HelpdeskTicket:
        """Return the ticket as it stands; PermanentError `ticket_not_found` when there is none."""
        return to_helpdesk_ticket(
            self._get_ticket(conversation_id),
            conversation_id,
            salt=self._salt,
            clean_text=self._clean_text,
            tag_names=self._tags.known_names(),
        )

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

    def send_reply(self, ticket: Ticket, text: str) -> None:
        """Send `text` to the customer: e-mail only leaves by send-message, other channels as the policy says."""
        path = f"/tickets/{_segment(ticket.conversation_id)}"
        if ticket.channel == "email" or not self._is_comment_sent:
            body: dict[str, Any] = {"body": text, "author_id": self._author_id}
            self._call("PUT", f"{path}/send-message", "send_message", body, idempotent=False)
            return
        comment = {"body": text, "sender_type": "operator", "public": True}
        self._call("PUT", path, "comment", {"ticket": {"comment": comment}}, idempotent=False)

    def add_note(self, conversation_id: str, text: str) -> None:
        """Add a private note as a comment that is not public."""
        comment = {"body": text, "sender_type": "operator", "public": False}
        path = f"/tickets/{_segment(conversation_id)}"
        self._call("PUT", path, "note", {"ticket": {"comment": comment}}, idempotent=False)

    def close(self, conversation_id: str) -> bool:
        """Close the ticket the documented way, look, and try the form seen to work once more if it is still open."""
        for wanted in ({"status": "CLOSED"}, {"state": "closed", "status": "CLOSED"}):
            self._call("PUT", f"/tickets/{_segment(conversation_id)}", "close", {"ticket": wanted})
            if is_closed(self._get_ticket(conversation_id)):
                return True
        return False

    def assign(self, conversation_id: str, assignee_id: str) -> bool:
        """Assign the ticket by the id GET /users gives, once more if the ticket shows somebody else afterwards."""
        body = {"ticket": {"assignee_id": assignee_id}}
        for _ in range(_ASSIGN_TRIES):
            response = self._call("PUT", f"/tickets/{_segment(conversation_id)}", "assign", body)
            shown = _find_ticket(_find_json(response)) or _find_ticket(self._get_ticket(conversation_id)) or {}
            if shown.get("assignee_id") == assignee_id:
                return True
        return False

    def add_tags(self, conversation_id: str, tags: Sequence[str]) -> None:
        """Add tags by id where the account knows them, else by name; an outdated route or intent tag goes.

        Raises TransientError `tags_not_applied` when the helpdesk answers 200 and the tags are not there, and, after
        all that is known was done, PermanentError `tag_unknown` for what the account neither knows nor takes.
        """
        path = f"/tickets/{_segment(conversation_id)}"
        response, unknown = self._send_tags(f"{path}/add-tags", tags)
        known = [tag for tag in tags if tag not in unknown]
        shown = _tags_in(_find_json(response)) if response is not None else []
        if shown is None:
            shown = _tags_in(self._get_ticket(conversation_id)) or []
        if any(not {tag, self._tags.id_or_name(tag)} & set(shown) for tag in known):
            raise _not_applied()
        self._remove_outdated(path, known, shown)
        if unknown:
            raise PermanentError("the account has no such tag and would not make it", code=TAG_UNKNOWN)

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

    def _remove_outdated(self, path: str, tags: Sequence[str], shown: Sequence[str]) -> None:
        """Remove the older tag of each kind of which a new one was added."""
        names = self._tags.known_names()
        kinds = tuple(prefix for prefix in _REPLACED_PREFIXES if any(tag.startswith(prefix) for tag in tags))
        outdated = [tag for tag in shown if names.get(tag, tag).startswith(kinds) and names.get(tag, tag) not in tags]
        if outdated:
            response = self._call("PUT", f"{path}/remove-tags", "remove_tags", {"tags": outdated})
            if set(outdated) & set(_tags_in(_find_json(response)) or ()):
                raise _not_applied()

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


def _not_applied() -> TransientError:
    return TransientError("the helpdesk took the tags and did not keep them", code="tags_not_applied")


def _find_json(response: VendorResponse) -> Any:
    try:
        return response.json()
    except TransientError:
        return None


def _find_ticket(payload: Any) -> Mapping[str, Any] | None:
    ticket = payload.get("ticket") if isinstance(payload, Mapping) else None
    return ticket if isinstance(ticket, Mapping) and "assignee_id" in ticket else None


def _tags_in(payload: Any) -> list[str] | None:
    holder = payload.get("ticket", payload) if isinstance(payload, Mapping) else None
    tags = holder.get("tags") if isinstance(holder, Mapping) else None
    return [str(tag) for tag in tags] if isinstance(tags, list) else None
