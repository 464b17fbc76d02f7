"""What leaves in a reply is looked at last, as bytes, by code that rendering knows nothing of."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from rp_mw_worker.domain.reply_text import find_unfit
from tests.fakes.outgoing import find_held_back
from tests.fakes.policy import load_policy

POLICY = load_policy()
GOOD = "<p>Hello,</p><p>Follow it here: https://www.ups.com/track?tracknum=1Z&amp;x=1<br>Bye.</p>"


def unfit(
    text: str, channel: str = "email", template_id: str = "general_ack", disabled: tuple[str, ...] = ()
) -> object:
    """What is wrong with the reply."""
    return find_unfit(text, template_id, channel, "en", POLICY, disabled)


def test_every_reply_of_the_policy_may_leave() -> None:
    """The look forbids nothing that rendering makes of the files; of what ships, test_shipped_policy.py asks it."""
    assert find_held_back(POLICY) == []


def test_a_known_carriers_link_may_leave() -> None:
    """Escaped as an e-mail has it."""
    assert unfit(GOOD) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("<p>Click <a href='x'>here</a></p>", "markup"),
        ("<p>Order ${order_number} is on its way</p>", "unrendered"),
        ("<p>Hello {{name}}</p>", "unrendered"),
        ("<p>https://evil.example/track</p>", "link"),
        ("<p>https://www.ups.com.evil.example/t</p>", "link"),
        ("<p>https://user@www.ups.com/t</p>", "link"),
        ("<p>http://www.ups.com/t</p>", "link"),
        ("<p>www.evil.example</p>", "link"),
        ("<p>//evil.example/x</p>", "link"),
        ("<p>javascript:alert(1)</p>", "link"),
        ("<p>mailto:eve@evil.example</p>", "link"),
        ("<p>evil.example/track</p>", "link"),
        ("<p>See parcel-help.com.</p>", "link"),
        ("<p>(Parcel-Help.COM)</p>", "link"),
        ("<p>name@evil.com</p>", "link"),
        ("<p>name@localhost</p>", "link"),
        ("<p>help@ups.com</p>", "link"),
        ("<p>Order:evil.com</p>", "link"),
        ("<p>x..evil.com</p>", "link"),
        ("<p>ups.com.evil.com</p>", "link"),
        ("<p>my-ups.com</p>", "link"),
        ("<p>evil.com&#46;au</p>", "link"),
        ("<p>evil\u3002com</p>", "link"),
        ("<p>\u043f\u043e\u0447\u0442\u0430.\u0440\u0444</p>", "link"),
        ("<p>evil.xn--p1ai/x</p>", "link"),
        ("<p>https://www.ups.com/track?x=1 evil.com</p>", "link"),
        ("<p>It leaves today.We write then.</p>", "link"),
        ("<p>one\u202etwo</p>", "unprintable"),
        ("<p>" + "x" * 10_000 + "</p>", "too_long"),
    ],
)
def test_what_may_not_leave_is_named(text: str, wrong: str) -> None:
    """Markup, an unfilled variable, a strange link, an invisible character, too many characters."""
    assert unfit(text) == wrong


@pytest.mark.parametrize(
    "text",
    [
        "<p>Follow it at ups.com/track or nolp.dhl.de?</p>",
        "<p>Order 1001.2 came on 24.12.2026 at 10.30 Uhr, z. B. or z.B.; d.h. soon...</p>",
        "<p>Follow it: https://www.ups.com/track?next=a.bc/d.ef&amp;mail=no.one</p>",
    ],
)
def test_what_is_no_strange_link_may_leave(text: str) -> None:
    """A carrier's host without a scheme, numbers, dates, abbreviations, what a carrier's own link holds."""
    assert unfit(text) is None


def test_a_shop_may_be_called_by_its_host() -> None:
    """In its own words of the policy only: what looks like them is strange."""
    words = POLICY.templates_by_language["en"]
    brand = {**words.brand, "signature": "Your Shoes.example team, help@shoes.example"}
    policy = replace(POLICY, templates=replace(words, brand=brand))
    text = f"<p>{brand['signature']}</p>"
    assert find_unfit(text, "general_ack", "email", "en", policy, ()) is None
    for strange in ("my-shoes.example", "shoes.example.com", "eve@shoes.example"):
        assert find_unfit(f"{text}<p>{strange}</p>", "general_ack", "email", "en", policy, ()) == "link"


@pytest.mark.parametrize("unit", ["a", "a.", "a-", "a@", ".", "x.com@", "w.", "a" * 63 + "."])
def test_the_look_costs_no_more_than_the_text_is_long(unit: str) -> None:
    """A reply has few characters, and yet the look is made before they are counted."""
    text = unit * (10_000 // len(unit))
    start = time.process_time()
    unfit(text, "livechat")
    assert time.process_time() - start < 0.5


def test_an_unknown_or_disabled_template_does_not_leave() -> None:
    """Whatever its words are."""
    assert unfit(GOOD, template_id="made_up") == "template_unknown"
    assert unfit(GOOD, disabled=("general_ack",)) == "template_disabled"
    assert find_unfit(GOOD, "general_ack", "email", None, POLICY, ()) == "template_unknown"
