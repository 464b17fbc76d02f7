"""`rp-mw resume`: take back what `rp-mw stop` did, and nothing more."""

from __future__ import annotations

import argparse
from typing import Any

from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
)
from rp_mw_ops.errors import UsageError
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.flags import KILL_SWITCH, load_flags
from rp_mw_ops.switching import add_switching_arguments, throw
from rp_mw_shared.clock import Clock, SystemClock

# what `stop` sets, to what
_STOPPED = {KILL_SWITCH: "false", "safe_mode": "true"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what a switch takes; --why is needed."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    add_switching_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the switches stand as before the stop."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already; raises UsageError where replies were never on."""
    if not args.why.strip():
        raise UsageError("say why (--why '...'): letting replies out again goes into the audit trail")
    flags = load_flags(environment)
    wanted = {name: before for name in _STOPPED if (before := _before_the_stop(name, flags[name])) is not None}
    if not wanted and flags[KILL_SWITCH]["value"] != "true":
        raise UsageError(
            f"nothing was done: no stop is on record, and {KILL_SWITCH} is {flags[KILL_SWITCH]['value']}; "
            f"to switch replies on for the first time: rp-mw flags set {KILL_SWITCH} true --why '...'"
        )
    throw(environment, args, wanted or {KILL_SWITCH: "true"}, clock)
    return DONE


def _before_the_stop(name: str, flag: dict[str, Any]) -> str | None:
    """The flag's value before its last change, where that change stopped something."""
    change = flag["last_change"]
    if change is None or flag["value"] != _STOPPED[name] or change["value"] != _STOPPED[name]:
        return None
    before = change.get("previous")
    return str(before) if before not in (None, _STOPPED[name]) else None
