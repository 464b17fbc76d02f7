"""One ticket of an export, whatever its format. It holds a customer's words: it lives in memory and goes nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_worker.domain.model import Author


@dataclass(frozen=True, slots=True)
class ExportedMessage:
    """One message; `time_epoch_ms` is None where the export's time cannot be read."""

    author: Author
    body: str = field(repr=False)
    is_html: bool
    time_epoch_ms: int | None


@dataclass(frozen=True, slots=True)
class ExportedTicket:
    """A ticket, its messages oldest first, and what people made of it: `team`, `tags`, `label` (empty for unknown)."""

    ticket: str
    messages: tuple[ExportedMessage, ...]
    subject: str = field(default="", repr=False)
    channel: str = ""
    sender: str = field(default="", repr=False)
    team: str = ""
    tags: tuple[str, ...] = ()
    label: str = ""
    is_merged: bool = False
