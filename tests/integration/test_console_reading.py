"""The console reads an environment's switches, queues, decisions and dead letters, and leaves all of it as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_ops.console import decisions
from rp_mw_ops.console.reader import Reader
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, OpsError
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology

TOPOLOGY = load_topology("console")
HOSTILE = "<script>alert(1)</script>"
NOW = 1_795_408_143_445  # 2026-11-23T04:29:03.445Z
Put = Callable[..., None]


@pytest.fixture(scope="module")
def environment(aws: Callable[[str], Any]) -> Environment:
    """Tables, flags and queues of an environment, without functions."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
    ensure_flags(target, {})
    for queue in TOPOLOGY.queues.values():
        for name in (queue.name, queue.dlq_name):
            aws("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
    return Environment(TOPOLOGY, aws)


@pytest.fixture
def put(environment: Environment) -> Put:
    """Writes a row of the audit trail."""

    def write(at: str, conversation_id: str = "c", **texts: str) -> None:
        item = {"conversation_id": conversation_id, "ts_action_id": f"{at}#9c3d126e9f1b#decision", **texts}
        environment.client("dynamodb").put_item(
            TableName=environment.table("audit_trail"), Item={name: {"S": text} for name, text in item.items()}
        )

    return write


@pytest.fixture
def clock() -> FakeClock:
    """Half a second after the newest row."""
    return FakeClock(NOW)


@pytest.fixture
def reader(environment: Environment, clock: FakeClock) -> Reader:
    """The console's reader."""
    return Reader(lambda: environment, clock)


def test_decisions_of_the_last_day_are_shown_newest_first_and_as_they_are(reader: Reader, put: Put) -> None:
    """Older ones are not; a hostile value stays a text."""
    put("2026-11-22T04:29:02.000Z", "too-old")
    put("2026-11-22T04:29:04.000Z", "oldest")
    put("2026-11-23T04:29:03.000Z", HOSTILE, route=HOSTILE)
    shown = reader.snapshot()["decisions"]["value"]
    assert [(line["id"], line["route"]) for line in shown["lines"]] == [(HOSTILE, HOSTILE), ("oldest", None)]
    assert (shown["is_whole"], shown["count"]) == (True, 2)


def test_a_table_beyond_the_budget_is_said_to_be_shown_in_part(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Partial figures never pass for whole ones."""
    monkeypatch.setattr(decisions, "MAX_PAGES", 0)
    assert reader.snapshot()["decisions"]["value"]["is_whole"] is False


def test_a_conversation_is_told_as_explain_tells_it(reader: Reader, put: Put) -> None:
    """Headline, facts and time of each row; an unknown one is named as such."""
    put("2026-11-23T04:00:00.000Z", "told", route="Sales", message_id="m1", outcome="completed", mode="live")
    story = reader.conversation("told")
    assert story["rows"][0]["headline"].startswith("completed: Sales")
    assert ("message", ["m1"]) in story["rows"][0]["facts"]
    assert (story["rows"][0]["at"], story["state"]) == ("2026-11-23T04:00:00.000Z", ["no state is kept"])
    with pytest.raises(NotFoundError, match="nobody"):
        reader.conversation("nobody")


def test_queues_are_counted_and_dead_letters_only_looked_at(reader: Reader, environment: Environment) -> None:
    """Counting reads no message; a look gives each back at once, and shows none of its words."""
    sqs = environment.client("sqs")
    for is_dead in (False, True):
        sqs.send_message(
            QueueUrl=environment.queue_url("events", dead_letters=is_dead),
            MessageBody=f'{{"text": "{HOSTILE}"}}',
            MessageGroupId="g",
            MessageDeduplicationId="d",
        )
    (dead_letter,) = reader.dead_letters()["dead_letters"]
    assert (dead_letter["queue"], dead_letter["reason"], HOSTILE in str(dead_letter)) == (
        "events",
        "moved_by_sqs",
        False,
    )
    assert reader.snapshot()["queues"]["value"] == [
        {"queue": "events", "waiting": 1, "in_flight": 0, "dead": 1},
        {"queue": "enrichment", "waiting": 0, "in_flight": 0, "dead": 0},
    ]
    assert len(reader.dead_letters()["dead_letters"]) == 1


def test_however_often_it_is_asked_it_reads_once_per_poll(environment: Environment, clock: FakeClock) -> None:
    """Many open pages cost as much as one."""
    looks = []
    reader = Reader(lambda: looks.append(1) or environment, clock)
    first = reader.snapshot()
    assert reader.snapshot() is first
    clock.advance(first["poll_seconds"])
    reader.snapshot()
    assert len(looks) == 2


def test_one_part_that_cannot_be_read_leaves_the_others(environment: Environment, clock: FakeClock) -> None:
    """And says what is wrong with it."""
    audit = replace(TOPOLOGY.tables["audit_trail"], name="not-there")
    topology = replace(TOPOLOGY, tables={**TOPOLOGY.tables, "audit_trail": audit})
    snapshot = Reader(lambda: Environment(topology, environment.client), clock).snapshot()
    assert "ResourceNotFoundException" in snapshot["decisions"]["problem"]
    assert "value" in snapshot["queues"]


def test_a_system_that_ended_is_noticed_though_an_old_look_is_at_hand(
    environment: Environment, clock: FakeClock
) -> None:
    """An old look is never shown as today's."""
    running = True

    def require() -> Environment:
        if not running:
            raise OpsError("nothing runs locally: start it with `make up`")
        return environment

    reader = Reader(require, clock)
    reader.snapshot()
    running = False
    clock.advance(60)
    for _ in range(2):
        with pytest.raises(OpsError, match="make up"):
            reader.snapshot()
