"""What of a message stays with the conversation: signs that keep it with people, each for its own number of days."""

from __future__ import annotations

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.authors import STRANGERS
from rp_mw_worker.domain.interpretation import HUMAN_RISK_FLAG, Reading
from rp_mw_worker.domain.model import Case
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.screen import escalations, screen, wants_human

DEFAULT_DAYS = "default"


def find_lasting_flags(case: Case, reading: Reading, policy: Policy) -> dict[str, int]:
    """Return the flags this event sets, each with the epoch milliseconds until which it holds.

    Words that are not the ticket's own customer's, or that the ticket does not show, send this message to people and
    set none: whoever holds the webhook's secret, or is in copy, could otherwise silence a conversation.
    """
    days = policy.settings.risk_flag_days
    return {
        flag: case.now_epoch_ms + days.get(flag, days[DEFAULT_DAYS]) * MS_PER_DAY
        for flag in sorted(_flags(case, reading, policy))
    }


def _flags(case: Case, reading: Reading, policy: Policy) -> frozenset[str]:
    if all(message.author not in STRANGERS for message in case.new_messages):
        return reading.risk_flags
    own = "\n\n".join(message.text for message in case.new_messages if message.author not in STRANGERS)
    hits = screen(own, policy.screen, case.language)
    human = frozenset({HUMAN_RISK_FLAG}) if wants_human(hits, policy.screen) else frozenset()
    return escalations(hits, policy.screen) | human
