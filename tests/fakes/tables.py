"""Tables and DynamoDB clients for tests of what is written, and of writes whose answer goes astray."""

from __future__ import annotations

from typing import Any

LEDGER_TABLE = "rp_mw_contract_ledger"
OTHER_TABLE = "rp_mw_contract_other"


def create_table(client: Any, name: str, partition_key: str) -> None:
    """Create an on-demand table with one text key."""
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": partition_key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": partition_key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


class RepeatingClient:
    """A client that sends every write twice and answers the second answer, as boto3 does after a lost one."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get_item(self, **arguments: Any) -> Any:
        """Read once."""
        return self._client.get_item(**arguments)

    def update_item(self, **arguments: Any) -> Any:
        """Write twice."""
        self._client.update_item(**arguments)
        return self._client.update_item(**arguments)


class ThrottlingClient:
    """A client whose first `throttled` batches refuse the statements at `positions`, and which counts its calls."""

    def __init__(
        self, client: Any, *, positions: frozenset[int], throttled: int, code: str = "ThrottlingError"
    ) -> None:
        self._client = client
        self._positions = positions
        self._left = throttled
        self._code = code
        self.batch_sizes: list[int] = []

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:
        """Run the statements, except the throttled ones."""
        self.batch_sizes.append(len(Statements))
        is_throttling = self._left > 0
        self._left -= 1
        refused = {
            n for n in range(len(Statements)) if is_throttling and (n in self._positions or len(Statements) == 1)
        }
        sent = [statement for number, statement in enumerate(Statements) if number not in refused]
        answers = iter(self._client.batch_execute_statement(Statements=sent)["Responses"] if sent else [])
        error = {"Error": {"Code": self._code, "Message": "slow down"}}
        return {"Responses": [error if number in refused else next(answers) for number in range(len(Statements))]}
