"""A dead letter, the port to a dead-letter queue, and reading one without consuming it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

# the reason of a dead letter without one: SQS moved it after the last of its receives, with nobody there to say why
MOVED_BY_SQS = "moved_by_sqs"
HOLD_SECONDS = 60
_SEEN_OF_A_GROUP = 10


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of a dead-letter queue, as one receive handed it out.

    `queue` is the topology key of the queue it came from. `receives` counts how often it was read here;
    `attributes` are the message's own.
    """

    id: str
    queue: str
    body: str = field(repr=False)
    group_id: str
    receipt_handle: str = field(repr=False)
    sent_at_epoch_ms: int = 0
    receives: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def live_id(self) -> str:
        """The id it had in its queue: SQS keeps it, a consumer's copy names it."""
        return self.attributes.get("record_id") or self.id

    @property
    def reason(self) -> str:
        """The code it was moved to the dead-letter queue with."""
        return self.attributes.get("reason") or MOVED_BY_SQS


class DeadLetters(Protocol):
    """One dead-letter queue and the way back from it."""

    @property
    def key(self) -> str:
        """The topology key of the queue the dead letters come from and go back to."""

    def count(self) -> int:
        """Return about how many dead letters there are, held ones included."""

    def receive(self, hold_seconds: int) -> list[DeadLetter]:
        """Return up to ten dead letters, those of a group in order, and hold them; none of a group that is held."""

    def release(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Let the dead letters be received again; one that cannot be released is free when its hold ends."""

    def send_back(self, dead_letter: DeadLetter) -> str:
        """Send the dead letter to its queue in its group and return its id there.

        Within five minutes only the first of several sends counts.
        """

    def delete(self, dead_letter: DeadLetter) -> None:
        """Take the dead letter out of the dead-letter queue."""


def read_dead_letters(dead_letters: DeadLetters, limit: int) -> list[DeadLetter]:
    """Return up to `limit` dead letters, each once, and leave all of them in place.

    SQS hands out no more of a group than one receive holds, ten, until those are gone; of a conversation with more
    dead letters the first ten are seen. Source: Amazon SQS Developer Guide, "FIFO queue delivery logic".
    """
    found: dict[str, DeadLetter] = {}
    try:
        while len(found) < limit:
            received = {dead_letter.id: dead_letter for dead_letter in dead_letters.receive(HOLD_SECONDS)}
            has_news = bool(received.keys() - found.keys())
            found |= received  # the latest receipt is the one that releases
            if not has_news:
                break
    finally:
        dead_letters.release(list(found.values()))
    return list(found.values())[:limit]


def may_have_more(dead_letters: DeadLetters, found: Sequence[DeadLetter], limit: int) -> bool:
    """Whether `read_dead_letters` may have missed some: beyond its limit, after ten of a group, held by another."""
    of_groups = Counter(dead_letter.group_id for dead_letter in found)
    is_cut = len(found) >= limit or max(of_groups.values(), default=0) >= _SEEN_OF_A_GROUP
    return is_cut or dead_letters.count() > len(found)
