"""`rp-mw dlq` on real queues: it says what is dead, shows nobody's words, asks before it acts, and leaves a record."""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import QueueAddresses, ensure_key, ensure_queue, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_ops.commands import dlq as dlq_command
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_ops.explanation import load_story
from rp_mw_ops.turns import explain_lines
from rp_mw_shared.clock import FakeClock, SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.messages.serialization import to_json
from rp_mw_shared.messages.types import InboundEvent
from rp_mw_shared.redaction.hashing import short_hash
from tests.fakes.json_answers import require_published

SALT = "0123456789abcdef0123456789abcdef"
EMAIL = "quilla.farnsworth91@zephyr-canary.example"
WORDS = "porcelain_otter"
CONVERSATION = "<canary-conversation-1@mail.example>"
SECRETS = (EMAIL, WORDS, CONVERSATION, "quilla", "4155552671")
Operate = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def environment(emulator: Emulator) -> Environment:
    """Queues, tables and the salt of an environment of the test's own."""
    topology = load_topology("deadletters")
    target = Target(topology, emulator.client)
    key = ensure_key(target)
    for table in topology.tables.values():
        ensure_table(target, table, key)
    for queue in topology.queues.values():
        ensure_queue(target, queue, key)
    salt = json.dumps({"salt": SALT})
    emulator.client("secretsmanager").create_secret(Name=topology.secrets["hash_salt"], SecretString=salt)
    return Environment(topology, emulator.client)


@pytest.fixture
def queues(environment: Environment) -> Iterator[dict[str, QueueAddresses]]:
    """The queues, emptied afterwards."""
    sqs = environment.client("sqs")
    urls = {
        key: QueueAddresses(environment.queue_url(key), "", environment.queue_url(key, dead_letters=True), "")
        for key in environment.topology.queues
    }
    yield urls
    for one in urls.values():
        for url in (one.url, one.dlq_url):
            sqs.purge_queue(QueueUrl=url)


@pytest.fixture
def operate(environment: Environment, queues: dict[str, QueueAddresses], capsys: pytest.CaptureFixture[str]) -> Operate:
    """Runs `rp-mw dlq ...`: the exit code and what was printed."""

    def run(*arguments: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        dlq_command.add_arguments(parser)
        capsys.readouterr()
        clock = FakeClock(SystemClock().now_epoch_ms())
        code = dlq_command.run_in(environment, parser.parse_args(["--watch", "0", *arguments]), clock)
        return code, capsys.readouterr().out

    return run


def event() -> str:
    """An event as the ingress queues it."""
    return to_json(
        InboundEvent(
            CONVERSATION,
            "d1",
            1_795_000_000_000,
            "1-6b0f0e00-0123456789abcdef01234567",
            event_id="evt:rp:c:m",
            message_id="m",
            text=f"{WORDS} {EMAIL}",
            customer_email=EMAIL,
            customer_phone="+14155552671",
            customer_name="Quilla",
        )
    )


def die(environment: Environment, url: str, body: str, **attributes: str) -> str:
    """A message dies; answers its id."""
    answer = environment.client("sqs").send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageGroupId=uuid.uuid4().hex,
        MessageDeduplicationId=uuid.uuid4().hex,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )
    return str(answer["MessageId"])


def arrived(environment: Environment, url: str) -> list[str]:
    """The bodies in a queue."""
    answer = environment.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_list_tells_both_queues_and_filters_by_queue_and_reason(
    environment: Environment, queues: dict[str, QueueAddresses], operate: Operate
) -> None:
    """Each message with its reason, its source, and its conversation as the logs have it."""
    first = die(
        environment, queues["events"].dlq_url, event(), reason="vendor_status_404", detail="no", source="events"
    )
    second = die(environment, queues["enrichment"].dlq_url, event(), reason="retries_exhausted")
    code, printed = operate("list", "--json")
    listed = require_published("dlq_list", printed)
    assert code == 0
    assert listed["queues"] == {key: {"messages": 1, "listed": 1} for key in ("events", "enrichment")}
    assert [message["id"] for message in listed["messages"]] == [first, second]
    line = listed["messages"][0]
    assert (line["reason"], line["detail"], line["source"]) == ("vendor_status_404", "no", "events")
    assert (line["conversation"], line["type"]) == (short_hash(CONVERSATION, SALT), "inbound_event")
    for arguments in (["--queue", "enrichment"], ["--reason", "retries_exhausted"]):
        _, printed = operate("list", "--json", *arguments)
        assert [message["id"] for message in json.loads(printed)["messages"]] == [second]
    assert "events: 1 dead, 1 listed" in operate("list")[1]


def test_no_output_holds_what_a_message_holds(
    environment: Environment, queues: dict[str, QueueAddresses], operate: Operate
) -> None:
    """In no field, of a message as it should be and of one whose every field and attribute is not."""
    hostile = dict.fromkeys(
        ["type", "version", "trace_id", "origin", "conversation_id", "event_id", "message_id", "channel", WORDS],
        f"{WORDS} {EMAIL}",
    )
    wrong = {
        "reason": WORDS + " " + EMAIL,
        "detail": f"near {EMAIL}",
        "source": EMAIL,
        "record_id": WORDS,
        WORDS: EMAIL,
    }
    dlq_url = queues["events"].dlq_url
    ids = [
        die(environment, dlq_url, event(), reason="vendor_status_404", detail=f"near {EMAIL}"),
        die(environment, dlq_url, json.dumps(hostile | {"received_at_epoch_ms": 10**15}), **wrong),
        die(environment, dlq_url, f"{WORDS} {EMAIL}"),
        die(environment, dlq_url, "[" * 5000 + WORDS),
    ]
    commands = [["list"], *(["show", name] for name in ids), ["redrive", "--all"], ["redrive", *ids]]
    printed = [operate(*command, *extra)[1] for command in commands for extra in ([], ["--json"])]
    printed.append(operate("redrive", *ids, "--yes", "--json", "--why", f"asked by {EMAIL}", "--who", EMAIL)[1])
    require_published("dlq_redrive", printed[-1])
    told = "".join(printed).lower() + json.dumps(rows(environment), default=str).lower()
    assert [secret for secret in SECRETS if secret.lower() in told] == []


def rows(environment: Environment) -> list[dict[str, Any]]:
    """The history of redrives."""
    answer = environment.client("dynamodb").query(
        TableName=environment.table("audit_trail"),
        KeyConditionExpression="conversation_id = :p",
        ExpressionAttributeValues={":p": {"S": "dlq"}},
    )
    items: list[dict[str, Any]] = answer["Items"]
    return items


def test_show_tells_all_that_may_be_told(
    environment: Environment, queues: dict[str, QueueAddresses], operate: Operate
) -> None:
    """Ids hashed, times, trace id, versions."""
    name = die(environment, queues["events"].dlq_url, event(), reason="retries_exhausted", receive_count="5")
    shown = require_published("dlq_show", operate("show", name, "--json")[1])
    assert shown["event"] == short_hash("evt:rp:c:m", SALT)
    assert (shown["trace_id"], shown["version"]) == ("1-6b0f0e00-0123456789abcdef01234567", 1)
    assert (shown["deliveries"], shown["received_at_epoch_ms"]) == (5, 1_795_000_000_000)
    with pytest.raises(NotFoundError, match="no such message"):
        operate("show", str(uuid.uuid4()))
    with pytest.raises(UsageError, match="say which message"):
        operate("show")


def test_a_redrive_asks_first_then_acts_once_and_is_recorded(
    environment: Environment, queues: dict[str, QueueAddresses], operate: Operate
) -> None:
    """Without --yes nothing is sent; with it, who, when and why are in the audit trail."""
    name = die(environment, queues["events"].dlq_url, event(), reason="vendor_status_404")
    assert "nothing was sent" in operate("redrive", "--all")[1]
    assert arrived(environment, queues["events"].url) == []
    already = rows(environment)
    arguments = ("redrive", name, "--queue", "events", "--yes", "--why", "fixed the key", "--who", "ana")
    assert operate(*arguments)[0] == 0
    assert arrived(environment, queues["events"].url) == [event()]
    code, printed = operate(*arguments)
    assert (code, f"not there (any more): {name}" in printed) == (3, True)
    assert arrived(environment, queues["events"].url) == [event()]
    new = [row for row in rows(environment) if row not in already]
    assert [row["redriven"]["N"] for row in new] == ["1", "0"]
    assert new[0]["dead_letters"]["L"] == [{"S": name}]
    row = new[0]
    assert [row[field]["S"] for field in ("kind", "queue", "chosen", "who", "why", "outcome")] == [
        "redrive", "events", "1 named", "ana", "fixed the key", "finished",
    ]  # fmt: skip
    story = "\n".join(explain_lines(load_story(environment, "dlq")))
    assert "ana sent back 1 of events (1 named): fixed the key" in story


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["redrive"], "say which messages"),
        (["redrive", "--yes", "--why", "x"], "say which messages"),
        (["redrive", "some-id", "--all"], "exclude each other"),
        (["redrive", "--all", "--yes"], "say why"),
        (["redrive", "--all", "--yes", "--why", "  "], "say why"),
        (["list", "--queue", "other"], "takes events or enrichment"),
    ],
)
def test_a_mistake_is_told_before_anything_happens(operate: Operate, arguments: list[str], complaint: str) -> None:
    """In words that say what to do."""
    with pytest.raises(UsageError, match=complaint):
        operate(*arguments)


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--limit", "x"], ["--rate", "0"], ["--rate", "nan"]])
def test_a_limit_or_rate_out_of_range_is_wrong_usage(operate: Operate, arguments: list[str]) -> None:
    """Exit code 2."""
    with pytest.raises(SystemExit) as ended:
        operate("list", *arguments)
    assert ended.value.code == 2


def test_who_may_not_read_the_salt_sees_no_conversation(
    environment: Environment, queues: dict[str, QueueAddresses], capsys: pytest.CaptureFixture[str]
) -> None:
    """And can work all the same."""

    class NoSecrets:
        """A Secrets Manager that refuses."""

        def get_secret_value(self, SecretId: str) -> Any:
            """Refuse."""
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": SecretId}}, "GetSecretValue")

    refused = Environment(
        environment.topology,
        lambda service: NoSecrets() if service == "secretsmanager" else environment.client(service),
    )
    die(environment, queues["events"].dlq_url, event(), reason="vendor_status_404")
    parser = argparse.ArgumentParser()
    dlq_command.add_arguments(parser)
    assert dlq_command.run_in(refused, parser.parse_args(["list", "--json"]), FakeClock()) == 0
    assert json.loads(capsys.readouterr().out)["messages"][0]["conversation"] is None
