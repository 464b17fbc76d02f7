"""`rp-mw forget` erases and says what stays, audited by digest; `rp-mw explain` finds a conversation by digests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_secrets
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_ops.cli import main, parse
from rp_mw_ops.commands import explain, forget
from rp_mw_ops.environment import Environment
from rp_mw_ops.erasure_list import load_erasures
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.redaction.hashing import contact_digest, short_hash
from rp_mw_shared.times import to_utc_text
from rp_mw_worker.adapters.records_items import customer_key
from tests.fakes.json_answers import require_published

TOPOLOGY = load_topology("forgetful")
SALT = "salt"
ANA, BOB = "ana@example.com", "bob@example.com"
SECRETS: dict[str, Any] = {"hash_salt": {"salt": SALT}} | {
    key: {"api_key": "x"} for key in TOPOLOGY.secrets if key != "hash_salt"
}


@pytest.fixture
def clock() -> FakeClock:
    """The day of the decisions."""
    return FakeClock()


@pytest.fixture
def environment(aws: Callable[[str], Any], clock: FakeClock) -> Environment:
    """Two conversations of Ana's and one of Bob's, each with a row, a state and an event; a dead letter of Ana's."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
        names = [table.partition_key, *([table.sort_key] if table.sort_key else [])]
        for item in aws("dynamodb").scan(TableName=table.name)["Items"]:
            aws("dynamodb").delete_item(TableName=table.name, Key={name: item[name] for name in names})
    ensure_secrets(target, SECRETS)
    for queue in TOPOLOGY.queues.values():
        ensure_queue(target, queue, key)
    environment = Environment(TOPOLOGY, aws)
    for number, contact in (("a1", ANA), ("a2", ANA), ("b1", BOB)):
        put_conversation(environment, number, contact, clock)
    return environment


def put_conversation(environment: Environment, conversation_id: str, contact: str, clock: FakeClock) -> None:
    """What the worker leaves of one message."""
    digest, at = contact_digest(contact, SALT), to_utc_text(clock.now_epoch_ms())
    row = {"ts_action_id": f"{at}#{conversation_id}#decision", "day": at[:10], "message_id": "m1", "route": "Sales"}
    put(environment, "audit_trail", {"conversation_id": conversation_id, "outcome": "completed", "mode": "live", **row})
    put(environment, "conversation_state", {"conversation_id": conversation_id, "version": 1, "customer": digest})
    put(environment, "conversation_state", {"conversation_id": customer_key(str(digest)), "version": 1})
    put(environment, "idempotency", {"event_id": event_id(conversation_id, "m1"), "status": "completed"})


def put(environment: Environment, table: str, values: dict[str, Any]) -> None:
    """One item."""
    environment.client("dynamodb").put_item(TableName=environment.table(table), Item=to_item(values))


def kept(environment: Environment, table: str, name: str = "conversation_id") -> set[str]:
    """The keys that are there, without the audit of what was done."""
    items = environment.client("dynamodb").scan(TableName=environment.table(table))["Items"]
    return {item[name]["S"] for item in items} - {"forget"}


@pytest.fixture(autouse=True)
def no_erasures(environment: Environment) -> None:
    """A list without entries."""
    ssm, path = environment.client("ssm"), environment.topology.erasures_path
    for item in ssm.get_parameters_by_path(Path=path, Recursive=True)["Parameters"]:
        ssm.delete_parameter(Name=item["Name"])


def words(*given: str) -> Any:
    """The command's arguments."""
    return parse(["forget", *given, "--who", "dana"])


def test_without_yes_nothing_is_erased(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what would be, and what would stay until when."""
    before = kept(environment, "conversation_state")
    assert forget.run_in(environment, words("--customer", ANA), clock) == 0
    assert kept(environment, "conversation_state") == before
    shown = capsys.readouterr().out
    assert "2 conversations" in shown
    assert "2 items of rp_mw_forgetful_audit_trail would be erased" in shown
    assert "3 items of rp_mw_forgetful_conversation_state would be erased" in shown
    assert "stays: 2 events in rp_mw_forgetful_idempotency: ids and codes, gone after 30 days at the latest" in shown
    assert "nothing was erased: add --yes" in shown


def test_a_customer_is_erased_with_all_conversations_and_nobody_else_is(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """However the address is written; what keeps a message from being answered twice stays."""
    assert (
        forget.run_in(environment, words("--customer", "Ana@Example.com", "--yes", "--why", "her request"), clock) == 0
    )
    bob = customer_key(str(contact_digest(BOB, SALT)))
    assert kept(environment, "conversation_state") == {"b1", bob}
    assert kept(environment, "audit_trail") == {"b1"}
    assert len(kept(environment, "idempotency", "event_id")) == 3
    with pytest.raises(NotFoundError, match="nothing is kept of that"):
        forget.run_in(environment, words("--customer", ANA, "--yes", "--why", "again"), clock)
    capsys.readouterr()


def test_what_was_erased_is_recorded_by_digest(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who, when, why and how much; no id and no address."""
    args = words("--conversation", "a1", "--yes", "--why", f"{ANA} asked", "--json")
    assert forget.run_in(environment, args, clock) == 0
    told = require_published("forget", capsys.readouterr().out)
    assert (told["erased"], told["subject"]) == (True, short_hash("a1", SALT))
    assert explain.run_in(environment, parse(["explain", "forget"]), clock) == 0
    shown = capsys.readouterr().out
    assert f"dana erased 2 items of conversation {short_hash('a1', SALT)}: [EMAIL] asked" in shown
    assert "ana@" not in shown
    assert kept(environment, "conversation_state") >= {"a2", "b1"}


def test_a_restored_table_forgets_again_who_was_erased(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is outside the tables. Nobody else is touched, and a second time nothing is left."""
    forget.run_in(environment, words("--customer", ANA, "--yes", "--why", "her request"), clock)
    forget.run_in(environment, words("--conversation", "b1", "--yes", "--why", "his request"), clock)
    assert kept(environment, "audit_trail") == set()
    for number, contact in (("a1", ANA), ("a2", ANA), ("b1", BOB), ("b2", BOB)):
        put_conversation(environment, number, contact, clock)
    capsys.readouterr()
    assert forget.run_in(environment, words("--reapply"), clock) == 0
    assert "2 erasures of the last 35 days are on the list\n3 conversations" in capsys.readouterr().out
    assert kept(environment, "audit_trail") == {"a1", "a2", "b1", "b2"}
    assert forget.run_in(environment, words("--reapply", "--yes", "--why", "restored", "--json"), clock) == 0
    told = require_published("forget", capsys.readouterr().out)
    assert (told["on_the_list"], told["conversations"], told["erased"]) == (2, 3, True)
    assert kept(environment, "audit_trail") == {"b2"}
    assert kept(environment, "conversation_state") == {"b2", customer_key(str(contact_digest(BOB, SALT)))}
    assert forget.run_in(environment, words("--reapply", "--yes", "--why", "again"), clock) == 0
    assert "nothing is to be erased again" in capsys.readouterr().out
    assert explain.run_in(environment, parse(["explain", "forget"]), clock) == 0
    assert f"dana erased 7 items of list of erasures {told['subject']}: restored" in capsys.readouterr().out


def test_the_list_holds_digests_and_days_and_drops_what_no_backup_reaches(
    environment: Environment, clock: FakeClock
) -> None:
    """35 days after an erasure no table can be restored to the time before it."""
    forget.run_in(environment, words("--customer", ANA, "--yes", "--why", "her request"), clock)
    (first,) = load_erasures(environment)
    assert (first.kind, first.digest) == ("customer", contact_digest(ANA, SALT))
    assert first.day.isoformat() == to_utc_text(clock.now_epoch_ms())[:10]
    clock.advance(35 * 86_400)
    forget.run_in(environment, words("--conversation", "b1", "--yes", "--why", "his request"), clock)
    assert [one.kind for one in load_erasures(environment)] == ["customer", "conversation"]
    clock.advance(2 * 86_400)
    put_conversation(environment, "b1", BOB, clock)
    forget.run_in(environment, words("--reapply", "--yes", "--why", "restored"), clock)
    assert [one.digest for one in load_erasures(environment)] == [short_hash("b1", SALT)]


def test_an_entry_that_cannot_be_read_is_not_skipped(environment: Environment, clock: FakeClock) -> None:
    """Whom it meant would come back."""
    name = f"{environment.topology.erasures_path}/customer/0123abcd"
    environment.client("ssm").put_parameter(Name=name, Value="yesterday", Type="String")
    with pytest.raises(OpsError, match=f"delete or mend the parameter {name}"):
        forget.run_in(environment, words("--reapply"), clock)
    with pytest.raises(OpsError, match="an entry that is none"):
        forget.run_in(environment, words("--customer", ANA, "--yes", "--why", "her request"), clock)
    assert kept(environment, "audit_trail") == {"a1", "a2", "b1"}


def test_a_dead_letter_of_the_conversation_is_told_and_stays(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event is never lost; `explain` finds its conversation by the dead letter and by the digest."""
    url = environment.queue_url("events", dead_letters=True)
    body = json.dumps({"conversation_id": "a1"})
    sent = environment.client("sqs").send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId="a1", MessageDeduplicationId="d1"
    )
    forget.run_in(environment, words("--conversation", "a1"), clock)
    assert "stays: 1 dead letters, gone after 14 days at the latest" in capsys.readouterr().out
    for name in (sent["MessageId"], short_hash("a1", SALT)):
        assert explain.run_in(environment, parse(["explain", name]), clock) == 0
        assert capsys.readouterr().out.startswith("conversation a1\n")
    environment.client("sqs").purge_queue(QueueUrl=url)


@pytest.fixture
def bury(environment: Environment) -> Iterator[Callable[..., None]]:
    """Put a message into a queue's dead letters, given the queue and its fields; afterwards they are emptied."""
    sqs = environment.client("sqs")

    def put_dead(queue: str, **fields: str) -> None:
        body = json.dumps(fields)
        sqs.send_message(
            QueueUrl=environment.queue_url(queue, dead_letters=True),
            MessageBody=body,
            MessageGroupId=fields["conversation_id"],
            MessageDeduplicationId=short_hash(body, SALT),
        )

    yield put_dead
    for queue in environment.topology.queues:
        sqs.purge_queue(QueueUrl=environment.queue_url(queue, dead_letters=True))


@pytest.mark.parametrize(
    ("queue", "fields", "contact"),
    [
        ("events", {"customer_email": "Cleo@Example.com"}, "cleo@example.com"),
        ("events", {"customer_phone": "+44 20 7946 0958"}, "00442079460958"),
        (
            "enrichment",
            {"lookup_kind": "customer_email", "lookup_value": "cleo@example.com"},
            "cleo@example.com",
        ),
        ("events", {"order_address": "cleo@example.com"}, "cleo@example.com"),
    ],
)
def test_a_customer_without_any_decision_is_found_in_the_dead_letters(
    environment: Environment,
    clock: FakeClock,
    bury: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    queue: str,
    fields: dict[str, str],
    contact: str,
) -> None:
    """By any contact in them, however it is written; by the conversation too. Another customer's are not theirs."""
    bury(queue, conversation_id="c1", **fields)
    bury("events", conversation_id="d1", customer_email="dora@example.com")
    for whom in (("--customer", contact), ("--conversation", "c1")):
        assert forget.run_in(environment, words(*whom, "--yes", "--why", "her request"), clock) == 0
        shown = capsys.readouterr().out
        assert "stays: 1 dead letters, gone after 14 days at the latest" in shown
        assert shown.endswith("nothing is to be erased\n")
    with pytest.raises(NotFoundError, match="nothing is kept of that"):
        forget.run_in(environment, words("--customer", "eve@example.com"), clock)


def test_dead_letters_that_sqs_does_not_show_are_told_of(
    environment: Environment, clock: FakeClock, bury: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a group with more than ten the first ten are seen: nobody says that nothing is kept."""
    for number in range(11):
        bury("events", conversation_id="c1", message_id=f"m{number}", customer_email="dora@example.com")
    assert forget.run_in(environment, words("--customer", "cleo@example.com"), clock) == 0
    assert "stays: 0 dead letters, and perhaps more: SQS shows ten of a conversation" in capsys.readouterr().out


def test_a_log_lines_digest_is_found_among_the_days_decisions(
    environment: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also days later; an unknown digest is named as such."""
    assert explain.run_in(environment, parse(["explain", "b1", "--json"]), clock) == 0
    assert require_published("explain", capsys.readouterr().out)["turns"][0]["claims"] == []
    assert explain.run_in(environment, parse(["explain", "b1", "--why-not", "reply", "--json"]), clock) == 0
    assert require_published("why_not", capsys.readouterr().out)["why_not"]["replied"] is False
    clock.advance(3 * 86_400)
    assert explain.run_in(environment, parse(["explain", short_hash("b1", SALT)]), clock) == 0
    assert capsys.readouterr().out.startswith("conversation b1\n")
    with pytest.raises(NotFoundError, match="no conversation is known by h000000000000"):
        explain.run_in(environment, parse(["explain", "h000000000000"]), clock)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["forget"], "one of the arguments --conversation --customer --reapply is required"),
        (["forget", "--conversation", "c", "--customer", ANA], "not allowed with argument"),
        (["forget", "--conversation", "c", "--yes"], "say why"),
    ],
)
def test_a_mistake_erases_nothing(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2."""
    assert main(given) == 2
    assert said in capsys.readouterr().err


def test_what_is_no_contact_is_refused(environment: Environment, clock: FakeClock) -> None:
    """A name finds nobody."""
    with pytest.raises(UsageError, match="neither an e-mail address nor a phone number"):
        forget.run_in(environment, words("--customer", "Ana"), clock)
