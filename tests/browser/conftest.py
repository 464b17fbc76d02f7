"""A headless Chromium (Debian's package), an environment at work, and the console over it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.fakes.console import Serving, serving
from tests.fakes.shop_at_work import ShopAtWork

MISSING = "there is no chromium here, so the console was not tried in a browser: apt-get install chromium"
# Source: W3C, WCAG 2.2; the width of a common phone
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; where it is missing the tests say so, and in CI they fail."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop(aws: Callable[[str], Any]) -> ShopAtWork:
    """Some decisions are made already."""
    shop = ShopAtWork(aws, "browser")
    shop.asks("I would like to return the blue mug that came last week please", "bo@example.com")
    shop.asks("I filed a chargeback with my bank about order #1002", "cy@example.com")
    return shop


@pytest.fixture(scope="session")
def console(shop: ShopAtWork) -> Iterator[Serving]:
    """The console over it."""
    with serving(lambda: shop.environment) as running:
        yield running


@contextmanager
def opened(browser: Browser, serving: Serving, path: str = "/", *, script: str = "", **options: Any) -> Iterator[Page]:
    """A page of the console as the printed address opens it; an error that the browser reports fails the test.

    `script` runs before the page's own.
    """
    context = browser.new_context(**({"viewport": DESK} | options))
    context.add_init_script(script or "0")
    page, errors = context.new_page(), []
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(serving.entrance)
    if path != "/":
        page.goto(serving.access.url.rstrip("/") + path)
    page.wait_for_selector("#main h1")
    try:
        yield page
        assert errors == []
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, console: Serving) -> Iterator[Page]:
    """The first page."""
    with opened(browser, console) as page:
        yield page
