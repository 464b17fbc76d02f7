"""Who writes what: customers in the mix of the demo's story, one webhook after the other."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rp_mw_local.http_target import full_payload
from rp_mw_local.stack import Stack
from rp_mw_shared.idempotency.keys import event_id

ORDER = "order question"
TIER_1 = "tier 1 reply"
ROUTED = "routed"
FOLLOW_UP = "routed, second of a conversation"
REPEAT = "repeat"
# benchmarks/prices.yaml has the same mix: 6 order questions, 2 tier 1 replies, 6 routed, 4 repeats
MIX = (ORDER,) * 6 + (TIER_1,) * 2 + (ROUTED,) * 4 + (FOLLOW_UP,) * 2 + (REPEAT,) * 4
# both get a team and tags, and no reply
_ROUTED_TEXTS = (
    "I am going to file a chargeback with my bank.",
    "Please cancel my subscription.",
)
_SENDERS = 6
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook to come: its kind, its conversation, and the message's place in it."""

    kind: str
    conversation: int
    position: int


@dataclass(frozen=True, slots=True)
class Posted:
    """One webhook that was accepted; times are the run's epoch milliseconds."""

    kind: str
    conversation_id: str
    position: int
    message_id: str
    accepted_at_epoch_ms: int

    @property
    def event_id(self) -> str:
        """The message's key in the idempotency table."""
        return event_id(self.conversation_id, self.message_id)


def plan(count: int, seed: int) -> list[Webhook]:
    """The webhooks of a run in order; a follow-up and a repeat come after what they follow."""
    rng = random.Random(seed)
    kinds = [kind for _ in range(count // len(MIX) + 1) for kind in rng.sample(MIX, len(MIX))][:count]
    if kinds[0] in (FOLLOW_UP, REPEAT):
        kinds[0] = ROUTED
    numbers = itertools.count()
    planned: list[Webhook] = []
    lengths: dict[int, int] = {}
    for kind in kinds:
        planned.append(_next(kind, planned, lengths, numbers, rng))
    return planned


def _next(
    kind: str, planned: Sequence[Webhook], lengths: dict[int, int], numbers: Iterator[int], rng: random.Random
) -> Webhook:
    recent = planned[-len(MIX) :]
    if kind == REPEAT:
        repeated = rng.choice(recent)
        return Webhook(REPEAT, repeated.conversation, repeated.position)
    routed = [one.conversation for one in recent if one.kind in (ROUTED, FOLLOW_UP)]
    conversation = rng.choice(routed) if kind == FOLLOW_UP and routed else next(numbers)
    position = lengths.get(conversation, 0)
    lengths[conversation] = position + 1
    return Webhook(kind, conversation, position)


class Crowd:
    """The customers of one run on a running system. Conversations of two runs never meet."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._run = uuid.uuid4().hex[:8]
        self._stored: dict[tuple[int, int], tuple[Json, Json]] = {}

    def post(self, webhooks: Sequence[Webhook]) -> list[Posted]:
        """Write and announce all at the same time, a conversation's messages one after the other."""
        by_sender = [[one for one in webhooks if one.conversation % _SENDERS == sender] for sender in range(_SENDERS)]
        with ThreadPoolExecutor(_SENDERS) as pool:
            posted = pool.map(lambda mine: [self.post_one(one) for one in mine], by_sender)
            return [one for some in posted for one in some]

    def post_one(self, webhook: Webhook) -> Posted:
        """Write one message, unless this is a repeat, and announce it; raises RuntimeError when it is refused."""
        message, stored = self._write(webhook)
        conversation_id = message["conversation_id"]
        payload = full_payload(conversation_id, stored["message_id"], message, stored["created_at"])
        answer = self._stack.target.fire(payload)
        if answer.status != 200:
            raise RuntimeError(f"a webhook was answered with {answer.status}")
        now = self._stack.clock.now_epoch_ms()
        return Posted(webhook.kind, conversation_id, webhook.position, stored["message_id"], now)

    def _write(self, webhook: Webhook) -> tuple[Json, Json]:
        key = (webhook.conversation, webhook.position)
        if key not in self._stored:
            message = self._message(webhook)
            self._stored[key] = (message, self._stack.richpanel.seed({"customer_message": message}))
        return self._stored[key]

    def _message(self, webhook: Webhook) -> Json:
        name = f"{self._run}-{webhook.conversation}"
        message: Json = {
            "conversation_id": f"<{name}@mail.example.com>",
            "channel": "email",
            "email": f"customer-{name}@example.com",
            "name": "Ana",
        }
        if webhook.kind == ORDER:
            return message | self._ordered(message["email"])
        if webhook.kind == TIER_1:
            return message | {"channel": "livechat", "text": "Where is my package? I ordered it last week."}
        if webhook.kind == FOLLOW_UP:
            return message | {"text": "Could a person please call me back?"}
        return message | {"text": _ROUTED_TEXTS[webhook.conversation % len(_ROUTED_TEXTS)]}

    def _ordered(self, email: str) -> Json:
        """An order of this customer's own, with tracking, linked to the ticket."""
        number = str(uuid.uuid4().int)[:12]
        tracking = {"company": "UPS", "number": number, "url": f"https://tracking.example/{number}"}
        order = {"id": number, "name": f"#{number[:6]}", "email": email, "created_days_ago": 4, "shipped_days_ago": 2}
        self._stack.shopify.seed({"orders": [order | {"tracking": tracking}]})
        return {"text": f"Where is my order #{number[:6]}?", "linked_order_id": number}
