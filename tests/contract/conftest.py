"""Tables of the contract suites: made once per session in the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.recording import Recording, recording
from tests.fakes.tables import LEDGER_TABLE, OTHER_TABLE, create_table


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """The log lines and metrics of this test."""
    with recording() as kept:
        yield kept


@pytest.fixture(scope="session")
def ledger_client(aws: Callable[[str], Any]) -> Any:
    """A DynamoDB client whose account holds a ledger table and one more table, keyed `conversation_id`."""
    client = aws("dynamodb")
    create_table(client, LEDGER_TABLE, "event_id")
    create_table(client, OTHER_TABLE, "conversation_id")
    return client
