"""What the Richpanel simulator holds: tickets, comments, and what reached a customer."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from rp_mw_shared.times import to_utc_text

Json = dict[str, Any]
ORGANIZATION = "org-local"
APP_CLIENT = "shop-local"
STATUSES = ("OPEN", "CLOSED", "SNOOZED")


@dataclass(slots=True)
class Comment:
    """One comment; `is_operator` None means the API does not say."""

    id: str
    author_id: str
    body: str
    created_at_epoch_ms: int
    is_operator: bool | None
    public: bool = True
    attachments: list[Json] = field(default_factory=list)
    type: str = "Comment"


@dataclass(slots=True)
class Ticket:
    """One conversation. `sender_email` is whose mail it is where that is not the profile's address.

    `is_opened_by_api`: a program opened it, not a customer.
    """

    id: str
    conversation_no: int
    channel: str
    created_at_epoch_ms: int
    subject: str = ""
    status: str = "OPEN"
    assignee_id: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: str | None = None
    sender_email: str | None = None
    reply_to: str | None = None
    tags: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    updated_at_epoch_ms: int = 0
    is_trashed: bool = False
    is_opened_by_api: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One text written through the API; `reached_customer` tells whether anybody got it."""

    conversation_id: str
    via: str
    body: str
    author_id: str
    reached_customer: bool
    at_epoch_ms: int


def comment_json(comment: Comment, at: str, channel: str, operator_key: str, *, with_public: bool = True) -> Json:
    """A comment as GET shows it; `operator_key` isOperator, is_operator, sender_type or none."""
    shown: Json = {
        "id": comment.id,
        "type": comment.type,
        "author_id": comment.author_id,
        "body": comment.body,
        "plain_body": comment.body,
        "html_body": f"<p>{comment.body}</p>",
        "created_at": at,
        "attachments": comment.attachments,
        "metadata": {},
        "via": {"channel": channel},
    }
    if with_public:
        shown["public"] = comment.public
    if comment.is_operator is not None and operator_key == "sender_type":
        shown["sender_type"] = "operator" if comment.is_operator else "customer"
    elif comment.is_operator is not None and operator_key != "none":
        shown[operator_key] = comment.is_operator
    return shown


def ticket_json(
    ticket: Ticket, *, operator_key: str, with_profile: bool, with_comments: bool = True, with_public: bool = True
) -> Json:
    """A ticket as GET shows it, with the keys a production tenant was seen to have; `is_trashed` where it is."""
    written = [comment.created_at_epoch_ms for comment in ticket.comments]
    times = map(to_utc_text, (ticket.created_at_epoch_ms, ticket.updated_at_epoch_ms, *written))
    created_at, updated_at, *written_at = times
    source: Json = {}
    if ticket.channel == "email":
        source = {"from": {"address": ticket.sender_email or ticket.customer_email, "name": ticket.customer_name}}
    if ticket.reply_to:
        source["reply_to"] = {"address": ticket.reply_to}
    if ticket.channel in {"phone", "whatsapp", "aircall"}:
        source = {"from": {"id": ticket.customer_phone}}
    shown: Json = {
        "id": ticket.id,
        "conversation_no": ticket.conversation_no,
        "status": ticket.status,
        "priority": "LOW",
        "subject": ticket.subject,
        "assignee_id": ticket.assignee_id,
        "organization_id": ORGANIZATION,
        "app_client_id": APP_CLIENT,
        "recipient": "help@brand.example",
        "url": f"https://app.example/conversations/{ticket.conversation_no}",
        "created_at": created_at,
        "updated_at": updated_at,
        "first_response_time": None,
        "resolution_duration": 0,
        "via": {"channel": ticket.channel, "source": source},
        "tags": list(ticket.tags),
        "customFields": {},
        "cookieId": None,
        "scenario_id": None,
        "scenario_name": None,
        "scenarioId": None,
        "scenarioName": None,
        "state": None,
    }
    if ticket.is_trashed:
        shown["is_trashed"] = True
    if with_profile:
        shown["customer_profile"] = _profile(ticket)
    if with_comments:
        shown["comments"] = [
            comment_json(comment, at, ticket.channel, operator_key, with_public=with_public)
            for comment, at in zip(ticket.comments, written_at, strict=True)
        ]
    return shown


def _profile(ticket: Ticket) -> Json:
    profile: Json = {"id": f"cus-{ticket.conversation_no}", "name": ticket.customer_name, "type": "customer"}
    if ticket.customer_email:
        profile["email"] = ticket.customer_email
    if ticket.customer_phone:
        profile["phone"] = ticket.customer_phone
    return profile


@dataclass(slots=True)
class Tickets:
    """The store; callers hold the simulator's lock."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    linked_orders: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {"agent-1": "Alex Agent", "agent-2": "Robin Agent"})
    teams: dict[str, str] = field(default_factory=dict)
    _comment_number: int = 0

    def customer_writes(self, contents: Json, now: int) -> Json:
        """Adds a customer's message, opening the conversation if needed; answers its ids.

        `author_id` is somebody else's where they are only in copy.
        """
        ticket = self._ticket(contents, now)
        ticket.status = "OPEN"
        ticket.is_trashed = bool(contents.get("trashed", ticket.is_trashed))
        author_id = contents.get("author_id", f"cus-{ticket.conversation_no}")
        comment = self.add(ticket, author_id, contents.get("text", ""), now, is_operator=False)
        comment.attachments = list(contents.get("attachments", []))
        if "linked_order_id" in contents:
            self.linked_orders[ticket.id] = {"appClientId": APP_CLIENT, "orderId": str(contents["linked_order_id"])}
        return {"conversation_id": ticket.id, "message_id": comment.id, "created_at": to_utc_text(now)}

    def agent_writes(self, contents: Json, now: int) -> Json:
        """Adds a person's answer to an existing conversation."""
        ticket = self.tickets[contents["conversation_id"]]
        comment = self.add(ticket, contents.get("author_id", "agent-2"), contents["text"], now, is_operator=True)
        return {"conversation_id": ticket.id, "message_id": comment.id, "created_at": to_utc_text(now)}

    def opened(
        self, address: str, subject: str, body: str, tags: list[str], now: int, status: str = "CLOSED"
    ) -> Ticket:
        """Opens an e-mail ticket of an address as a program does; its comment is nobody's and is mailed to nobody."""
        ticket = self._ticket({"email": address, "subject": subject, "channel": "email"}, now)
        ticket.status, ticket.tags, ticket.is_opened_by_api = status, list(tags), True
        self.add(ticket, "api", body, now, is_operator=False)
        self.deliver(ticket, "create", body, "api", reached_customer=False, now=now)
        return ticket

    def _ticket(self, contents: Json, now: int) -> Ticket:
        ticket_id = contents.get("conversation_id") or f"api-{APP_CLIENT}-{uuid.uuid4()}"
        if ticket_id not in self.tickets:
            self.tickets[ticket_id] = Ticket(
                id=ticket_id,
                conversation_no=48_000 + len(self.tickets),
                channel=contents.get("channel", "email"),
                created_at_epoch_ms=now,
                subject=contents.get("subject", ""),
                customer_name=contents.get("name"),
                customer_email=contents.get("email"),
                customer_phone=contents.get("phone"),
                sender_email=contents.get("sender_email"),
                reply_to=contents.get("reply_to"),
            )
        return self.tickets[ticket_id]

    def add(
        self, ticket: Ticket, author_id: str, body: str, now: int, *, is_operator: bool | None, public: bool = True
    ) -> Comment:
        """Appends one comment."""
        self._comment_number += 1
        comment = Comment(f"c{self._comment_number}", author_id, body, now, is_operator, public)
        ticket.comments.append(comment)
        ticket.updated_at_epoch_ms = now
        return comment

    def deliver(self, ticket: Ticket, via: str, body: str, author_id: str, *, reached_customer: bool, now: int) -> None:
        """Records what was written and whether it got anywhere."""
        self.deliveries.append(Delivery(ticket.id, via, body, author_id, reached_customer, now))

    def to_json(self) -> Json:
        """Everything, for assertions and people."""
        return {
            "tickets": {key: asdict(ticket) for key, ticket in self.tickets.items()},
            "deliveries": [asdict(delivery) for delivery in self.deliveries],
            "linked_orders": self.linked_orders,
            "tags": self.tags,
            "teams": self.teams,
            "users": self.users,
        }
