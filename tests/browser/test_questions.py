"""The three questions of docs/console/questions.md, answered from the console's pages alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms
from tests.browser.conftest import opened
from tests.browser.questions import Asked, furnish, serving_then, shown_earlier_by_ms
from tests.browser.screenshots import AHEAD
from tests.fakes.console import Serving

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
QUESTIONS = Path(__file__).resolve().parents[2] / "docs" / "console" / "questions.md"


@pytest.fixture(scope="module")
def asked(aws: Callable[[str], Any]) -> Asked:
    """The shop that the page describes."""
    return furnish(aws, "questions")


@pytest.fixture(scope="module")
def console_then(asked: Asked) -> Iterator[Serving]:
    """The console at the shown hour."""
    with serving_then(asked) as running:
        yield running


@pytest.fixture
def today(browser: Browser, console_then: Serving, asked: Asked) -> Iterator[Page]:
    """The first page at the shown hour."""
    with opened(browser, console_then, script=AHEAD % -asked.earlier_ms) as page:
        yield page


def answers(number: int) -> list[str]:
    """What the page says is right, word for word."""
    section = QUESTIONS.read_text("utf-8").split("\n## ")[number]
    assert section.startswith(f"{number}. ")
    return re.findall(r"^> (.*)$", section, re.MULTILINE)


def test_why_a_ticket_went_to_leadership(today: Page, asked: Asked) -> None:
    """Found among the team's tickets, and read in its story: the policy's sentence, then why a person answers."""
    today.get_by_role("link", name="Leadership").click()
    entry = today.locator(".lines a").first
    assert asked.escalated in str(entry.get_attribute("href"))
    entry.click()
    detail = today.get_by_role("region", name="Conversation")
    expect(detail.get_by_role("heading", name="Routed to Leadership")).to_be_visible()
    because, unanswered = answers(1)
    expect(detail.get_by_text(because).first).to_be_visible()
    expect(detail.get_by_text(unanswered).first).to_be_visible()


def test_how_much_was_answered_yesterday(today: Page) -> None:
    """On the first page, below today's."""
    (answer,) = answers(2)
    card = today.locator(".card", has=today.get_by_role("heading", name="Answered", exact=True))
    expect(card.locator(".before")).to_have_text(f"yesterday {answer}")
    handled = today.locator(".card", has=today.get_by_role("heading", name="Messages handled"))
    expect(handled.locator(".before")).to_have_text("yesterday 22")
    assert "Of 22 messages" in QUESTIONS.read_text("utf-8")


def test_what_is_broken_now(today: Page, asked: Asked) -> None:
    """On top of the first page, with the way to the message and its cause."""
    broken, cause = answers(3)
    problems = today.get_by_role("region", name="Needs somebody now")
    expect(problems.get_by_role("listitem")).to_have_count(1)
    expect(problems).to_contain_text(broken)
    problems.get_by_role("link", name="See what failed").click()
    expect(today.get_by_role("heading", level=1)).to_have_text("Failed messages")
    row = today.get_by_role("row", name=asked.failed)
    expect(row).to_contain_text(cause)


@pytest.mark.parametrize("day", ["2026-11-29", "2026-11-30", "2026-12-06", "2028-02-29"])
def test_the_shown_hour_is_the_last_monday_s_whatever_the_day(day: str) -> None:
    """Never ahead, never more than a week ago."""
    for hour in (0, 15, 23):
        now = parse_iso_ms(f"{day}T{hour:02}:00:00")
        shown = now - shown_earlier_by_ms(now)
        assert 0 <= now - shown < 7 * MS_PER_DAY
        assert (shown // MS_PER_DAY + 3) % 7 == 0
        assert shown % MS_PER_DAY == 15 * 3_600_000
