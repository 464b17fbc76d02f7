"""What the backtest calls an intent is what `rp-mw eval` calls it, row by row."""

from __future__ import annotations

import json
from pathlib import Path

from rp_mw_ops.backtest.json_export import JsonExport
from rp_mw_ops.backtest.outcome import judge
from rp_mw_ops.eval.classifiers import make_choice, make_classifier
from rp_mw_ops.eval.measure import predict
from rp_mw_ops.eval.rows import Row
from tests.fakes.policy import load_policy
from tests.unit.ops.backtest.exports import Written, write_zendesk

MESSAGES = Path(__file__).parents[3] / "data" / "screen" / "messages.jsonl"


def test_each_rows_intent_and_confidence_are_evals(tmp_path):
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    english = [row["text"] for row in rows if row["lang"] == "en"]
    tickets = [Written(str(number), text, "") for number, text in enumerate(english)]
    choice, classify, policy = make_choice("embedded", {}), make_classifier("embedded"), load_policy()
    compared = 0
    for ticket in JsonExport(write_zendesk(tmp_path / "export.jsonl", tickets)).tickets():
        outcome = judge(ticket, policy, choice)
        if outcome.left_out or outcome.language != "en":
            continue
        expected = predict(Row(ticket.ticket, english[int(ticket.ticket)], "unknown_other", "x"), classify, policy)
        assert (outcome.intent, outcome.confidence) == (expected.label, expected.confidence), ticket.ticket
        compared += 1
    assert compared >= 0.8 * len(english)
