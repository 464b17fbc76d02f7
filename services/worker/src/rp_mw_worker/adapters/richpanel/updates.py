"""Status, assignee and tags of one ticket, in as few calls as are safe.

    PUT ticket {assignee_id, status} ── add-tags ── (remove-tags) ── one look, where an answer did not show what it did
                  `── refused together: each by itself                   `── status or assignee not so: once more, look

A tag set is only added to and taken from, never replaced: a person may be tagging meanwhile. What an update answers is
not documented. Where the answer to added tags is silent, a look follows once in a while: a tenant keeps what add-tags
took, or it does not. After status, assignee and removed tags it follows each time.
Source: Richpanel API reference and observed behaviour (reference of vendor facts, section 1.4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_worker.domain.records import ActionResult
from rp_mw_worker.ports import TAG_UNKNOWN, HelpdeskTicket, TicketUpdate, Updated

TAG_PROOF_SECONDS = 600.0
NOT_CLOSED, NOT_ASSIGNED = "not_closed", "not_assigned"
_CLOSED = {"status": "CLOSED"}
# The form that was seen to work where the documented one had no effect.
_CLOSED_AGAIN = {"state": "closed", "status": "CLOSED"}
_REPLACED_PREFIXES = ("route-", "mw-intent-")
_DONE = ActionResult(ActionStatus.DONE)
Attributes = Mapping[str, str]


class AddedTags(NamedTuple):
    """The names an answer to added tags shows, None for none, and what the account neither knows nor takes."""

    shown: Collection[str] | None
    unknown: frozenset[str] = frozenset()


class TicketCalls(Protocol):
    """The calls an update is made of; each returns what its answer shows, None for nothing."""

    def put_attributes(self, conversation_id: str, attributes: Attributes) -> HelpdeskTicket | None:
        """Change status and assignee; PermanentError when refused."""

    def add_tags(self, conversation_id: str, tags: Collection[str]) -> AddedTags:
        """Add tags by name; PermanentError when refused."""

    def remove_tags(self, conversation_id: str, tags: Collection[str]) -> Collection[str] | None:
        """Take tags away, as the ticket shows them, and return the names shown."""

    def tag_names(self, shown: Collection[str]) -> dict[str, str]:
        """Return each tag that a ticket shows with its name, as far as it is known without a call."""

    def load_ticket(self, conversation_id: str) -> HelpdeskTicket:
        """Return the ticket as it stands."""


@dataclass(slots=True)
class _Run:
    """One update under way: the parts that no look has proved yet, and the outdated tags as shown, with their names."""

    seen: HelpdeskTicket
    wanted: TicketUpdate
    updated: Updated = field(default_factory=Updated)
    open_parts: set[str] = field(default_factory=set)
    unknown: frozenset[str] = frozenset()
    outdated: dict[str, str] = field(default_factory=dict)
    is_tagging_open: bool = False
    is_removal_open: bool = False

    @property
    def conversation_id(self) -> str:
        return self.seen.ticket.conversation_id

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(tag for tag in self.wanted.tags if tag not in self.unknown)

    def settle(self, part: str, result: ActionResult) -> None:
        self.open_parts.discard(part)
        if part == "status":
            self.updated.status = result
        else:
            self.updated.assignee = result

    def note_what_shows(self, shown: HelpdeskTicket | None) -> None:
        if shown is None:
            return
        if self.wanted.close and shown.is_closed:
            self.settle("status", _DONE)
        if self.wanted.assignee_id is not None and shown.assignee_id == self.wanted.assignee_id:
            self.settle("assignee_id", _DONE)


class TicketUpdater:
    """Carries out updates; remembers until when silent answers to tags are believed."""

    def __init__(self, calls: TicketCalls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._believed_until = float("-inf")

    def update(self, seen: HelpdeskTicket, wanted: TicketUpdate) -> Updated:
        """Bring the ticket to what is wanted; see the `Helpdesk` port."""
        run = _Run(seen, wanted)
        self._put(run)
        self._tag(run)
        if run.open_parts or run.is_removal_open or self._is_proof_due(run):
            self._look(run)
        return run.updated

    def _put(self, run: _Run) -> None:
        run.open_parts = {
            *(["status"] if run.wanted.close else []),
            *(["assignee_id"] if run.wanted.assignee_id is not None else []),
        }
        run.note_what_shows(run.seen)
        self._send(run, _CLOSED)

    def _send(self, run: _Run, closed: Attributes) -> None:
        """Send the open parts together; refused together, each by itself, so that one does not hold up the other."""
        parts = _attributes(run, closed)
        try:
            if parts:
                merged = {name: value for part in parts.values() for name, value in part.items()}
                run.note_what_shows(self._calls.put_attributes(run.conversation_id, merged))
        except PermanentError as error:
            if len(parts) == 1:
                run.settle(next(iter(parts)), ActionResult(ActionStatus.BLOCKED, error.code))
                return
            for name, part in parts.items():
                self._send_alone(run, name, part)

    def _send_alone(self, run: _Run, name: str, part: Attributes) -> None:
        try:
            run.note_what_shows(self._calls.put_attributes(run.conversation_id, part))
        except PermanentError as error:
            run.settle(name, ActionResult(ActionStatus.BLOCKED, error.code))

    def _tag(self, run: _Run) -> None:
        try:
            self._add(run)
            self._remove_outdated(run)
        except PermanentError as error:
            run.is_tagging_open = run.is_removal_open = False
            _note_refusal(run, error)
            return
        if run.unknown:
            _note_refusal(run, PermanentError("the account neither has nor takes such a tag", code=TAG_UNKNOWN))
        elif run.wanted.tags:
            run.updated.tags = _DONE

    def _add(self, run: _Run) -> None:
        there = self._calls.tag_names(run.seen.tags_as_shown).values()
        if set(run.wanted.tags) - set(there):
            shown, run.unknown = self._calls.add_tags(run.conversation_id, run.wanted.tags)
            run.is_tagging_open = shown is None
            _require_tags(run, shown)

    def _remove_outdated(self, run: _Run) -> None:
        """Take away the older tag of each kind of which there is a new one: a rule in the helpdesk acts on them."""
        names = self._calls.tag_names(run.seen.tags_as_shown)  # only now: sending tags may have taught us names
        run.outdated = {tag: name for tag, name in names.items() if _is_outdated(name, run.tags)}
        if run.outdated:
            shown = self._calls.remove_tags(run.conversation_id, tuple(run.outdated))
            run.is_removal_open = shown is None
            _require_gone(run, shown)

    def _is_proof_due(self, run: _Run) -> bool:
        return run.is_tagging_open and self._clock.monotonic() >= self._believed_until

    def _look(self, run: _Run) -> None:
        """Look what came of it; what is not so is tried once more, and looked at."""
        self._note_look(run)
        if run.open_parts:
            self._send(run, _CLOSED_AGAIN)
        if run.open_parts:
            self._note_look(run)
        for part, code in (("status", NOT_CLOSED), ("assignee_id", NOT_ASSIGNED)):
            if part in run.open_parts:
                run.settle(part, ActionResult(ActionStatus.UNKNOWN, code))

    def _note_look(self, run: _Run) -> None:
        try:
            shown = self._calls.load_ticket(run.conversation_id)
        except PermanentError as error:
            for part in tuple(run.open_parts):
                run.settle(part, ActionResult(ActionStatus.BLOCKED, error.code))
            return
        run.note_what_shows(shown)
        if run.updated.refused is None or run.unknown:
            _require_tags(run, shown.ticket.tags)
            _require_gone(run, shown.ticket.tags)
        if run.is_tagging_open:
            self._believed_until = self._clock.monotonic() + TAG_PROOF_SECONDS


def _note_refusal(run: _Run, error: PermanentError) -> None:
    run.updated.tags, run.updated.refused = ActionResult(ActionStatus.BLOCKED, error.code), error


def _attributes(run: _Run, closed: Attributes) -> dict[str, Attributes]:
    parts: dict[str, Attributes] = {}
    if "assignee_id" in run.open_parts and run.wanted.assignee_id is not None:
        parts["assignee_id"] = {"assignee_id": run.wanted.assignee_id}
    if "status" in run.open_parts:
        parts["status"] = closed
    return parts


def _is_outdated(name: str, tags: Collection[str]) -> bool:
    kinds = tuple(kind for kind in _REPLACED_PREFIXES if any(tag.startswith(kind) for tag in tags))
    return name.startswith(kinds) and name not in tags


def _require_tags(run: _Run, shown: Collection[str] | None) -> None:
    if shown is not None and set(run.tags) - set(shown):
        raise _not_applied()


def _require_gone(run: _Run, shown: Collection[str] | None) -> None:
    if shown is not None and set(run.outdated.values()) & set(shown):
        raise _not_applied()


def _not_applied() -> TransientError:
    return TransientError("the helpdesk took the tags and did not keep them", code="tags_not_applied")
