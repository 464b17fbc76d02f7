"""A helpdesk in memory behind the worker's port: it keeps and shows tickets as the simulated API does.

Same promises as the real adapter, by the same contract suite (`tests/contract/test_helpdesk_contract.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rp_mw_local.simulators.richpanel_tickets import Tickets, ticket_json
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_worker.adapters.richpanel.ticket import to_helpdesk_ticket, to_order_ids, to_written
from rp_mw_worker.domain.comments import WrittenText
from rp_mw_worker.domain.message_text import BodyText
from rp_mw_worker.domain.message_text import read_body as read_body_by_marks
from rp_mw_worker.domain.model import Ticket
from rp_mw_worker.domain.records import ActionResult
from rp_mw_worker.policy.mail_marks import load_mail_marks
from rp_mw_worker.ports import HelpdeskTicket, Mail, TicketUpdate, Updated
from tests.fakes.senders import senders

AUTHOR_ID = "agent-1"
SALT = "test-salt"


def plain_text(body: str) -> BodyText:
    """Stand-in for the text cleaner: the body as it is."""
    return BodyText(body.strip())


def read_body(body: str) -> BodyText:
    """The text cleaner with the shipped marks."""
    return read_body_by_marks(body, load_mail_marks())


class FakeHelpdesk:
    """The `Helpdesk` port over `Tickets`. `calls` counts by method; `failures` holds errors to raise, by method.

    An error in `failures` is raised before the effect, one in `lost` after it.
    """

    def __init__(self, now_epoch_ms: Callable[[], int], read_body: Callable[[str], BodyText] = plain_text) -> None:
        self.store = Tickets()
        self.calls: list[str] = []
        self.failures: dict[str, list[BaseException]] = {}
        self.lost: dict[str, list[BaseException]] = {}
        self.ignored: set[str] = set()
        self.operator_key = "is_operator"
        self.shows_after_sending = False
        self.is_public_shown = True
        self.is_chat_delivered = True
        self._now_epoch_ms = now_epoch_ms
        self._read_body = read_body
        self.senders = senders()

    def customer_writes(self, conversation_id: str, text: str, **contents: Any) -> str:
        """Add a customer's message and return its id."""
        written = {"conversation_id": conversation_id, "text": text, "email": "ana@example.com", "name": "Ana Diaz"}
        return str(self.store.customer_writes(written | contents, self._now_epoch_ms())["message_id"])

    def agent_writes(self, conversation_id: str, text: str) -> str:
        """Add a person's answer and return its id."""
        written = {"conversation_id": conversation_id, "text": text}
        return str(self.store.agent_writes(written, self._now_epoch_ms())["message_id"])

    def replies(self, conversation_id: str) -> list[str]:
        """The texts that reached the customer."""
        return [
            delivery.body
            for delivery in self.store.deliveries
            if delivery.conversation_id == conversation_id and delivery.reached_customer
        ]

    def notes(self, conversation_id: str) -> list[str]:
        """The private notes."""
        return [comment.body for comment in self.store.tickets[conversation_id].comments if not comment.public]

    def load_ticket(self, conversation_id: str) -> HelpdeskTicket:
        """Return the ticket as it stands."""
        self._begin("load_ticket")
        shown = self._show(conversation_id)
        self._end("load_ticket")
        return shown

    def load_written(self, conversation_id: str) -> tuple[WrittenText, ...]:
        """Return what stands in the ticket: the same call of the vendor's."""
        self._begin("load_ticket")
        written = to_written(self._answer(conversation_id))
        self._end("load_ticket")
        return written

    def _answer(self, conversation_id: str) -> dict[str, Any]:
        shown = ticket_json(
            self._ticket(conversation_id),
            operator_key=self.operator_key,
            with_profile=True,
            with_public=self.is_public_shown,
        )
        return {"ticket": shown}

    def _show(self, conversation_id: str) -> HelpdeskTicket:
        return to_helpdesk_ticket(
            self._answer(conversation_id),
            conversation_id,
            salt=SALT,
            read_body=self._read_body,
            tag_names=self.store.tags,
            senders=self.senders,
        )

    def load_linked_orders(self, conversation_id: str) -> tuple[str, ...]:
        """Return the ids of the linked orders."""
        self._begin("load_linked_orders")
        return to_order_ids(self.store.linked_orders.get(conversation_id, {}))

    def send_reply(self, ticket: Ticket, text: str, may_leave: Callable[[], None]) -> tuple[WrittenText, ...] | None:
        """Send `text` to the customer; show the ticket where `shows_after_sending` is set."""
        self._begin("send_reply")
        may_leave()
        if "send_reply" not in self.ignored:
            kept, now = self._ticket(ticket.conversation_id), self._now_epoch_ms()
            is_delivered = self.is_chat_delivered or kept.channel == "email"
            self.store.add(kept, AUTHOR_ID, text, now, is_operator=is_delivered)
            self.store.deliver(kept, "reply", text, AUTHOR_ID, reached_customer=is_delivered, now=now)
        self._end("send_reply")
        return to_written(self._answer(ticket.conversation_id)) if self.shows_after_sending else None

    def send_mail(self, mail: Mail, may_leave: Callable[[], None]) -> None:
        """Send a mail of its own: a ticket of the address, closed, with the mail in it."""
        self._begin("create_ticket")
        ticket = self.store.opened(mail.address, mail.subject, mail.opening, [mail.tag], self._now_epoch_ms())
        self._end("create_ticket")
        self._begin("send_mail")
        may_leave()
        if "send_mail" not in self.ignored:
            now = self._now_epoch_ms()
            self.store.add(ticket, AUTHOR_ID, mail.body, now, is_operator=True)
            self.store.deliver(ticket, "send-message", mail.body, AUTHOR_ID, reached_customer=True, now=now)
        self._end("send_mail")

    def mails_to(self, address: str) -> list[str]:
        """The mails that reached an address beside the answers to its tickets."""
        theirs = {
            one.id for one in self.store.tickets.values() if one.customer_email == address and one.is_opened_by_api
        }
        return [one.body for one in self.store.deliveries if one.conversation_id in theirs and one.reached_customer]

    def add_note(self, conversation_id: str, text: str, may_leave: Callable[[], None] | None = None) -> None:
        """Add a private note; on an e-mail ticket it looks like nobody's."""
        self._begin("add_note")
        if may_leave is not None:
            may_leave()
        ticket = self._ticket(conversation_id)
        self.store.add(ticket, "api", text, self._now_epoch_ms(), is_operator=ticket.channel != "email", public=False)
        self._end("add_note")

    def update(self, seen: HelpdeskTicket, wanted: TicketUpdate) -> Updated:
        """Close, assign and tag, one after the other; an outdated route or intent tag goes."""
        updated, conversation_id = Updated(), seen.ticket.conversation_id
        if wanted.close and not seen.is_closed:
            updated.status = self._try(lambda: self._close(conversation_id), "not_closed")
        elif wanted.close:
            updated.status = ActionResult(ActionStatus.DONE)
        if wanted.assignee_id is not None:
            assignee_id = wanted.assignee_id
            updated.assignee = self._try(lambda: self._assign(conversation_id, assignee_id), "not_assigned")
        if set(wanted.tags) <= seen.ticket.tags:
            updated.tags = ActionResult(ActionStatus.DONE) if wanted.tags else None
        else:
            try:
                self._add_tags(conversation_id, wanted.tags)
                updated.tags = ActionResult(ActionStatus.DONE)
            except PermanentError as error:
                updated.tags, updated.refused = ActionResult(ActionStatus.BLOCKED, error.code), error
        return updated

    def _try(self, effect: Callable[[], bool], not_seen: str) -> ActionResult:
        try:
            return ActionResult(ActionStatus.DONE) if effect() else ActionResult(ActionStatus.UNKNOWN, not_seen)
        except PermanentError as error:
            return ActionResult(ActionStatus.BLOCKED, error.code)

    def _close(self, conversation_id: str) -> bool:
        self._begin("close")
        if "close" not in self.ignored:
            self._ticket(conversation_id).status = "CLOSED"
        self._end("close")
        return bool(self._ticket(conversation_id).status == "CLOSED")

    def _assign(self, conversation_id: str, assignee_id: str) -> bool:
        self._begin("assign")
        if assignee_id not in self.store.users:
            raise PermanentError("no such person", code="vendor_status_400")
        if "assign" not in self.ignored:
            self._ticket(conversation_id).assignee_id = assignee_id
        self._end("assign")
        return bool(self._ticket(conversation_id).assignee_id == assignee_id)

    def _add_tags(self, conversation_id: str, tags: tuple[str, ...]) -> None:
        self._begin("add_tags")
        ticket = self._ticket(conversation_id)
        kept = [tag for tag in ticket.tags if not tag.startswith(("route-", "mw-intent-"))]
        ticket.tags = list(dict.fromkeys([*kept, *tags]))
        self._end("add_tags")

    def tag_unread(self, conversation_id: str, tags: Sequence[str]) -> None:
        """Add tags to a ticket that cannot be read."""
        self._begin("tag_unread")
        ticket = self._ticket(conversation_id)
        ticket.tags = list(dict.fromkeys([*ticket.tags, *tags]))

    def _ticket(self, conversation_id: str) -> Any:
        ticket = self.store.tickets.get(conversation_id)
        if ticket is None:
            raise PermanentError("the helpdesk has no such ticket", code="ticket_not_found")
        return ticket

    def _begin(self, method: str) -> None:
        self.calls.append(method)
        if self.failures.get(method):
            raise self.failures[method].pop(0)

    def _end(self, method: str) -> None:
        if self.lost.get(method):
            raise self.lost[method].pop(0)
