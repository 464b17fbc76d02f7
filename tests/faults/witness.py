"""What an independent observer saw: at the vendors and in the tables, never in the product's own words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from rp_mw_local.simulators.server import Request, Response
from tests.faults.expressions import Item
from tests.faults.switchboard import Action

_NO_EFFECT = frozenset({Action.REFUSE, Action.THROTTLE, Action.REJECT, Action.DOWN})


@dataclass(slots=True)
class Attempt:
    """One request that would reach the customer, as it left. `may_have_effect`: for all the sender can know."""

    conversation_id: str
    text: str
    at: int
    may_have_effect: bool = True
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One ticket as it was shown to the product: who read it when, and the texts in it."""

    conversation_id: str
    at: int
    texts: tuple[str, ...]


@dataclass(slots=True)
class Witness:
    """Keeps what was seen, and the promises broken on the way."""

    attempts: list[Attempt] = field(default_factory=list)
    tickets_seen: list[Seen] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    calls_by_minute: dict[tuple[str, int], int] = field(default_factory=dict)
    proof_after_ms: int = 30_000
    function_timeout_ms: int = 60_000
    _claimed_at: dict[tuple[str, str], int] = field(default_factory=dict)
    _flags_said: dict[int, bool] = field(default_factory=dict)
    _asked_since: dict[int, list[str]] = field(default_factory=dict)

    def flags_read(self, invocation: int, is_on: bool) -> None:
        """Note what the switches said to which run."""
        self._flags_said[invocation] = is_on
        self._asked_since[invocation] = []

    def waited(self, invocation: int) -> None:
        """Note that a run lets time pass: no look before that counts for what leaves after it."""
        self._asked_since.setdefault(invocation, []).append("wait")

    def request_left(
        self, operation: str, request: Request, invocation: int, now: int, *, is_off: bool
    ) -> Attempt | None:
        """Note a request to the helpdesk; for a reply, check that it may leave. `is_off`: what the switches say now."""
        if operation != "reply":
            self._asked_since.setdefault(invocation, []).append(operation)
            if operation == "note":
                self.notes.append(request.segments[2])
            return None
        attempt = Attempt(request.segments[2], _words(request), now)
        if is_off:
            self.problems.append("kill switch: a reply left after it was thrown")
        self._check_switch(attempt, invocation)
        self._check_resend(attempt)
        self.attempts.append(attempt)
        return attempt

    def failed(self, attempt: Attempt | None, action: Action) -> None:
        """Note that the sender saw the request fail."""
        if attempt is not None and action in _NO_EFFECT:
            attempt.may_have_effect = False

    def answered(self, operation: str, request: Request, response: Response, now: int, attempt: Attempt | None) -> None:
        """Note an answer that reached the sender."""
        if attempt is not None:
            attempt.is_answered = True
            attempt.may_have_effect = attempt.may_have_effect and not 400 <= response.status < 500
        if operation == "get_ticket" and response.status == 200:
            comments = json.loads(response.body)["ticket"]["comments"]
            self.tickets_seen.append(Seen(request.segments[2], now, tuple(comment["body"] for comment in comments)))

    def _check_switch(self, attempt: Attempt, invocation: int) -> None:
        if not self._flags_said.get(invocation) or self._asked_since[invocation]:
            self.problems.append("kill switch: a reply left without a fresh look that said on")

    def _check_resend(self, attempt: Attempt) -> None:
        """A second try of the same words needs a look at the ticket, late enough, that did not show them."""
        earlier = [
            one
            for one in self.attempts
            if one.conversation_id == attempt.conversation_id and one.text == attempt.text and one.may_have_effect
        ]
        if not earlier:
            return
        if len(earlier) >= 2:
            self.problems.append("resend: a third try of the same reply")
        proofs = [
            seen
            for seen in self.tickets_seen
            if seen.conversation_id == attempt.conversation_id and seen.at >= earlier[-1].at + self.proof_after_ms
        ]
        if not proofs or any(attempt.text in text for text in proofs[-1].texts):
            self.problems.append("resend: a reply was sent again without proof that it was not there")

    def event_written(self, before: Item, after: Item, now: int) -> None:
        """Check one write to the idempotency table: nobody takes an event while its owner may be alive."""
        if "lease_until" not in after:
            return
        key, owner = after["event_id"]["S"], after["owner"]["S"]
        claimed_at = self._claimed_at.get((key, before["owner"]["S"]) if before else ("", ""))
        self._claimed_at.setdefault((key, owner), now)
        if not before or before["owner"] == after["owner"]:
            return
        lease_until = int(before.get("lease_until", {"N": "0"})["N"])
        if before["status"]["S"] == "completed":
            self.problems.append("idempotency: another run wrote a completed event")
        if before["status"]["S"] != "claimed" or not lease_until:
            return
        if lease_until > now or (claimed_at is not None and now - claimed_at < self.function_timeout_ms):
            self.problems.append("idempotency: an event was taken from a run that may still be at work")

    def state_written(self, before: Item, after: Item) -> None:
        """Check one write to conversation_state: versions count up one by one, and the conversation never goes back."""
        if after["conversation_id"]["S"].startswith(("customer:", "figures:")):
            return
        version = int(before["version"]["N"]) if before else 0
        if int(after["version"]["N"]) != version + 1:
            self.problems.append("conversation_state: a version was skipped or repeated")
        if before and _number(after, "last_message_at") < _number(before, "last_message_at"):
            self.problems.append("order: the conversation's state went back to an older message")


def _number(item: Item, name: str) -> float:
    return float(item[name]["N"]) if name in item else 0.0


def _words(request: Request) -> str:
    body: Any = json.loads(request.body)
    return str(body["body"] if "body" in body else body["ticket"]["comment"]["body"])
