"""`make screenshots`: every page of the console in light, dark and on a phone, into docs/console/.

The last decisions are the real worker's; the days before are made up (`sample_days`) and agree with each other, with
the metrics and from page to page. Every clock shows three in the afternoon, so that today has hours to show.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from rp_mw_local.emulator import Emulator
from rp_mw_local.functions.run_clock import RunClock
from rp_mw_local.functions.scaled_time.scaled_clock import scale_time
from rp_mw_ops.figures.period import utc_day
from rp_mw_ops.finding import open_days
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms
from rp_mw_worker.day_sums import refresh_sums
from rp_mw_worker.domain.figures import is_decision
from tests.browser.sample_days import write_days, write_metrics
from tests.fakes.console import Serving, serving
from tests.fakes.shop_at_work import ESCALATED, RETURNED, ShopAtWork

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "console"
PAGES = {"today": "/", "live": "/live", "failed": "/failed", "switches": "/switches", "reports": "/reports"}
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
_DAYS = 31
_SHOWN_HOUR = 15
_BEGINS_SECONDS_AGO = 200.0
# a clock can be made to run faster, not to be ahead: this much faster, counted from long enough ago, is ahead
_FASTER = 1e-5
_SETTLED_MS = 700


AHEAD = """(() => { const Real = Date, ahead = %d; globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
  static now() { return Real.now() + ahead; } }; })();"""


def main() -> int:
    """Draw all of them; 1 where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("screenshots: there is no chromium here: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    ahead_ms = ahead_of_now_ms(SystemClock().now_epoch_ms())
    clock = ahead_clock(ahead_ms)
    scale_time(clock.scale, clock.anchor_ns)
    with Emulator(added_environment=clock.environment()) as emulator, sync_playwright() as playwright:
        shop = ShopAtWork(emulator.client, "local", begins_seconds_ago=_BEGINS_SECONDS_AGO)
        chosen = furnish(shop)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with serving(lambda: shop.environment) as running:
            for look, options in LOOKS.items():
                for name, path in {**PAGES, "story": f"/conversation?id={chosen}"}.items():
                    with opened(browser, running, path, options, ahead_ms) as page:
                        page.screenshot(path=FOLDER / f"{name}-{look}.png")
        browser.close()
    sys.stdout.write(f"{len(LOOKS) * (len(PAGES) + 1)} pictures in docs/console\n")
    return 0


def ahead_of_now_ms(now: int) -> int:
    """Return how far ahead the shown hour is, milliseconds."""
    shown = parse_iso_ms(utc_day(now)) + _SHOWN_HOUR * MS_PER_HOUR
    return (shown - now) % MS_PER_DAY


def ahead_clock(ahead_ms: int) -> RunClock:
    """Return a clock that is so far ahead, and stays so within a second a day."""
    return RunClock(1.0 + _FASTER, SystemClock().now_epoch_ms() * 1_000_000 - round(ahead_ms * 1_000_000 / _FASTER))


def furnish(shop: ShopAtWork) -> str:
    """Let a day pass at the shop; return a conversation worth reading."""
    now = SystemClock().now_epoch_ms()
    write_days(shop.environment, _DAYS, now)
    refresh_sums(open_days(shop.environment), now, lambda: 10**9)
    chosen = shop.asks(ESCALATED, "ana@example.com")
    for number in range(4):
        shop.asks(RETURNED, f"customer{number}@example.com")
    shop.asks("Haben Sie das auch in Blau?", "dora@example.com")
    shop.asks("Stop calling me, I will sue you, my lawyer is informed", "ed@example.com")
    shop.fails(shop.asks(RETURNED, "fay@example.com"))
    rows = open_days(shop.environment).load_rows(utc_day(now))
    write_metrics(
        shop.environment, [parse_iso_ms(str(row["ts_action_id"])[:24]) for row in rows if is_decision(row)], 1
    )
    return chosen


@contextmanager
def opened(browser: Browser, running: Serving, path: str, options: dict[str, object], ahead_ms: int) -> Iterator[Page]:
    """The page, settled, in a browser whose clock is ahead as well."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.add_init_script(AHEAD % ahead_ms)
    page = context.new_page()
    page.goto(running.entrance)
    page.goto(running.access.url.rstrip("/") + path)
    page.wait_for_selector("#main h1")
    page.wait_for_timeout(_SETTLED_MS)
    yield page
    context.close()


if __name__ == "__main__":
    sys.exit(main())
