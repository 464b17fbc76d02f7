"""`rp-mw flags`: what the switches say, who set them last, and setting one."""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
    with_where,
)
from rp_mw_ops.errors import UsageError
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.flags import TEMPLATES, load_flags, require_known_value
from rp_mw_ops.printing import to_time, write_json, write_lines
from rp_mw_ops.promotion import require_by_hand
from rp_mw_ops.switching import add_switching_arguments, throw
from rp_mw_shared.clock import Clock, SystemClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds show (the default) and set."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    add_switching_arguments(parser)
    parser.add_argument("action", nargs="?", choices=("show", "set"), default="show", help="show (default) or set")
    parser.add_argument("name", nargs="?", help="the flag to set")
    parser.add_argument("value", nargs="?", help="its new value; a list is names with commas between them, or none")
    parser.add_argument("--policy", type=Path, metavar="DIR", help="the policy whose templates there are")


def run(args: argparse.Namespace) -> int:
    """Shows the flags, or sets one; a mistake in what to set is told before anything is opened."""
    if args.action == "set":
        _require_sense(args)
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    if args.action == "set":
        values = {name: flag["value"] for name, flag in load_flags(environment).items()}
        require_by_hand(values, args.name, args.value)
        throw(environment, args, {args.name: args.value}, clock)
        return DONE
    flags = load_flags(environment)
    if args.json:
        write_json(with_where(environment, {"flags": flags}))
        return DONE
    for name, flag in flags.items():
        last = flag["last_change"]
        said = f"   {last['who']}, {to_time(last['changed_at_epoch_ms'])}: {last['why']}" if last else ""
        write_lines(f"{name:<28} {flag['value'] if flag['value'] is not None else '(missing)'}{said}")
    return DONE


def _require_sense(args: argparse.Namespace) -> None:
    if args.name is None or args.value is None:
        raise UsageError("say what to set: rp-mw flags set NAME VALUE --why '...'")
    require_known_value(args.name, args.value, _templates(args.policy) if args.name == TEMPLATES else ())
    if not args.why.strip():
        raise UsageError("say why (--why '...'): who sets a flag and why goes into the audit trail")


def _templates(directory: Path | None) -> list[str]:
    """Every template of the policy, in whatever language it is."""
    from rp_mw_worker.policy.loader import load_policy

    words = load_policy(directory).templates_by_language.values()
    return sorted({name for language in words for name in language.templates})
