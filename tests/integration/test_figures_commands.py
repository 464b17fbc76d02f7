"""`rp-mw stats` and `rp-mw report` as typed: a full period, an empty one, a file that cannot be written, no AWS."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_ops.cli import main
from rp_mw_ops.commands import report, stats
from rp_mw_ops.environment import Environment
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.accounts import load_place
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.observability.metrics import NAMESPACE
from rp_mw_shared.times import parse_iso_ms
from tests.fakes.json_answers import require_published

pytestmark = pytest.mark.emulator
ENVIRONMENT = "dev"
TOPOLOGY = load_topology(ENVIRONMENT)
BUSY, QUIET = "2026-11-28", "2026-11-20"
NOW = parse_iso_ms("2026-11-29T12:00:00")
NOBODY = "http://127.0.0.1:1"
FIGURES = ("stats", "report")


@dataclass(frozen=True, slots=True)
class Shell:
    """`rp-mw` in a shell that is aimed at the environment, and what it said."""

    client: Callable[[str], Any]
    capsys: pytest.CaptureFixture[str]
    first_line: str

    def rp_mw(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error of a command in the environment."""
        code = main([*words, "--env", ENVIRONMENT])
        shown = self.capsys.readouterr()
        return code, shown.out, shown.err

    def lines(self, *words: str) -> list[str]:
        """Return what a command says that ends well, without the first line, which says where."""
        code, out, err = self.rp_mw(*words)
        assert (code, err) == (0, ""), err
        first, *others = out.splitlines()
        assert first == self.first_line
        return others


def decision(number: int, **values: Any) -> dict[str, Any]:
    """A final decision of the busy day."""
    name, at = f"c-{number}", f"{BUSY}T0{number}:00:00.000Z"
    row = {"conversation_id": name, "ts_action_id": f"{at}#{number:012x}#decision", "day": BUSY}
    return row | {"outcome": "completed", "route": "Sales", "intent": "return_request", "template": None} | values


@pytest.fixture(scope="module")
def stored(emulator: Emulator) -> Callable[[str], Any]:
    """The tables, with one day's three decisions: one answered, two handed over; and that day's metric of webhooks."""
    client = functools.partial(
        boto3.client,
        endpoint_url=emulator.endpoint_url,
        region_name=load_place(ENVIRONMENT).region,
        aws_access_key_id=emulator.access_key_id,
        aws_secret_access_key=emulator.secret_access_key,
    )
    target = Target(TOPOLOGY, client)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
    rows = [
        decision(1, template="order_status_verified", actions={"rp_tags": "done", "rp_reply": "done"}),
        decision(2, route="Leadership", gates_blocked=["screen:tier0_word"], actions={"rp_tags": "done"}),
        decision(3, route="Leadership", gates_blocked=["screen:tier0_word"], actions={"rp_tags": "done"}),
    ]
    for row in rows:
        client("dynamodb").put_item(TableName=TOPOLOGY.tables["audit_trail"].name, Item=to_item(row))
    dimensions = [{"Name": "Env", "Value": ENVIRONMENT}, {"Name": "Service", "Value": "ingress"}]
    accepted = {"MetricName": "Accepted", "Dimensions": dimensions, "Timestamp": f"{BUSY}T01:00:00Z", "Value": 5.0}
    client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=[accepted])
    return client


@pytest.fixture
def shell(
    emulator: Emulator,
    stored: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    """Credentials and address come from the shell, as a person's do; the time is the day after the busy one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", emulator.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", emulator.secret_access_key)
    for command in (stats, report):
        monkeypatch.setattr(command, "SystemClock", lambda: FakeClock(NOW))
    place = load_place(ENVIRONMENT)
    account = stored("sts").get_caller_identity()["Account"]
    where = f"{ENVIRONMENT}: account {account}, region {place.region}, through {emulator.endpoint_url}"
    yield Shell(stored, capsys, where)


def test_stats_tells_a_period(shell: Shell) -> None:
    """Volume, teams and reasons in words; the days before it are in the plots."""
    told = shell.lines("stats", "--days", "2", "--until", BUSY)
    assert told[0] == "2026-11-27 to 2026-11-28, 2 days (UTC)"
    assert told[1] == "  received     5 webhooks, 0 came again, 0 ignored, 0 refused"
    assert "  decisions          3        ▁█" in told
    assert "  answered           1   33 % ▁█" in told
    assert any(line.startswith("  Leadership                    0 of      2") for line in told)
    assert any("     2  " in line and "The message holds a word that is never answered" in line for line in told)


def test_stats_tells_a_program_the_same(shell: Shell) -> None:
    """As its schema says, with where it is from."""
    code, out, _ = shell.rp_mw("stats", "--days", "1", "--until", "yesterday", "--json")
    told = require_published("stats", out)
    assert (code, told["environment"]["name"], told["whole"]["decisions"]) == (0, ENVIRONMENT, 3)
    assert told["measures"]["received"] == 5


def test_stats_of_a_day_without_events_is_no_failure(shell: Shell) -> None:
    """Noughts and dashes."""
    told = shell.lines("stats", "--days", "1", "--until", QUIET)
    assert told[:2] == [f"{QUIET} (UTC)", "  received     0 webhooks, 0 came again, 0 ignored, 0 refused"]
    assert "  answered           0      -" in told


def test_report_tells_a_day_in_every_form(shell: Shell, tmp_path: Path) -> None:
    """The same figures as text, as a page, as CSV and as JSON; yesterday where no day is named."""
    page, table = tmp_path / "day.html", tmp_path / "day.csv"
    told = shell.lines("report", "--html", str(page), "--csv", str(table))
    assert told[0] == f"{ENVIRONMENT}, {BUSY} (UTC)"
    assert "received                     5" in told
    assert any(line.startswith("answered                     33.3 % (1 of 3") for line in told)
    assert "33.3 % (1 of 3" in page.read_text("utf-8")
    with table.open(encoding="utf-8", newline="") as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    assert (rows["decided"]["value"], rows["answered"]["hits"]) == ("3", "1")
    code, out, _ = shell.rp_mw("report", "--json")
    lines = {line["figure"]: line for line in require_published("report", out)["lines"]}
    assert (code, lines["decided"]["value"], lines["answered"]["hits"]) == (0, 3, 1)


def test_report_of_a_week_without_events_is_no_failure(shell: Shell) -> None:
    """A share of nothing is a dash."""
    told = shell.lines("report", "week", "--until", QUIET)
    assert told[0] == f"{ENVIRONMENT}, 2026-11-14 to {QUIET} (UTC)"
    assert "decided on                   0" in told
    assert "answered                     -" in told


@pytest.mark.parametrize("form", ["--html", "--csv"])
def test_a_report_that_cannot_be_written_says_which_file(shell: Shell, tmp_path: Path, form: str) -> None:
    """In one line, with the cause, as wrong usage."""
    path = tmp_path / "nowhere" / "file"
    code, _, err = shell.rp_mw("report", form, str(path))
    assert (code, err) == (2, f"rp-mw: {path}: cannot be written (No such file or directory)\n")


def test_a_published_report_needs_its_topic_and_reaches_it(shell: Shell) -> None:
    """Without one it says which stack makes it; with it whoever hears of alarms gets the text."""
    code, _, err = shell.rp_mw("report", "--publish")
    assert (code, err) == (1, "rp-mw: there is no topic rp-mw-dev-alarms: apply the foundation stack of dev\n")
    queue = shell.client("sqs").create_queue(QueueName="rp-mw-dev-readers")["QueueUrl"]
    topic = shell.client("sns").create_topic(Name="rp-mw-dev-alarms")["TopicArn"]
    try:
        described = shell.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = described["Attributes"]["QueueArn"]
        shell.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        shell.lines("report", "--publish")
        (message,) = shell.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
        sent = json.loads(message["Body"])
    finally:
        shell.client("sns").delete_topic(TopicArn=topic)
    assert sent["Subject"] == f"rp-mw dev: day to {BUSY}"
    assert "answered                     33.3 % (1 of 3" in sent["Message"]


def test_the_local_system_has_no_topic(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where there is one."""
    local = Environment(load_topology("local"), shell.client)
    monkeypatch.setattr(report, "open_environment", lambda _: local)
    monkeypatch.setattr(report, "load_lines", lambda *_: [])
    assert main(["report", "--publish"]) == 2
    assert shell.capsys.readouterr().err == (
        "rp-mw: --publish needs an environment in AWS: the local system has no topic\n"
    )


@pytest.mark.parametrize("command", FIGURES)
def test_an_aws_that_cannot_be_reached_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """With its cause and what to do, and the code for not reachable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    code, out, err = shell.rp_mw(command)
    assert (code, out) == (3, "")
    assert err == (
        "rp-mw: AWS cannot be reached: is this machine online, and do a proxy or a VPN let it through? "
        "(EndpointConnectionError)\n"
    )


@pytest.mark.parametrize("command", FIGURES)
def test_a_day_that_has_not_begun_is_wrong_usage(shell: Shell, command: str) -> None:
    """Before AWS is asked."""
    code, _, err = shell.rp_mw(command, "--until", "2026-11-30")
    assert (code, err) == (2, "rp-mw: 2026-11-30 has not begun in UTC: today is 2026-11-29\n")


@pytest.mark.parametrize("days", ["0", "61"])
def test_more_days_than_are_kept_are_wrong_usage(shell: Shell, days: str) -> None:
    """It says how many there are."""
    code, _, err = shell.rp_mw("stats", "--days", days)
    assert (code, err) == (2, f"rp-mw: --days {days} is not between 1 and 60: rows are kept for 60 days\n")
