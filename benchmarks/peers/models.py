"""The webhook's body as pydantic models, for the peers that validate with them."""

from pydantic import BaseModel, ConfigDict, Field


class Customer(BaseModel):
    """Who wrote."""

    email: str | None = Field(None, max_length=320)
    phone: str | None = Field(None, max_length=40)
    name: str | None = Field(None, max_length=200)


class Attachment(BaseModel):
    """What is known of an attachment."""

    content_type: str | None = None
    size_bytes: int | None = Field(None, ge=0)
    url: str | None = None


class Webhook(BaseModel):
    """One customer message."""

    model_config = ConfigDict(extra="ignore")

    ticket_id: str = Field(min_length=1, max_length=512)
    message_id: str = Field(min_length=1, max_length=512)
    text: str | None = Field(None, max_length=20_000)
    channel: str | None = None
    customer: Customer | None = None
    created_at: str | None = None
    attachments: list[Attachment] = []
    sender_type: str | None = None
    is_operator: bool = False


class Message(BaseModel):
    """What is queued."""

    event_id: str
    type: str = "inbound_event"
    version: int = 1
    webhook: Webhook


def to_message(webhook):
    """The queue message's JSON."""
    key = f"evt:rp:{webhook.ticket_id}:{webhook.message_id}"
    return Message(event_id=key, webhook=webhook).model_dump_json(exclude_none=True)
