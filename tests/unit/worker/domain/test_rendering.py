"""A reply is one of ours, whole, or an error."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from string import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_worker.domain.policy import Policy, TemplateRule
from rp_mw_worker.domain.reply_text import RenderError, render, variable_names
from tests.fakes.policy import load_policy

POLICY = load_policy()
RULES = POLICY.templates.templates.values()
NO_NAMES = dict.fromkeys((*POLICY.templates.variables, *POLICY.templates.brand, "outside_hours"), "")
STATUS = {"order_number": "#1001", "tracking_number": "1Z999AA10123456784"}


def sample(name: str) -> str:
    """A value of the greatest length the variable takes."""
    rule = POLICY.templates.variables.get(name)
    return "x" * rule.max_chars if rule else POLICY.templates.outside_hours


def with_template(text: str, **rule: tuple[str, ...]) -> Policy:
    """The policy with one template more, `t`."""
    template = TemplateRule(2, {"default": text, "email": text}, **rule)
    templates = {**POLICY.templates.templates, "t": template}
    return replace(POLICY, templates=replace(POLICY.templates, templates=templates))


@pytest.mark.parametrize("channel", ["email", "livechat", "sms", "whatsapp"])
@pytest.mark.parametrize("template_id", sorted(POLICY.templates.templates))
def test_every_template_renders_at_its_longest(template_id: str, channel: str) -> None:
    """With the longest values every template fits every channel and no variable is left."""
    values = {name: sample(name) for name in variable_names(template_id, POLICY)}
    assert "${" not in render(template_id, channel, values, POLICY)


@pytest.mark.parametrize("template_id", sorted(POLICY.templates.templates))
def test_every_template_renders_with_required_values_only(template_id: str) -> None:
    """Lines with absent optional values are left out, and nothing of them is left behind."""
    rule = POLICY.templates.templates[template_id]
    reply = render(template_id, "livechat", {name: sample(name) for name in rule.required}, POLICY)
    assert "${" not in reply and "\n\n\n" not in reply and not reply.endswith("\n")


def test_an_email_is_paragraphs_with_everything_escaped() -> None:
    """Markup in a value comes out as text."""
    reply = render("order_status_verified", "email", {**STATUS, "tracking_company": "<b>A&B</b>"}, POLICY)
    assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in reply and "<b>" not in reply
    assert reply.startswith("<p>Hello,</p><p>") and reply.endswith("</p>")


def test_a_line_without_its_optional_value_is_left_out() -> None:
    """No carrier, no carrier line."""
    assert "Carrier" not in render("order_status_verified", "email", STATUS, POLICY)
    assert "Carrier: UPS" in render("order_status_verified", "email", {**STATUS, "tracking_company": "UPS"}, POLICY)


@pytest.mark.parametrize(
    ("template_id", "values", "said"),
    [
        ("order_status", STATUS, "unknown"),
        ("order_eta_no_tracking", {"order_number": "#1001"}, "expected_by is missing"),
        ("order_status_verified", {**STATUS, "address": "x"}, "address is not one of its variables"),
        ("ask_order_number", {"order_number": "#1001"}, "order_number is not one of its variables"),
        ("order_status_verified", {**STATUS, "order_number": ""}, "order_number does not fit"),
        ("order_status_verified", {**STATUS, "order_number": "  "}, "order_number does not fit"),
        ("order_status_verified", {**STATUS, "order_number": "x" * 25}, "order_number does not fit"),
        ("order_status_verified", {**STATUS, "order_number": "1\n2"}, "order_number does not fit"),
        ("order_status_verified", {**STATUS, "order_number": "1\u202e2"}, "order_number does not fit"),
        ("order_status_verified", {**STATUS, "order_number": "1\x002"}, "order_number does not fit"),
    ],
)
def test_what_does_not_fit_is_an_error_without_the_value(template_id: str, values: dict[str, str], said: str) -> None:
    """Unknown, missing, empty, over-long and unprintable values are refused."""
    with pytest.raises(RenderError) as caught:
        render(template_id, "email", values, POLICY)
    assert said in str(caught.value)
    assert "1Z999AA" not in str(caught.value)


def test_a_reply_too_long_for_its_channel_is_an_error() -> None:
    """Nothing is cut off in silence."""
    most = POLICY.settings.max_reply_chars["livechat"] - len(f"\n\n{POLICY.templates.automatic}")
    with pytest.raises(RenderError, match="too long for livechat"):
        render("t", "livechat", {}, with_template("x" * (most + 1)))
    assert render("t", "livechat", {}, with_template("x" * most))


def test_a_template_variable_without_a_value_is_an_error() -> None:
    """A template that came past the load check is still not sent with a hole."""
    with pytest.raises(RenderError, match="has no value"):
        render("t", "livechat", {}, with_template("Hello ${first_name}"))


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=24))
def test_no_value_can_bring_a_variable_or_markup(value: str) -> None:
    """Whatever the order's name is, the reply is the same around it."""
    values = {**STATUS, "order_number": value}
    plain = render("order_status_verified", "livechat", values, POLICY)
    expected = render("order_status_verified", "livechat", {**STATUS, "order_number": "@@@"}, POLICY)
    assert plain == expected.replace("@@@", value)
    email = render("order_status_verified", "email", values, POLICY)
    around = render("order_status_verified", "email", {**STATUS, "order_number": "@@@"}, POLICY)
    assert unescape(email) == unescape(around).replace("@@@", value)
    assert email.count("<") == around.count("<")


def test_no_template_promises_a_time_or_an_action() -> None:
    """Promises of time and of things done are not ours to make; how long a code is good is none."""
    promises = (
        "within ",
        "hours",
        "minutes",
        "24/7",
        "today",
        "tomorrow",
        "refunded",
        "we have cancelled",
        "guarantee",
    )
    told = (text.replace("good for ${code_minutes} minutes", "") for rule in RULES for text in rule.text.values())
    texts = [Template(text).safe_substitute(NO_NAMES) for text in told]
    assert not [(word, text) for text in (*texts, POLICY.templates.outside_hours) for word in promises if word in text]


def test_the_closing_reply_says_how_to_reopen() -> None:
    """The one template that closes a ticket tells that a reply reopens it, on every channel."""
    closing = [rule.template for rule in POLICY.settings.auto_resolve]
    assert closing == ["order_eta_no_tracking"]
    for channel in ("email", "livechat", "sms"):
        reply = render(closing[0], channel, {"order_number": "#1", "expected_by": "Friday"}, POLICY)
        assert "reply" in reply and "reopens" in reply


@pytest.mark.parametrize("channel", ["email", "livechat", "sms"])
def test_every_reply_ends_by_saying_that_it_is_automatic(channel: str) -> None:
    """On each channel, whatever the template says before."""
    for template_id, rule in POLICY.templates.templates.items():
        reply = render(template_id, channel, {name: sample(name) for name in rule.required}, POLICY)
        assert unescape(reply).removesuffix("</p>").endswith(POLICY.templates.automatic)
