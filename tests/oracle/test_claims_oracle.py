"""A sample of every kind of order, decided and judged by the oracle; and the oracle itself judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest

from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain import order_answer
from rp_mw_worker.domain.gates import reply as claims_gate
from tests.fakes.policy import load_policy
from tests.oracle.judge import false_sentences
from tests.oracle.shop import DATES, SHOPS, UPS, order, parcel
from tests.oracle.table import LEAST_SHARE, Row, is_right, judge_all
from tests.oracle.truth import Order

STANDARD = replace(load_policy().shipping.methods["standard"], countries=("US",))
METHODS = {**load_policy().shipping.methods, "standard": STANDARD}
POLICY = replace(load_policy(), shipping=replace(load_policy().shipping, methods=METHODS))
EVERY = 499
LABEL = order([parcel("LABEL_PRINTED", DATES[0], [UPS], 4)], 4)
MOVING = order([parcel("IN_TRANSIT", DATES[2], [UPS], 4)], 4)
WRONG = "<p>Your order #1001 is on its way.</p>"


def total(rows: dict[str, Row]) -> tuple[int, int, int]:
    """False claims, orders whose facts hold the answer, and those of them answered."""
    return tuple(sum(getattr(row, key) for row in rows.values()) for key in ("false", "holding", "answered"))  # type: ignore[return-value]


def lie(*_: object) -> tuple[str, Reason]:
    """Good news about whatever there is."""
    return order_answer.STATUS, Reason.OK


def test_no_sentence_is_false_and_what_the_facts_hold_is_told() -> None:
    """Each kind of order, asked plainly and called late; no silence without a reason."""
    rows = judge_all(POLICY, EVERY)
    examples = [example for row in rows.values() for example in row.examples]
    false, holding, answered = total(rows)
    assert (false, is_right(rows.values())) == (0, True), examples
    assert holding > 100 and answered >= LEAST_SHARE * holding


def test_every_kind_of_order_is_made() -> None:
    """No kind is empty, so no row of the table is true of nothing."""
    assert all(next(islice(make(), 500, None), None) for make in SHOPS.values())


def test_the_ledger_stops_a_choice_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever answer is chosen, a claim without its fact does not go out."""
    monkeypatch.setattr(order_answer, "_choose", lie)
    rows = judge_all(POLICY, EVERY)
    assert total(rows)[0] == 0
    assert sum(row.reasons[Reason.CLAIM_UNPROVED.value] for row in rows.values()) > 10


def test_the_oracle_sees_it_when_the_ledger_is_broken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The breakage on purpose: a wrong choice, and nobody who asks for proof."""
    nothing_asked: Callable[..., tuple[()]] = lambda *_: ()  # noqa: E731
    monkeypatch.setattr(order_answer, "_choose", lie)
    monkeypatch.setattr(claims_gate, "prove", nothing_asked)
    assert total(judge_all(POLICY, EVERY))[0] > 10


@pytest.mark.parametrize(
    ("reply", "node", "is_called_late", "false"),
    [
        (WRONG, LABEL, False, ["on its way"]),
        (WRONG, MOVING, False, []),
        (WRONG, MOVING, True, ["on its way"]),
        (WRONG, order([parcel("IN_TRANSIT", DATES[6], [UPS], 20)], 20), False, ["on its way"]),
        ("<p>It left us on Tuesday 11 August.</p>", LABEL, False, ["left us"]),
        ("<p>It was delivered on Monday 10 August.</p>", MOVING, False, ["delivered on"]),
        ("<p>Tracking number: X1</p>", order([parcel("IN_TRANSIT", DATES[2], [], 4)], 4), False, ["number"]),
        ("<p>We will send you a gift.</p>", MOVING, False, ["unknown: We will send you a gift."]),
    ],
)
def test_the_oracle_tells_a_false_sentence(reply: str, node: object, is_called_late: bool, false: list[str]) -> None:
    """A label is not on its way, nor what stands still or is called late; a new sentence has to be judged first."""
    assert false_sentences(reply, Order(node, is_called_late)) == false  # type: ignore[arg-type]
