"""`rp-mw learn --env`: from rows of the audit trail to a judged correction, without a word of a message."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_ops.cli import parse
from rp_mw_ops.commands import learn
from rp_mw_ops.environment import Environment, Where
from rp_mw_ops.learn import trial
from rp_mw_shared.audit_form import to_stored
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.classifiers.correction import load_correction
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.outcomes import ClosedTicket, End, Judging, Written, to_outcomes
from rp_mw_worker.domain.policy import Team
from tests.fakes.json_answers import require_published
from tests.fakes.policy import load_policy
from tests.unit.ops.test_learn_command import CANARY, DAYS, GREETINGS, POINTS

POLICY = load_policy()
CLASSIFIER = EmbeddedClassifier(POLICY.tier0_labels)
TOPOLOGY = load_topology("staging")
RIGHT = "promo_discount_issue"
NUMBERS = itertools.count(1)


@pytest.fixture
def staging(aws: Callable[[str], Any]) -> Environment:
    """An environment whose audit trail is empty."""
    target, spec = Target(TOPOLOGY, aws), TOPOLOGY.tables["audit_trail"]
    ensure_table(target, spec, ensure_key(target))
    for item in aws("dynamodb").scan(TableName=spec.name)["Items"]:
        key = {name: item[name] for name in ("conversation_id", "ts_action_id")}
        aws("dynamodb").delete_item(TableName=spec.name, Key=key)
    return Environment(TOPOLOGY, aws, None, Where("staging", "123456789012", "us-east-2"))


@pytest.fixture(autouse=True)
def _one_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    """One penalty of the four: the rest is the product's own."""
    monkeypatch.setattr(trial, "PENALTIES", trial.PENALTIES[-1:])


def rows_of(text: str, agents_tag: str, at: int) -> Iterator[dict[str, Any]]:
    """The decision on a message as the worker records it, and its outcome as the sweep reads it back."""
    found = CLASSIFIER.classify(text)
    number = next(NUMBERS)
    decision = {
        "conversation_id": f"learnt-{number}",
        "ts_action_id": f"{to_utc_text(at)}#{number:012x}#decision",
        "day": to_utc_text(at)[:10],
        "expires_at": at // 1000 + 5_000_000,
        "message_id": "m1",
        "outcome": "completed",
        "route": "Sales",
        "intent": found.intents[0].label,
        "actions": {"rp_tags": "done"},
        "versions": [POLICY.version, POLICY.templates_version, found.model_version],
        "replay": {"v": 1, "c": "email", "t": at, "i": [[one.label, one.confidence] for one in found.intents]},
        "done_at": at + 500,
    }
    yield decision
    written = (Written("m1", Author.CUSTOMER, at - 2_000), Written("p1", Author.OPERATOR, at + 60_000))
    ticket = ClosedTicket(str(decision["conversation_id"]), End.CLOSED, written, frozenset({"route-sales", agents_tag}))
    judging = Judging({"Sales": Team("sales")}, CLASSIFIER.labels, 180_000, read_at_epoch_ms=at + 120_000)
    yield from to_outcomes([decision], ticket, judging)


def keep(environment: Environment, rows: list[dict[str, Any]]) -> None:
    """Write rows as the worker and the sweep do."""
    for row in rows:
        environment.client("dynamodb").put_item(
            TableName=environment.table("audit_trail"), Item=to_item(to_stored(row))
        )


def test_what_agents_put_right_is_learnt_from_the_tables(
    staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tickets of a points card that agents gave an intent, and greetings they left alone, on two days."""
    now, target = SystemClock().now_epoch_ms() - 600_000, tmp_path / "correction.json"
    put_right = [text.format(day, name=CANARY) for text in POINTS for day in DAYS]
    left_alone = [text.format(day, name=CANARY) for text in GREETINGS for day in DAYS]
    rows = [row for text in put_right for row in rows_of(text, f"mw-intent-{RIGHT}", now - MS_PER_DAY)]
    rows += [row for text in left_alone for row in rows_of(text, "vip", now)]
    keep(staging, [*rows, *list(rows_of("hello", "vip", now))[:1]])
    given = ["learn", "--env", "staging", "--days", "3", "--out", str(target), "--json"]
    assert learn.run_in(staging, parse(given)) == 0
    printed = capsys.readouterr().out
    told = require_published("learn", printed)
    assert (told["accepted"], told["written"], told["not_used"]) == (True, True, {"not_read_back": 1})
    assert told["messages"] == len(put_right) + len(left_alone)
    assert told["corrected"] == sum(CLASSIFIER.classify(text).intents[0].label != RIGHT for text in put_right) > 20
    assert told["held_back"]["right_after"] > told["held_back"]["right_before"]
    assert load_correction(target, CLASSIFIER.labels, CLASSIFIER.model_identity) is not None
    assert CANARY.split()[0].lower() not in (json.dumps(told) + target.read_text("utf-8")).lower()


def test_tables_without_enough_are_refused_and_say_what_is_missing(
    staging: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written; decisions whose tickets are open are counted."""
    now, target = SystemClock().now_epoch_ms() - 600_000, tmp_path / "correction.json"
    keep(staging, [next(rows_of(POINTS[0].format(day), "vip", now)) for day in DAYS])
    given = ["learn", "--env", "staging", "--out", str(target)]
    assert learn.run_in(staging, parse(given)) == 1
    said = capsys.readouterr()
    assert said.out.startswith("staging: account 123456789012")
    assert "not used: 7 decisions, their tickets were not read back" in said.out
    assert "0 messages are too few" in said.err
    assert not target.exists()
