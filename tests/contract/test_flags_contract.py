"""What every flag source promises, run against the fake and the one on SSM Parameter Store."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.flags.declared import Flags, RolloutStage
from rp_mw_shared.flags.source import SsmFlags
from rp_mw_shared.flags.writing import FlagChange, write_flag
from tests.fakes.aws_faults import BreakableClient, refused, unreachable
from tests.fakes.flags import DEFAULTS, FakeFlags
from tests.fakes.recording import Recording


class Switchboard(Protocol):
    """A flag source whose store a test can change and break."""

    def set(self, name: str, value: str) -> None:
        """Change one flag in the store."""

    def expire(self) -> None:
        """Let the cache grow old."""

    def break_store(self) -> None:
        """Make the store unreadable."""

    def current(self, max_age_seconds: float = 10.0) -> Flags:
        """Read through the cache."""

    def fresh(self) -> Flags:
        """Read past the cache."""


class FakeSwitchboard(FakeFlags):
    """The fake under test."""

    def break_store(self) -> None:
        """Make the store unreadable."""
        self.is_broken = True


class SsmSwitchboard(SsmFlags):
    """The real source on the embedded AWS."""

    def __init__(self, client: Any) -> None:
        self.ssm = BreakableClient(client)
        self.path = f"/rp-mw/{uuid.uuid4()}/flags"
        self.clock = FakeClock()
        for name, value in DEFAULTS.items():
            self.set(name, value)
        self.ssm.calls.clear()
        super().__init__(self.ssm, self.path, self.clock)

    def set(self, name: str, value: str) -> None:
        """Change one parameter."""
        self.ssm.put_parameter(Name=f"{self.path}/{name}", Value=value, Type="String", Overwrite=True)

    def expire(self) -> None:
        """Let eleven seconds pass."""
        self.clock.advance(11)

    def break_store(self) -> None:
        """Refuse every read, for longer than the cache may be used."""
        self.ssm.error = refused("AccessDeniedException")
        self.clock.advance(61)


@pytest.fixture
def ssm(aws: Callable[[str], Any]) -> SsmSwitchboard:
    """The real source, for what only it promises."""
    return SsmSwitchboard(aws("ssm"))


@pytest.fixture(params=["fake", pytest.param("ssm", marks=pytest.mark.emulator)])
def flags(request: pytest.FixtureRequest) -> Switchboard:
    """One flag source of each kind in turn."""
    if request.param == "fake":
        return FakeSwitchboard()
    board: SsmSwitchboard = request.getfixturevalue("ssm")
    return board


def test_all_switches_are_read(flags: Switchboard) -> None:
    """What the store says is what the product does."""
    expected = {
        "safe_mode": False,
        "automation_enabled": True,
        "automation_enabled_channels": frozenset({"livechat", "email"}),
        "rollout_stage": RolloutStage.TIER2,
        "stage_ceiling": RolloutStage.TIER2,
        "disabled_templates": frozenset(),
        "classifier": "embedded",
        "problem": None,
    }
    read = flags.current()
    assert {name: getattr(read, name) for name in expected} == expected


def test_the_cache_hides_a_change_and_a_fresh_read_shows_it(flags: Switchboard) -> None:
    """A switch thrown stops the very next reply, because that one reads past the cache."""
    assert flags.current().automation_enabled
    flags.set("automation_enabled", "false")
    assert flags.current().automation_enabled
    assert not flags.fresh().automation_enabled
    assert not flags.current().automation_enabled


def test_an_old_cache_is_read_again(flags: Switchboard) -> None:
    """A change reaches every worker within seconds."""
    flags.current()
    flags.set("safe_mode", "true")
    flags.expire()
    assert flags.current().safe_mode


def test_a_malformed_flag_turns_automation_off_and_keeps_routing_on(flags: Switchboard) -> None:
    """A typo must not send replies, nor stop the routing."""
    flags.set("automation_enabled_channels", "carrier-pigeon")
    values = flags.fresh()
    assert (values.automation_enabled, values.rollout_stage, values.problem) == (
        False,
        RolloutStage.ASSIGN,
        "flag_malformed",
    )


def test_a_lower_ceiling_counts_and_an_unreadable_one_means_shadow(flags: Switchboard) -> None:
    """What the sweep lowered holds, whatever else breaks; a typo in it never opens anything."""
    flags.set("stage_ceiling", "tags")
    assert flags.fresh().rollout_stage is RolloutStage.TAGS
    flags.set("classifier", "???")
    assert flags.fresh().rollout_stage is RolloutStage.TAGS
    flags.set("stage_ceiling", "tier9")
    assert flags.fresh().rollout_stage is RolloutStage.SHADOW


def test_an_unreadable_store_turns_automation_off(flags: Switchboard) -> None:
    """Both kinds of read fail closed."""
    flags.current()
    flags.break_store()
    for values in (flags.fresh(), flags.current()):
        assert (values.automation_enabled, values.rollout_stage) == (False, RolloutStage.ASSIGN)
        assert values.problem == "flags_unreadable"


@pytest.mark.emulator
def test_one_call_in_ten_seconds(ssm: SsmSwitchboard) -> None:
    """The flags cost one call, however many events come."""
    for _ in range(50):
        ssm.current()
        ssm.clock.advance(0.19)
    assert ssm.ssm.calls == ["get_parameters_by_path"]
    ssm.clock.advance(1)
    ssm.current()
    assert len(ssm.ssm.calls) == 2


@pytest.mark.emulator
def test_a_short_outage_is_bridged_and_a_long_one_is_not(ssm: SsmSwitchboard) -> None:
    """Up to sixty seconds the last good read counts; a failing store is asked once in ten seconds."""
    assert ssm.current().automation_enabled
    ssm.ssm.error = unreachable()
    for _ in range(60):
        ssm.clock.advance(1)
        assert ssm.current().automation_enabled
    assert len(ssm.ssm.calls) == 7
    ssm.clock.advance(1)
    assert ssm.current().problem == "flags_unreadable"


@pytest.mark.emulator
def test_a_fresh_read_is_never_bridged(ssm: SsmSwitchboard) -> None:
    """A reply needs a yes from now, not from a minute ago."""
    assert ssm.current().automation_enabled
    ssm.ssm.error = unreachable()
    assert ssm.fresh().problem == "flags_unreadable"


@pytest.mark.emulator
def test_a_store_that_was_never_readable_fails_closed_and_recovers(ssm: SsmSwitchboard, recorded: Recording) -> None:
    """A cold start during an outage routes without replying, until the store answers."""
    ssm.ssm.error = unreachable()
    assert ssm.current().problem == "flags_unreadable"
    assert recorded.events("flags_unreadable")
    ssm.ssm.error = None
    ssm.expire()
    assert ssm.current().automation_enabled


@pytest.mark.emulator
def test_a_missing_flag_fails_closed(ssm: SsmSwitchboard) -> None:
    """Deleting a parameter is not a way to turn automation on."""
    ssm.ssm.delete_parameter(Name=f"{ssm.path}/safe_mode")
    assert ssm.fresh().problem == "flag_missing"


@pytest.mark.emulator
def test_a_flag_is_set_and_recorded_with_who_and_why(ssm: SsmSwitchboard) -> None:
    """The audit trail can answer who threw the switch."""
    changes: list[FlagChange] = []
    write_flag(
        ssm.ssm,
        ssm.path,
        "safe_mode",
        "true",
        who="dana",
        why="vendor incident",
        record=changes.append,
        clock=ssm.clock,
    )
    assert ssm.fresh().safe_mode
    assert changes == [FlagChange("safe_mode", "false", "true", "dana", "vendor incident", ssm.clock.now_epoch_ms())]


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("name", "value", "who", "why"),
    [
        ("safe_mod", "true", "dana", "x"),
        ("safe_mode", "maybe", "dana", "x"),
        ("rollout_stage", "tier9", "dana", "x"),
        ("safe_mode", "true", " ", "x"),
        ("safe_mode", "true", "dana", ""),
    ],
)
def test_a_wrong_flag_is_refused_before_anything_is_written(
    ssm: SsmSwitchboard, name: str, value: str, who: str, why: str
) -> None:
    """The operator gets one line, the store stays as it is."""
    with pytest.raises(ValueError, match=r"\w"):
        write_flag(ssm.ssm, ssm.path, name, value, who=who, why=why, record=lambda change: None)
    assert ssm.ssm.calls == []


@pytest.mark.emulator
def test_a_kill_switch_does_not_wait_for_the_audit_table(ssm: SsmSwitchboard) -> None:
    """The flag is set even when the record then fails, and the failure is not hidden."""

    def fail(change: FlagChange) -> None:
        raise RuntimeError("table down")

    with pytest.raises(RuntimeError):
        write_flag(ssm.ssm, ssm.path, "safe_mode", "true", who="dana", why="x", record=fail)
    assert ssm.fresh().safe_mode
