"""The words of one-time codes as shipped: there in every language, and saying nothing of an order or a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.codes import CODE_TEMPLATES, ORDER_CODE_MAIL, ORDER_CODE_SENT
from rp_mw_worker.domain.reply_text import variable_names
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.policy import copy_policy

SHIPPED = load_policy()
LANGUAGES = sorted(filter(None, SHIPPED.templates_by_language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_words_of_codes(language: str) -> None:
    """The chat's, the second try's and the mail's, with a subject of its own."""
    words = SHIPPED.templates_by_language[language]
    assert set(CODE_TEMPLATES) <= words.templates.keys()
    subject, body, opening = PolicyEngine(SHIPPED).code_mail("123456", language)
    assert subject == opening == words.brand["code_subject"]
    assert body.count("123456") == 1 and "123456" not in subject
    others = {SHIPPED.templates_by_language[code].brand["code_subject"] for code in LANGUAGES if code != language}
    assert subject not in others


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_can_name_no_order_and_nobody(language: str) -> None:
    """It takes the code and its minutes, and nothing else."""
    assert variable_names(ORDER_CODE_MAIL, SHIPPED, language) == {"code", "code_minutes"}
    assert variable_names(ORDER_CODE_SENT, SHIPPED, language) == {"code_minutes", "outside_hours"}


def test_codes_are_off_where_others_read_along() -> None:
    """As shipped only live chat has them."""
    assert [channel for channel, proof in SHIPPED.proofs.items() if proof.by_code] == ["livechat"]


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("social: {by: nothing", "in public"),
        ("tiktok: {by: nothing", "in public"),
        ("phone: {by: nothing", "no choice"),
    ],
)
def test_a_channel_with_public_comments_cannot_have_codes(tmp_path: Path, channel: str, told: str) -> None:
    """The policy is refused with the reason."""
    copy_policy(tmp_path)
    path = tmp_path / "channels.yaml"
    path.write_text(path.read_text("utf-8").replace(channel, f"{channel}, by_code: true"), "utf-8")
    with pytest.raises(ConfigurationError, match=told):
        load_policy(tmp_path)


def test_the_limits_of_codes_are_the_shops_own() -> None:
    """Minutes as set stand in the words."""
    settings = replace(SHIPPED.settings, codes=replace(SHIPPED.settings.codes, minutes=7))
    _, body, _ = PolicyEngine(replace(SHIPPED, settings=settings)).code_mail("123456", "en")
    assert "7 minutes" in body
