"""Rotates the webhook's secret in an order that refuses no webhook: two are valid while the helpdesk is changed over.

    begin    {current: new, previous: old}     both let in; a running ingress knows the new one within five minutes
             ── then the helpdesk's header is changed to the new one ──
    finish   {current: new, previous: null}    the old one lets nobody in, five minutes later at the latest

Between the steps the new token may only be used after `WAIT_SECONDS`: a process that has just read the secret reads it
again for a refused credential not before 30 s, and by itself not before 300 s.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.audit_trail import OperatorAction, write_operator_action
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.clock import Clock
from rp_mw_shared.flags.writing import redacted_reason

# As long as a process may keep its copy of the secret (`rp_mw_ingress.adapters.secret_reader`).
WAIT_SECONDS = 300
SECRET = "webhook"
PARTITION, KIND = "operator:secrets", "secret_rotation"
# What can be rotated: the field in use, and the one beside it that stays valid meanwhile.
FIELDS = {"token": ("token_current", "token_previous"), "hmac": ("hmac_secret", "hmac_secret_previous")}
Values = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done; times are epoch milliseconds."""

    step: str
    secret: str
    field: str
    next_step_at_epoch_ms: int


def begin(environment: Environment, kind: str, *, who: str, why: str, clock: Clock) -> Rotated:
    """Make a new value and keep the old one valid beside it; raises UsageError while a rotation is under way."""
    current, previous = FIELDS[kind]
    values = _load(environment)
    if not values.get(current):
        raise UsageError(f"the secret has no {current}: it is not in use, so there is nothing to rotate")
    if values.get(previous):
        raise UsageError("a rotation is under way, with two valid: end it first, rp-mw secret rotate --finish")
    changed = {**values, current: secrets.token_hex(32), previous: values[current]}
    return _put(environment, changed, "begin", current, who=who, why=why, clock=clock)


def finish(environment: Environment, kind: str, *, who: str, why: str, clock: Clock) -> Rotated:
    """Let the old value in no more; raises UsageError where none is left to end."""
    current, previous = FIELDS[kind]
    values = _load(environment)
    if not values.get(previous):
        raise UsageError(f"no rotation of {current} is under way: begin one with rp-mw secret rotate")
    return _put(environment, {**values, previous: None}, "finish", current, who=who, why=why, clock=clock)


def _load(environment: Environment) -> Values:
    with mapped_aws_errors("secretsmanager"):
        answer = environment.client("secretsmanager").get_secret_value(SecretId=_name(environment))
    try:
        values: Any = json.loads(require_answered(answer, "SecretString", str, "secretsmanager"))
    except ValueError:
        values = None
    if not isinstance(values, dict):
        # The cause would quote the secret.
        raise OpsError(f"secret {_name(environment)} is not a JSON object: write it again") from None
    return values


def _put(
    environment: Environment, values: Values, step: str, field: str, *, who: str, why: str, clock: Clock
) -> Rotated:
    """Write the secret, then the row that says who did it; never a value of it."""
    name, now = _name(environment), clock.now_epoch_ms()
    with mapped_aws_errors("secretsmanager"):
        answer = environment.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(values))
    require_answered(answer, "VersionId", str, "secretsmanager")
    facts = {"secret": name, "field": field, "step": step, "who": who, "why": redacted_reason(why)}
    write_operator_action(environment, OperatorAction(PARTITION, KIND, f"secret#{field}#{step}", now, facts))
    return Rotated(step, name, field, now + WAIT_SECONDS * 1000)


def _name(environment: Environment) -> str:
    return environment.topology.secrets[SECRET]
