"""What leaves in a reply is looked at last, as bytes, by code that rendering knows nothing of."""

from __future__ import annotations

import pytest

from rp_mw_worker.domain.outgoing import find_unfit
from rp_mw_worker.domain.render import render
from tests.fakes.policy import load_policy

POLICY = load_policy()
GOOD = "<p>Hello,</p><p>Follow it here: https://www.ups.com/track?tracknum=1Z&amp;x=1<br>Bye.</p>"


def unfit(
    text: str, channel: str = "email", template_id: str = "general_ack", disabled: tuple[str, ...] = ()
) -> object:
    """What is wrong with the reply."""
    return find_unfit(text, template_id, channel, "en", POLICY, disabled)


def test_every_reply_of_the_policy_without_variables_may_leave() -> None:
    """In every language and on every channel: the look forbids nothing that rendering makes of the files."""
    looked = 0
    for language, words in POLICY.templates_by_language.items():
        for template_id, rule in words.templates.items():
            if rule.required:
                continue
            for channel in ("email", "livechat", "sms"):
                text = render(template_id, channel, {}, POLICY, language)
                assert find_unfit(text, template_id, channel, language, POLICY, ()) is None, (language, template_id)
                looked += 1
    assert looked > 20


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
        ("<p>one\u202etwo</p>", "unprintable"),
        ("<p>" + "x" * 10_000 + "</p>", "too_long"),
    ],
)
def test_what_may_not_leave_is_named(text: str, wrong: str) -> None:
    """Markup, an unfilled variable, a strange link, an invisible character, too many characters."""
    assert unfit(text) == wrong


def test_an_unknown_or_disabled_template_does_not_leave() -> None:
    """Whatever its words are."""
    assert unfit(GOOD, template_id="made_up") == "template_unknown"
    assert unfit(GOOD, disabled=("general_ack",)) == "template_disabled"
    assert find_unfit(GOOD, "general_ack", "email", None, POLICY, ()) == "template_unknown"
