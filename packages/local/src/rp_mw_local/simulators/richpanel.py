"""Richpanel's API as observed: what it documents, and where its answers are not what they seem.

Facts reproduced: partial updates under `ticket`; `state` accepted and ignored; lower-case status refused; a comment
on an e-mail ticket accepted but mailed to nobody; send-message only delivering for a real agent; tags stored as
sent; `{}` for a conversation without an order; 50 requests per 30 s; 403 for unknown routes; lists of ten a page
unless asked for more, whose next page is an address. What is seen in some accounts, or only feared, is a switch.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.rate import TokenBucket
from rp_mw_local.simulators.richpanel_tickets import STATUSES, Tickets, ticket_json
from rp_mw_local.simulators.richpanel_tickets import Ticket as StoredTicket
from rp_mw_local.simulators.server import Request, Response, Simulator, json_response

WINDOW_SECONDS = 30.0
DOCUMENTED_LIMIT = 50
MAX_PER_PAGE = 100
DEFAULT_PER_PAGE = 10
_FORBIDDEN = (403, {"message": "Forbidden"})


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class RichpanelSimulator(Simulator):
    """The helpdesk. Own fault kinds: rate_limited (429), no_effect (200, nothing changes), error (JSON with `status`).

    Switches, of one ticket: operator_key (is_operator, isOperator, sender_type, none), hide_profile, public (honoured;
    hidden: private, but no comment says so; ignored: shown to the customer; echoed: shown to the customer,
    and called private all the same), undelivered_channels (a comment on these
    is kept as nobody's and reaches nobody), plain_close_ignored (status alone does nothing, together with state it
    closes), empty_updates (every update answers `{}`: nothing documents more), strict_tags (ids only), unique_tags (a
    second one of a name: 409), order_error_status and order_error_on (what GET /order answers for `all` conversations
    or for the `unlinked` ones; 0: no error).
    Of lists: list_forbidden, list_comments (tickets carry their comments), forbidden_lists (of tags, teams, users),
    paged_lists, silent_pages (a page does not say whether another follows), list_keys (documented, singular, plural),
    next_page_form (url, number). And requests_per_window, window_seconds.
    """

    name = "richpanel"

    def __init__(self, api_key: str, now_epoch_ms: Callable[[], int] | None = None, port: int = 0) -> None:
        super().__init__(now_epoch_ms, port)
        self.api_key = api_key
        self.store = Tickets()
        self.bucket = self._new_bucket()

    def default_switches(self) -> dict[str, Any]:
        """As a well-behaved tenant."""
        return {
            "operator_key": "is_operator",
            "strict_tags": False,
            "unique_tags": False,
            "list_forbidden": False,
            "hide_profile": False,
            "public": "honoured",
            "undelivered_channels": ["email"],
            "plain_close_ignored": False,
            "empty_updates": True,
            "order_error_status": 0,
            "order_error_on": "all",
            "list_comments": False,
            "forbidden_lists": [],
            "paged_lists": ["tags", "teams", "users"],
            "silent_pages": False,
            "list_keys": "documented",
            "next_page_form": "url",
            "requests_per_window": DOCUMENTED_LIMIT,
            "window_seconds": WINDOW_SECONDS,
        }

    def switch(self, **switches: Any) -> None:
        """Changes standing behaviour; a new limit starts with a full bucket."""
        super().switch(**switches)
        if switches.keys() & {"requests_per_window", "window_seconds"}:
            self.bucket = self._new_bucket()

    def _new_bucket(self) -> TokenBucket:
        window_seconds = float(self.switches["window_seconds"])
        return TokenBucket(int(self.switches["requests_per_window"]), window_seconds, self.now_epoch_ms)

    def state(self) -> Any:
        """Tickets, deliveries, links, tags, teams and users."""
        return self.store.to_json()

    def forget(self) -> None:
        """No tickets, a full bucket."""
        self.store = Tickets()
        self.bucket = self._new_bucket()

    def seed(self, contents: Any) -> Any:
        """{"customer_message": {...}} or {"agent_message": {...}} writes one; {"deleted": id} erases a conversation.

        "tags", "teams" and "users" map ids to names.
        """
        with self.lock:
            self.store.teams.update(contents.get("teams", {}))
            self.store.tags.update(contents.get("tags", {}))
            self.store.users.update(contents.get("users", {}))
            if "customer_message" in contents:
                return self.store.customer_writes(contents["customer_message"], self.now_epoch_ms())
            if "agent_message" in contents:
                return self.store.agent_writes(contents["agent_message"], self.now_epoch_ms())
            if "deleted" in contents:
                del self.store.tickets[contents["deleted"]]
            return {}

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """One API call, with the rate headers every answer carries."""
        with self.lock:
            has_token = self.bucket.take()
            headers = {
                "X-RateLimit-Limit": str(self.bucket.capacity),
                "X-RateLimit-Remaining": str(self.bucket.remaining),
                "Retry-After": str(self.bucket.retry_after_seconds) if not has_token else "0",
            }
            if not has_token:
                return json_response(429, {"error": {"message": "Too many requests"}}, headers)
            if fault is not None and fault.kind in {"rate_limited", "error"}:
                return _fault_response(fault, headers)
            try:
                return json_response(
                    *self._route(request, is_inert=fault is not None and fault.kind == "no_effect"), headers
                )
            except _Refused as refused:
                return json_response(refused.status, {"error": {"message": refused.message}}, headers)

    def _route(self, request: Request, *, is_inert: bool) -> tuple[int, Any]:
        if request.headers.get("x-richpanel-key") != self.api_key:
            raise _Refused(401, "Invalid API key")
        return self._read(request) if request.method == "GET" else self._write(request, is_inert=is_inert)

    def _read(self, request: Request) -> tuple[int, Any]:
        match request.segments:
            case ("v1", "tickets"):
                return self._list(request)
            case ("v1", "tickets", "number", number):
                return 200, {"ticket": self._show(self._ticket_numbered(number))}
            case ("v1", "tickets", ticket_id):
                return 200, {"ticket": self._show(self._ticket(ticket_id))}
            case ("v1", "order", conversation_id):
                return self._linked_order(conversation_id)
            case ("v1", "tags" | "teams" | "users" | "channel" as listed):
                return self._listing(listed, request)
        return _FORBIDDEN

    def _linked_order(self, conversation_id: str) -> tuple[int, Any]:
        linked, status = self.store.linked_orders.get(conversation_id, {}), self.switches["order_error_status"]
        if status and not (linked and self.switches["order_error_on"] == "unlinked"):
            raise _Refused(int(status), "No order for this conversation")
        return 200, linked

    def _write(self, request: Request, *, is_inert: bool) -> tuple[int, Any]:
        match request.method, request.segments:
            case "PUT", ("v1", "tickets", ticket_id):
                return self._told(self._update(self._ticket(ticket_id), request, is_inert))
            case "PUT", ("v1", "tickets", ticket_id, action):
                return self._told(self._action(self._ticket(ticket_id), action, request, is_inert))
            case "POST", ("v1", "tickets"):
                return self._create_ticket(_body(request), is_inert)
            case "POST", ("v1", "tags"):
                return 200, self._create_tag(_body(request))
        return _FORBIDDEN

    def _told(self, answer: tuple[int, Any]) -> tuple[int, Any]:
        """An update's answer, whose content nothing documents."""
        return (200, {}) if answer[0] == 200 and self.switches["empty_updates"] else answer

    def _ticket_numbered(self, number: str) -> StoredTicket:
        for ticket in self.store.tickets.values():
            if str(ticket.conversation_no) == number:
                return ticket
        raise _Refused(404, "Conversation not found")

    def _ticket(self, ticket_id: str) -> StoredTicket:
        ticket = self.store.tickets.get(ticket_id)
        if ticket is None:
            raise _Refused(404, "Conversation not found")
        return ticket

    def _show(self, ticket: StoredTicket, *, with_comments: bool = True) -> Any:
        return ticket_json(
            ticket,
            operator_key=self.switches["operator_key"],
            with_profile=not self.switches["hide_profile"],
            with_comments=with_comments,
            with_public=self.switches["public"] in {"honoured", "echoed"},
        )

    def _list(self, request: Request) -> tuple[int, Any]:
        if self.switches["list_forbidden"]:
            return _FORBIDDEN
        updated_after = int(request.query.get("updated_after", "0"))
        status = request.query.get("status", "")
        found = [
            ticket
            for ticket in self.store.tickets.values()
            if ticket.updated_at_epoch_ms > updated_after and status.upper() in ("", ticket.status)
        ]
        listed, with_comments = self._page("ticket", found, request), bool(self.switches["list_comments"])
        return 200, listed | {
            "ticket": [self._show(ticket, with_comments=with_comments) for ticket in listed["ticket"]]
        }

    def _listing(self, listed: str, request: Request) -> tuple[int, Any]:
        if listed in self.switches["forbidden_lists"]:
            return _FORBIDDEN
        key, items = self._listed(listed)
        key = {"singular": listed.removesuffix("s"), "plural": listed}.get(self.switches["list_keys"], key)
        page = self._page(key, items, request) if listed in self.switches["paged_lists"] else {key: items}
        return 200, {key: page[key]} if self.switches["silent_pages"] else page

    def _page(self, key: str, items: list[Any], request: Request) -> dict[str, Any]:
        """One page of a list with `count`, `next_page` and `previous_page`, which are addresses as documented."""
        page = int(request.query.get("page", "1"))
        per_page = min(int(request.query.get("per_page", str(DEFAULT_PER_PAGE))), MAX_PER_PAGE)

        def neighbour(number: int) -> Any:
            if self.switches["next_page_form"] == "number":
                return number
            query = urlencode(request.query | {"page": str(number), "per_page": str(per_page)})
            return f"https://api.richpanel.com{request.path}?{query}"

        return {
            key: items[(page - 1) * per_page : page * per_page],
            "count": len(items),
            "next_page": neighbour(page + 1) if page * per_page < len(items) else None,
            "previous_page": neighbour(page - 1) if page > 1 else None,
        }

    def _listed(self, listed: str) -> tuple[str, list[Any]]:
        store = self.store
        if listed == "users":
            return "users", [
                {"id": key, "name": name, "email": f"{key}@brand.example"} for key, name in store.users.items()
            ]
        if listed == "channel":
            return "channels", []
        key, names = ("team", store.teams) if listed == "teams" else ("tag", store.tags)
        return key, [{"id": item_id, "name": name} for item_id, name in names.items()]

    def _create_ticket(self, body: Any, is_inert: bool) -> tuple[int, Any]:
        """Create a Conversation, e-mail form: the ticket is that of `via.source.from`; its comment mails nobody.

        Source: Richpanel API reference. Who the comment is kept as is what was seen of comments by PUT: nobody's.
        """
        wanted = body.get("ticket") if isinstance(body, dict) else None
        via = wanted.get("via") if isinstance(wanted, dict) else None
        if not isinstance(wanted, dict) or not isinstance(via, dict) or not isinstance(wanted.get("comment"), dict):
            raise _Refused(400, "ticket, via and comment are required")
        if via.get("channel") != "email" or "@" not in str(via.get("source", {}).get("from", {}).get("address", "")):
            raise _Refused(400, "via needs a channel and whom it is from")
        if wanted.get("status") not in STATUSES:
            raise _Refused(400, "status must be one of OPEN, CLOSED")
        tags = [str(tag) for tag in wanted.get("tags", [])]
        self._require_known_tags(tags)
        address, said = str(via["source"]["from"]["address"]), str(wanted["comment"].get("body", ""))
        if is_inert:
            return 200, {}
        subject, now = str(wanted.get("subject", "")), self.now_epoch_ms()
        ticket = self.store.opened(address, subject, said, tags, now, wanted["status"])
        return 200, {"ticket": self._show(ticket)}

    def _create_tag(self, body: Any) -> Any:
        name = body["tag"]["name"]
        if self.switches["unique_tags"] and name in self.store.tags.values():
            raise _Refused(409, "a tag of this name exists")
        tag = {"id": str(uuid.uuid4()), "name": name}
        self.store.tags[tag["id"]] = tag["name"]
        return {"tag": tag}

    def _update(self, ticket: StoredTicket, request: Request, is_inert: bool) -> tuple[int, Any]:
        body = _body(request)
        if not isinstance(body, dict) or not isinstance(body.get("ticket"), dict):
            raise _Refused(400, "ticket is required")
        wanted = body["ticket"]
        if "status" in wanted and wanted["status"] not in STATUSES:
            raise _Refused(400, "status must be one of OPEN, CLOSED")
        assignee = wanted.get("assignee_id")
        if assignee not in (None, "unassigned") and assignee not in self.store.users:
            raise _Refused(400, "assignee_id is unknown")
        self._require_known_tags(wanted.get("tags", []))
        if not is_inert:
            self._apply(ticket, wanted)
        return 200, {"ticket": self._show(ticket)}

    def _apply(self, ticket: StoredTicket, wanted: dict[str, Any]) -> None:
        now = self.now_epoch_ms()
        # `state` alone is accepted and ignored
        if "status" in wanted and (not self.switches["plain_close_ignored"] or "state" in wanted):
            ticket.status = wanted["status"]
        if "assignee_id" in wanted:
            ticket.assignee_id = None if wanted["assignee_id"] == "unassigned" else wanted["assignee_id"]
        if "tags" in wanted:
            ticket.tags = list(wanted["tags"])
        if isinstance(wanted.get("comment"), dict):
            self._comment(ticket, wanted["comment"], now)
        ticket.updated_at_epoch_ms = now

    def _comment(self, ticket: StoredTicket, comment: dict[str, Any], now: int) -> None:
        is_said_public = comment.get("public", True) or self.switches["public"] == "ignored"
        is_public = is_said_public or self.switches["public"] == "echoed"
        is_delivered = ticket.channel not in self.switches["undelivered_channels"]
        is_operator = comment.get("sender_type") == "operator" and is_delivered
        body = str(comment.get("body", ""))
        self.store.add(ticket, "api", body, now, is_operator=is_operator, public=is_said_public)
        via = "comment" if is_public else "note"
        self.store.deliver(ticket, via, body, "api", reached_customer=is_operator and is_public, now=now)

    def _action(self, ticket: StoredTicket, action: str, request: Request, is_inert: bool) -> tuple[int, Any]:
        body = _body(request)
        if action == "send-message":
            return self._send_message(ticket, body, is_inert)
        if action in {"add-tags", "remove-tags"}:
            return self._change_tags(ticket, action, body, is_inert)
        return _FORBIDDEN

    def _send_message(self, ticket: StoredTicket, body: Any, is_inert: bool) -> tuple[int, Any]:
        if not isinstance(body, dict) or not body.get("body") or not body.get("author_id"):
            raise _Refused(400, "body and author_id are required")
        if not is_inert:
            now, author_id = self.now_epoch_ms(), str(body["author_id"])
            self.store.add(ticket, author_id, body["body"], now, is_operator=True)
            self.store.deliver(
                ticket, "send-message", body["body"], author_id, reached_customer=author_id in self.store.users, now=now
            )
        return 200, {"message": "queued"}

    def _change_tags(self, ticket: StoredTicket, action: str, body: Any, is_inert: bool) -> tuple[int, Any]:
        if not isinstance(body, dict) or not isinstance(body.get("tags"), list) or not body["tags"]:
            raise _Refused(400, "tags is required")
        tags = [str(tag) for tag in body["tags"]]
        self._require_known_tags(tags)
        if not is_inert:
            kept = [tag for tag in ticket.tags if tag not in tags]
            ticket.tags = kept + tags if action == "add-tags" else kept
            ticket.updated_at_epoch_ms = self.now_epoch_ms()
        return 200, {"id": ticket.id, "tags": list(ticket.tags)}

    def _require_known_tags(self, tags: list[str]) -> None:
        if self.switches["strict_tags"] and not set(tags) <= set(self.store.tags):
            raise _Refused(400, "unknown tag id")


def _body(request: Request) -> Any:
    try:
        return request.json()
    except ValueError as error:
        raise _Refused(400, "the body is not JSON") from error


def _fault_response(fault: Fault, headers: dict[str, str]) -> Response:
    shown = dict(headers)
    shown.pop("Retry-After")
    if fault.retry_after is not None:
        shown["Retry-After"] = fault.retry_after
    status = fault.status or (429 if fault.kind == "rate_limited" else 500)
    return json_response(
        status, {"error": {"message": "Too many requests" if status == 429 else "Something went wrong"}}, shown
    )
