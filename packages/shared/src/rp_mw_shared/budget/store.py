"""Where the book of a budget lies: one item of the idempotency table, or this process's memory.

Every change is made on the newest book and written under its version, so two processes never book the same calls.
Source: DynamoDB Developer Guide, "Optimistic locking with version number".
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from rp_mw_shared.budget.book import Book
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.idempotency.attributes import from_item, to_item

Result = TypeVar("Result")
Alter = Callable[[Book], tuple[Book, Result]]
_TRIES = 8
_KEPT_SECONDS = 86_400
_KEY = "event_id"
CONTENDED = "budget_contended"


class BudgetStore(Protocol):
    """One budget's book."""

    def change(self, alter: Alter[Result]) -> Result:
        """Write what `alter` makes of the newest book and return its result; the same book back writes nothing.

        `alter` may be called several times. Raises TransientError when the book cannot be read or written.
        """


class MemoryBudget:
    """A book for one process alone, or for several in one test."""

    def __init__(self) -> None:
        self.book = Book()
        self._lock = threading.Lock()

    def change(self, alter: Alter[Result]) -> Result:
        """Change the book."""
        with self._lock:
            self.book, result = alter(self.book)
        return result


class DynamoDBBudget:
    """A book in the idempotency table under `bud:{vendor}`; a process that is alone writes without reading first."""

    def __init__(self, client: Any, table_name: str, vendor: str, clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._vendor = vendor
        self._clock = clock
        self._known: Book | None = None
        self._is_alone = True

    def change(self, alter: Alter[Result]) -> Result:
        """Change the book; raises TransientError `budget_contended` when others were faster every time."""
        book, is_newest = self._start()
        for _ in range(_TRIES):
            altered, result = alter(book)
            if altered is book and is_newest:
                return result
            if altered is book:
                book = self._read()
            elif (others := self._write(altered, book.version)) is None:
                return result
            else:
                book, self._is_alone = others, False
            is_newest = True
        raise TransientError("others book the budget faster", code=CONTENDED, retry_after_seconds=1)

    def _start(self) -> tuple[Book, bool]:
        """Return the book to begin with, and whether it was read just now: a lost write costs more than a read."""
        known, self._known = self._known, None
        if known is not None and self._is_alone:
            return known, False
        book = self._read()
        self._is_alone = known is None or known.version == book.version
        return book, True

    def _read(self) -> Book:
        return load_book(self._client, self._table_name, self._vendor)

    def _write(self, book: Book, known_version: int) -> Book | None:
        """Write the next version; return the book that stands in its place, None when it was written."""
        from botocore.exceptions import ClientError

        writer = os.urandom(6).hex()
        values = _to_values(book, known_version + 1, writer)
        values["expires_at"] = self._clock.now_epoch_ms() // 1000 + _KEPT_SECONDS
        is_unchanged = "#version = :known" if known_version else "attribute_not_exists(#version)"
        try:
            with mapped_aws_errors("dynamodb"):
                self._client.update_item(
                    TableName=self._table_name,
                    Key=_key(self._vendor),
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                    ConditionExpression=is_unchanged,
                    ExpressionAttributeNames={f"#{name}": name for name in values},
                    ExpressionAttributeValues={f":{name}": value for name, value in to_item(values).items()}
                    | ({":known": {"N": str(known_version)}} if known_version else {}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:  # only a failed condition comes through
            kept = _to_book(from_item(error.response.get("Item", {})))  # type: ignore[arg-type]
            if kept.writer != writer:  # else the SDK repeated a write whose answer was lost
                return kept
        self._known = _to_book(values)
        return None


def load_book(client: Any, table_name: str, vendor: str) -> Book:
    """Return a vendor's newest book, an empty one where nothing was booked yet; raises TransientError."""
    with mapped_aws_errors("dynamodb"):
        answer = client.get_item(TableName=table_name, Key=_key(vendor), ConsistentRead=True)
    return _to_book(from_item(answer["Item"])) if answer.get("Item") else Book()


def _key(vendor: str) -> dict[str, dict[str, str]]:
    return {_KEY: {"S": f"bud:{vendor}"}}


def _to_values(book: Book, version: int, writer: str) -> dict[str, Any]:
    """Moments are kept as differences: `17:4,3:2`."""
    moments = sorted(book.booked)
    differences = [now - before for before, now in zip([0, *moments], moments, strict=False)]
    booked = ",".join(f"{difference}:{book.booked[at]}" for difference, at in zip(differences, moments, strict=True))
    return {
        "booked": booked,
        "limit": book.limit,
        "throttled_at": book.throttled_at,
        "halved_at": book.halved_at,
        "blocked_until": book.blocked_until,
        "version": version,
        "writer": writer,
    }


def _to_book(values: dict[str, Any]) -> Book:
    booked: dict[int, int] = {}
    moment = 0
    for pair in filter(None, values.get("booked", "").split(",")):
        difference, _, calls = pair.partition(":")
        moment += int(difference)
        booked[moment] = int(calls)
    numbers = {name: values.get(name, 0) for name in ("limit", "throttled_at", "halved_at", "blocked_until", "version")}
    return Book(booked, **numbers, writer=values.get("writer", ""))
