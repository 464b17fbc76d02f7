"""`rp-mw secret rotate`: a new webhook secret without a webhook refused."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    find_actor,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import UsageError
from rp_mw_ops.printing import to_time, write_json, write_lines
from rp_mw_ops.rotation import FIELDS, Rotated, begin, finish
from rp_mw_shared.clock import Clock, SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds rotate and its steps."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    parser.add_argument("action", choices=("rotate",), help="make a new value beside the old one, both valid")
    parser.add_argument("--finish", action="store_true", help="the helpdesk sends the new one: end the old one")
    parser.add_argument("--kind", choices=sorted(FIELDS), default="token", help="the header's token (default) or hmac")
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted (needed)")
    parser.add_argument("--who", default="", help="who does it (default: the AWS identity; locally, your login)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Rotates in the environment that is asked for."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    if not args.why.strip():
        raise UsageError("say why: rp-mw secret rotate --why '...'")
    require_confirmation(environment, args, "rotating a secret")
    step = finish if args.finish else begin
    done = step(environment, args.kind, who=find_actor(environment, args.who), why=args.why, clock=clock)
    if args.json:
        write_json(with_where(environment, asdict(done)))
    else:
        write_lines(*_told(done))
    return 0


def _told(done: Rotated) -> tuple[str, ...]:
    at = to_time(done.next_step_at_epoch_ms)
    if done.step == "finish":
        return (f"{done.secret}: the old {done.field} lets nobody in from {at} on",)
    return (
        f"{done.secret}: a new {done.field} is in force beside the old one",
        f"from {at} on: set it in the helpdesk's HTTP Target (the value is in Secrets Manager)",
        f"then: rp-mw secret rotate --finish --kind {'hmac' if 'hmac' in done.field else 'token'} --why '...'",
    )
