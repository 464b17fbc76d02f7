"""One conversation harms nobody else: a flood without message ids costs few calls, and the others hardly wait."""

from __future__ import annotations

from tests.faults.floods import run_flood


def test_four_noisy_conversations_leave_the_others_within_three_seconds() -> None:
    """240 webhooks without an id; every noisy conversation's last message is handled, and nothing dies."""
    flood = run_flood(noisy=4, per_conversation=60, quiet=30)
    assert flood.p95_seconds <= 3
    assert len(flood.quiet_seconds) == 30
    assert (flood.dead, flood.unhandled) == (0, 0)
    assert flood.calls <= 30 * 4 + 4 * 10
