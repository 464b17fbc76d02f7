"""The console over real tables, flags and queues: what it shows, finds and changes, and what it asks for."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets, generate_secret_values
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_ops.audit_trail import load_rows
from rp_mw_ops.console import actions, views
from rp_mw_ops.console.feed import POLLS_A_ROUND, Feed
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_ops.finding import open_days
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.redaction.hashing import contact_digest, order_digest
from rp_mw_worker.domain.figures import FIGURES_VERSION

pytestmark = pytest.mark.emulator
TOPOLOGY = load_topology("console")
HOSTILE = "<script>alert(1)</script>"
NOW = 1_795_408_143_445  # 2026-11-23T04:29:03.445Z
TODAY, YESTERDAY = "2026-11-23", "2026-11-22"
SALT = "ab" * 32
Put = Callable[..., None]


@pytest.fixture(scope="module")
def environment(aws: Callable[[str], Any]) -> Environment:
    """Tables, flags, queues and the salt of an environment, without functions."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
    ensure_flags(target, {"automation_enabled": "true", "rollout_stage": "tier2"})
    ensure_secrets(target, generate_secret_values() | {"hash_salt": {"salt": SALT}})
    for queue in TOPOLOGY.queues.values():
        ensure_queue(target, queue, key)
    return Environment(TOPOLOGY, aws)


@pytest.fixture
def put(environment: Environment) -> Put:
    """Writes a final decision as the worker does."""

    def write(at: str, conversation_id: str = "c", **values: Any) -> None:
        row = {"conversation_id": conversation_id, "ts_action_id": f"{at}#{conversation_id[-12:]}#decision"}
        row |= {"day": at[:10], "outcome": "completed", "mode": "live", "route": "Sales", **values}
        environment.client("dynamodb").put_item(TableName=environment.table("audit_trail"), Item=to_item(row))

    return write


@pytest.fixture
def clock() -> FakeClock:
    """Soon after the newest row."""
    return FakeClock(NOW)


@pytest.fixture
def feed(environment: Environment, clock: FakeClock) -> Feed:
    """A feed that has read once."""
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    return feed


def test_todays_decisions_are_shown_newest_first_and_as_they_are(
    environment: Environment, clock: FakeClock, put: Put
) -> None:
    """A new one is there after the next poll; a hostile value stays a text; another day is shown when asked for."""
    put(f"{YESTERDAY}T23:00:00.000Z", "yesterdays")
    put(f"{TODAY}T04:00:00.000Z", "older")
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    before = feed.version
    put(f"{TODAY}T04:29:03.000Z", HOSTILE, route=HOSTILE, gates_blocked=["screen:tier0_word"])
    clock.advance(1)
    feed.refresh()
    assert feed.version > before
    shown = views.decisions_view(feed, "", {})
    assert [(line["id"], line["team"]) for line in shown["lines"][:2]] == [(HOSTILE, HOSTILE), ("older", "Sales")]
    assert "tier0_word" in shown["sentences"]
    filtered = views.decisions_view(feed, "", {"team": frozenset({"Sales"})})
    assert HOSTILE not in [line["id"] for line in filtered["lines"]]
    assert [line["id"] for line in views.decisions_view(feed, YESTERDAY, {})["lines"]] == ["yesterdays"]


def test_a_row_that_was_decided_a_while_ago_and_written_now_is_seen(
    environment: Environment, clock: FakeClock, put: Put
) -> None:
    """Within two minutes at the next poll, later ones at the next whole read."""
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    put(f"{TODAY}T04:28:00.000Z", "minute-ago")
    put(f"{TODAY}T03:00:00.000Z", "hours-ago")
    feed.refresh()
    ids = {line["id"] for line in feed.lines(TODAY)}
    assert ("minute-ago" in ids, "hours-ago" in ids) == (True, False)
    for _ in range(POLLS_A_ROUND):
        feed.refresh()
    assert "hours-ago" in {line["id"] for line in feed.lines(TODAY)}


def test_today_stands_beside_yesterday_and_closed_days_come_from_their_sums(
    environment: Environment, clock: FakeClock, put: Put
) -> None:
    """A day that the sweep has summed is not read again; one that it has not is added up here."""
    open_days(environment).save_sum(
        YESTERDAY, {"v": FIGURES_VERSION, "decisions": 40, "replies": {"sent": 10}, "computed_at": NOW}
    )
    put(f"{TODAY}T01:00:00.000Z", "answered", template="t", tier=1, actions={"rp_reply": "done"})
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    figures = views.figures_view(feed)
    assert (figures["yesterday"]["decisions"], figures["yesterday"]["sent"]) == (40, 10)
    assert figures["today"]["sent"] == 1
    assert figures["hours"][1][1] == 1
    assert figures["days"][-1][0] == TODAY


def test_a_day_that_is_none_and_a_search_for_nothing_are_said(environment: Environment, clock: FakeClock) -> None:
    """In words, without asking AWS for what it would refuse."""
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    for day in ("rubbish", "2026-13-40", "2999-01-01"):
        with pytest.raises(UsageError, match=day):
            views.decisions_view(feed, day, {})
    assert "give a conversation's id" in views.search_view(environment, "  ")["said"]


def test_nothing_is_scanned(environment: Environment, clock: FakeClock) -> None:
    """A poll asks by key and by index, however large the tables are."""
    asked: Counter[str] = Counter()
    kept = Environment(TOPOLOGY, functools.cache(environment.client))

    def count(model: Any, **_: Any) -> None:
        asked[model.name] += 1

    kept.client("dynamodb").meta.events.register("before-parameter-build.dynamodb", count)
    feed = Feed(lambda: kept, clock, is_local=True)
    feed.refresh()
    feed.refresh()
    assert asked["Query"] > 0
    assert asked["Scan"] == 0


def test_a_conversation_is_told_in_words_first(environment: Environment, put: Put) -> None:
    """Sentences before codes, the facts after them; an unknown one is named as such."""
    put(f"{TODAY}T02:00:00.000Z", "told", gates_blocked=["screen:tier0_word"], message_id="m1", intent="legal_threat")
    story = views.story_view(environment, "told")
    (row,) = story["rows"]
    assert row["whys"][0]["sentence"].startswith("The message holds a word")
    assert ("message", ["m1"]) in row["facts"]
    assert story["state"] == ["Nothing is kept of where it stands."]
    with pytest.raises(NotFoundError, match="nobody") as raised:
        views.story_view(environment, "nobody")
    assert "--env" not in str(raised.value)
    assert "A message that is still being tried has no row yet" in str(raised.value)


def test_search_finds_by_id_by_order_and_by_the_customers_address(environment: Environment, put: Put) -> None:
    """Whatever the spelling; what is asked for is in no table, only its digest."""
    client = environment.client("dynamodb")
    for conversation in ("s1", "s2"):
        state = {"conversation_id": conversation, "customer": contact_digest("ana@example.com", SALT), "version": 1}
        client.put_item(TableName=environment.table("conversation_state"), Item=to_item(state))
    put(f"{TODAY}T02:00:00.000Z", "s2", order=order_digest("1001", SALT))
    assert views.search_view(environment, " s1 ") == {"by": "conversation", "ids": ["s1"], "lines": [], "said": None}
    assert views.search_view(environment, "#1001") == {"by": "order", "ids": ["s2"], "lines": [], "said": None}
    assert views.search_view(environment, "EN1001") == {"by": "order", "ids": ["s2"], "lines": [], "said": None}
    found = views.search_view(environment, "Ana@Example.com")
    assert (found["by"], found["ids"], found["said"]) == ("customer", ["s1", "s2"], None)
    (line,) = found["lines"]
    assert (line["id"], line["at"], line["team"], line["outcome"]) == ("s2", f"{TODAY}T02:00:00.000Z", "Sales", "none")
    for unknown in ("bob@example.com", "1002", "what is this"):
        nothing = views.search_view(environment, unknown)
        assert nothing["ids"] == []
        assert nothing["said"]


def test_a_failed_message_names_its_ticket_and_is_sent_back_with_a_row_in_the_audit_trail(
    environment: Environment, clock: FakeClock
) -> None:
    """And one that nobody can read names none, and none of its words."""
    readable = {
        "type": "inbound_event",
        "version": 1,
        "conversation_id": "c-failed",
        "delivery_id": "d1",
        "received_at_epoch_ms": NOW,
        "trace_id": "1-67890abc-0123456789abcdef01234567",
    }
    sqs, url = environment.client("sqs"), environment.queue_url("events", dead_letters=True)
    for number, body in enumerate((json.dumps(readable), f'{{"text": "{HOSTILE}"}}')):
        sqs.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId=f"g{number}", MessageDeduplicationId=str(number)
        )
    messages = views.failed_view(environment)["messages"]
    assert {one["conversation_id"] for one in messages} == {"c-failed", None}
    assert HOSTILE not in str(messages)
    chosen = next(one["id"] for one in messages if one["conversation_id"])
    asked = {"queue": "events", "ids": [chosen], "why": "mended for Ana Smith"}
    assert actions.send_back(environment, asked, who="kim", clock=clock)["said"] == "1 sent back"
    assert [one["conversation_id"] for one in views.failed_view(environment)["messages"]] == [None]
    (row,) = load_rows(environment, "dlq")
    assert (row["who"], row["redriven"], "Smith" in row["why"]) == ("kim", 1, False)
    assert actions.send_back(environment, asked, who="kim", clock=clock)["said"].endswith("1 not there any more")


def test_all_is_what_the_commands_all_is_and_what_is_passed_over_is_said(
    environment: Environment, clock: FakeClock
) -> None:
    """A message that no consumer could read goes back only when it is chosen by itself."""
    sqs, url = environment.client("sqs"), environment.queue_url("events", dead_letters=True)
    sqs.purge_queue(QueueUrl=url)
    body = {"type": "inbound_event", "version": 1, "conversation_id": "c-all", "delivery_id": "d2"}
    body |= {"received_at_epoch_ms": NOW, "trace_id": "1-67890abc-0123456789abcdef01234567"}
    for number, text in enumerate((json.dumps(body), "nonsense")):
        sqs.send_message(
            QueueUrl=url, MessageBody=text, MessageGroupId=f"a{number}", MessageDeduplicationId=f"a{number}"
        )
    shown = {one["conversation_id"]: one["is_readable"] for one in views.failed_view(environment)["messages"]}
    assert shown == {"c-all": True, None: False}
    asked = {"queue": "events", "all": True, "why": "mended"}
    said = actions.send_back(environment, asked, who="kim", clock=clock)["said"]
    assert said == "1 sent back, 1 passed over that no consumer could read: choose them by themselves"
    assert [one["conversation_id"] for one in views.failed_view(environment)["messages"]] == [None]
    assert load_rows(environment, "dlq")[-1]["chosen"] == "all readable"
    with pytest.raises(UsageError, match="which messages"):
        actions.send_back(environment, {"queue": "events", "why": "mended"}, who="kim", clock=clock)


def test_a_switch_is_set_and_audited_and_a_wrong_value_changes_nothing(environment: Environment, feed: Feed) -> None:
    """With who and why; the page then says that replies are off."""
    asked = {"name": "automation_enabled", "value": "false", "why": "wrong answers"}
    assert actions.change_switch(environment, asked, who="kim") == {"said": "automation_enabled is false"}
    with pytest.raises(UsageError):
        actions.change_switch(environment, asked | {"value": "maybe"}, who="kim")
    feed.refresh()
    told = views.now_view(feed)["switches"]["value"]
    assert told["automation"]["is_on"] is False
    last = told["flags"]["automation_enabled"]["last_change"]
    assert (last["who"], last["why"]) == ("kim", "wrong answers")
    actions.change_switch(environment, asked | {"value": "true"}, who="kim")
    stopped = {"name": "automation_enabled", "value": "false", "why": ""}
    assert actions.change_switch(environment, stopped, who="kim")["said"] == "automation_enabled is false"
    feed.refresh()
    flag = views.now_view(feed)["switches"]["value"]["flags"]["automation_enabled"]
    assert flag["last_change"]["why"] == actions.DEFAULT_WHY
    actions.change_switch(environment, asked | {"value": "true"}, who="kim")


def test_one_part_that_cannot_be_read_leaves_the_others(environment: Environment, clock: FakeClock) -> None:
    """And says what is wrong with it; what was known of it stays, with its age."""
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()

    def without_queues() -> Environment:
        return Environment(load_topology("elsewhere"), environment.client)

    feed._require_environment = without_queues
    clock.advance(5)
    feed.refresh()
    assert feed.parts["queues"].problem
    assert feed.parts["queues"].value is not None
    assert views.now_view(feed)["read_at"] == NOW


def test_a_system_that_ended_is_told_though_an_old_look_is_at_hand(environment: Environment, clock: FakeClock) -> None:
    """An old look is never shown as today's."""
    running = True

    def require() -> Environment:
        if not running:
            raise OpsError("nothing runs locally: start it with `make up`")
        return environment

    feed = Feed(require, clock, is_local=True)
    feed.refresh()
    running = False
    feed.refresh()
    assert any("make up" in one["text"] for one in views.find_problems(feed))


def test_a_queue_that_stays_full_says_since_when(environment: Environment, clock: FakeClock) -> None:
    """As long as this console has seen."""
    environment.client("sqs").send_message(
        QueueUrl=environment.queue_url("enrichment"), MessageBody="x", MessageGroupId="g", MessageDeduplicationId="q"
    )
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    clock.advance(60)
    feed.refresh()
    (queue,) = [one for one in feed.parts["queues"].value if one["queue"] == "enrichment"]
    assert queue["not_empty_since"] == NOW


class CloudWatch:
    """Knows how old the oldest message of one queue was half a minute ago, and nothing else."""

    def __init__(self, queue: str, age_seconds: float) -> None:
        self.queue, self.age_seconds = queue, age_seconds
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        """The newest data point first."""
        self.asked.append(asked)
        return {"MetricDataResults": [self._result(query) for query in asked["MetricDataQueries"]]}

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        if query["MetricStat"]["Metric"]["Dimensions"] != [{"Name": "QueueName", "Value": self.queue}]:
            return {"Id": query["Id"], "Timestamps": [], "Values": []}
        at = datetime.fromtimestamp(NOW / 1000 - 30, UTC)
        times = [at, at - timedelta(minutes=1)]
        return {"Id": query["Id"], "Timestamps": times, "Values": [self.age_seconds, self.age_seconds - 60]}

    def get_paginator(self, _: str) -> CloudWatch:
        """Of the other metrics."""
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        """None of them."""
        return []


def test_an_old_message_is_as_old_as_cloudwatch_says_however_late_the_console_is_opened(
    environment: Environment, clock: FakeClock
) -> None:
    """One question for all queues, with the greatest age of the newest minute; an empty queue has no oldest message."""
    for key in ("events", "enrichment"):
        environment.client("sqs").purge_queue(QueueUrl=environment.queue_url(key))
    environment.client("sqs").send_message(
        QueueUrl=environment.queue_url("enrichment"), MessageBody="x", MessageGroupId="g", MessageDeduplicationId="old"
    )
    cloudwatch = CloudWatch(TOPOLOGY.queues["enrichment"].name, age_seconds=5_400)
    deployed = replace(
        environment, client=lambda name: cloudwatch if name == "cloudwatch" else environment.client(name)
    )
    feed = Feed(lambda: deployed, clock, is_local=False)
    feed.refresh()
    shown = {one["queue"]: one["oldest_sent_at"] for one in feed.parts["queues"].value}
    assert shown == {"events": None, "enrichment": NOW - 30_000 - 5_400_000}
    (asked,) = cloudwatch.asked
    assert [query["MetricStat"]["Stat"] for query in asked["MetricDataQueries"]] == ["Maximum", "Maximum"]
    assert asked["ScanBy"] == "TimestampDescending"
    environment.client("sqs").purge_queue(QueueUrl=environment.queue_url("enrichment"))
    feed.refresh()
    assert {one["oldest_sent_at"] for one in feed.parts["queues"].value} == {None}


def test_queues_are_counted_and_dead_letters_only_looked_at(environment: Environment, clock: FakeClock) -> None:
    """Counting reads no message, and a look gives each back at once."""
    sqs = environment.client("sqs")
    for is_dead in (False, True):
        url = environment.queue_url("enrichment", dead_letters=is_dead)
        sqs.purge_queue(QueueUrl=url)
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="c", MessageDeduplicationId=f"counted-{is_dead}")
    for _ in range(2):
        assert len([one for one in views.failed_view(environment)["messages"] if one["queue"] == "enrichment"]) == 1
    feed = Feed(lambda: environment, clock, is_local=True)
    feed.refresh()
    (queue,) = [one for one in feed.parts["queues"].value if one["queue"] == "enrichment"]
    assert (queue["waiting"], queue["in_flight"], queue["dead"]) == (1, 0, 1)
