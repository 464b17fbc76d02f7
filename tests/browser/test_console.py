"""A support lead's and an on-call engineer's hour with the console, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

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
    expect(
        detail.get_by_text("the policy sends every chargeback dispute to Chargebacks/Disputes").first
    ).to_be_visible()
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


def test_of_several_that_are_found_each_is_told_with_time_team_and_result(page: Page, shop: ShopAtWork) -> None:
    """An id says nothing to a person."""
    text = "I filed a chargeback about order #1078 with my bank"
    ids = [shop.asks(text, f"{name}@example.com") for name in ("mia", "noa")]
    page.get_by_role("searchbox").fill("1078")
    page.get_by_role("button", name="Search").click()
    listed = page.get_by_role("region", name="Messages")
    expect(listed).to_contain_text("2 conversations by order")
    for conversation in ids:
        entry = listed.locator("a", has_text=conversation)
        expect(entry).to_contain_text("Chargebacks/Disputes")
        expect(entry).to_contain_text("handed over")
        expect(entry.locator("time")).to_have_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d"))


def test_what_is_not_found_is_said(page: Page) -> None:
    """With what can be searched for."""
    page.get_by_role("searchbox").fill("nobody@example.com")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("dialog")).to_contain_text("No conversation of that customer")
    expect(page.locator("#said")).to_be_empty()


def test_an_address_that_is_no_page_has_a_way_back(browser: Browser, console: Serving) -> None:
    """Also one that somebody typed."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(console.entrance)
    answer = page.goto(console.access.url.rstrip("/") + "/nonsense")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    context.close()


def test_a_past_day_is_over(page: Page) -> None:
    """Nothing comes on it any more."""
    page.goto(page.url.rstrip("/") + "/live?day=2026-01-01")
    expect(page.get_by_text("No message was handled on this day.")).to_be_visible()


def test_what_was_said_goes_away(page: Page) -> None:
    """By itself after some seconds, and where another page is chosen."""
    page.clock.install()
    page.evaluate("""async () => (await import("/assets/ui.js")).say("one")""")
    expect(page.locator("#said")).to_have_text("one")
    page.clock.fast_forward(9_000)
    expect(page.locator("#said")).to_be_empty()
    page.evaluate("""async () => (await import("/assets/ui.js")).say("two")""")
    go(page, "Live")
    expect(page.locator("#said")).to_be_empty()


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
    expect(page.locator("li", has=page.get_by_role("heading", name="Automatic replies", exact=True))).to_contain_text(
        "kim"
    )
    page.get_by_role("button", name="Let replies out").click()
    give_reason(page, "Let replies out")
    expect(page.locator("#strip")).to_be_hidden()


def test_the_stop_asks_for_no_reason(page: Page, shop: ShopAtWork) -> None:
    """As the command does not; two keys are enough, and a switch on again needs one."""
    page.get_by_role("button", name="Stop all replies").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Stop all replies")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#strip")).to_contain_text("No automatic reply goes out")
    page.get_by_role("button", name="Let replies out").click()
    assert page.get_by_role("dialog").get_by_label("Why").get_attribute("required") is not None
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


def test_a_message_that_dies_again_is_told_and_its_row_is_read_anew(page: Page, shop: ShopAtWork) -> None:
    """Though there are as many as before; and it is not chosen any more."""
    shop.clears_queues()
    conversation = shop.asks(ESCALATED, "ina@example.com")
    shop.fails(conversation)
    go(page, "Failed")
    row = page.locator("tr", has=page.get_by_role("link", name=conversation))
    expect(row).to_contain_text("A table refused the request.")
    expect(row).to_contain_text("then send it back")
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send back the chosen").click()
    give_reason(page, "Send back")
    shop.dies_again(conversation, "ticket_not_found")
    expect(page.locator("#said")).to_contain_text("1 came back: The helpdesk has no such ticket.")
    expect(row).to_contain_text("The helpdesk has no such ticket.")
    expect(row.get_by_role("checkbox")).not_to_be_checked()
    shop.clears_queues()


def test_all_is_sent_back_but_what_nobody_could_read(page: Page, shop: ShopAtWork) -> None:
    """As the command's --all; the page says so before and after."""
    shop.clears_queues()
    shop.fails(shop.asks(ESCALATED, "jan@example.com"))
    shop.environment.client("sqs").send_message(
        QueueUrl=shop.environment.queue_url("events", dead_letters=True),
        MessageBody="nonsense",
        MessageGroupId="nonsense",
        MessageDeduplicationId="nonsense",
    )
    go(page, "Failed")
    page.get_by_role("button", name="Send back all").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 message that no consumer could read is passed over")
    give_reason(page, "Send back")
    expect(page.locator("#said")).to_contain_text("1 sent back, 1 passed over")
    expect(page.locator("tbody tr")).to_have_count(1)
    shop.clears_queues()


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


# each plot that uPlot draws is kept for a look at its axes
KEEP_PLOTS = """Object.defineProperty(window, "uPlot", {
  set(drawer) { this.drawer = new Proxy(drawer, { construct: (made, given) => {
    const plot = new made(...given); (window.plots ??= []).push(plot); return plot; } }); },
  get() { return this.drawer; } });"""


@pytest.mark.parametrize("most", [1, 3, 9, 70, 4_000])
def test_every_gridline_of_a_plot_has_its_label(browser: Browser, console: Serving, most: int) -> None:
    """A whole number beside each, however many messages an hour has."""
    with opened(browser, console, script=KEEP_PLOTS) as page:
        page.evaluate(
            """async (most) => { const { plot } = await import("/assets/charts.js"); window.plots = [];
            const series = [{ label: "n", values: [0, most], colour: "--bar" }];
            document.getElementById("main").append(plot("A test", ["a", "b"], series));
            while (!window.plots[0]?.axes[1]._values) await new Promise(requestAnimationFrame); }""",
            most,
        )
        labels = page.evaluate("window.plots[0].axes[1]._values")
        lines = page.evaluate("window.plots[0].axes[1]._splits")
        assert [int(label.replace(",", "")) for label in labels] == lines
        assert len(lines) >= 2


def test_a_value_of_one_day_only_is_a_point(browser: Browser, console: Serving) -> None:
    """A line needs two."""
    with opened(browser, console, script=KEEP_PLOTS) as page:
        alpha = page.evaluate(
            """async () => { const { plot } = await import("/assets/charts.js"); window.plots = [];
            const series = [{ label: "n", values: [null, 0.4, null], colour: "--good" }];
            document.getElementById("main").append(plot("A test", ["a", "b", "c"], series, { share: true }));
            while (window.plots[0]?.status !== 1) await new Promise(requestAnimationFrame);
            const drawn = window.plots[0], at = [drawn.valToPos(1, "x", true), drawn.valToPos(0.4, "y", true)];
            await new Promise(requestAnimationFrame);
            return drawn.ctx.getImageData(...at.map(Math.round), 1, 1).data[3]; }"""
        )
        assert alpha == 255


def with_answer(page: Page, path: str, change: Callable[[Any], None]) -> None:
    """Let the console's answer at a path be changed on its way to the page."""

    def answer(route: Route) -> None:
        told = route.fetch()
        value = told.json()
        change(value)
        route.fulfill(response=told, json=value)

    page.route(f"**/api/{path}", answer)


def test_a_list_that_is_cut_short_says_by_how_much(page: Page) -> None:
    """On the first page the reasons, on the reports the topics."""
    with_answer(page, "figures", lambda told: told.update(more_whys=1))
    topics = {f"topic_{number}": 20 - number for number in range(11)}
    with_answer(page, "reports", lambda told: told["figures"]["period"].update(intents=topics))
    go(page, "Reports")
    expect(page.get_by_text("and 3 more", exact=True)).to_be_visible()
    go(page, "Today")
    expect(page.get_by_text("and 1 more reason", exact=True)).to_be_visible()


def test_replies_are_not_said_to_be_on_where_the_switches_cannot_be_read(page: Page) -> None:
    """Neither green nor red; they can be stopped all the same."""
    expect(page.locator("#kill")).to_contain_text("Replies on")
    # A stream that says nothing; a refused one is an error in the browser's console
    page.route("**/api/stream", lambda route: route.fulfill(content_type="text/event-stream", body="retry: 60000\n\n"))
    with_answer(page, "now", lambda told: told["switches"].update(problem="AWS cannot be reached"))
    page.reload()
    expect(page.locator("#kill .unknown")).to_have_text("Replies: not known")
    expect(page.locator("#kill")).not_to_contain_text("Replies on")
    expect(page.get_by_role("button", name="Stop all replies")).to_be_visible()


@pytest.mark.parametrize("width", [390, 820, 1024, 1280, 1600])
def test_nothing_sticks_out_of_its_card(browser: Browser, console: Serving, width: int) -> None:
    """At any width of a window, on every page."""
    for path in PAGES:
        with opened(browser, console, path, viewport={"width": width, "height": 860}) as page:
            page.wait_for_timeout(300)
            out = page.evaluate(
                """() => { const right = (one) => one.getBoundingClientRect().right;
                return [...document.querySelectorAll(".panel, .card")].flatMap((card) =>
                [...card.querySelectorAll("td, th, dd, p, svg")]
                .filter((one) => !one.closest(".numbers") && right(one) > right(card))
                .map((one) => one.outerHTML.slice(0, 80))); }"""
            )
            assert out == [], path


@pytest.mark.parametrize("width", [320, 390])
def test_the_number_of_failed_messages_covers_no_word(
    browser: Browser, console: Serving, shop: ShopAtWork, width: int
) -> None:
    """On a phone it stands beside the page's name, and every page is still to be chosen."""
    shop.fails(shop.asks(ESCALATED, "jo@example.com"))
    with opened(browser, console, viewport={"width": width, "height": 844}) as page:
        page.get_by_role("navigation").locator(".count").wait_for()
        apart, fits = page.evaluate(
            """() => { const count = document.querySelector("#nav .count"), word = document.createRange();
            word.selectNodeContents(count.previousSibling);
            const last = document.querySelector("#nav li:last-child a").getBoundingClientRect();
            const isApart = word.getBoundingClientRect().right <= count.getBoundingClientRect().left;
            return [isApart, last.right <= innerWidth]; }"""
        )
        assert (apart, fits) == (True, True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_entrys_badge_keeps_its_background(
    browser: Browser, console: Serving, shop: ShopAtWork, scheme: str
) -> None:
    """It is another colour than the entry's, which is in sight."""
    conversation = shop.asks(ESCALATED, "kit@example.com")
    for _ in range(9):
        shop.asks(RETURNED, "lea@example.com")
    with opened(browser, console, f"/conversation?id={conversation}", color_scheme=scheme) as page:
        entry = page.locator(".lines a[aria-current]")
        expect(entry).to_be_in_viewport()
        colour = "(one) => getComputedStyle(one).backgroundColor"
        assert entry.locator(".badge").evaluate(colour) != entry.evaluate(colour)


# what people who answer tickets do not say: names of the code, and of what it is made of
JARGON = re.compile(r"tier|\bintent|idempotency|_table|\bqueue\b|enrichment|webhook|classifier|\w+_\w+", re.IGNORECASE)


@pytest.mark.parametrize("path", ["/", "/live", "/reports"])
def test_pages_speak_plainly(browser: Browser, console: Serving, path: str) -> None:
    """No name of the code is in what is shown; what is recorded, and a reason's sentence, may hold one."""
    with opened(browser, console, path) as page:
        page.wait_for_timeout(300)
        shown = page.evaluate(
            """() => { const main = document.getElementById("main").cloneNode(true);
            for (const one of main.querySelectorAll(".options, .why, .bars, details")) one.remove();
            return main.textContent; }"""
        )
        assert JARGON.findall(shown) == []


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
    expect(page.locator("#kill")).to_contain_text("Replies: not known")
    context.close()
