"""What the backtest calls an intent is what `rp-mw eval` calls it, row by row, whatever the export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rp_mw_ops.backtest.json_export import JsonExport
from rp_mw_ops.backtest.outcome import judge
from rp_mw_ops.backtest.their_team import TeamSigns
from rp_mw_ops.eval.classifiers import make_choice, make_classifier
from rp_mw_ops.eval.measure import predict
from rp_mw_ops.eval.rows import Row
from tests.fakes.policy import load_policy
from tests.unit.ops.backtest.exports import Written, write_gorgias, write_richpanel, write_zendesk

MESSAGES = Path(__file__).parents[3] / "data" / "screen" / "messages.jsonl"
WRITERS = {"zendesk": write_zendesk, "gorgias": write_gorgias, "richpanel": write_richpanel}


@pytest.fixture(scope="module")
def expected():
    """Each English message with the label and confidence that `rp-mw eval` gives it."""
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    texts = [row["text"] for row in rows if row["lang"] == "en"]
    classify, policy = make_classifier("embedded"), load_policy()
    found = [predict(Row(str(at), text, "unknown_other", "x"), classify, policy) for at, text in enumerate(texts)]
    return [(text, one.label, one.confidence) for text, one in zip(texts, found, strict=True)]


@pytest.mark.parametrize("helpdesk", WRITERS)
def test_each_rows_intent_and_confidence_are_evals(helpdesk, expected, tmp_path):
    tickets = [Written(str(number), text, "") for number, (text, _, _) in enumerate(expected)]
    choice, policy = make_choice("embedded", {}), load_policy()
    signs, compared = TeamSigns.of(policy, {}), 0
    for ticket in JsonExport(WRITERS[helpdesk](tmp_path / "export.json", tickets)).tickets():
        outcome = judge(ticket, policy, choice, signs)
        if outcome.left_out or outcome.language != "en":
            continue
        assert (outcome.intent, outcome.confidence) == expected[int(ticket.ticket)][1:], ticket.ticket
        compared += 1
    assert compared >= 0.8 * len(tickets)
