"""`rp-mw stop`: no automatic reply from now on. Tickets are tagged and assigned all the same."""

from __future__ import annotations

import argparse

from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
)
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.flags import KILL_SWITCH
from rp_mw_ops.switching import add_switching_arguments, throw
from rp_mw_shared.clock import Clock, SystemClock

DEFAULT_WHY = "rp-mw stop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what a switch takes; in the night no reason has to be thought of."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    add_switching_arguments(parser)
    parser.add_argument("--everything", action="store_true", help="write nothing to the helpdesk at all, no tag either")


def run(args: argparse.Namespace) -> int:
    """0 when no automatic reply leaves any more."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    args.why = args.why or DEFAULT_WHY
    throw(environment, args, {KILL_SWITCH: "false"} | ({"safe_mode": "true"} if args.everything else {}), clock)
    return DONE
