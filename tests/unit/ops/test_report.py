"""Every figure of a report is what its definition says, in every format, by a script that shares no code with it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.commands import report
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.reports import to_outcomes
from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.period import days_until, load_days
from rp_mw_ops.report.definitions import DEFINITIONS, TITLES
from rp_mw_ops.report.formats import to_csv, to_html, to_json, to_text, to_words
from rp_mw_ops.report.lines import Line, to_report_lines
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms, to_utc_text
from rp_mw_worker.domain.figures import FIGURES_VERSION
from tests.oracle.report_figures import DRAFT_ENDS, recompute

LAST = "2026-11-28"
DAYS = days_until(LAST, 14)
NOW = parse_iso_ms(LAST) + MS_PER_DAY + 3_600_000
MEASURES = {"received": 4_321, "model_microdollars": 987_654}
TEAMS = ("Sales", "Backend", "Returns Admin", "Privacy")
INTENTS = ("promo_discount_issue", "return_request", "unknown_other")
ACTIONS = ({}, {"rp_tags": "done"}, {"rp_tags": "done", "rp_reply": "done"}, {"rp_reply": "blocked:agent_replied_last"})
TEMPLATES = ("general_ack", "order_status_verified", "ask_order_number")
ACKNOWLEDGEMENTS = ("general_ack",)
GATES = ([], ["rollout_stage:stage_shadow"], ["tier:tier_ceiling", "language:language_not_served:fi"])
REASONS = ([], ["needs_triage"], ["written_by_machine"])
MARKS = (["mw-wrong-reply"], ["mw-false-claim", "mw-wrong-reply"], ["mw-answered-machine"])


class Rows:
    """The `ReadableDays` port over rows; a kept sum that nobody may use is told wrongly."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def load_rows(self, day: str) -> Iterable[Mapping[str, Any]]:
        """The day's."""
        return [row for row in self.rows if row["day"] == day]

    def load_sums(self, days: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Of yesterday, before tickets were read back."""
        return {day: {"v": FIGURES_VERSION, "decisions": 1} for day in days}


def make_rows(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Decisions over the days, most in conversations of several, a flow that waits, and outcomes, some read twice."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for place in range(number):
        at = parse_iso_ms(dice.choice(DAYS)) + dice.randrange(MS_PER_DAY)
        name, stamp = f"c-{dice.randrange(max(1, number // 2))}", f"{to_utc_text(at)}#{place:012x}"
        decision = {
            "conversation_id": name,
            "ts_action_id": f"{stamp}#decision",
            "day": to_utc_text(at)[:10],
            "outcome": "completed" if dice.random() < 0.97 else "parked",
            "route": dice.choice(TEAMS),
            "intent": dice.choice(INTENTS),
            "actions": dice.choice(ACTIONS),
            "template": dice.choice(TEMPLATES),
            "gates_blocked": dice.choice(GATES),
            "reasons": dice.choice(REASONS),
            "replay": {"t": at, "a": dice.randrange(5_000)},
            "done_at": at + dice.randrange(90_000),
        }
        rows.append(decision)
        if decision["outcome"] == "completed":
            rows += [make_outcome(dice, decision, stamp, at, reading) for reading in range(dice.choice((0, 1, 1, 2)))]
    dice.shuffle(rows)
    return rows


def make_outcome(dice: random.Random, decision: dict[str, Any], stamp: str, at: int, reading: int) -> dict[str, Any]:
    """What a ticket came to, by the dice."""
    read_at = at + (reading + 1) * MS_PER_DAY
    is_sent = decision["actions"].get("rp_reply") == "done"
    values: dict[str, Any] = {
        "conversation_id": decision["conversation_id"],
        "ts_action_id": f"{stamp}#outcome#{read_at}",
        "day": decision["day"],
        "kind": "outcome",
        "read_at": read_at,
        "route": decision["route"],
        "intent": decision["intent"],
        "reply": "sent" if is_sent else dice.choice(("none", "planned")),
        "end": dice.choice(("closed",) * 8 + ("spam", "trashed", "gone")),
        "agreement": dice.choice(("same",) * 6 + ("moved", "unknown", "superseded")),
    }
    if values["agreement"] == "moved":
        values["team"] = dice.choice(TEAMS)
    for field, share in (("agent_ms", 0.6), ("customer_ms", 0.4)):
        values |= {field: dice.randrange(9 * MS_PER_DAY)} if dice.random() < share else {}
    values |= {"draft": dice.choice(DRAFT_ENDS)} if values["reply"] == "planned" and dice.random() < 0.7 else {}
    values |= {"rating": dice.randint(1, 5)} if dice.random() < 0.3 else {}
    return values | ({"marks": dice.choice(MARKS)} if dice.random() < 0.1 else {})


def report_of(rows: list[dict[str, Any]], days: list[str] = DAYS) -> list[Line]:
    """The product's lines."""
    return to_report_lines(load_days(Rows(rows), days, NOW, from_rows=True), MEASURES, NOW, ACKNOWLEDGEMENTS)


def near(value: float | None) -> Any:
    """The value, but for the last digits of a float."""
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("days", [DAYS, DAYS[-1:], DAYS[:7]])
def test_every_figure_is_recomputed_from_the_rows(seed: int, days: list[str]) -> None:
    """All of them, none besides, to the last digit that a float holds."""
    rows = make_rows(1_500, seed)
    told = {(line.figure, line.name): line for line in report_of(rows, days)}
    truth = recompute(rows, days, NOW, MEASURES, ACKNOWLEDGEMENTS)
    assert told.keys() == truth.keys()
    for key, line in told.items():
        assert [line.value, line.hits, line.of, line.low, line.high] == [near(one) for one in truth[key]], key


@pytest.mark.parametrize(("days_later", "words"), [(1, ("0", "0")), (3, ("0", "0")), (4, ("1", "0")), (8, ("1", "1"))])
def test_a_ticket_that_the_customer_opened_again_is_not_resolved(days_later: int, words: tuple[str, str]) -> None:
    """The reading found it closed and quiet; it is open since, so only a later decision of ours tells."""
    at = parse_iso_ms(DAYS[0]) + MS_PER_DAY // 2
    sent = make_rows(1)[0] | {"outcome": "completed", "conversation_id": "c-1", "actions": {"rp_reply": "done"}}
    sent |= {"ts_action_id": f"{to_utc_text(at)}#a#decision", "day": DAYS[0], "done_at": at, "replay": {"t": at}}
    moment = at + days_later * MS_PER_DAY
    again = sent | {"ts_action_id": f"{to_utc_text(moment)}#b#decision", "day": to_utc_text(moment)[:10], "actions": {}}
    outcome = make_outcome(random.Random(1), sent, sent["ts_action_id"].removesuffix("#decision"), at, 0)
    quiet = {name: value for name, value in outcome.items() if name not in ("agent_ms", "customer_ms")}
    rows = [sent, again, quiet | {"end": "closed"}]
    told = {line.figure: line for line in report_of(rows, DAYS[:1])}
    truth = recompute(rows, DAYS[:1], NOW, MEASURES, ACKNOWLEDGEMENTS)
    for window, resolved in zip(("72h", "7d"), words, strict=True):
        assert (told[f"resolved_{window}"].hits, told[f"resolved_{window}"].of) == (int(resolved), 1)
        assert told[f"contacted_again_{window}"].hits == 1 - int(resolved)
        assert truth[f"resolved_{window}", ""][1:3] == (int(resolved), 1)


def test_what_only_acknowledges_is_no_answer() -> None:
    """Answered, acknowledged and handed over are all decisions, and each is one of them."""
    told = {line.figure: line for line in report_of(make_rows(300))}
    parts = [told[figure].hits for figure in ("answered", "acknowledged", "handed_over")]
    assert None not in parts and sum(part or 0 for part in parts) == told["decided"].value
    assert all(part and part > 10 for part in parts)


def test_the_ends_of_drafts_are_shares_of_the_drafts_read_back() -> None:
    """Each of the four, also where none ended so, and in every format."""
    at = parse_iso_ms(DAYS[0])
    made = make_rows(1)[0] | {"outcome": "completed", "actions": {}}
    ends = ["edited", "edited", "sent_unchanged", "unanswered"]
    rows = [
        make_outcome(random.Random(1), made | {"conversation_id": f"c-{place}", "day": DAYS[0]}, f"{DAYS[0]}#a", at, 0)
        | {"reply": "planned", "draft": end}
        for place, end in enumerate(ends)
    ]
    lines = report_of(rows)
    found = {line.name: (line.hits, line.of) for line in lines if line.figure == "draft_ended"}
    assert found == {"sent_unchanged": (1, 4), "edited": (2, 4), "not_used": (0, 4), "unanswered": (1, 4)}
    assert next(line.value for line in lines if line.figure == "drafts") == 4
    shown = "\n".join(to_text("prod", lines)) + to_html("prod", lines) + to_csv(lines)
    assert all(shown.count(end) >= 3 for end in found)


def test_a_period_without_anything_has_no_shares() -> None:
    """Counts are nought, shares and times are a dash."""
    truth = recompute([], DAYS, NOW, MEASURES)
    lines = report_of([])
    assert {(line.figure, line.name): line.value for line in lines} == {key: told[0] for key, told in truth.items()}
    assert {line.figure: to_words(line) for line in lines}["agreement"] == "-"


def test_each_figure_has_its_definition_in_every_format() -> None:
    """Text, page, CSV and JSON: no figure without what it is."""
    lines = report_of(make_rows(300))
    shown = {line.figure for line in lines}
    assert shown == DEFINITIONS.keys() == TITLES.keys()
    text = re.sub(r"\s*\n\s*\|?\s*", " ", "\n".join(to_text("prod, 2026-11-28", lines)))
    page = to_html("prod, 2026-11-28", lines)
    rows = list(csv.DictReader(io.StringIO(to_csv(lines))))
    told = json.loads(json.dumps(to_json(DAYS[0], LAST, lines)))["lines"]
    for figure in shown:
        assert DEFINITIONS[figure] in text
        assert DEFINITIONS[figure].replace("'", "&#x27;").replace(">", "&gt;") in page
        assert {row["definition"] for row in rows if row["figure"] == figure} == {DEFINITIONS[figure]}
        assert {one["definition"] for one in told if one["figure"] == figure} == {DEFINITIONS[figure]}
    assert len(rows) == len(told) == len(lines)


def test_the_page_of_the_documents_has_every_definition() -> None:
    """As it stands beside the figures."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "report.md").read_text("utf-8")
    assert [f"| {TITLES[figure]} | {told} |" in page for figure, told in DEFINITIONS.items()] == [True] * len(TITLES)


def test_the_page_loads_nothing() -> None:
    """No script, no address."""
    page = to_html("prod, 2026-11-28", report_of(make_rows(300)))
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    assert set(re.findall(r"https?://[^\"' ]+", page)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Line("agreement", 0.9, "share", "", 90, 100, 0.8256, 0.9448), "90.0 % (90 of 100, 95 %: 82.6 % to 94.5 %)"),
        (Line("waited_p50", 5_400_000, "ms"), "1.5 h"),
        (Line("first_answer_p50", 1_500, "ms"), "1.5 s"),
        (Line("model_cost", 1.25, "dollars"), "1.2500 dollars"),
        (Line("decided", 12_345), "12,345"),
        (Line("rating", 4.25, "stars", of=8), "4.25 of 5 (8)"),
    ],
)
def test_a_figure_is_told_with_its_unit(line: Line, words: str) -> None:
    """And a share with what it is of."""
    assert to_words(line) == words


def test_the_console_shows_the_reports_lines() -> None:
    """Resolution and agreement of the same days are the same figures; a console that has read nothing shows dashes."""
    feed = Feed(lambda: pytest.fail("nothing is read here"), FakeClock(), is_local=True)
    assert {line["words"] for line in to_outcomes(feed) if line["unit"] == "share"} == {"-"}
    days = load_days(Rows(make_rows(400)), DAYS, NOW, from_rows=True)
    feed.parts["history"].value, feed.parts["history"].read_at = days, NOW
    shown = to_outcomes(feed)
    told = {(line.figure, line.name): line for line in to_report_lines(days, MEASURES, NOW)}
    assert len(shown) > 20
    assert {"resolved_72h", "agreement", "agreement_by_team", "wrong_replies"} <= {line["figure"] for line in shown}
    for line in shown:
        assert line["words"] == to_words(told[line["figure"], line["name"]])


def test_publishing_in_prod_asks_for_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read or written: a mail cannot be taken back."""
    prod = Environment(load_topology("prod"), lambda service: pytest.fail(f"{service} was asked"))
    monkeypatch.setattr(report, "open_environment", lambda _: prod)
    page = tmp_path / "page.html"
    assert main(["report", "--publish", "--html", str(page), "--env", "prod"]) == 2
    assert "publishing a report in prod needs --confirm prod" in capsys.readouterr().err
    assert not page.exists()
