"""The `DeadLetters` port in memory, over the FIFO queues of the fault suite; its steps can be made to fail."""

from __future__ import annotations

from collections.abc import Sequence

from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.dead_letters.sqs import deduplication_id
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from tests.faults.memory_sqs import MemoryQueue


class MemoryDeadLetters:
    """A dead-letter queue and its queue; `failing` holds (step, letter id) pairs that raise.

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
        """Return how many letters there are."""
        return len(self.dead.messages)

    def receive(self, hold_seconds: int) -> list[DeadLetter]:
        """Return up to ten letters, held."""
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

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Let the letters be received again."""
        for letter in letters:
            self.dead.change_visibility(letter.receipt_handle, 0)

    def send_back(self, letter: DeadLetter) -> str:
        """Send the letter to its queue."""
        self._fail("send", letter.id)
        self.sends.append((letter.id, self._clock.now_epoch_ms()))
        live_id = self.queue.send(letter.body, letter.group_id, deduplication_id(letter))
        self._fail("sent", letter.id)
        return live_id

    def delete(self, letter: DeadLetter) -> None:
        """Take the letter out."""
        self._fail("delete", letter.id)
        self.dead.delete(letter.receipt_handle)

    def _fail(self, step: str, letter_id: str) -> None:
        if (step, letter_id) in self.failing:
            raise TransientError("sqs did not answer (Broken)", code="sqs_unavailable")
