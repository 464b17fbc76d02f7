"""The `DeadLetters` port in memory, over the FIFO queues of the fault suite; its steps can be made to fail."""

from __future__ import annotations

from collections.abc import Sequence

from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.dead_letters.sqs import deduplication_id
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from tests.faults.memory_sqs import MemoryQueue


class MemoryDeadLetters:
    """A dead-letter queue and its queue; `failing` holds (step, dead letter id) pairs that raise.

    Steps: send, delete, receive (with an empty id), and sent: the send takes effect and its answer is lost.
    """

    def __init__(self, clock: Clock, key: str = "events") -> None:
        self.key = key
        self.dead = MemoryQueue(f"{key}-dlq", clock)
        self.queue = MemoryQueue(key, clock)
        self.failing: set[tuple[str, str]] = set()
        self.sends: list[tuple[str, int]] = []
        self.held_seconds: list[int] = []
        self._clock = clock

    def count(self) -> int:
        """Return how many dead letters there are."""
        return len(self.dead.messages)

    def receive(self, hold_seconds: int) -> list[DeadLetter]:
        """Return up to ten dead letters, held."""
        self._fail("receive", "")
        self.held_seconds.append(hold_seconds)
        self.dead.visibility_seconds = hold_seconds
        return [
            DeadLetter(
                message.id,
                self.key,
                message.body,
                message.group,
                message.receipt,
                message.sent_at,
                message.receive_count,
                message.attributes,
            )
            for message in self.dead.receive()
        ]

    def release(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Let the dead letters be received again."""
        for dead_letter in dead_letters:
            self.dead.change_visibility(dead_letter.receipt_handle, 0)

    def send_back(self, dead_letter: DeadLetter) -> str:
        """Send the dead letter to its queue."""
        self._fail("send", dead_letter.id)
        self.sends.append((dead_letter.id, self._clock.now_epoch_ms()))
        live_id = self.queue.send(dead_letter.body, dead_letter.group_id, deduplication_id(dead_letter))
        self._fail("sent", dead_letter.id)
        return live_id

    def delete(self, dead_letter: DeadLetter) -> None:
        """Take the dead letter out."""
        self._fail("delete", dead_letter.id)
        self.dead.delete(dead_letter.receipt_handle)

    def _fail(self, step: str, dead_letter_id: str) -> None:
        if (step, dead_letter_id) in self.failing:
            raise TransientError("sqs did not answer (Broken)", code="sqs_unavailable")
