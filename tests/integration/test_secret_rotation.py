"""`rp-mw secret rotate` on a real Secrets Manager: at no moment of it is a webhook refused, and no value is shown."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, is_authentic, usable
from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import ensure_key, ensure_table
from rp_mw_local.emulator import Emulator
from rp_mw_ops.audit_trail import load_rows
from rp_mw_ops.commands import secret as command
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.rotation import PARTITION, WAIT_SECONDS
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.environments.topology import load_topology
from tests.fakes.json_answers import require_published

OLD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
NOW = 1_795_016_400_000
pytestmark = pytest.mark.emulator
Operate = Callable[..., str]


@pytest.fixture(scope="module")
def environment(emulator: Emulator) -> Environment:
    """An environment with the audit trail and no secret yet."""
    topology = load_topology("rotation")
    target = Target(topology, emulator.client)
    ensure_table(target, topology.tables["audit_trail"], ensure_key(target))
    emulator.client("secretsmanager").create_secret(Name=topology.secrets["webhook"], SecretString="{}")
    return Environment(topology, emulator.client)


@pytest.fixture
def operate(environment: Environment, capsys: pytest.CaptureFixture[str]) -> Operate:
    """Runs `rp-mw secret ...` on a secret with one token; returns what was printed."""
    put(environment, {"token_current": OLD, "hmac_secret": None})

    def run(*arguments: str) -> str:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        assert command.run_in(environment, parser.parse_args(["rotate", *arguments]), FakeClock(NOW)) == 0
        return capsys.readouterr().out

    return run


def put(environment: Environment, values: dict[str, str | None]) -> None:
    """Write the secret."""
    name = environment.topology.secrets["webhook"]
    environment.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(values))


def held(environment: Environment) -> dict[str, str | None]:
    """Read the secret."""
    name = environment.topology.secrets["webhook"]
    values: dict[str, str | None] = json.loads(
        environment.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    )
    return values


def lets_in(values: dict[str, str | None], token: str) -> bool:
    """Whether an ingress that has read these values takes a webhook with the token."""
    tokens = usable(values.get(name) for name in ("token_current", "token_previous"))
    return is_authentic(AuthMode.TOKEN, {"x-middleware-token": token}, b"{}", WebhookSecrets(tokens), NOW // 1000)


def test_no_webhook_is_refused_at_any_moment(environment: Environment, operate: Operate) -> None:
    """The helpdesk sends the old token until it is told the new one; processes have read each state in turn."""
    before = held(environment)
    operate("--why", "yearly")
    both = held(environment)
    new = str(both["token_current"])
    assert lets_in(before, OLD)
    assert lets_in(both, OLD)
    assert lets_in(both, new)
    operate("--finish", "--why", "yearly")
    after = held(environment)
    assert lets_in(after, new)
    assert not lets_in(after, OLD)
    assert both["hmac_secret"] is None


def test_the_time_to_wait_is_told_and_no_value_is(environment: Environment, operate: Operate) -> None:
    """On the terminal and in the audit trail; a name in the reason is masked."""
    printed = operate("--why", "asked by quilla.farnsworth@example.com", "--who", "ana") + operate(
        "--finish", "--why", "done", "--who", "ana", "--json"
    )
    rows = [row for row in load_rows(environment, PARTITION) if row["who"] == "ana"]
    assert [row["step"] for row in rows] == ["begin", "finish"]
    told = printed + json.dumps(rows, default=str)
    shown = require_published("secret", printed[printed.index("{") :])
    assert (shown["step"], shown["field"]) == ("finish", "token_current")
    assert "18:25:00 UTC" in printed or str(NOW + WAIT_SECONDS * 1000) in printed
    assert OLD not in told
    assert str(held(environment)["token_current"]) not in told
    assert "quilla" not in told


def test_a_second_rotation_waits_for_the_first(operate: Operate) -> None:
    """Beginning twice would end the token that the helpdesk sends."""
    operate("--why", "yearly")
    with pytest.raises(UsageError, match="--finish"):
        operate("--why", "again")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--finish", "--why", "x"], "no rotation"),
        (["--kind", "hmac", "--why", "x"], "nothing to rotate"),
        (["--why", " "], "say why"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    environment: Environment, operate: Operate, arguments: list[str], said: str
) -> None:
    """Said in one line."""
    before = held(environment)
    with pytest.raises(UsageError, match=said):
        operate(*arguments)
    assert held(environment) == before


@pytest.mark.usefixtures("operate")
def test_in_prod_the_name_has_to_be_given(environment: Environment) -> None:
    """Without it nothing is changed."""
    prod = replace(environment, topology=replace(environment.topology, environment="prod"))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    before = held(environment)
    with pytest.raises(UsageError, match="rotating a secret in prod needs --confirm prod"):
        command.run_in(prod, parser.parse_args(["rotate", "--why", "yearly"]), FakeClock(NOW))
    assert held(environment) == before
    confirmed = parser.parse_args(["rotate", "--why", "yearly", "--confirm", "prod"])
    assert command.run_in(prod, confirmed, FakeClock(NOW)) == 0
    assert held(environment)["token_previous"] == OLD
