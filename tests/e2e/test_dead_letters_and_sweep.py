"""What died or was missed is handled after the operator's command, once; the command shows nobody's words."""

from __future__ import annotations

import argparse
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rp_mw_local.demo.scenario_runner import ScenarioRunner, WrittenMessage
from rp_mw_local.observation import wait_for
from rp_mw_local.stack import Stack, connection_facts
from rp_mw_ops.commands import dlq as dlq_command
from rp_mw_ops.commands import sweep as sweep_command
from rp_mw_ops.environment import Environment
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.messages.serialization import group_id
from rp_mw_shared.redaction.hashing import short_hash

TELL_NOBODY = lambda kind, text: None  # noqa: E731
CANARY = "the porcelain otter cried at midnight"
DEADLINE_SECONDS = 90.0
Operate = Callable[..., tuple[int, Any]]


@pytest.fixture
def runner(system: Stack) -> Iterator[ScenarioRunner]:
    """The running system with an empty helpdesk; no dead letters are left behind."""
    system.richpanel.forget()
    yield ScenarioRunner(system, TELL_NOBODY)
    sqs, url = system.client("sqs"), system.observer.deployment.queues["events"].dlq_url
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def operate(system: Stack, capsys: pytest.CaptureFixture[str]) -> Operate:
    """Runs `rp-mw dlq ... --json`: answers the exit code and what was printed, which holds no canary."""
    environment = Environment(system.topology, system.client, connection_facts(system))

    def run(*arguments: str) -> tuple[int, Any]:
        parser = argparse.ArgumentParser()
        dlq_command.add_arguments(parser)
        capsys.readouterr()
        code = dlq_command.run_in(environment, parser.parse_args([*arguments, "--json", "--watch", "2"]), SystemClock())
        printed = capsys.readouterr().out
        assert CANARY not in printed
        return code, json.loads(printed)

    return run


def dead(runner: ScenarioRunner, marker: str) -> dict[str, Any] | None:
    """The dead letter whose body holds the marker, once it is there."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found.extend(dead_letter for dead_letter in runner.observer.dead_letters() if marker in dead_letter["Body"])
        return bool(found)

    return found[0] if wait_for(is_there, DEADLINE_SECONDS) else None


def dies(runner: ScenarioRunner) -> tuple[WrittenMessage, dict[str, Any]]:
    """A customer asks to return something while the helpdesk refuses to show tickets: the event dies at first sight."""
    runner.stack.richpanel.arm("error", on="GET *%3E", status=400, times=None)
    asked = runner.customer_writes(
        f"I want to return the blue mug that came last week, {CANARY}.", email="o@example.com"
    )
    assert runner.webhook(asked)[0].status == 200
    dead_letter = dead(runner, asked.message_id)
    assert dead_letter is not None
    runner.stack.richpanel.faults.clear()
    return asked, dead_letter


def kept(runner: ScenarioRunner, written: WrittenMessage) -> tuple[list[str], list[str], Any]:
    """What a second handling would change."""
    ticket = runner.ticket(written.conversation_id)
    return (
        runner.replies(written.conversation_id),
        sorted(ticket.tags),
        runner.observer.records(written.conversation_id),
    )


def test_a_dead_event_is_listed_sent_back_and_handled_once_however_often_it_is_sent(
    runner: ScenarioRunner, operate: Operate
) -> None:
    """List, dry run, redrive; then once more, as after a death between send and delete."""
    asked, dead_letter = dies(runner)
    code, listed = operate("list", "--queue", "events")
    (line,) = [message for message in listed["messages"] if message["id"] == dead_letter["MessageId"]]
    assert (code, line["reason"], line["type"]) == (0, "vendor_status_400", "inbound_event")
    assert line["conversation"] == short_hash(asked.conversation_id, str(runner.stack.secrets["hash_salt"]["salt"]))
    code, planned = operate("redrive", line["id"])
    assert (code, [one["id"] for one in planned["queues"][0]["redriven"]]) == (0, [line["id"]])
    assert dead(runner, asked.message_id) is not None

    code, _ = operate("redrive", line["id"], "--yes", "--why", "the helpdesk shows tickets again")
    assert code == 0
    runner.settle(asked)
    before = kept(runner, asked)
    assert "mw-processed" in before[1]
    assert operate("redrive", line["id"], "--yes", "--why", "again")[0] == dlq_command.INCOMPLETE
    bury(runner, asked, dead_letter["Body"])
    again = dead(runner, asked.message_id)
    assert again is not None
    assert operate("redrive", again["MessageId"], "--yes", "--why", "once more")[0] == 0
    assert wait_for(runner.observer.is_idle, DEADLINE_SECONDS)
    assert kept(runner, asked) == before
    assert CANARY not in json.dumps(runner.observer.records("dlq"), default=str)


def bury(runner: ScenarioRunner, written: WrittenMessage, body: str) -> None:
    """The same message is dead once more, under another id."""
    runner.stack.client("sqs").send_message(
        QueueUrl=runner.observer.deployment.queues["events"].dlq_url,
        MessageBody=body,
        MessageGroupId=group_id(written.conversation_id),
        MessageDeduplicationId=uuid.uuid4().hex,
    )


def test_poison_is_passed_over_and_dies_again_when_it_is_named(runner: ScenarioRunner, operate: Operate) -> None:
    """With its reason, and without a word of it anywhere."""
    marker = uuid.uuid4().hex
    body = json.dumps({"type": "inbound_event", "version": 99, "conversation_id": marker, "text": CANARY})
    runner.stack.client("sqs").send_message(
        QueueUrl=runner.observer.deployment.queues["events"].url,
        MessageBody=body,
        MessageGroupId=marker,
        MessageDeduplicationId=marker,
    )
    dead_letter = dead(runner, marker)
    assert dead_letter is not None
    code, planned = operate("redrive", "--all")
    (events, _) = planned["queues"]
    assert (code, [one["id"] for one in events["passed_over"]]) == (0, [dead_letter["MessageId"]])
    code, shown = operate("show", dead_letter["MessageId"])
    assert (code, shown["reason"], shown["version"]) == (0, "schema_version_unknown", 99)
    code, redriven = operate("redrive", dead_letter["MessageId"], "--yes", "--why", "see it die")
    (events, _) = redriven["queues"]
    assert (code, len(events["redriven"]), len(events["came_back_dead"])) == (3, 1, 1)
    again = dead(runner, marker)
    assert again is not None
    assert again["MessageId"] != dead_letter["MessageId"]


def test_a_sweep_has_a_missed_ticket_handled_and_a_second_one_changes_nothing(
    runner: ScenarioRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    """The webhook never came; where tickets may not be listed, the operator is told so."""
    missed = runner.customer_writes("I want to return the blue mug that came last week.", email="o@example.com")
    assert sweep(runner, capsys) == (0, "1 open tickets, 1 without our tag, 0 of them known, 1 queued")
    runner.settle(missed)
    before = kept(runner, missed)
    assert "mw-processed" in before[1]
    assert sweep(runner, capsys) == (0, "1 open tickets, 0 without our tag, 0 of them known, 0 queued")
    assert wait_for(runner.observer.is_idle, DEADLINE_SECONDS)
    assert kept(runner, missed) == before
    runner.stack.richpanel.switch(list_forbidden=True)
    code, told = sweep(runner, capsys, line=1)
    assert (code, told) == (3, "this account may not list tickets: only the webhook finds them")


def sweep(runner: ScenarioRunner, capsys: pytest.CaptureFixture[str], line: int = 0) -> tuple[int, str]:
    """`rp-mw sweep`: its exit code and one line of what it printed."""
    environment = Environment(runner.stack.topology, runner.stack.client, connection_facts(runner.stack))
    parser = argparse.ArgumentParser()
    sweep_command.add_arguments(parser)
    capsys.readouterr()
    code = sweep_command.run_in(environment, parser.parse_args([]))
    return code, capsys.readouterr().out.splitlines()[line]
