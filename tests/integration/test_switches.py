"""Throwing switches: what there is, before and after, who and why, until workers have seen it; stop and resume."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_ops import flags as flags_module
from rp_mw_ops.audit_trail import write_operator_action
from rp_mw_ops.cli import parse
from rp_mw_ops.commands import flags, resume, stop
from rp_mw_ops.environment import Environment, Where
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_ops.flags import load_flags, wait_until_seen
from rp_mw_ops.progress import Interrupted
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.flags.writing import FlagChange
from tests.fakes.json_answers import require_published

TOPOLOGY = load_topology("prod")
LIVE = {"automation_enabled": "true", "rollout_stage": "tier2", "safe_mode": "false"}


@pytest.fixture
def prod(aws: Callable[[str], Any]) -> Environment:
    """Production, live, with an empty history."""
    target = Target(TOPOLOGY, aws)
    spec = TOPOLOGY.tables["audit_trail"]
    ensure_table(target, spec, ensure_key(target))
    ensure_flags(target, {**TOPOLOGY.flag_defaults, **LIVE})
    for item in aws("dynamodb").scan(TableName=spec.name)["Items"]:
        key = {name: item[name] for name in (spec.partition_key, str(spec.sort_key))}
        aws("dynamodb").delete_item(TableName=spec.name, Key=key)
    return Environment(TOPOLOGY, aws, None, Where("prod", "123456789012", "us-east-2"))


@pytest.fixture
def clock() -> FakeClock:
    """No test waits for a cache."""
    return FakeClock()


def words(*given: str) -> Any:
    """The arguments of a confirmed command in prod."""
    return parse([*given, "--env", "prod", "--confirm", "prod", "--who", "dana"])


def test_stop_ends_replies_shows_before_and_after_and_waits_for_the_workers(
    prod: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tickets are routed on; a reason need not be thought of at night."""
    assert stop.run_in(prod, words("stop"), clock) == 0
    assert capsys.readouterr().out.splitlines() == [
        "automation_enabled: true -> false",
        "recorded: dana: rp-mw stop",
        "every worker has it after 10 s; a reply looks once more before it goes out",
        "automatic replies: off: stopped (automation_enabled is false), tickets are still routed",
    ]
    assert load_flags(prod)["automation_enabled"]["value"] == "false"
    assert load_flags(prod)["safe_mode"]["value"] == "false"


def test_stopping_twice_does_nothing_more(
    prod: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """And takes nothing from the record that a resume needs."""
    stop.run_in(prod, words("stop"), clock)
    capsys.readouterr()
    assert stop.run_in(prod, words("stop"), clock) == 0
    assert capsys.readouterr().out.splitlines()[0] == "automation_enabled: false already"
    assert load_flags(prod)["automation_enabled"]["last_change"]["previous"] == "true"


def test_resume_takes_back_the_stop_and_nothing_more(
    prod: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also a stop of everything."""
    stop.run_in(prod, words("stop", "--everything"), clock)
    assert "safe_mode: false -> true" in capsys.readouterr().out
    assert resume.run_in(prod, words("resume", "--why", "fixed"), clock) == 0
    shown = capsys.readouterr().out
    assert "automation_enabled: false -> true" in shown
    assert "safe_mode: true -> false" in shown
    assert shown.splitlines()[-1].startswith("automatic replies: on, up to tier2")


def test_resume_never_opens_what_was_never_open(prod: Environment, clock: FakeClock) -> None:
    """Replies that were off before nobody's stop are switched on by their own command; and a reason is needed."""
    prod.client("ssm").put_parameter(
        Name=f"{TOPOLOGY.flags_path}/automation_enabled", Value="false", Type="String", Overwrite=True
    )
    with pytest.raises(UsageError, match=r"no stop is on record.*flags set automation_enabled true"):
        resume.run_in(prod, words("resume", "--why", "x"), clock)
    assert load_flags(prod)["automation_enabled"]["value"] == "false"
    with pytest.raises(UsageError, match="say why"):
        resume.run_in(prod, words("resume"), clock)


def test_a_write_in_prod_asks_for_its_name(
    prod: Environment, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not given, or another one's: nothing is done. What changes nothing asks for nothing."""
    monkeypatch.setattr("sys.stdin", open("/dev/null", encoding="utf-8"))  # noqa: SIM115, PTH123 - ends with the test
    with pytest.raises(UsageError, match="nothing was done: setting automation_enabled in prod needs --confirm prod"):
        stop.run_in(prod, parse(["stop", "--env", "prod"]), clock)
    with pytest.raises(UsageError, match="the environment is prod, and 'staging' was confirmed"):
        stop.run_in(prod, parse(["--confirm", "staging", "stop", "--env", "prod"]), clock)
    assert load_flags(prod)["automation_enabled"]["value"] == "true"
    setting = parse(["flags", "set", "rollout_stage", "tier2", "--why", "x", "--env", "prod"])
    assert flags.run_in(prod, setting, clock) == 0


def test_the_last_change_is_found_however_many_there_were(prod: Environment) -> None:
    """More than one page of SSM's or of the table's answer."""
    for number in range(60):
        change = FlagChange("classifier", "embedded", f"v{number}", "dana", "x" * 20_000, 1_795_000_000_000 + number)
        write_operator_action(prod, flags_module._to_action(change))
    first = FlagChange("safe_mode", "true", "false", "kim", "first", 1_794_000_000_000)
    write_operator_action(prod, flags_module._to_action(first))
    found = load_flags(prod)
    assert found["classifier"]["last_change"]["value"] == "v59"
    assert found["safe_mode"]["last_change"]["who"] == "kim"


def test_json_tells_the_change_and_where(
    prod: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """For scripts; the reason is redacted as everywhere."""
    args = words("flags", "set", "rollout_stage", "tier1", "--why", "Jane Doe, card 4111 1111 1111 1111", "--json")
    assert flags.run_in(prod, args, clock) == 0
    told = require_published("switching", capsys.readouterr().out)
    assert told["environment"] == {"name": "prod", "account": "123456789012", "region": "us-east-2", "endpoint": None}
    assert told["changes"] == [{"flag": "rollout_stage", "before": "tier2", "after": "tier1"}]
    assert told["seen_by_every_worker_after_seconds"] == 10.0
    assert "Jane" not in json.dumps(told) and "4111" not in json.dumps(told)


def test_flags_are_shown_with_their_last_change(
    prod: Environment, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that nobody ever changed without one; a missing one says so."""
    stop.run_in(prod, words("stop"), clock)
    prod.client("ssm").delete_parameter(Name=f"{TOPOLOGY.flags_path}/classifier")
    capsys.readouterr()
    assert flags.run_in(prod, parse(["flags", "--env", "prod"]), clock) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["automation_enabled"].startswith("false   dana, ")
    assert (lines["rollout_stage"], lines["classifier"]) == ("tier2", "(missing)")
    assert flags.run_in(prod, parse(["flags", "--env", "prod", "--json"]), clock) == 0
    assert require_published("flags", capsys.readouterr().out)["flags"]["classifier"]["value"] is None


def test_a_switch_that_is_set_and_not_recorded_says_both(prod: Environment, clock: FakeClock) -> None:
    """The switch does not wait for a table that is down."""
    audit = replace(TOPOLOGY.tables["audit_trail"], name="not-there")
    torn = replace(prod, topology=replace(TOPOLOGY, tables={**TOPOLOGY.tables, "audit_trail": audit}))
    with pytest.raises(OpsError, match="automation_enabled is set to false, but who and why could not be recorded"):
        flags_module.set_flag(torn, "automation_enabled", "false", who="dana", why="test")
    assert load_flags(prod)["automation_enabled"]["value"] == "false"


def test_an_interrupted_wait_says_what_is_set(prod: Environment) -> None:
    """Ctrl-C takes nothing back."""

    class Impatient(FakeClock):
        """Somebody presses Ctrl-C in the first wait."""

        def sleep(self, seconds: float) -> None:
            """Interrupt."""
            raise KeyboardInterrupt

    change = FlagChange("automation_enabled", "false", "true", "dana", "test", 0)
    with pytest.raises(Interrupted, match="automation_enabled is set to true; a worker may take 10 s more"):
        wait_until_seen(prod, change, Impatient())


def test_a_switch_that_ssm_does_not_show_is_not_called_set(prod: Environment, clock: FakeClock) -> None:
    """Somebody else set it meanwhile, or it was another place."""
    change = FlagChange("automation_enabled", "true", "never", "dana", "test", 0)
    with pytest.raises(OpsError, match="SSM does not show it"):
        wait_until_seen(prod, change, clock)
