"""What came of the posted webhooks, from tables, queues and the vendor's own record."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from benchmarks.load.crowd import FOLLOW_UP, ORDER, REPEAT, ROUTED, Posted
from rp_mw_local.simulators.server import Recorded
from rp_mw_local.stack import Stack
from rp_mw_shared.idempotency.keys import result_event_id

WINDOW_MS = 30_000
_TOO_MANY = 429
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome of one run; seconds are the run's own. `wrong` counts what must be 0 by its name."""

    webhooks: int
    messages: int
    wrong: dict[str, int]
    unanswered: int
    unfinished: int
    calls: int
    refused_calls: int
    most_calls_in_a_window: int
    seconds: float
    needed_seconds: float
    events_a_minute: float
    final_seconds: tuple[float, ...]
    calls_by_kind: dict[str, float]

    @property
    def calls_an_event(self) -> float:
        """Richpanel calls by webhook, what the vendor refused left out."""
        return self.calls / self.webhooks

    @property
    def times_needed(self) -> float:
        """How long it took, in what its calls need at the budget; infinite when it did not finish."""
        return math.inf if self.unfinished else self.seconds / self.needed_seconds

    def to_json(self) -> Json:
        """Plain values."""
        return {
            "webhooks": self.webhooks,
            "messages": self.messages,
            **self.wrong,
            "unanswered": self.unanswered,
            "unfinished": self.unfinished,
            "calls": self.calls,
            "calls_an_event": round(self.calls_an_event, 2),
            "calls_by_kind": self.calls_by_kind,
            "calls_refused_with_429": self.refused_calls,
            "most_calls_in_30_s": self.most_calls_in_a_window,
            "seconds": round(self.seconds, 1),
            "seconds_its_calls_need": round(self.needed_seconds, 1),
            "times_needed": None if self.unfinished else round(self.times_needed, 3),
            "events_a_minute": round(self.events_a_minute, 1),
            "final_seconds_p50": percentile(self.final_seconds, 0.50),
            "final_seconds_p95": percentile(self.final_seconds, 0.95),
        }


def tally(stack: Stack, posted: Sequence[Posted], started_at_epoch_ms: int, dead: int) -> Tally:
    """Count; `started_at_epoch_ms` is when the consumers began, `dead` how many dead letters this run left."""
    messages = {one.event_id: one for one in sorted(posted, key=lambda one: one.accepted_at_epoch_ms, reverse=True)}
    final = _final_times(stack, messages)
    calls = [one for one in _calls_since(stack, started_at_epoch_ms) if one.status != _TOO_MANY]
    ended = sorted(final.values())
    unfinished = len(messages) - len(final)
    idle = stack.observer.is_idle()
    wrong = {"dead_letters": dead, "lost": max(0, unfinished - dead) if idle else 0}
    wrong |= {"doubled": _doubled(stack, messages.values()), "out_of_order": _misordered(stack, messages.values())}
    return Tally(
        webhooks=len(posted),
        messages=len(messages),
        wrong=wrong,
        unanswered=_unanswered(stack, messages.values()),
        unfinished=unfinished,
        calls=len(calls),
        refused_calls=len(_calls_since(stack, started_at_epoch_ms)) - len(calls),
        most_calls_in_a_window=most_in_a_window([one.at_epoch_ms for one in calls]),
        seconds=((ended[-1] if ended else started_at_epoch_ms) - started_at_epoch_ms) / 1000,
        needed_seconds=seconds_needed(len(calls)),
        events_a_minute=events_a_minute(ended, len(posted) * len(ended) / max(1, len(messages))),
        calls_by_kind=_calls_by_kind(calls, messages.values()),
        final_seconds=tuple((at - messages[key].accepted_at_epoch_ms) / 1000 for key, at in final.items()),
    )


def _calls_by_kind(calls: Sequence[Recorded], messages: Iterable[Posted]) -> dict[str, float]:
    """Calls a message of each kind, told by the conversation in the path; a follow-up counts with what it follows."""
    kinds: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for one in messages:
        kind = ROUTED if one.kind == FOLLOW_UP else one.kind
        kinds[one.conversation_id] = kind
        counts[kind] += 1
    made = Counter(kinds[name] for one in calls for name in unquote(one.path).split("/") if name in kinds)
    found = {kind: round(made[kind] / count, 2) for kind, count in counts.items()}
    return found | {FOLLOW_UP: found.get(ROUTED, 0.0)}


def seconds_needed(calls: int) -> float:
    """How long so many calls take at the documented 50 in 30 s, evenly."""
    return calls * WINDOW_MS / 1000 / 50


def events_a_minute(ended: Sequence[int], webhooks: float) -> float:
    """The rate between the first and the last tenth of the ends: neither the full window at the start nor the tail.

    `webhooks` are those that the ends stand for, repeats with them.
    """
    if len(ended) < 10:
        return 0.0
    first, last = ended[len(ended) // 10], ended[len(ended) * 9 // 10]
    share = (len(ended) * 9 // 10 - len(ended) // 10) / len(ended)
    return share * webhooks / max(0.001, (last - first) / 60_000)


def most_in_a_window(moments: Iterable[int]) -> int:
    """The most calls within any 30 s."""
    ordered, first, most = sorted(moments), 0, 0
    for number, moment in enumerate(ordered):
        while moment - ordered[first] >= WINDOW_MS:
            first += 1
        most = max(most, number - first + 1)
    return most


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that so many of them do not exceed; None of none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else None


def _calls_since(stack: Stack, started_at_epoch_ms: int) -> list[Recorded]:
    return [one for one in stack.richpanel.recorded() if one.at_epoch_ms >= started_at_epoch_ms]


def _final_times(stack: Stack, messages: dict[str, Posted]) -> dict[str, int]:
    """When each message was final; one that asked for an order is final with the answer's event."""
    events = {item["event_id"]: item for item in stack.observer.items("idempotency")}
    found = {key: _final_time(events, key) for key in messages}
    return {key: at for key, at in found.items() if at is not None}


def _final_time(events: dict[str, Json], key: str) -> int | None:
    event = events.get(key)
    if event is None or event.get("status") != "completed":
        return None
    result = json.loads(event["result"]) if event.get("result") else {}
    if result.get("outcome") == "parked":
        event = events.get(result_event_id(str(result.get("request"))))
        if event is None or event.get("status") != "completed":
            return None
    return int(event["completed_at"])


def _replies(stack: Stack) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in stack.richpanel.store.deliveries:
        if one.reached_customer:
            found.setdefault(one.conversation_id, []).append(one.body)
    return found


def _doubled(stack: Stack, messages: Iterable[Posted]) -> int:
    """Replies beyond one a message, and equal ones."""
    replies = _replies(stack)
    doubled = 0
    for conversation_id, count in Counter(one.conversation_id for one in messages).items():
        texts = replies.get(conversation_id, [])
        doubled += max(len(texts) - count, len(texts) - len(set(texts)), 0)
    return doubled


def _misordered(stack: Stack, messages: Iterable[Posted]) -> int:
    """Steps back to an older message in the order the decisions of a conversation were written."""
    positions = {(one.conversation_id, one.message_id): one.position for one in messages}
    count = 0
    for conversation_id in {conversation for conversation, _ in positions}:
        rows = stack.observer.records(conversation_id)
        places = [positions.get((conversation_id, str(row.get("message_id"))), -1) for row in rows]
        count += sum(after < before for before, after in pairwise(place for place in places if place >= 0))
    return count


def _unanswered(stack: Stack, messages: Iterable[Posted]) -> int:
    """Order questions without a reply; each has an order of its own that could be told."""
    replies = _replies(stack)
    return sum(one.kind == ORDER and not replies.get(one.conversation_id) for one in messages if one.kind != REPEAT)
