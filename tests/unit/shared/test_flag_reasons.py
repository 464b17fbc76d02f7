"""A reason for a switch is stored: it holds nobody's name."""

from __future__ import annotations

import pytest

from rp_mw_shared.flags.writing import redacted_reason


@pytest.mark.parametrize(
    ("why", "name"),
    [
        ("Carmen Ruiz", "Carmen"),
        ("carmen ruiz called", "ruiz"),
        ("Zork Blibble asked for it", "Blibble"),
        ("wrong reply to Jelka Brandstätter", "Jelka"),
        ("complaint of Müller about #1001", "Müller"),
    ],
)
def test_a_bare_name_is_not_kept(why: str, name: str) -> None:
    """Known or not, in capitals or not; doing it again changes nothing."""
    kept = redacted_reason(why)
    assert name not in kept
    assert redacted_reason(kept) == kept


@pytest.mark.parametrize("why", ["Test after the outage", "vendor is down since 10:30", "deploy of worker-v1.4.0"])
def test_a_plain_reason_stays_readable(why: str) -> None:
    """What says why is the audit trail's use."""
    assert redacted_reason(why) == why
