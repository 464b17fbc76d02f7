"""The same random conditional writes on two engines give the same answers and leave the same items.

One engine is the fault schedules' DynamoDB in memory, the other the embedded AWS, and DynamoDB Local where a developer
has it (RP_MW_DYNAMODB_LOCAL=path of DynamoDBLocal.jar). Source of the writes: the product's own ledger and records.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, EventRecord, EventStatus
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.domain.model import ConversationState
from rp_mw_worker.domain.records import AuditRow
from rp_mw_worker.ports import Finish, SettledAction
from tests.contract.second_engine.dynamodb_local import find_jar, running
from tests.fakes.worker_tables import create_worker_tables
from tests.faults.memory_dynamodb import MemoryDynamoDB

NOW = 1_795_000_000_000
STEPS, SEEDS = 120, (1, 2, 3)
OTHER_ENGINES = [pytest.param("emulator", marks=pytest.mark.emulator), *(["dynamodb_local"] if find_jar() else [])]
Names = tuple[str, str, str]


@pytest.fixture(params=OTHER_ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of each other engine in turn."""
    jar = find_jar()
    if request.param == "emulator" or jar is None:
        aws: Callable[[str], Any] = request.getfixturevalue("aws")
        yield aws("dynamodb")
        return
    with running(jar) as client:
        yield client


@pytest.mark.parametrize("seed", SEEDS)
def test_two_engines_answer_random_conditional_writes_alike(engine: Any, seed: int) -> None:
    """Claims, completions, begun and settled replies, slots and batches: every outcome and every item is the same."""
    names = _table_names()
    create_worker_tables(engine, names)
    keys = {names[0]: ("event_id",), names[1]: ("conversation_id",), names[2]: ("conversation_id", "ts_action_id")}
    memory = MemoryDynamoDB(keys)
    first, second = _records(memory, names), _records(engine, names)
    dice = random.Random(seed)
    for number in range(STEPS):
        step = _random_step(dice, number)
        assert _outcome(first, step) == _outcome(second, step), (number, step)
    for name in names:
        assert _sorted(memory.items[name].values()) == _sorted(engine.scan(TableName=name)["Items"])


def _table_names() -> Names:
    mark = uuid.uuid4().hex[:12]
    return f"a_{mark}", f"b_{mark}", f"c_{mark}"


def _records(client: Any, names: Names) -> DynamoDBRecords:
    return DynamoDBRecords(client, FakeClock(), event_table=names[0], state_table=names[1], audit_table=names[2])


def _sorted(items: Any) -> list[str]:
    """Items without the random mark of one call, as texts."""
    return sorted(repr(sorted((name, value) for name, value in item.items() if name != "call")) for item in items)


Step = tuple[str, dict[str, Any]]


def _random_step(dice: random.Random, number: int) -> Step:
    """One call of the product's, over so few keys that conditions fail often."""
    event, owner, now = f"e{dice.randrange(3)}", f"o{dice.randrange(3)}", NOW + number * dice.choice((1, 40_000))
    key = f"act:rp_reply:c{dice.randrange(2)}:m1"
    action = ActionRecord(key, ActionStatus.ATTEMPTING, owner, "digest", now, 1)
    steps: list[Step] = [
        (
            "claim",
            {
                "event_id": event,
                "owner": owner,
                "lease_ms": 65_000,
                "mode": "live",
                "fingerprint": "f",
                "plan": {"v": number},
                "now": now,
                "trace_id": "t",
            },
        ),
        (
            "complete",
            {
                "event_id": event,
                "owner": owner,
                "result": {"n": number},
                "now": now,
                "status": dice.choice((EventStatus.COMPLETED, EventStatus.QUARANTINED)),
            },
        ),
        ("release", {"event_id": event, "owner": owner}),
        (
            "begin_action",
            {
                "key": key,
                "owner": owner,
                "body_digest": "digest",
                "now": now,
                "proven_absent": dice.choice((None, action)),
            },
        ),
        ("finish_action", {"key": key, "owner": owner, "now": now, "status": dice.choice(list(ActionStatus)[2:])}),
        (
            "reserve_reply",
            {"customer_digest": "who", "by": f"by{dice.randrange(9)}", "known": None, "limit": 5, "now": now},
        ),
        ("finish", {"finish": _finish(dice, event, owner, now)}),
        (
            "record_final",
            {
                "event": EventRecord(
                    event, EventStatus.COMPLETED, owner, "dry_run", "f", now, completed_at_epoch_ms=now
                ),
                "finish": _finish(dice, event, owner, now),
            },
        ),
    ]
    return dice.choice(steps)


def _finish(dice: random.Random, event: str, owner: str, now: int) -> Finish:
    state = ConversationState(f"c{dice.randrange(2)}", dice.randrange(1, 5), "m1", now, event)
    audit = AuditRow(state.conversation_id, f"row{dice.randrange(4)}", {"kind": "decision", "intents": ["a=0.91"]})
    settled = SettledAction(f"act:rp_reply:c{dice.randrange(2)}:m1", ActionStatus.DONE, dice.choice((owner, None)))
    return Finish(event, owner, now, dice.choice((state, None)), audit, dice.choice(((), (settled,))))


def _outcome(records: DynamoDBRecords, step: Step) -> str:
    """What the call gave, or the code of what it raised."""
    method, arguments = step
    try:
        return repr(getattr(records, method)(**arguments))
    except RpMwError as error:
        return f"{type(error).__name__} {error.code}"


Calls = dict[str, Callable[[Any, str], Any]]
_INSERT = "INSERT INTO \"{0}\" VALUE {{'event_id': ?}}"
_UPDATE = 'UPDATE "{0}" SET "n" = ? WHERE "event_id" = ?'
_SELECT = 'SELECT * FROM "{0}" WHERE "event_id" = ?'


def _batch(*statements: tuple[str, tuple[str, ...]]) -> Callable[[Any, str], Any]:
    def call(client: Any, table: str) -> Any:
        listed = [
            {"Statement": text.format(table), "Parameters": [{"S": value} for value in values]}
            for text, values in statements
        ]
        return client.batch_execute_statement(Statements=listed)

    return call


def _get_twice(client: Any, table: str) -> Any:
    return client.batch_get_item(RequestItems={table: {"Keys": [{"event_id": {"S": "a"}}] * 2}})


REFUSED: Calls = {
    "two updates of one item": _batch((_UPDATE, ("1", "a")), (_UPDATE, ("2", "a"))),
    "an insert and an update of one item": _batch((_INSERT, ("b",)), (_UPDATE, ("2", "b"))),
    "an item named twice, another between": _batch((_INSERT, ("c",)), (_INSERT, ("d",)), (_INSERT, ("c",))),
    "a read among writes": _batch((_UPDATE, ("1", "a")), (_SELECT, ("b",))),
    "one item read twice": _get_twice,
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_batch_that_names_an_item_twice_or_mixes_reads_and_writes_is_refused_whole(what: str) -> None:
    """The memory's DynamoDB says ValidationException, as DynamoDB Local does; the embedded AWS lets them through."""
    memory = MemoryDynamoDB({"table": ("event_id",)})
    memory.items["table"][("a",)] = {"event_id": {"S": "a"}}
    assert _refusal(memory, "table", what) == "ValidationException"


@pytest.mark.skipif(find_jar() is None, reason="RP_MW_DYNAMODB_LOCAL names no DynamoDBLocal.jar")
@pytest.mark.parametrize("what", REFUSED)
def test_dynamodb_local_refuses_the_same_and_leaves_the_same(what: str) -> None:
    """The oracle of the refusals above, with what took effect before them."""
    jar = find_jar()
    assert jar is not None
    with running(jar) as engine:
        table = _table_names()[0]
        create_worker_tables(engine, (table, f"{table}_b", f"{table}_c"))
        memory = MemoryDynamoDB({table: ("event_id",)})
        memory.items[table][("a",)] = {"event_id": {"S": "a"}}
        engine.put_item(TableName=table, Item={"event_id": {"S": "a"}})
        assert _refusal(memory, table, what) == _refusal(engine, table, what) == "ValidationException"
        assert _sorted(memory.items[table].values()) == _sorted(engine.scan(TableName=table)["Items"])


def _refusal(client: Any, table: str, what: str) -> str:
    try:
        REFUSED[what](client, table)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "taken"
