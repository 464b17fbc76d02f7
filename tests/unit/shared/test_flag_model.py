"""Reading the raw flags: what is readable counts, what is not turns automation off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.flags.declared import FLAGS, RolloutStage
from rp_mw_shared.flags.kinds import FlagSpec, to_text
from rp_mw_shared.flags.model import fail_closed, open_flags, parse_flags, require_valid_flag
from tests.fakes.flags import DEFAULTS


def test_case_and_blanks_do_not_matter() -> None:
    """People type flags."""
    values = parse_flags(DEFAULTS | {"safe_mode": " TRUE ", "automation_enabled_channels": " Email , livechat "})
    assert values.safe_mode
    assert values.automation_enabled_channels == {"email", "livechat"}


def test_none_is_the_word_for_an_empty_list() -> None:
    """SSM refuses empty values."""
    values = parse_flags(DEFAULTS | {"automation_enabled_channels": "none", "disabled_templates": "a,b-c"})
    assert values.automation_enabled_channels == frozenset()
    assert values.disabled_templates == {"a", "b-c"}


@pytest.mark.parametrize("stage", ["shadow", "tags"])
def test_a_broken_flag_never_raises_a_low_stage(stage: str) -> None:
    """An environment in shadow stays in shadow when another flag breaks."""
    values = parse_flags(DEFAULTS | {"rollout_stage": stage, "classifier": "???"})
    assert (values.rollout_stage, values.problem) == (RolloutStage[stage.upper()], "flag_malformed")


STAGES = [stage.name.lower() for stage in RolloutStage]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("ceiling", STAGES)
def test_the_stage_in_force_is_the_lower_of_the_two(stage: str, ceiling: str) -> None:
    """Either one holds the product back."""
    values = parse_flags(DEFAULTS | {"rollout_stage": stage, "stage_ceiling": ceiling})
    assert values.rollout_stage is min(RolloutStage[stage.upper()], RolloutStage[ceiling.upper()])


def test_a_ceiling_that_is_not_there_means_shadow() -> None:
    """Where the other flags were read; where nothing was, routing goes on as the owner's rule has it."""
    without = {name: value for name, value in DEFAULTS.items() if name != "stage_ceiling"}
    assert parse_flags(without).rollout_stage is RolloutStage.SHADOW
    assert parse_flags(DEFAULTS | {"stage_ceiling": ""}).rollout_stage is RolloutStage.SHADOW
    assert fail_closed("flags_unreadable").rollout_stage is RolloutStage.ASSIGN


def test_safe_mode_survives_a_broken_neighbour() -> None:
    """A readable switch in the cautious direction stays thrown."""
    assert parse_flags(DEFAULTS | {"safe_mode": "true", "classifier": "???"}).safe_mode


@given(st.dictionaries(st.sampled_from([*FLAGS, "other"]), st.text(max_size=20)))
def test_whatever_the_store_holds_automation_needs_every_flag_readable(raw: dict[str, str]) -> None:
    """Rubbish never sends a reply."""
    values = parse_flags(raw)
    if values.problem:
        assert not values.automation_enabled
        assert not values.automation_enabled_channels
        assert values.rollout_stage <= RolloutStage.ASSIGN
    else:
        assert set(FLAGS) <= set(raw)


@pytest.mark.parametrize("name", FLAGS)
def test_the_defaults_are_valid_values(name: str) -> None:
    """What an environment starts with passes the operator's check."""
    require_valid_flag(name, DEFAULTS[name])
    assert parse_flags(DEFAULTS).problem is None
    assert parse_flags({other: value for other, value in DEFAULTS.items() if other != name}).problem == "flag_missing"


@pytest.mark.parametrize("name", FLAGS)
def test_what_holds_when_flags_cannot_be_read_is_never_bolder_than_routing(name: str) -> None:
    """Each flag's own fallback, and each value of its that is kept, leaves automation off."""
    for said in (FLAGS[name].unreadable, *FLAGS[name].kept):
        values = fail_closed("flags_unreadable", {name: said})
        assert (values.automation_enabled, values.automation_enabled_channels) == (False, frozenset())
        assert values.rollout_stage <= RolloutStage.ASSIGN


def test_open_flags_hold_nothing_back_but_what_is_asked() -> None:
    """What a decision is tried out with; a flag declared later is open too."""
    values = open_flags(disabled_templates=frozenset({"a"}))
    assert (values.safe_mode, values.automation_enabled, values.rollout_stage) == (False, True, RolloutStage.TIER2)
    assert values.automation_enabled_channels == frozenset(FLAGS["automation_enabled_channels"].values)
    assert (values.disabled_templates, values.problem) == ({"a"}, None)
    further = FlagSpec(kind="switch", unreadable="true")
    assert (further.boldest, FlagSpec(kind="switch", unreadable="false").boldest) == (False, True)


@pytest.mark.parametrize("name", FLAGS)
def test_a_value_written_as_text_is_read_as_itself(name: str) -> None:
    """What the tools write is what the worker reads."""
    spec = FLAGS[name]
    for said in (DEFAULTS[name], spec.unreadable, *spec.kept):
        value = spec.parse(said)
        assert spec.parse(to_text(value)) == value
