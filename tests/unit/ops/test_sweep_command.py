"""`rp-mw sweep`: what it found in words and as JSON, asked for the name in prod, and a worker that could not."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from rp_mw_ops.cli import parse
from rp_mw_ops.commands.sweep import run_in
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_shared.environments.topology import load_topology
from tests.fakes.json_answers import require_published

FOUND = {"outcome": "finished", "listed": 9, "unprocessed": 2, "known": 1, "queued": 1}


class Worker:
    """Lambda's answer of the worker's sweep, and what it was asked."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> dict[str, Any]:
        """Answer as told."""
        self.asked.append(call)
        failed = {"FunctionError": "Unhandled"} if "outcome" not in self.answer else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


def sweep(worker: Worker, *arguments: str, name: str = "dev") -> int:
    """Run it in the environment of that name."""
    return run_in(Environment(load_topology(name), lambda _: worker), parse(["sweep", "--env", name, *arguments]))


def test_what_a_sweep_found_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """By the version that is live; also as JSON."""
    worker = Worker(FOUND)
    assert sweep(worker) == 0
    assert worker.asked[0]["Qualifier"] == "live"
    assert capsys.readouterr().out.splitlines() == [
        "9 open tickets, 2 without our tag, 1 of them known, 1 queued",
        "every open ticket was looked at",
    ]
    assert sweep(worker, "--json", "--dry-run") == 0
    assert require_published("sweep", capsys.readouterr().out)["queued"] == 1
    assert json.loads(worker.asked[1]["Payload"])["dry_run"] is True


def test_a_shop_without_open_tickets_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to do is done."""
    assert sweep(Worker(dict.fromkeys(FOUND, 0) | {"outcome": "finished"})) == 0
    assert capsys.readouterr().out.startswith("0 open tickets")


@pytest.mark.parametrize(("outcome", "code"), [("paced", 0), ("out_of_time", 3), ("list_forbidden", 3), ("new_one", 3)])
def test_a_sweep_that_came_to_no_end_is_incomplete(outcome: str, code: int) -> None:
    """One that is paced goes on by itself."""
    assert sweep(Worker(FOUND | {"outcome": outcome})) == code


def test_a_worker_that_could_not_is_named() -> None:
    """With where to look."""
    with pytest.raises(OpsError, match="its log says why"):
        sweep(Worker({"errorMessage": "x"}))


def test_in_prod_a_sweep_asks_for_the_name_and_a_dry_run_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep queues work."""
    worker = Worker(FOUND)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="sweep in prod needs --confirm prod"):
        sweep(worker, name="prod")
    assert worker.asked == []
    assert sweep(worker, "--dry-run", name="prod") == 0
    assert sweep(worker, "--confirm", "prod", name="prod") == 0
