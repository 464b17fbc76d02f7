"""`rp-mw eval-field`: expected words become checks, a row becomes the worker's case, gates gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rp_mw_ops.cli import main
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.field_eval.checks import CHECKS, Outcome
from rp_mw_ops.field_eval.expectations import Check, load_expectations
from rp_mw_ops.field_eval.measure import ALL, BY_CODE, SILENCE, Report, find_failed, to_outcome
from rp_mw_ops.field_eval.situations import FieldRow, to_case, to_sure_case
from tests.fakes.policy import load_policy, policy_directory

ROOT = Path(__file__).parents[3]
LATE = "Where is my order #1001? It is late."
WITHOUT_NUMBER = "Where is my order? It is late."
PLAIN = "Where is my order #1001? Please tell me."
THREAT = "Where is my order #1001? I will call my lawyer and sue you."
# The model sees no order question here; a classifier that is sure of one looks the order up and tells it.
MOON = "The moon is 1001 miles away, I like my order #1001"


def row(body: str, expected: str = "", kind: str = "a kind", row_id: str = "row", note: str = "") -> FieldRow:
    """One row, made here."""
    return FieldRow(row_id, kind, body, expected, note)


def outcome(body: str, **more: str) -> Outcome:
    """What the worker makes of a body."""
    return to_outcome(row(body, **more), load_policy())


@pytest.mark.parametrize(
    ("expected", "checks"),
    [
        ("clean text is exactly: 'a\\nb'", (Check("clean_text", ("a\nb",)),)),
        ("order numbers ['7', '8']", (Check("order_numbers", ("7", "8")),)),
        ("order numbers []", (Check("order_numbers"),)),
        ("masked: ['x y']", (Check("masked", ("x y",)),)),
        (
            "AB 12 is masked and not looked up as an order",
            (Check("masked", ("AB 12",)), Check("not_looked_up", ("AB 12",))),
        ),
        ("escalated", (Check("escalated"),)),
        ("a word that nobody mapped", ()),
    ],
)
def test_expected_words_become_checks(expected: str, checks: tuple[Check, ...]) -> None:
    """The written mapping, with the values that the words name."""
    assert load_expectations().find_checks(expected) == checks


def test_an_entry_may_be_for_some_kinds_only() -> None:
    """People's thanks are no machine's mail: a sure classifier does not make them one."""
    said = "no reply and no order lookup (a machine wrote it)"
    assert Check("no_reply") in load_expectations().find_checks(said, "reaction or thanks answered")
    assert Check("no_reply_however_sure") in load_expectations().find_checks(said, "out of office: automated")


# One body for which the check holds and one for which it does not: a check that cannot fail is none.
BOTH = [
    ("clean_text", (LATE,), LATE, LATE + "\nPlease hurry."),
    ("no_text", (), "<p> </p>", LATE),
    ("order_numbers", ("1001",), LATE, "Where are orders #1001 and #1002?"),
    ("masked", ("ana", "mail"), "I am ana@mail.example", "I am ana by mail"),
    ("kept", ("ana", "mail"), "I am ana by mail", "I am ana@mail.example"),
    ("not_looked_up", ("2002",), LATE, "Where is my order #2002? It is late."),
    ("no_reply", (), THREAT, LATE),
    ("no_reply_however_sure", (), THREAT, MOON),
    ("no_lookup", (), THREAT, LATE),
    ("no_lookup_by_number", (), WITHOUT_NUMBER, LATE),
    ("no_lookup_however_sure", (), THREAT, MOON),
    ("escalated", (), THREAT, LATE),
    ("not_escalated", (), LATE, THREAT),
    ("human_requested", (), "I want to speak to a human being please", LATE),
    ("no_human_request", (), LATE, "I want to speak to a human being please"),
    ("tagged", ("mw-escalated",), THREAT, LATE),
    ("intent", ("shipping_delay_not_shipped", "order_status_tracking"), LATE, THREAT),
    ("no_reply_in", ("en",), THREAT, LATE),
    ("replies", ("order_status_verified",), PLAIN, LATE),
    ("replies_not", ("order_status_verified",), LATE, PLAIN),
    ("no_good_news", (), LATE, PLAIN),
    ("no_order_facts", (), THREAT, WITHOUT_NUMBER),
    ("order_facts", (), WITHOUT_NUMBER, THREAT),
    ("looks_up", ("1001",), LATE, THREAT),
    ("looks_up_not", ("1001",), THREAT, LATE),
    ("looks_up_at_most", ("1002",), THREAT, LATE),
]


@pytest.mark.parametrize(("name", "values", "right", "_wrong"), BOTH)
def test_a_check_holds_where_it_should(name: str, values: tuple[str, ...], right: str, _wrong: str) -> None:
    """The right message passes."""
    assert CHECKS[name](outcome(right), values)


@pytest.mark.parametrize(("name", "values", "_right", "wrong"), BOTH)
def test_a_check_fails_where_it_should(name: str, values: tuple[str, ...], _right: str, wrong: str) -> None:
    """The wrong message does not."""
    assert not CHECKS[name](outcome(wrong), values)


def test_every_check_is_tried() -> None:
    """Those of an answered order have their own test below."""
    of_orders = {"kept_open", "tracking_told", "tracking_not_told"}
    assert {name for name, *_ in BOTH} | of_orders == set(CHECKS)


@pytest.mark.parametrize(("number", "told"), [("1Z999AA10123456784", True), ("", False)])
def test_whether_a_tracking_number_was_told(number: str, told: bool) -> None:
    """It is looked for in the words of the reply."""
    found = outcome(json.dumps(whole_case(number)))
    assert found.final.template_id is not None
    assert CHECKS["tracking_told"](found, ()) is told
    assert CHECKS["tracking_not_told"](found, ()) is not told
    assert CHECKS["kept_open"](found, ()) is not found.final.close_ticket


def whole_case(number: str) -> dict[str, Any]:
    """A case as `rp-mw decide` takes it, with the sender's own order; without a number nothing has left."""
    tracking = [{"company": "UPS", "number": number, "url": "https://www.ups.com/track"}] if number else []
    order = {
        "order_id": "5001",
        "name": "#1001",
        "created_at_epoch_ms": 1_795_550_400_000 - 86_400_000,
        "fulfillment_status": "FULFILLED" if number else "UNFULFILLED",
        "delivery_status": "IN_TRANSIT" if number else None,
        "shipped_at_epoch_ms": 1_795_550_400_000 - 3_600_000 if number else None,
        "financial_status": "PAID",
        "shipping_method": "Standard",
        "destination_country": "US",
        "tracking": tracking,
    }
    return {
        "now": 1_795_550_400_000,
        "text": "Where is my order #1001?",
        "classification": {"intents": [{"label": "order_status_tracking", "confidence": 0.98}]},
        "ticket": {"contacts": ["ana@mail.example"]},
        "flags": {"automation_enabled": True, "automation_enabled_channels": ["email"], "rollout_stage": "tier2"},
        "order": {"order": order, "contacts": ["ana@mail.example"]},
    }


def test_a_value_that_is_not_in_the_text_is_a_mistake_of_the_row() -> None:
    """It would count as masked wherever it is not."""
    with pytest.raises(ValueError, match="not in the row's text"):
        CHECKS["masked"](outcome("nothing here"), ("1234",))


def test_blank_lines_differ_only_where_the_row_says_so() -> None:
    """The note decides."""
    assert not CHECKS["clean_text"](outcome("a\n\nb"), ("a\nb",))
    assert CHECKS["clean_text"](outcome("a\n\nb", note="blank lines may differ"), ("a\nb",))


def test_the_helpdesks_ticket_becomes_a_case() -> None:
    """Subject, sender, recipient and the comments' bodies are what the reader of cases takes."""
    comment = {"id": "c1", "plain_body": "Hello", "created_at": "2026-11-24T19:59:00Z", "is_operator": False}
    people = {"from": {"address": "a@mail.example", "name": "A"}, "to": {"address": "help@shop.example"}}
    ticket = {"subject": "S", "via": {"channel": "email", "source": people}, "comments": [comment]}
    given = to_case(row(json.dumps({"ticket": ticket})))["ticket"]
    assert (given["subject"], given["sender_address"], given["sender_name"]) == ("S", "a@mail.example", "A")
    assert given["recipient_address"] == "help@shop.example"
    assert given["messages"][0]["raw_text"] == "Hello" and not given["messages"][0]["raw_is_html"]


def test_an_answer_to_our_question_has_the_question_in_the_air() -> None:
    """The note before the body is no part of it."""
    given = to_case(row("[state: we asked for the order number 5 minutes ago] 1001"))
    assert given["raw_text"] == "1001"
    assert given["state"]["pending"]["kind"] == "awaiting_order_number"


def test_a_note_names_the_sender() -> None:
    """Only rows that were run on the local system carry one; elsewhere an address is the customer's word."""
    sent = to_case(row("noreply@carrier.example: Your parcel", row_id="live-1"))
    assert sent["ticket"]["sender_address"] == "noreply@carrier.example" and sent["raw_text"] == "Your parcel"
    assert to_case(row("noreply@carrier.example: Your parcel"))["raw_text"].startswith("noreply@")


def test_a_sure_case_is_sure_of_an_order_question() -> None:
    """The model is not asked then."""
    sure = to_sure_case(to_case(row(LATE)))
    assert "classify" not in sure and sure["classification"]["intents"][0]["confidence"] == 0.99


def test_rows_that_fail_name_the_check() -> None:
    """Only what does not hold."""
    checks = (Check("escalated"), Check("no_text"), Check("not_escalated"))
    assert find_failed(row(LATE), checks, load_policy()) == ["escalated", "no_text"]


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: float) -> tuple[int, dict[str, Any]]:
    """The command on three rows: one right, one wrong, one that no check covers."""
    rows = [
        {"id": "right", "kind": "near miss escalated", "input": LATE, "expected": "not escalated"},
        {"id": "wrong", "kind": "near miss escalated", "input": THREAT, "expected": "not escalated"},
        {"id": "open", "kind": "another", "input": LATE, "expected": "as one likes"},
    ]
    path, gates = tmp_path / "rows.jsonl", tmp_path / "gates.yaml"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    gates.write_text(f"near_misses: {{min: {limit}}}", "utf-8")
    code = main(["eval-field", str(path), "--policy", str(policy_directory()), "--gates", str(gates), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_figures_count_rows_and_a_gate_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half of the rows hold: a gate of one half stands, one above breaks and is named."""
    code, found = run(tmp_path, capsys, 0.5)
    assert code == 0 and found["broken"] == []
    assert found["figures"]["near_misses"] == {"share": 0.5, "found": 1, "total": 2}
    assert found["figures"][BY_CODE]["found"] == 2 and found["figures"][ALL]["total"] == 2
    assert found["by_hand"] == ["open"] and found["wrong"] == {"wrong": ["not_escalated"]}
    code, found = run(tmp_path, capsys, 0.51)
    assert code == FINDING and found["broken"] == ["near_misses 0.5 is below 0.51"]


def test_silence_counts_only_what_forbids() -> None:
    """An escalation that is missed without a reply is wrong, and yet silent."""
    report, checks = Report(), (Check("escalated"), Check("no_reply_however_sure"))
    report.add(row("a"), checks, ["escalated"])
    report.add(row("b"), checks, ["no_reply_however_sure"])
    report.add(row("c"), (Check("escalated"),), [])
    assert report.figures()[SILENCE] == {"share": 0.5, "found": 1, "total": 2}
    assert report.figures()[ALL]["found"] == 1


def test_a_language_nobody_is_answered_in_has_its_own_figure() -> None:
    """What is asked of the six served ones is not diluted, nor spoilt."""
    found = load_expectations()
    kind = "other language: tier-0 words not seen"
    assert found.find_figures(kind, "lang-sv-legal") == ("unserved_languages",)
    assert found.find_figures(kind, "lang-de-legal") == ("tier0_other_languages",)


def test_a_row_without_a_field_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line and what is missing."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "kind": "b", "input": "c"}', "utf-8")
    assert main(["eval-field", str(path)]) == 1
    assert "line 1: expected is missing" in capsys.readouterr().err


def test_the_shipped_gates_name_figures_that_exist() -> None:
    """A gate on a figure that nothing is counted for would always be broken."""
    gates = yaml.safe_load((ROOT / "eval-field.yaml").read_text("utf-8"))
    assert set(gates) - {BY_CODE, SILENCE} <= set(load_expectations().figures)
    assert gates[BY_CODE]["min"] * 1213 >= 900
