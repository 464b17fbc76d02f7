"""Every command works where an environment keeps no audit trail; what cannot be told for that reason is said so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_ops.cli import parse
from rp_mw_ops.commands import dlq, explain, forget, promote, replay, report, stats
from rp_mw_ops.environment import Environment, Where
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.flags import load_flags
from rp_mw_shared.clock import FakeClock, SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.messages.serialization import to_json
from rp_mw_shared.messages.types import InboundEvent
from rp_mw_shared.redaction.hashing import contact_digest
from tests.fakes.json_answers import require_published

TOPOLOGY = load_topology("dev")
SALT, ANA = "salt", "ana@example.com"
SECRETS: dict[str, Any] = {"hash_salt": {"salt": SALT}} | {
    key: {"api_key": "x"} for key in TOPOLOGY.secrets if key != "hash_salt"
}
TRACE_ID = "1-6b0f0e00-0123456789abcdef01234567"
OFF = "the audit trail is off"


class WorkerOfTheEnvironment:
    """What Lambda tells of the worker: Terraform gives it an empty name of the table where the trail is off."""

    def __init__(self, table: str) -> None:
        self.table = table

    def get_function_configuration(self, FunctionName: str, Qualifier: str) -> dict[str, Any]:
        assert (FunctionName, Qualifier) == ("rp-mw-dev-worker", "live")
        return {"Environment": {"Variables": {"RP_MW_ENV": "dev", "AUDIT_TRAIL_TABLE": self.table}}}


def opened(aws: Callable[[str], Any], table: str) -> Environment:
    """dev, whose worker is told this table."""
    where = Where("dev", "123456789012", "us-east-2")
    return Environment(
        TOPOLOGY, lambda name: WorkerOfTheEnvironment(table) if name == "lambda" else aws(name), None, where
    )


@pytest.fixture
def dev(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Environment:
    """dev without an audit trail: Ana's conversation has a state and an event, no row says what was decided."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
        names = [name for name in (table.partition_key, table.sort_key) if name]
        for item in aws("dynamodb").scan(TableName=table.name)["Items"]:
            aws("dynamodb").delete_item(TableName=table.name, Key={name: item[name] for name in names})
    ensure_secrets(target, SECRETS)
    ensure_flags(target, TOPOLOGY.flag_defaults)
    for queue in TOPOLOGY.queues.values():
        ensure_queue(target, queue, key)
    state = {"conversation_id": "a1", "version": 1, "customer": contact_digest(ANA, SALT)}
    aws("dynamodb").put_item(TableName=TOPOLOGY.tables["conversation_state"].name, Item=to_item(state))
    event = {"event_id": event_id("a1", "m1"), "status": "completed"}
    aws("dynamodb").put_item(TableName=TOPOLOGY.tables["idempotency"].name, Item=to_item(event))
    environment = opened(aws, "")
    for module in (report, stats, replay):
        monkeypatch.setattr(module, "open_environment", lambda name: environment)
    return environment


def arguments(*given: str) -> Any:
    return parse([*given, "--env", "dev"])


def test_explain_tells_what_is_kept_and_that_the_trail_is_off(
    dev: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """To people within the answer, to programs beside it; a conversation of which nothing is kept is refused so."""
    assert explain.run_in(dev, arguments("explain", "a1"), SystemClock()) == 0
    told = capsys.readouterr().out
    assert OFF in told
    assert "conversation a1" in told
    assert explain.run_in(dev, arguments("explain", "a1", "--json"), SystemClock()) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out)["rows"] == []
    assert OFF in answer.err
    for given in (["a2"], ["h0123456789ab"], ["a1", "--why-not", "reply"]):
        with pytest.raises(NotFoundError, match=OFF):
            explain.run_in(dev, arguments("explain", *given), SystemClock())


def test_no_decision_is_waited_for_where_none_is_recorded(dev: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """`explain --wait` answers at once with what is kept."""
    clock = FakeClock()
    began = clock.monotonic()
    assert explain.run_in(dev, arguments("explain", "a1", "--wait", "600"), clock) == 0
    assert clock.monotonic() == began
    assert OFF in capsys.readouterr().out


def test_report_and_stats_count_nothing_and_report_says_why(
    dev: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """No decision is not the answer that nothing was decided."""
    assert report.run(arguments("report", "week")) == 0
    assert OFF in capsys.readouterr().out
    assert report.run(arguments("report", "--json")) == 0
    answer = capsys.readouterr()
    require_published("report", answer.out)
    assert OFF in answer.err
    assert stats.run(arguments("stats", "--json")) == 0
    require_published("stats", capsys.readouterr().out)


def test_replay_says_that_there_is_nothing_to_replay(dev: Environment) -> None:
    """Not that nothing would change."""
    with pytest.raises(NotFoundError, match="holds no decision that can be replayed"):
        replay.run(arguments("replay"))


def test_promote_opens_no_stage_without_evidence_and_one_by_override(
    dev: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an operator does is recorded all the same: the table stays."""
    assert promote.run_in(dev, arguments("promote", "tags", "--no-wait"), SystemClock()) == 1
    given = arguments("promote", "tags", "--no-wait", "--override", "--why", "no trail is kept", "--who", "dana")
    assert promote.run_in(dev, given, SystemClock()) == 0
    assert load_flags(dev)["rollout_stage"]["value"] == "tags"
    assert "the stage is tags, by override" in capsys.readouterr().out


def test_dead_letters_are_listed_and_sent_back(
    dev: Environment, aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """They name their conversation themselves; who sent them back is recorded."""
    url = dev.queue_url("events", dead_letters=True)
    aws("sqs").purge_queue(QueueUrl=url)
    body = to_json(InboundEvent("a1", "d1", 1_795_000_000_000, TRACE_ID, event_id="evt:rp:a1:m1", message_id="m1"))
    aws("sqs").send_message(QueueUrl=url, MessageBody=body, MessageGroupId="a1", MessageDeduplicationId="m1")
    assert dlq.run_in(dev, arguments("dlq", "list", "--json"), SystemClock()) == 0
    listed = require_published("dlq_list", capsys.readouterr().out)
    assert listed["queues"]["events"]["listed"] == 1
    given = arguments("dlq", "redrive", "--all", "--yes", "--why", "mended", "--who", "dana", "--watch", "0")
    assert dlq.run_in(dev, given, SystemClock()) == 0


def test_a_conversation_is_forgotten(dev: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """Its state goes, and that it was done is recorded."""
    given = arguments("forget", "--conversation", "a1", "--yes", "--why", "asked for", "--who", "dana")
    assert forget.run_in(dev, given, SystemClock()) == 0
    with pytest.raises(NotFoundError):
        explain.run_in(dev, arguments("explain", "a1"), SystemClock())


def test_with_the_trail_nothing_is_said_of_it(
    dev: Environment, aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The ordinary case."""
    explain.run_in(opened(aws, TOPOLOGY.tables["audit_trail"].name), arguments("explain", "a1"), SystemClock())
    assert OFF not in capsys.readouterr().out
