"""`rp-mw promote`: opens a stage when its gates hold, says what is missing, leaves a record; the sweep closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_ops.cli import parse
from rp_mw_ops.commands import flags, promote
from rp_mw_ops.environment import Environment, Where
from rp_mw_ops.errors import UsageError
from rp_mw_ops.flags import load_flags
from rp_mw_shared.clock import FakeClock, SystemClock
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_worker.adapters.ceiling_ssm import SsmCeiling
from rp_mw_worker.adapters.days_dynamodb import DynamoDBDays
from rp_mw_worker.demotion import demote_if_due
from rp_mw_worker.domain.model import RolloutStage
from tests.fakes.json_answers import require_published
from tests.fakes.outcomes import tickets
from tests.fakes.policy import load_policy, policy_directory
from tests.fakes.recording import recording

TOPOLOGY = load_topology("staging")
ASSIGN = {"automation_enabled": "true", "rollout_stage": "assign"}
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def staging(aws: Callable[[str], Any]) -> Environment:
    """An environment in stage assign without a ticket."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for name in ("audit_trail", "conversation_state"):
        spec = TOPOLOGY.tables[name]
        ensure_table(target, spec, key)
        for item in aws("dynamodb").scan(TableName=spec.name)["Items"]:
            fields = [field for field in (spec.partition_key, spec.sort_key) if field]
            aws("dynamodb").delete_item(TableName=spec.name, Key={field: item[field] for field in fields})
    ensure_flags(target, {**TOPOLOGY.flag_defaults, **ASSIGN})
    for name, value in {**TOPOLOGY.flag_defaults, **ASSIGN}.items():
        aws("ssm").put_parameter(Name=f"{TOPOLOGY.flags_path}/{name}", Value=value, Type="String", Overwrite=True)
    return Environment(TOPOLOGY, aws, None, Where("staging", "123456789012", "us-east-2"))


@pytest.fixture
def ask(staging: Environment, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `rp-mw promote ... --json`: the exit code and the document, which is as published."""

    def run(*arguments: str) -> tuple[int, Any]:
        given = ["promote", *arguments, "--policy", str(policy_directory()), "--who", "dana", "--json", "--no-wait"]
        code = promote.run_in(staging, parse([*given, "--env", "staging"]), SystemClock())
        return code, require_published("promote", capsys.readouterr().out)

    return run


def keep(environment: Environment, rows: list[dict[str, Any]]) -> None:
    """Write rows into the audit trail, as the worker and the sweep do."""
    client, table = environment.client("dynamodb"), environment.table("audit_trail")
    for row in rows:
        client.put_item(TableName=table, Item=to_item(row))


def stages(environment: Environment) -> tuple[str, str]:
    """Both flags."""
    found = load_flags(environment)
    return str(found["rollout_stage"]["value"]), str(found["stage_ceiling"]["value"])


def broken(told: Any) -> set[str]:
    """The gates of tier 1 that do not hold."""
    return {one["gate"] for one in told["gates"] if one["stage"] == "tier1" and not one["is_held"]}


def now() -> int:
    """Some minutes ago: the rows are the newest there are."""
    return SystemClock().now_epoch_ms() - 300_000


def test_a_stage_opens_over_enough_tickets_that_people_agreed_with(staging: Environment, ask: Ask) -> None:
    """Both flags are raised, and who and why is recorded."""
    keep(staging, tickets(220, 0, now()))
    code, told = ask("tier1")
    assert (code, told["promoted"], told["overridden"], stages(staging)) == (0, True, False, ("tier1", "tier1"))
    last = load_flags(staging)["rollout_stage"]["last_change"]
    assert (last["who"], last["why"]) == ("dana", "the gates hold over 220 tickets")


def test_a_promotion_with_five_per_cent_wrong_routes_is_refused(staging: Environment, ask: Ask) -> None:
    """And nothing is set; the same tickets without the wrong ones open it."""
    keep(staging, tickets(220, 11, now()))
    code, told = ask("tier1")
    assert (code, told["promoted"], stages(staging)) == (1, False, ("assign", "tier2"))
    assert {"override_rate", "wrong_replies"} <= broken(told)


@pytest.mark.parametrize(
    ("mark", "gate"), [("mw-false-claim", "false_claims"), ("mw-answered-machine", "machine_replies")]
)
def test_a_marked_draft_keeps_tier_1_shut(staging: Environment, ask: Ask, mark: str, gate: str) -> None:
    """One planned reply of 220 that a person marked; none was sent."""
    rows = tickets(220, 0, now())
    marked = next(row for row in rows if row.get("kind") == "outcome")
    keep(staging, [*rows, marked | {"marks": [mark]}])
    code, told = ask("tier1")
    assert (code, broken(told), stages(staging)) == (1, {gate}, ("assign", "tier2"))


def test_too_few_tickets_are_counted(staging: Environment, ask: Ask) -> None:
    """How many are missing is said; a dry run says the same and opens nothing."""
    keep(staging, tickets(40, 0, now()))
    code, told = ask("tier1", "--dry-run")
    missing = {one["gate"]: one["missing"] for one in told["gates"] if one["stage"] == "tier1"}
    assert (code, missing["tickets"], missing["replies"]) == (1, 160, 10)
    assert stages(staging) == ("assign", "tier2")


def test_an_override_needs_a_reason_and_says_what_it_overrode(staging: Environment, ask: Ask) -> None:
    """The reason is redacted."""
    with pytest.raises(UsageError, match="say why"):
        promote.run(parse(["promote", "tier1", "--override", "--env", "staging"]))
    code, told = ask("tier1", "--override", "--why", "pilot, ask Jane Doe")
    assert (code, told["overridden"], stages(staging)) == (0, True, ("tier1", "tier1"))
    why = load_flags(staging)["stage_ceiling"]["last_change"]["why"]
    assert why.startswith("override of ") and "tier1 tickets" in why and "Jane" not in why


def test_draft_needs_the_proof_and_nothing_overrides_it(staging: Environment, ask: Ask) -> None:
    """With the proof it opens."""
    keep(staging, tickets(220, 0, now()))
    with pytest.raises(UsageError, match="doctor --probe-notes"):
        ask("draft", "--override", "--why", "x")
    name = f"{TOPOLOGY.flags_path}/notes_are_private"
    staging.client("ssm").put_parameter(Name=name, Value="true", Type="String", Overwrite=True)
    assert ask("draft")[0] == 0
    assert stages(staging) == ("draft", "draft")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rollout_stage", "tier1", "only rp-mw promote tier1 opens a stage"),
        ("stage_ceiling", "shadow", "go back with rp-mw flags set rollout_stage"),
        ("notes_are_private", "true", "only a probe proves"),
    ],
)
def test_no_flag_opens_a_stage_by_hand(staging: Environment, name: str, value: str, said: str) -> None:
    """Going back is everybody's."""
    given = ["flags", "set", name, value, "--why", "x", "--no-wait", "--env", "staging"]
    with pytest.raises(UsageError, match=said):
        flags.run_in(staging, parse(given), FakeClock())
    back = ["flags", "set", "rollout_stage", "tags", "--why", "x", "--no-wait", "--env", "staging"]
    assert flags.run_in(staging, parse(back), FakeClock()) == 0


def test_the_sweep_lowers_the_ceiling_and_only_promote_raises_it(staging: Environment, ask: Ask) -> None:
    """Real tables and parameters: the stage in force is the lower one, and `rp-mw flags` says who changed it."""
    ask("tier1", "--override", "--why", "pilot")
    aws, clock = staging.client, SystemClock()
    ceiling = SsmCeiling(
        aws("ssm"),
        aws("dynamodb"),
        clock,
        path=TOPOLOGY.flags_path,
        audit_table=staging.table("audit_trail"),
        audit_ttl_days=60,
    )
    state = ceiling.load()
    assert state is not None and state.in_force is RolloutStage.TIER1
    keep(staging, tickets(60, 12, state.changed_at_epoch_ms + 1_000))
    days = DynamoDBDays(
        aws("dynamodb"), audit_table=staging.table("audit_trail"), state_table=staging.table("conversation_state")
    )
    later = state.changed_at_epoch_ms + 60_000
    with recording():
        assert demote_if_due(days, ceiling, load_policy().rollout, later) is RolloutStage.DRAFT
    assert stages(staging) == ("tier1", "draft")
    last = load_flags(staging)["stage_ceiling"]["last_change"]
    assert (last["who"], last["previous"], last["value"]) == ("sweep", "tier1", "draft")
    ceiling.lower(RolloutStage.TIER2, "never")
    assert stages(staging) == ("tier1", "draft")
    assert ask("tier1")[0] == 1  # the tickets that closed it keep it closed
    assert ask("tier1", "--override", "--why", "mended")[0] == 0
    assert stages(staging) == ("tier1", "tier1")


def test_flags_that_do_not_tell_are_not_lowered(staging: Environment) -> None:
    """A parameter that is gone: nothing is known, and automation is off already."""
    staging.client("ssm").delete_parameter(Name=f"{TOPOLOGY.flags_path}/classifier")
    ceiling = SsmCeiling(
        staging.client("ssm"), None, SystemClock(), path=TOPOLOGY.flags_path, audit_table=None, audit_ttl_days=60
    )
    assert ceiling.load() is None
