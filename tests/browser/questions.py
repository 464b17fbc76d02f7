"""The shop of docs/console/questions.md: a Monday at three in the afternoon, the same in every week it is made in.

The month before is `sample_days`, whose figures follow from the weekday; the last tickets are the real worker's.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from playwright.sync_api import sync_playwright

from rp_mw_local.emulator import Emulator
from rp_mw_ops.console import serving as console_serving
from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.period import utc_day
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms
from tests.browser import screenshots
from tests.browser.sample_days import write_days
from tests.fakes.console import Serving, serving
from tests.fakes.shop_at_work import RETURNED, ShopAtWork

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "questions"
THREATENED = "Stop calling me, I will sue you, my lawyer is informed"
_DAYS = 31
_SHOWN_HOUR = 15
_DAYS_A_WEEK = 7
# the epoch began on a Thursday
_EPOCH_WEEKDAY = 3
_TICKETS_BEGIN_SECONDS_BEFORE = 120.0


class EarlierClock(SystemClock):
    """The time of so many milliseconds ago, going on as time does."""

    def __init__(self, earlier_ms: int) -> None:
        self._earlier_ms = earlier_ms

    def now_epoch_ms(self) -> int:
        """Return epoch milliseconds."""
        return super().now_epoch_ms() - self._earlier_ms


class Asked(NamedTuple):
    """The environment, its clock, and the tickets that the questions are about."""

    environment: Environment
    earlier_ms: int
    escalated: str
    failed: str


def shown_earlier_by_ms(now: int) -> int:
    """Return how long ago the last Monday's shown hour is, milliseconds."""
    today = parse_iso_ms(utc_day(now))
    monday = today - (today // MS_PER_DAY + _EPOCH_WEEKDAY) % _DAYS_A_WEEK * MS_PER_DAY
    return (now - monday - _SHOWN_HOUR * MS_PER_HOUR) % (_DAYS_A_WEEK * MS_PER_DAY)


def furnish(aws: Callable[[str], Any], name: str) -> Asked:
    """Let the month pass, then three tickets: one answered, one for Leadership, one that could not be handled."""
    now = SystemClock().now_epoch_ms()
    earlier_ms = shown_earlier_by_ms(now)
    shop = ShopAtWork(aws, name, begins_seconds_ago=earlier_ms / 1000 + _TICKETS_BEGIN_SECONDS_BEFORE)
    write_days(shop.environment, _DAYS, now - earlier_ms)
    shop.asks(RETURNED, "bo@example.com")
    escalated = shop.asks(THREATENED, "ed@example.com")
    failed = shop.asks(RETURNED, "fay@example.com")
    shop.fails(failed)
    return Asked(shop.environment, earlier_ms, escalated, failed)


def main() -> int:
    """Draw what a fresh reader gets into build/questions; 1 where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("questions: there is no chromium here: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Emulator() as emulator, sync_playwright() as playwright:
        asked = furnish(emulator.client, "local")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with serving_then(asked) as running:
            for name, path in pages(asked).items():
                with screenshots.opened(
                    browser, running, path, dict(screenshots.LOOKS["light"]), -asked.earlier_ms
                ) as page:
                    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
        browser.close()
    sys.stdout.write(f"{len(pages(asked))} pictures in {FOLDER.relative_to(ROOT)}\n")
    return 0


def pages(asked: Asked) -> dict[str, str]:
    """Return the pages that a reader gets, by name."""
    story = f"/conversation?id={asked.escalated}"
    return {"today": "/", "live": "/live", "leadership": "/live?team=Leadership", "story": story, "failed": "/failed"}


@contextmanager
def serving_then(asked: Asked) -> Iterator[Serving]:
    """Serve the console as it would have been at the shown hour."""
    then = EarlierClock(asked.earlier_ms)
    with mock.patch.object(console_serving, "SystemClock", lambda: then), serving(lambda: asked.environment) as running:
        yield running


if __name__ == "__main__":
    sys.exit(main())
