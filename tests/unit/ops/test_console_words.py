"""What the console makes of a row and of the switches: the commands' words, and never a reply that was none."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.lines import count_facets, is_shown, to_line
from rp_mw_ops.console.views import find_problems, state_sentences, ticket_link
from rp_mw_ops.errors import OpsError, find_complaint
from rp_mw_ops.flags import to_automation
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import ConfigurationError, TransientError
from rp_mw_worker.domain.figures import add_up

LIVE = {
    "safe_mode": "false",
    "automation_enabled": "true",
    "automation_enabled_channels": "email",
    "rollout_stage": "tier2",
    "stage_ceiling": "tier2",
    "notes_are_private": "false",
    "disabled_templates": "none",
    "classifier": "embedded",
    "chat_codes": "false",
}


def row(**values: Any) -> dict[str, Any]:
    """A row of the audit trail."""
    return {
        "conversation_id": "c",
        "ts_action_id": "2026-11-23T04:29:03.445Z#9c3d126e9f1b#decision",
        "outcome": "completed",
        "mode": "live",
        "route": "Sales",
        **values,
    }


def test_a_line_says_why_there_was_no_reply_the_heaviest_reason_first() -> None:
    """The gates that blocked; a reply stopped at the last moment says by what; an answered one says nothing."""
    blocked = row(gates_blocked=["language:language_not_served:fi", "screen:tier0_word"], reasons=["x"])
    stopped = row(template="t", actions={"rp_reply": "blocked:safe_mode"})
    sent = row(template="t", actions={"rp_reply": "done"}, gates_blocked=["hours:outside_hours"])
    assert [to_line(one)["whys"] for one in (blocked, stopped, sent)] == [
        ["tier0_word", "language_not_served"],
        ["safe_mode"],
        [],
    ]


def test_a_guess_is_nobodys_topic() -> None:
    """A message below the threshold is not clear, and mail of a machine is a machine's; what is escalated is itself."""
    guessed = row(intent="return_request", confidence=0.31, reasons=["needs_triage"], tags=["mw-needs-manual-triage"])
    machine = row(intent="promo_discount_issue", reasons=["written_by_machine", "needs_triage"])
    escalated = row(intent="legal_threat", reasons=["needs_triage"], tags=["mw-escalated"])
    unsure = row(intent="refund_request", reasons=["uncertain"])
    rows = [guessed, machine, escalated, unsure, row()]
    assert [to_line(one)["intent"] for one in rows] == ["not_clear", "machine", "legal_threat", "refund_request", "-"]
    assert to_line(guessed)["guess"] == "return_request"
    assert add_up(rows).intents == {to_line(one)["intent"]: 1 for one in rows}
    assert state_sentences({"last_route": "Sales", "last_intent": "return_request"}, "not_clear")[0].startswith(
        "Last sent to Sales, as it is not clear what it is about, on "
    )


def test_filters_of_one_kind_widen_and_of_two_kinds_narrow() -> None:
    """Team Sales or Backend, and answered."""
    lines = [
        to_line(row(route=team, template="t", actions=actions))
        for team in ("Sales", "Backend", "Leadership")
        for actions in ({"rp_reply": "done"}, {"rp_reply": "blocked:safe_mode"})
    ]
    wanted = {"team": frozenset({"Sales", "Backend"}), "outcome": frozenset({"sent"})}
    assert [line["team"] for line in lines if is_shown(line, wanted)] == ["Sales", "Backend"]
    facets = count_facets(lines, wanted)
    assert dict(facets["team"]) == {"Sales": 1, "Backend": 1, "Leadership": 1}
    assert dict(facets["outcome"]) == {"sent": 2, "blocked": 2}
    assert dict(facets["reason"]) == {}


def test_a_filter_that_nothing_fits_any_more_can_still_be_taken_off() -> None:
    """It is listed with nought."""
    assert count_facets([], {"team": frozenset({"Sales"})})["team"] == [("Sales", 0)]


def test_lines_are_filtered_by_any_of_their_reasons() -> None:
    """Not only by the heaviest."""
    line = to_line(row(gates_blocked=["screen:tier0_word", "hours:outside_hours"]))
    assert is_shown(line, {"reason": frozenset({"outside_hours"})})
    assert not is_shown(line, {"reason": frozenset({"follow_up"})})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "on, up to tier2, for email"),
        ({"safe_mode": "true"}, "safe_mode is on"),
        ({"automation_enabled": "false"}, "automation_enabled is false"),
        ({"automation_enabled": "false", "rollout_stage": "shadow"}, "shadow, decisions are only recorded"),
        ({"rollout_stage": "assign"}, "stage assign"),
        ({"rollout_stage": "everything"}, "flag_malformed"),
        ({"classifier": None}, "flag_missing"),
    ],
)
def test_replies_are_on_only_where_every_switch_says_so(changed: dict[str, str | None], words: str) -> None:
    """Read as the worker reads them, failing closed."""
    said = to_automation(LIVE | changed)
    assert words in said["said"]
    assert said["is_on"] is (not changed)


def fed(**values: Any) -> Feed:
    """A feed that has read these values."""

    def nowhere() -> Any:
        raise OpsError("not here")

    feed = Feed(nowhere, FakeClock(), is_local=True)
    for name, value in values.items():
        feed.parts[name].value = value
    return feed


def test_what_is_broken_is_told_the_worst_first_with_where_to_go() -> None:
    """A part that cannot be read, replies that are off, failed messages, and what the last hour's metrics say."""
    feed = fed(
        switches={"automation": {"is_on": False, "said": "off: safe_mode is on"}},
        queues=[{"queue": "events", "dead": 2}],
        metrics={"hour": {"in_doubt": 1, "shopify_errors": 3}},
    )
    feed.parts["rows"].problem = "no table"
    problems = find_problems(feed)
    assert [(one["level"], one["page"]) for one in problems] == [
        ("bad", None),
        ("off", "/switches"),
        ("bad", "/failed"),
        ("warn", None),
        ("warn", None),
    ]
    assert "2 customers' messages could not be handled" in problems[2]["text"]
    assert [one["text"] for one in problems[3:]] == [
        "1 reply was perhaps not sent (look at the ticket tagged mw-send-unknown) within the last hour.",
        "3 calls of Shopify failed within the last hour.",
    ]


def test_what_cannot_be_read_for_one_cause_is_one_line() -> None:
    """And for each other cause another."""
    feed = fed()
    for name in ("switches", "queues", "history"):
        feed.parts[name].problem = "AWS cannot be reached"
    feed.parts["metrics"].problem = "not allowed"
    assert [one["text"] for one in find_problems(feed)] == [
        "The switches, the waiting messages and the days before cannot be read: AWS cannot be reached",
        "The vendors' health cannot be read: not allowed",
    ]
    for part in feed.parts.values():
        part.problem = "nothing runs"
    (told,) = find_problems(feed)
    assert told["text"] == "Today's messages, the switches and everything else cannot be read: nothing runs"


def test_nothing_broken_is_nothing_told() -> None:
    """So that the page can say so."""
    feed = fed(switches={"automation": {"is_on": True, "said": "on"}}, queues=[{"queue": "events", "dead": 0}])
    assert find_problems(feed) == []


def test_a_ticket_is_linked_where_somebody_said_how() -> None:
    """A mail's Message-ID is one segment of the address."""
    assert ticket_link(None, "c") is None
    assert ticket_link("https://desk.example/t/{id}", "<a@b>") == "https://desk.example/t/%3Ca%40b%3E"


def test_an_error_is_told_with_its_cause() -> None:
    """So that missing credentials can be told from a missing network."""
    error = TransientError("AWS could not be reached", code="x")
    error.__cause__ = OSError("private words")
    assert find_complaint(error) == "AWS could not be reached (OSError)"
    assert find_complaint(ConfigurationError(["a is missing", "b is wrong"])) == "a is missing; b is wrong"
