"""The words of the domain: what a decision is made from, and what it says. Data only, no behaviour with effects.

    Case (ticket, classification, order, state, flags, now)  --decide(case, policy)-->  Decision

Times are epoch milliseconds (UTC). Nothing here holds a customer's address, payment data or attachment bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# the flags are words of the domain as the topology declares them
from rp_mw_shared.flags.declared import Flags as Flags  # noqa: PLC0414
from rp_mw_shared.flags.declared import RolloutStage as RolloutStage  # noqa: PLC0414
from rp_mw_shared.messages.types import OrderFacts


class Mode(StrEnum):
    """What an event's run was allowed to do: recorded in every table."""

    DRY_RUN = "dry_run"  # shadow, or safe_mode: decide and record only
    ROUTE_ONLY = "route_only"  # tags and assignment, never a reply
    DRAFT = "draft"  # the reply is a private note, which an agent sends or does not
    LIVE = "live"


class Author(StrEnum):
    """Who wrote a comment. Only the ticket's own CUSTOMER is ever answered."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    UNKNOWN = "unknown"  # the helpdesk does not say
    THIRD_PARTY = "third_party"  # somebody in copy, or of a merged ticket
    UNSEEN = "unseen"  # a webhook says so, and the ticket does not show it


@dataclass(frozen=True, slots=True)
class TicketMessage:
    """One comment of the ticket, oldest first in `Ticket.messages`; `text` is free of HTML, quotes and signature.

    `doubtful`: lines cut from `text` that no mail program marked as quoted and the shop did not write; for the screen.
    `with_notices`: `text` with its sender's banners and footers, which tell a machine's mail; empty for none.
    """

    message_id: str
    author: Author
    text: str
    created_at_epoch_ms: int
    attachment_count: int = 0
    doubtful: str = ""
    with_notices: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The helpdesk's ticket as read, reduced to what a decision may depend on.

    `channel` is one of livechat, email, sms, social, tiktok, phone, whatsapp, unknown.
    `sender_contact_digests` are salted hashes of the contacts that prove an order the sender's: on e-mail of the one
    address an answer goes to, none where there are two. `is_redirected`: a Reply-To names another address than wrote.
    `subject` is as written.
    `sender_marks` are codes that tell a machine's mail by its sender and subject (`machine_mail.find_sender_marks`).
    """

    conversation_id: str
    channel: str
    is_open: bool
    messages: tuple[TicketMessage, ...]
    tags: frozenset[str] = frozenset()
    sender_contact_digests: frozenset[str] = frozenset()
    linked_order_ids: tuple[str, ...] = ()
    subject: str = ""
    sender_marks: frozenset[str] = frozenset()
    is_redirected: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """One label of intents.yaml with a confidence in [0, 1]."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Something found in the text, at character offsets.

    `type` is order_number, tracking_number, email, phone, date or product.
    """

    type: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Classification:
    """A classifier's answer: up to three intents, best first; `failure` is a reason code when there is no answer.

    `tier0_share` is how likely the text, or one sentence of it, is of tier 0 at all, 0 to 1; None where the classifier
    does not tell, or has not read all of it.
    """

    intents: tuple[Intent, ...] = ()
    risk_flags: frozenset[str] = frozenset()
    classifier: str = "embedded"
    model_version: str = ""
    failure: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    tier0_share: float | None = None


@dataclass(frozen=True, slots=True)
class OrderLookup:
    """A completed order lookup. `outcome` is found, not_found, ambiguous or failed; `by` is order_id or order_name."""

    by: str
    outcome: str
    order: OrderFacts | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AutoReply:
    """One reply of ours in the last 24 hours: when, and from which template."""

    sent_at_epoch_ms: int
    template_id: str


AWAITING_ORDER, AWAITING_ORDER_NUMBER, AWAITING_CODE = "awaiting_order", "awaiting_order_number", "awaiting_code"


@dataclass(frozen=True, slots=True)
class PendingFlow:
    """A question in the air. `kind` is awaiting_order (enrichment), awaiting_order_number or awaiting_code.

    `intents` is what the original message was about; `order_key_digest` a salted hash of what was looked up.
    `matters` are the kinds its words spoke of, which the number alone does not repeat.
    Past `expires_at_epoch_ms` it counts as absent, whatever the table still holds.
    """

    kind: str
    message_id: str
    intents: tuple[Intent, ...]
    expires_at_epoch_ms: int
    request_id: str | None = None
    lookup_by: str | None = None
    order_key_digest: str | None = None
    matters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationState:
    """The item of conversation_state for one conversation; `version` 0 means there is none yet.

    `risk_flags` are those in force when it was read; `risk_flags_until` says until when, in epoch milliseconds.
    `note_digests` are those of the last notes we wrote (`comments.body_digest`): by them a note is told from a
    customer's message where the helpdesk does not say that it is private. `is_tagged` says that the last event's tags
    are set. `customer_digest` is the customer's salted hash: the table's index finds their conversations by it.
    `code_until_epoch_ms`: until then a one-time code may be typed, or may still prove somebody (`domain.codes`).
    """

    conversation_id: str
    version: int = 0
    last_message_id: str | None = None
    last_message_at_epoch_ms: int = 0
    last_event_id: str | None = None
    last_intent: str | None = None
    last_route: str | None = None
    last_confidence: float | None = None
    risk_flags: frozenset[str] = frozenset()
    risk_flags_until: Mapping[str, int] = field(default_factory=dict)
    auto_replies: tuple[AutoReply, ...] = ()
    pending: PendingFlow | None = None
    note_digests: tuple[str, ...] = ()
    updated_at_epoch_ms: int = 0
    is_tagged: bool = False
    customer_digest: str | None = None
    code_until_epoch_ms: int = 0


@dataclass(frozen=True, slots=True)
class CodeStanding:
    """What the conversation's one-time code comes to. `attempt`: right, wrong or spent where a code was typed.

    `is_proof`: a right code proves the order looked up the customer's. `may_issue`: one more code may be sent.
    `tries_left`: of the newest code, after this message.
    """

    attempt: str | None = None
    is_proof: bool = False
    may_issue: bool = True
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision depends on. The same case always gives the same decision.

    `new_messages` are the customer's messages since the last processed one, oldest first; `text` is them joined.
    `language` is the customer's, ISO 639-1; None when nothing tells which.
    `customer_replies_24h` counts our replies to this customer over all conversations that an order's match proved
    theirs; `unproved_replies_24h` those to whoever gave this contact.
    `screen_hits` are reason codes of the model-free screen; those of `harmless_hits` the classifier, which has read all
    that they are from, takes for harmless: they forbid a reply and decide no team. `machine_marks` are the verdicts of
    `machine_mail`, None where nobody has asked yet; so are `matters`, the kinds of `screen.find_matters`.
    `received_at_epoch_ms` is when the webhook came. `code` is set where the conversation has a one-time code; the text
    holds a mask in its place.
    """

    ticket: Ticket
    classification: Classification
    state: ConversationState
    flags: Flags
    now_epoch_ms: int
    received_at_epoch_ms: int
    text: str = ""
    new_messages: tuple[TicketMessage, ...] = ()
    entities: tuple[Entity, ...] = ()
    screen_hits: frozenset[str] = frozenset()
    harmless_hits: frozenset[str] = frozenset()
    machine_marks: frozenset[str] | None = None
    matters: frozenset[str] | None = None
    order_lookup: OrderLookup | None = None
    customer_replies_24h: int = 0
    unproved_replies_24h: int = 0
    language: str | None = "en"
    code: CodeStanding | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's verdict; `code` is its reason code (policy/reasons), `detail` a short fact without personal data."""

    gate: str
    allowed: bool
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OrderQuestion:
    """The decision needs this order before it can be made: `by` order_id or order_name, `value` what to look up.

    `with_address`: a one-time code may have to go to the order's own address.
    """

    by: str
    value: str
    with_address: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Why a colleague finds no automatic reply, in codes and days (`domain.note` words it).

    `why` are reason codes, the weightiest first; `asked` labels; `known` facts of the sender's own order by name;
    `missing` what would be needed.
    """

    why: tuple[str, ...]
    asked: tuple[str, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one event, and why.

    `order_question` set: nothing else is to be done now, look the order up and decide again. `template_id` None: no
    automatic reply. `variables` are the template's values (never stored; re-derived on a retry). `tags` are complete
    tag names. `tier` is the tier of the chosen answer (0 escalate, 1 assist, 2 verified), None for route only.
    `risk_flags_until` are the tier-0 labels this message showed, however faintly, and whether it asked for a person,
    each with the time until which it keeps the conversation with people. `language` is the customer's, and the
    reply's; None when nothing tells which, and then there is no reply.
    `claims` are what the reply claims, each as `claim:fact:class:age in hours`. `code` is mail where a one-time code is
    to be sent, decoy where only a record is to be made that nobody can match, None without a code.
    """

    route_team: str
    intent: str
    confidence: float
    tags: tuple[str, ...]
    mode: Mode
    gates: tuple[GateResult, ...]
    reasons: tuple[str, ...]
    tier: int | None = None
    template_id: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    close_ticket: bool = False
    order_question: OrderQuestion | None = None
    next_pending: PendingFlow | None = None
    risk_flags_until: dict[str, int] = field(default_factory=dict)
    note: Note | None = None
    claims: tuple[str, ...] = ()
    language: str | None = "en"
    policy_version: str = ""
    templates_version: str = ""
    model_version: str = ""
    code: str | None = None
