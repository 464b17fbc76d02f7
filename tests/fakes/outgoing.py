"""Every reply that a policy can make, held against the last look at its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reply_text import find_unfit, render

CHANNELS = ("email", "livechat", "sms")


def find_held_back(policy: Policy) -> list[tuple[str | None, str, str]]:
    """Return language, template and channel of each reply that the look would hold back."""
    return [
        (language, template_id, channel)
        for language, template_id, channel, text in _replies(policy)
        if find_unfit(text, template_id, channel, language, policy, ()) is not None
    ]


def _replies(policy: Policy) -> Iterator[tuple[str | None, str, str, str]]:
    """Yield each reply with what it requires only, and with everything."""
    for language, words in policy.templates_by_language.items():
        for template_id, rule in words.templates.items():
            for channel, names in product(CHANNELS, (rule.required, (*rule.required, *rule.optional))):
                values = dict.fromkeys(names, "1")
                yield language, template_id, channel, render(template_id, channel, values, policy, language)
