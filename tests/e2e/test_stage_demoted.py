"""The deployed sweep leaves a stage by itself within one run, under a role that may write that one parameter."""

from __future__ import annotations

import argparse
import time

import pytest

from rp_mw_local.stack import Stack, connection_facts
from rp_mw_ops.commands import sweep as sweep_command
from rp_mw_ops.environment import Environment
from rp_mw_ops.flags import load_flags
from rp_mw_shared.flags.source import read_raw_flags
from rp_mw_shared.idempotency.attributes import to_item
from tests.fakes.outcomes import tickets

WRONG, TICKETS = 12, 60  # 80 % agree: below the floors of tier 2 and tier 1, above that of draft


@pytest.fixture
def environment(system: Stack) -> Environment:
    """The running system with an empty helpdesk, at stage tier2."""
    system.richpanel.forget()
    system.set_flag("stage_ceiling", "tier2")  # what was decided before does not count
    return Environment(system.topology, system.client, connection_facts(system))


def test_a_fall_below_the_floor_demotes_within_one_sweep(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """One flag changes, and the reason is on record."""
    before = read_raw_flags(environment.client("ssm"), environment.topology.flags_path)
    table, rows = environment.table("audit_trail"), tickets(TICKETS, WRONG, round(time.time() * 1000) + 1_000)
    try:
        for row in rows:
            environment.client("dynamodb").put_item(TableName=table, Item=to_item(row))
        parser = argparse.ArgumentParser()
        sweep_command.add_arguments(parser)
        time.sleep(2)  # the rows are of the last second
        assert sweep_command.run_in(environment, parser.parse_args([])) == 0, capsys.readouterr().out
    finally:
        for row in rows:
            key = {name: {"S": row[name]} for name in ("conversation_id", "ts_action_id")}
            environment.client("dynamodb").delete_item(TableName=table, Key=key)
    after = read_raw_flags(environment.client("ssm"), environment.topology.flags_path)
    assert {name for name in after if after[name] != before[name]} == {"stage_ceiling"}
    assert after["stage_ceiling"] == "draft"
    last = load_flags(environment)["stage_ceiling"]["last_change"]
    assert (last["who"], last["why"]) == ("sweep", "agreement 80.0 % of 60 tickets is below the floor of tier2, 88%")
