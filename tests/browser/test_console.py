"""A support lead's and an on-call engineer's hour with the console, in a real browser."""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, opened
from tests.fakes.console import Serving, serving
from tests.fakes.shop_at_work import ESCALATED, RETURNED, ShopAtWork

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
PAGES = ("/", "/live", "/failed", "/switches", "/reports")
NEW_EVENT_SECONDS = 2.0
SERIOUS = ("serious", "critical")


def go(page: Page, name: str) -> None:
    """Choose a page."""
    page.get_by_role("navigation").get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1).wait_for()


def give_reason(page: Page, button: str, why: str = "a test of the console") -> None:
    """Fill in the dialog and send it."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=button).click()
    dialog.wait_for(state="hidden")


def test_an_event_is_seen_arriving_and_why_it_went_there_is_read(page: Page, shop: ShopAtWork) -> None:
    """Within two seconds, without a reload; the reason stands in words beside the list."""
    go(page, "Live")
    conversation = shop.asks(ESCALATED, "dee@example.com")
    written_at = time.monotonic()
    entry = page.locator(f'.lines a[href*="{conversation}"]')
    entry.wait_for()
    assert time.monotonic() - written_at < NEW_EVENT_SECONDS
    entry.click()
    detail = page.get_by_role("region", name="Conversation")
    expect(detail.get_by_role("heading", name=conversation)).to_be_visible()
    expect(detail.get_by_role("heading", name="Routed to Chargebacks/Disputes")).to_be_visible()
    expect(detail.get_by_text("never answered by a machine").first).to_be_visible()
    assert conversation in page.url


def test_filters_stand_in_the_address_and_survive_a_reload(page: Page) -> None:
    """Chosen by menu, shown as chips, taken off again."""
    go(page, "Live")
    page.locator("summary", has_text="Team").click()
    page.get_by_role("checkbox", name="Returns Admin").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Team: Returns Admin")).to_be_visible()
    assert "team=Returns+Admin" in page.url
    page.reload()
    expect(page.get_by_role("button", name="Team: Returns Admin")).to_be_visible()
    teams = set(page.locator(".lines strong").all_inner_texts())
    assert teams == {"Returns Admin"}
    page.get_by_role("button", name="Team: Returns Admin").click()
    expect(page.locator(".lines strong", has_text="Chargebacks/Disputes").first).to_be_visible()


def test_a_conversation_is_found_by_order_by_address_and_by_id(page: Page, shop: ShopAtWork) -> None:
    """And the address is in no address line."""
    conversation = shop.asks("I filed a chargeback about order #1077 with my bank", "eve@example.com")
    for wanted in ("1077", "EVE@example.com", conversation):
        page.get_by_role("searchbox").fill(wanted)
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("heading", name=conversation)).to_be_visible()
        assert "eve" not in page.url.lower()
        go(page, "Today")


def test_what_is_not_found_is_said(page: Page) -> None:
    """With what can be searched for."""
    page.get_by_role("searchbox").fill("nobody@example.com")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("dialog")).to_contain_text("No conversation of that customer")


def test_all_replies_are_stopped_and_the_next_one_is_seen_stopped(page: Page, shop: ShopAtWork) -> None:
    """The strip is red while they are off; the next ticket says why it has no reply; then they go out again."""
    answered = shop.asks(RETURNED, "fay@example.com")
    page.get_by_role("button", name="Stop all replies").click()
    give_reason(page, "Stop all replies")
    expect(page.locator("#strip")).to_contain_text("No automatic reply goes out")
    stopped = shop.asks(RETURNED, "gus@example.com")
    go(page, "Live")
    expect(page.locator(f'.lines a[href*="{answered}"]')).to_contain_text("answered")
    entry = page.locator(f'.lines a[href*="{stopped}"]')
    expect(entry).not_to_contain_text("answered")
    expect(entry).to_contain_text("switched off")
    go(page, "Switches")
    expect(page.locator("li", has=page.get_by_role("heading", name="automation_enabled", exact=True))).to_contain_text(
        "kim"
    )
    page.get_by_role("button", name="Let replies out").click()
    give_reason(page, "Let replies out")
    expect(page.locator("#strip")).to_be_hidden()


def test_a_failed_message_is_sent_back(page: Page, shop: ShopAtWork) -> None:
    """Its ticket is named; afterwards it is gone from the list, and from the count beside the page's name."""
    conversation = shop.asks(ESCALATED, "hal@example.com")
    shop.fails(conversation)
    expect(page.get_by_role("navigation").locator(".count")).to_contain_text("1")
    expect(page.get_by_text("could not be handled")).to_be_visible()
    go(page, "Failed")
    expect(page.get_by_role("link", name=conversation)).to_be_visible()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send back the chosen").click()
    give_reason(page, "Send back")
    expect(page.get_by_text("No message failed.")).to_be_visible()


def test_yesterday_stands_beside_today_and_what_is_broken_on_top(page: Page) -> None:
    """A fresh reader's two questions, from the first page."""
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    expect(page.locator(".card", has_text="Answered")).to_contain_text("yesterday")
    expect(page.locator(".fine, .problems").first).to_be_visible()


def test_it_is_worked_by_keyboard_alone(page: Page) -> None:
    """A slash searches, j and k go through the list, Enter opens."""
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    go(page, "Live")
    page.locator(".lines a").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator(".story")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(
    browser: Browser, console: Serving, shop: ShopAtWork, scheme: str, size: dict[str, int]
) -> None:
    """On every page and an open story, in both colour schemes, on a desk and on a phone."""
    conversation = shop.asks(ESCALATED, "ian@example.com")
    axe = Axe()
    for path in (*PAGES, f"/conversation?id={conversation}"):
        with opened(browser, console, path, color_scheme=scheme, viewport=size) as page:
            page.wait_for_timeout(300)
            found = axe.run(page).response["violations"]
            serious = [
                (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
            ]
            assert serious == [], path


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(browser: Browser, console: Serving, path: str) -> None:
    """Nothing has to be pushed aside to be read."""
    with opened(browser, console, path, viewport=PHONE) as page:
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_read_only_console_offers_no_change(browser: Browser, shop: ShopAtWork) -> None:
    """It shows the same and has no button that changes anything."""
    with serving(lambda: shop.environment, is_read_only=True) as running, opened(browser, running) as page:
        expect(page.locator("#environment")).to_contain_text("read-only")
        assert page.get_by_role("button", name="Stop all replies").count() == 0
        go(page, "Switches")
        assert page.get_by_role("button", name="Change").count() == 0


def test_prod_asks_for_its_name(browser: Browser, shop: ShopAtWork) -> None:
    """And shows in its colour where one is."""
    with serving(lambda: shop.environment, name="prod") as running, opened(browser, running) as page:
        page.get_by_role("button", name="Stop all replies").click()
        expect(page.get_by_label("Type prod to confirm")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()


def test_data_that_grows_old_is_shown_red(browser: Browser, shop: ShopAtWork) -> None:
    """When the console is gone, the page says since when it knows nothing new."""
    with serving(lambda: shop.environment) as running:
        context = browser.new_context(viewport=DESK)
        page = context.new_page()
        page.goto(running.entrance)
        expect(page.locator("#status")).to_contain_text("Read 20")
    expect(page.locator("#status.stale")).to_contain_text("Stale", timeout=20_000)
    context.close()
