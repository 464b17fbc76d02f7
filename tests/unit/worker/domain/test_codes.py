"""When a conversation may have one more code."""

from __future__ import annotations

from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.codes import CodeRecord, CodeTry, may_issue
from tests.fakes.worker_world import POLICY

NOW = 1_800_000_000_000
RULES = POLICY.settings.codes


def record(*ages_ms: int, wrong: int = 0) -> CodeRecord:
    """A conversation whose codes were asked for so long ago."""
    tries = tuple(CodeTry(f"m{number}", is_right=False) for number in range(wrong))
    issued_at = tuple(NOW - age for age in ages_ms)
    return CodeRecord("c1", 1, "event-1", "1001", "order", "digest", NOW, issued_at, tries)


def test_a_conversation_has_so_many_codes_in_24_hours_and_no_more() -> None:
    """At the limit none; once the oldest is a day old, one."""
    most = RULES.max_per_conversation_24h
    ages = [1_000 * (number + 1) for number in range(most)]
    assert may_issue(record(*ages[:-1]), "event-2", NOW, RULES)
    assert not may_issue(record(*ages), "event-2", NOW, RULES)
    assert not may_issue(record(MS_PER_DAY - 1, *ages[:-1]), "event-2", NOW, RULES)
    assert may_issue(record(MS_PER_DAY, *ages[:-1]), "event-2", NOW, RULES)


def test_the_same_event_again_gets_its_code_again() -> None:
    """A redelivery counts once."""
    ages = range(1, RULES.max_per_conversation_24h + 1)
    assert may_issue(record(*ages), "event-1", NOW, RULES)


def test_tries_used_up_end_it_for_the_day() -> None:
    """However few codes there were."""
    assert may_issue(record(1_000, wrong=RULES.tries - 1), "event-2", NOW, RULES)
    assert not may_issue(record(1_000, wrong=RULES.tries), "event-2", NOW, RULES)
    assert may_issue(record(MS_PER_DAY, wrong=RULES.tries), "event-2", NOW, RULES)
