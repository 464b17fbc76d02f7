"""How often a message's handling ended badly, apart from how often SQS delivered it.

SQS counts every receive: also one that only had to wait, and those of a batch that another one's death brought back.

    receive 1   not marked: it may have been this message's end, so it counts as one
    receive 2.. marked before it is run ── ends well: deleted at once, no other message's death brings it back
                                        ├─ has to wait: recorded, does not count
                                        └─ fails, or kills its process: the mark stays
    run number = 1 + marks - waits          over the most: dead-letter queue, without being run
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.idempotency.attributes import from_item

_KEPT_SECONDS = 6 * 86_400  # longer than a queue keeps a message
_KEY = "event_id"


@dataclass(frozen=True, slots=True)
class Runs:
    """What is recorded of a message: runs begun since its first delivery, and those of all that ended in a wait."""

    marks: int = 0
    waits: int = 0

    @property
    def number_of_next(self) -> int:
        """Return the number of the next run among those that did not only wait, after the first delivery."""
        return 2 + self.marks - self.waits


class Deliveries(Protocol):
    """Counts runs. `message_id` is SQS's, the same for every delivery."""

    def load(self, message_ids: Sequence[str]) -> Mapping[str, Runs]:
        """Return what is recorded of redelivered messages, those without a record left out."""

    def begin(self, message_id: str) -> None:
        """Record that a redelivered message is about to be run; raises TransientError."""

    def wait(self, message_id: str) -> None:
        """Record that the run of a message ended in a wait; raises TransientError."""


class DynamoDBDeliveries:
    """Counts in the idempotency table, under `rcv:{message id}`; one that ends at its first delivery costs nothing."""

    def __init__(self, client: Any, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def load(self, message_ids: Sequence[str]) -> Mapping[str, Runs]:
        """Return what is recorded, by one consistent read of at most ten keys; nothing when it cannot be read."""
        keys = [_key(message_id) for message_id in dict.fromkeys(message_ids)]
        try:
            with mapped_aws_errors("dynamodb"):
                wanted = {self._table_name: {"Keys": keys, "ConsistentRead": True}}
                answer = self._client.batch_get_item(RequestItems=wanted)
        except RpMwError:
            return {}
        found = map(from_item, answer.get("Responses", {}).get(self._table_name, []))
        return {item[_KEY].removeprefix("rcv:"): Runs(item.get("marks", 0), item.get("waits", 0)) for item in found}

    def begin(self, message_id: str) -> None:
        """Add a mark, one write unit."""
        self._add("marks", message_id)

    def wait(self, message_id: str) -> None:
        """Add a wait, one write unit."""
        self._add("waits", message_id)

    def _add(self, name: str, message_id: str) -> None:
        expires_at = self._clock.now_epoch_ms() // 1000 + _KEPT_SECONDS
        with mapped_aws_errors("dynamodb"):
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(message_id),
                UpdateExpression="SET #expires_at = :expires_at ADD #name :one",
                ExpressionAttributeNames={"#expires_at": "expires_at", "#name": name},
                ExpressionAttributeValues={":expires_at": {"N": str(expires_at)}, ":one": {"N": "1"}},
            )


def _key(message_id: str) -> dict[str, Any]:
    return {_KEY: {"S": f"rcv:{message_id}"}}
