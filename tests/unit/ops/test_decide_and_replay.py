"""`rp-mw decide` and `rp-mw replay` on files: order kept, mistakes named, changes shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.case_reader import parse_case
from rp_mw_ops.cli import main
from rp_mw_ops.commands.decide import BAD_CASES
from rp_mw_worker.domain.decide import decide as decide_case
from rp_mw_worker.domain.replay_record import to_replay_record
from rp_mw_worker.domain.screen import screen
from tests.fakes.json_answers import require_published
from tests.fakes.policy import copy_policy, load_policy, policy_directory
from tests.properties.case_generator import make_case

TUESDAY_3_PM = 1_795_550_400_000
POLICY = load_policy()
FLAGS = {"automation_enabled": True, "automation_enabled_channels": ["email"], "rollout_stage": "tier2"}
QUESTION: dict[str, Any] = {
    "id": "question",
    "now": TUESDAY_3_PM,
    "text": "Where is my order, please tell me",
    "classification": {"intents": [{"label": "order_status_tracking", "confidence": 0.9}]},
    "flags": FLAGS,
}
ORDER = {
    "order_id": "5001",
    "name": "#1001",
    "created_at_epoch_ms": TUESDAY_3_PM - 86_400_000,
    "fulfillment_status": "FULFILLED",
    "delivery_status": "IN_TRANSIT",
    "tracking": [{"company": "UPS", "number": "1Z999AA10123456784", "url": "https://www.ups.com/track"}],
}
ANSWERED = {
    **QUESTION,
    "id": "answered",
    "text": "Where is order #1001? I would like to know",
    "ticket": {"contacts": ["Ana@Example.com"]},
    "order": {"order": ORDER, "contacts": ["ana@example.com"]},
}


def policy() -> str:
    """The folder of the tests' policy, as an argument."""
    return str(policy_directory())


def decide(tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: Any) -> tuple[int, list[dict[str, Any]]]:
    """Run the command on the lines (text, or values written as JSON); returns exit code and results."""
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    code = main(["decide", "--policy", policy(), "--json", str(path)])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_results_come_in_the_order_of_the_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One result a case, with the reply as the customer would get it and every gate."""
    code, results = decide(tmp_path, capsys, QUESTION, "", ANSWERED)
    assert code == 0
    assert [result["id"] for result in results] == ["question", "answered"]
    assert results[0]["template_id"] == "ask_order_number" and "order number" in results[0]["reply"]
    assert results[1]["template_id"] == "order_status_verified" and "1Z999AA10123456784" in results[1]["reply"]
    assert {gate["allowed"] for gate in results[1]["gates"]} == {True}
    assert all(result["policy_version"].startswith("1.0.0+") for result in results)


def test_a_case_answers_the_messages_that_the_worker_would_answer() -> None:
    """The last processed message is not in the ticket any more: only what was written after it is new."""
    case = QUESTION | {
        "text": None,
        "ticket": {
            "messages": [
                {"text": "I want a refund right now", "created_at_epoch_ms": TUESDAY_3_PM - 9_000},
                {"text": "Where is my order, please tell me", "created_at_epoch_ms": TUESDAY_3_PM - 1_000},
            ]
        },
        "state": {"last_message_id": "gone", "last_message_at_epoch_ms": TUESDAY_3_PM - 5_000},
    }
    parsed = parse_case(case, load_policy())
    assert [message.text for message in parsed.new_messages] == ["Where is my order, please tell me"]
    assert parsed.text == "Where is my order, please tell me"


def test_plain_contacts_are_compared_as_digests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another sender's address is no match, and no result shows an address."""
    other = {**ANSWERED, "ticket": {"contacts": ["eve@example.com"]}}
    _, results = decide(tmp_path, capsys, other)
    assert results[0]["template_id"] == "order_number_unmatched"
    assert "example.com" not in json.dumps(results)


def test_nothing_said_is_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case of a time and no more is decided: shadow, a person, no reply."""
    code, results = decide(tmp_path, capsys, {"now": TUESDAY_3_PM})
    assert (code, results[0]["mode"], results[0]["template_id"]) == (0, "dry_run", None)
    assert results[0]["route_team"] == "Email Support"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "case"),
        ({}, "now: Field required"),
        ({**QUESTION, "tezt": ""}, "tezt: Unexpected keyword argument"),
        ({**QUESTION, "flags": {"safemode": True}}, "flags.safemode"),
        ({**QUESTION, "flags": {"rollout_stage": "tier9"}}, "flags.rollout_stage: must be one of shadow"),
        ({**QUESTION, "order": {"outcome": "lost"}}, "order.outcome: write one of found"),
        ({**QUESTION, "order": {"outcome": "found"}}, "order.order: is there exactly when"),
        ({**QUESTION, "ticket": {"messages": [{"author": "bot"}]}}, "ticket.messages.0.author"),
    ],
)
def test_a_line_that_is_no_case_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: Any, said: str
) -> None:
    """The error says line and field, the other lines are decided, the exit code tells."""
    code, results = decide(tmp_path, capsys, QUESTION, line, ANSWERED)
    assert code == BAD_CASES
    assert results[1]["error"].startswith("line 2: ") and said in results[1]["error"]
    assert "error" not in results[0] and results[2]["id"] == "answered"


def test_people_get_text_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --json: a line that says what is done, and every gate that blocks."""
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({**QUESTION, "flags": {}})))
    assert main(["decide", "--policy", policy()]) == 0
    out = capsys.readouterr().out
    assert "question: order_status_tracking (0.90) -> Email Support, no reply" in out
    assert "kill_switch: automation_off" in out


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """A policy directory in which an order answer takes certainty."""
    directory = tmp_path / "stricter"
    directory.mkdir()
    copy_policy(directory)
    path = directory / "settings.yaml"
    path.write_text(path.read_text("utf-8").replace("tier2: 0.70", "tier2: 0.99"), "utf-8")
    return directory


def exported(tmp_path: Path) -> Path:
    """Two recorded decisions and a row of another kind, as exported from the audit trail."""
    from rp_mw_ops.case_reader import parse_case
    from rp_mw_worker.domain.replay_record import to_replay_record

    rules, path = load_policy(), tmp_path / "rows.jsonl"
    rows: list[dict[str, Any]] = [{"conversation_id": "c0", "ts_action_id": "2026-11-24T20:00:00.000Z#x#flag"}]
    for name, case in (("c1", QUESTION), ("c2", ANSWERED)):
        record = to_replay_record(parse_case(case, rules), rules)
        rows.append(
            {"conversation_id": name, "ts_action_id": "2026-11-24T20:00:00.000Z#abc#decision", "replay": record}
        )
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_replay_shows_what_would_change(tmp_path: Path, stricter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verified reply falls away, the question for the number stays, the foreign row is counted."""
    assert (
        main(
            [
                "replay",
                "--before",
                policy(),
                "--policy",
                str(stricter),
                "--json",
                str(exported(tmp_path)),
            ]
        )
        == 0
    )
    result = require_published("replay", capsys.readouterr().out)
    assert [change["conversation_id"] for change in result["changes"]] == ["c2"]
    assert result["changes"][0]["differences"]["answer"] == ["order_status_verified", "no reply"]
    assert (result["summary"]["rows"], result["summary"]["changed"], result["summary"]["unreadable"]) == (3, 1, 1)


def test_replay_in_words_ends_with_the_sum(tmp_path: Path, stricter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People see each change and how many of each kind there are."""
    assert main(["replay", "--before", policy(), "--policy", str(stricter), str(exported(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert "    answer: order_status_verified -> no reply" in out
    assert "3 decisions, 1 would change, 1 hold no record" in out


def test_replay_with_the_same_policy_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No change of the policy, no change of a decision."""
    assert (
        main(
            [
                "replay",
                "--before",
                policy(),
                "--policy",
                policy(),
                str(exported(tmp_path)),
            ]
        )
        == 0
    )
    assert "3 decisions, 0 would change" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", '{"conversation_id": "c", "route": "Sales"}\n'])
def test_replay_of_rows_without_records_is_an_error_and_no_answer(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That nothing would change is said only where something was decided again."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text(text, "utf-8")
    assert main(["replay", "--policy", policy(), str(rows)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "holds no decision that can be replayed" in shown.err


def test_replay_with_a_broken_policy_says_where(
    tmp_path: Path, stricter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistake in the changed policy is named, nothing is replayed."""
    path = stricter / "settings.yaml"
    path.write_text(path.read_text("utf-8").replace("route: 0.60", "route: much"), "utf-8")
    assert main(["replay", "--before", policy(), "--policy", str(stricter), str(exported(tmp_path))]) == 1
    assert "settings.yaml:" in capsys.readouterr().err


def recorded(number: int) -> list[dict[str, Any]]:
    """Rows as the worker writes them, of cases made at random."""
    rows = []
    for place in range(number):
        case = make_case(1, place)
        case = replace(case, screen_hits=case.screen_hits | screen(case.text, POLICY.screen))
        decision = decide_case(case, POLICY)
        rows.append(
            {
                "conversation_id": f"c{place}",
                "ts_action_id": f"2026-11-24T20:00:00.000Z#{place:012x}#decision",
                "replay": to_replay_record(case, POLICY),
                "route": decision.route_team,
                "intent": decision.intent,
                "confidence": decision.confidence,
                "tier": decision.tier,
                "template": decision.template_id,
                "reasons": list(decision.reasons),
                "claims": list(dict.fromkeys(decision.claims)),
                "gates_blocked": [f"{gate.gate}:{gate.code}:detail" for gate in decision.gates if not gate.allowed],
                "versions": [POLICY.version, POLICY.templates_version],
            }
        )
    return rows


def replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], *more: str
) -> tuple[int, dict[str, Any]]:
    """The exit code and the proof."""
    path = tmp_path / "identity.jsonl"
    path.write_text("\n".join(json.dumps({k: v for k, v in row.items() if v is not None}) for row in rows), "utf-8")
    code = main(["replay", "--json", "--before", policy(), *more, str(path)])
    return code, require_published("replay", capsys.readouterr().out)["identity"]


def test_recorded_decisions_come_out_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Some hundreds of every kind, each from its record alone: the rate is 1."""
    code, told = replayed(tmp_path, capsys, recorded(400))
    assert (code, told["rate"], told["same"], told["rows"]) == (0, 1.0, 400, 400)


@pytest.mark.parametrize(
    ("field", "value"),
    [("route", "Nobody"), ("template", "return_ack"), ("reasons", ["x"]), ("gates_blocked", ["tier:x"]), ("tier", 9)],
)
def test_one_decision_that_comes_out_another_way_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str, value: Any
) -> None:
    """The rate is below 1, the exit code says so, and the row is named with what differs."""
    rows = recorded(50)
    rows[49][field] = value
    code, told = replayed(tmp_path, capsys, rows)
    assert (code, told["differing"]) == (1, 1)
    assert told["rate"] == pytest.approx(0.98)
    assert told["shown"][0]["conversation_id"] == "c49"


def test_rows_of_another_policy_prove_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor do rows without a record; both are counted."""
    rows = recorded(5)
    rows[0]["versions"] = ["another"]
    rows[1]["replay"] = {"v": 0}
    code, told = replayed(tmp_path, capsys, rows)
    assert (code, told["same"], told["other_policy"], told["unreadable"], told["rate"]) == (0, 3, 1, 1, 1.0)


def test_only_the_last_ones_are_made_again_where_that_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest stand last."""
    rows = recorded(20)
    rows[0]["route"] = "Nobody"
    code, told = replayed(tmp_path, capsys, rows, "--last", "19")
    assert (code, told["rows"], told["rate"]) == (0, 19, 1.0)
