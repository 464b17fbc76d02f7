"""`make screenshots`: every page of the console in light, dark and on a phone, into docs/console/.

The decisions of today are the real worker's; those of the weeks before are as large as its own and made up, so that the
plots have a past.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.console import fill
from rp_mw_local.emulator import Emulator
from rp_mw_ops.finding import open_days
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.day_sums import refresh_sums
from tests.fakes.console import Serving, serving
from tests.fakes.shop_at_work import ESCALATED, RETURNED, ShopAtWork

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "console"
PAGES = {"today": "/", "live": "/live", "failed": "/failed", "switches": "/switches", "reports": "/reports"}
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
_PAST_ROWS, _PAST_DAYS = 1_200, 30
_SETTLED_MS = 700


def main() -> int:
    """Draw all of them; 1 where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("screenshots: there is no chromium here: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with Emulator() as emulator, sync_playwright() as playwright:
        shop = ShopAtWork(emulator.client, "local")
        chosen = furnish(shop)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with serving(lambda: shop.environment) as running:
            for look, options in LOOKS.items():
                for name, path in {**PAGES, "story": f"/conversation?id={chosen}"}.items():
                    with opened(browser, running, path, options) as page:
                        page.screenshot(path=FOLDER / f"{name}-{look}.png")
        browser.close()
    sys.stdout.write(f"{len(LOOKS) * (len(PAGES) + 1)} pictures in docs/console\n")
    return 0


def furnish(shop: ShopAtWork) -> str:
    """Let a day pass at the shop; return a conversation worth reading."""
    fill(shop.environment, _PAST_ROWS, _PAST_DAYS)
    now = SystemClock().now_epoch_ms()
    refresh_sums(open_days(shop.environment), now, lambda: 10**9)
    chosen = shop.asks(ESCALATED, "ana@example.com")
    for number in range(4):
        shop.asks(RETURNED, f"customer{number}@example.com")
    shop.asks("Haben Sie das auch in Blau?", "dora@example.com")
    shop.asks("Stop calling me, I will sue you, my lawyer is informed", "ed@example.com")
    shop.fails(chosen)
    return chosen


@contextmanager
def opened(browser: Browser, running: Serving, path: str, options: dict[str, object]) -> Iterator[Page]:
    """The page, settled."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(running.entrance)
    page.goto(running.access.url.rstrip("/") + path)
    page.wait_for_selector("#main h1")
    page.wait_for_timeout(_SETTLED_MS)
    yield page
    context.close()


if __name__ == "__main__":
    sys.exit(main())
