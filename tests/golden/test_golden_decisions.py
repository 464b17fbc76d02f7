"""The decisions everybody can read: decisions.csv, one row a case, and nothing of the policy without a row."""

from __future__ import annotations

import pytest

from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.codes import ORDER_CODE_MAIL
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.gates.report import GATE_NAMES
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.tags import Tag
from tests.fakes.policy import load_policy
from tests.golden.golden_cases import GoldenRow, read_rows

POLICY = load_policy()
ROWS = read_rows(POLICY)
NEVER_BLOCKS = {"business_hours"}
SET_BY_THE_WORKER = {
    Tag.TOO_LARGE,
    Tag.REPLY_BLOCKED,
    Tag.SEND_UNKNOWN,
    Tag.CODE_MAIL,
}  # where a decision is not made, or after it

GIVEN_WHILE_SENDING = {Reason.COOLDOWN_DOMAIN.value, Reason.REPLY_UNFIT.value}  # known when the reply is there


def outcome(decision: Decision) -> str:
    """A decision in the words of the table."""
    if decision.order_question:
        return f"lookup {decision.order_question.by}"
    if decision.template_id is None:
        return "none"
    return f"{'reply+close' if decision.close_ticket else 'reply'} {decision.template_id}"


def codes(decision: Decision) -> set[str]:
    """Every `gate:code` of the report and every routing reason."""
    return {f"{gate.gate}:{gate.code}" for gate in decision.gates} | set(decision.reasons)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_row_is_decided_as_written(row: GoldenRow) -> None:
    """Team, outcome, reason codes and tags are what the table says."""
    decision = decide(row.case, row.policy)
    assert (decision.route_team, outcome(decision)) == (row.team, row.outcome), decision.reasons
    assert set(row.codes) <= codes(decision), codes(decision)
    assert set(row.tags) <= set(decision.tags)
    blocked = [gate for gate in decision.gates if not gate.allowed]
    assert bool(blocked) == (row.outcome == "none" or row.outcome.startswith("lookup"))


def test_row_names_differ() -> None:
    """Each row says something of its own."""
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))


def test_every_template_has_a_row() -> None:
    """No reply is sent that no row shows; a one-time code's mail is none."""
    shown = {row.outcome.split()[-1] for row in ROWS if row.outcome.startswith("reply")}
    assert shown == set(POLICY.templates.templates) - {ORDER_CODE_MAIL}


def test_every_gate_has_a_row_where_it_blocks() -> None:
    """No gate can be lost unnoticed."""
    blocking = {gate.gate for row in ROWS for gate in decide(row.case, row.policy).gates if not gate.allowed}
    assert set(GATE_NAMES) - blocking == NEVER_BLOCKS


def test_every_reason_code_has_a_row() -> None:
    """No reason code is left that nothing gives."""
    named = {code.split(":")[-1] for row in ROWS for code in row.codes}
    assert {reason.value for reason in Reason} - named == GIVEN_WHILE_SENDING


def test_every_label_has_a_row() -> None:
    """No label is left whose team no row shows."""
    leading = {decide(row.case, row.policy).intent for row in ROWS}
    assert leading == set(POLICY.intents)


def test_every_team_and_tag_has_a_row() -> None:
    """No team and no tag is left that no row shows."""
    decisions = [decide(row.case, row.policy) for row in ROWS]
    assert {decision.route_team for decision in decisions} == set(POLICY.settings.teams)
    given = {tag for decision in decisions for tag in decision.tags}
    assert {tag.value for tag in Tag} - given == {tag.value for tag in SET_BY_THE_WORKER}
