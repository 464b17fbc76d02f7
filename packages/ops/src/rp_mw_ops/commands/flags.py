"""`rp-mw flags`: what the switches say, who set them last, and setting one."""

from __future__ import annotations

import argparse
import getpass

from rp_mw_ops.environment import Environment, add_environment_argument, open_environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.flags import load_flags, set_flag
from rp_mw_ops.printing import to_time, write_json, write_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds show (the default) and set."""
    add_environment_argument(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("action", nargs="?", choices=("show", "set"), default="show", help="show (default) or set")
    parser.add_argument("name", nargs="?", help="the flag to set")
    parser.add_argument("value", nargs="?", help="its new value")
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted (needed to set)")
    parser.add_argument("--who", default="", help="who sets it (default: the name you are logged in with)")


def run(args: argparse.Namespace) -> int:
    """Shows the flags, after setting one if asked to."""
    environment = open_environment(args.env)
    if args.action == "set":
        _set(environment, args)
    flags = load_flags(environment)
    if args.json:
        write_json(flags)
        return 0
    for name, flag in flags.items():
        last = flag["last_change"]
        said = f"   {last['who']}, {to_time(last['changed_at_epoch_ms'])}: {last['why']}" if last else ""
        write_lines(f"{name:<28} {flag['value'] if flag['value'] is not None else '(missing)'}{said}")
    return 0


def _set(environment: Environment, args: argparse.Namespace) -> None:
    if args.name is None or args.value is None:
        raise UsageError("say what to set: rp-mw flags set NAME VALUE --why '...'")
    set_flag(environment, args.name, args.value, who=args.who or getpass.getuser(), why=args.why)
