"""An operator at work over the played world: stats, the console, a switch thrown, a backtest. All they show is printed.

The tools are the product's own, over an `Environment` whose clients answer from the world's tables and queues.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rp_mw_ops.cli import main as run_command
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.views import decisions_view, failed_view, figures_view, now_view, story_view
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.figures.report import load_period, to_json, to_lines
from rp_mw_ops.flags import load_flags, set_flag
from rp_mw_shared.environments.topology import load_topology
from tests.faults.memory_sqs import Message
from tests.faults.printing import say
from tests.faults.world import AUDIT, EVENTS, STATES, World
from tests.privacy.customer import EMAIL, NAME, PHONE, RETURN_TEXT, TEXT
from tests.unit.ops.backtest.exports import Written, write_csv, write_richpanel

Json = dict[str, Any]
_TABLES = {"idempotency": EVENTS, "conversation_state": STATES, "audit_trail": AUDIT}
_QUEUES = {"events": "events", "enrichment": "enrichment"}


def work(world: World, conversations: list[str]) -> None:
    """Throw a switch with the customer's words for a reason, then look at everything once."""
    environment = _open(world)
    set_flag(environment, "safe_mode", "true", who="dana", why=f"{NAME} asked, see {EMAIL}, {PHONE}")
    say(json.dumps(load_flags(environment)))
    feed = Feed(lambda: environment, world.clock, is_local=True)
    feed.refresh()
    problems = {name: part.problem for name, part in feed.parts.items() if part.problem}
    assert not problems, problems
    shown = [now_view(feed), figures_view(feed), decisions_view(feed, "", {}), failed_view(environment)]
    shown += [story for one in (*conversations, "flags") for story in _stories(environment, one)]
    say(json.dumps(shown, default=str))
    period = load_period(environment, 2, world.clock.now_epoch_ms())
    say("\n".join(to_lines(period)) + json.dumps(to_json(period), default=str))


def backtest(folder: Path) -> None:
    """Judge exports that are full of the customer; the pages and samples stay in `folder`, the exports do not."""
    tickets = [Written("11", TEXT, "Sales", (EMAIL,)), Written("12", f"{RETURN_TEXT} {NAME}", "Returns Admin")]
    with tempfile.TemporaryDirectory() as scratch:
        for write in (write_richpanel, write_csv):
            export = write(Path(scratch) / f"{write.__name__}.{'csv' if write is write_csv else 'json'}", tickets)
            left = folder / write.__name__
            wanted = ["--html", f"{left}.html", "--sample", f"{left}.sample", "--yes", "--processes", "1"]
            assert run_command(["backtest", str(export), *wanted]) == 0


def _stories(environment: Environment, conversation: str) -> Iterator[Json]:
    try:
        yield story_view(environment, conversation)
    except NotFoundError:
        return  # refused before anything was decided


def _open(world: World) -> Environment:
    """The world as an environment: its tables and queues under the names that the topology gives."""
    topology = load_topology("canary")
    tables = {key: replace(spec, name=_TABLES.get(key, spec.name)) for key, spec in topology.tables.items()}
    queues = {
        key: replace(spec, name=_QUEUES[key], dlq_name=f"{_QUEUES[key]}-dlq") for key, spec in topology.queues.items()
    }
    secrets = {**topology.secrets, "hash_salt": "salt"}
    clients = {
        "dynamodb": _Tables(world),
        "sqs": _Queues(world),
        "ssm": _Parameters(world),
        "secretsmanager": world,
        "cloudwatch": _Measures(),
    }
    return Environment(replace(topology, tables=tables, queues=queues, secrets=secrets), clients.__getitem__)


class _Tables:
    """DynamoDB's calls that only the operator's tool makes, over the world's tables."""

    def __init__(self, world: World) -> None:
        self._tables = world.tables

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)

    def put_item(self, *, TableName: str, Item: Json) -> Json:
        """Put an operator's action into the audit trail."""
        self._tables.items[TableName][Item["conversation_id"]["S"], Item["ts_action_id"]["S"]] = Item
        return {}

    def get_paginator(self, operation: str) -> _Tables:
        """Only of queries."""
        assert operation == "query"
        return self

    def paginate(self, *, ScanIndexForward: bool = True, ConsistentRead: bool = False, **query: Any) -> list[Json]:
        """Return everything on one page."""
        items = self._tables.query(**query)["Items"]
        return [{"Items": items if ScanIndexForward else items[::-1]}]


class _Queues:
    """SQS's calls that only the operator's tool makes, over the world's queues."""

    def __init__(self, world: World) -> None:
        self._queues = {queue.name: queue for queue in world.queues}

    def get_queue_url(self, *, QueueName: str) -> Json:
        """Return an address that ends in the name."""
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Json:
        """Count what waits."""
        return {"Attributes": {AttributeNames[0]: str(len(self._queues[QueueUrl].messages))}}

    def receive_message(self, *, QueueUrl: str, **_: Any) -> Json:
        """Hand out up to ten, held."""
        return {"Messages": [_shown(message) for message in self._queues[QueueUrl].receive()]}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Json]) -> Json:
        """Let them go again."""
        for entry in Entries:
            self._queues[QueueUrl].change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {}


def _shown(message: Message) -> Json:
    system = {"MessageGroupId": message.group, "SentTimestamp": str(message.sent_at)}
    own = {name: {"StringValue": value} for name, value in message.attributes.items()}
    return {
        "MessageId": message.id,
        "Body": message.body,
        "ReceiptHandle": message.receipt,
        "Attributes": system,
        "MessageAttributes": own,
    }


class _Parameters:
    """SSM's calls over the world's switches."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_parameters_by_path(self, **asked: Any) -> Json:
        """Return every switch."""
        return self._world.get_parameters_by_path(**asked)

    def get_parameter(self, *, Name: str) -> Json:
        """Return one."""
        return {"Parameter": {"Value": self._world.flags[Name.rpartition("/")[2]]}}

    def put_parameter(self, *, Name: str, Value: str, **_: Any) -> Json:
        """Set one."""
        self._world.flags[Name.rpartition("/")[2]] = Value
        return {}


class _Measures:
    """CloudWatch, which has nothing yet."""

    def get_metric_data(self, **_: Any) -> Json:
        """Return no point."""
        return {"MetricDataResults": []}

    def get_paginator(self, _: str) -> _Measures:
        """Of anything."""
        return self

    def paginate(self, **_: Any) -> list[Json]:
        """Return no page."""
        return []
