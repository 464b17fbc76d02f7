"""Throwing switches from the command line: confirmed, shown before and after, recorded, and waited for."""

from __future__ import annotations

import argparse
from typing import Any

from rp_mw_ops.environment import Environment, find_actor, require_confirmation, with_where
from rp_mw_ops.flags import load_flags, set_flag, to_automation, wait_until_seen
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock
from rp_mw_shared.flags.writing import FlagChange


def add_switching_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --why, --who, --no-wait and --json."""
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted")
    parser.add_argument("--who", default="", help="who sets it (default: the AWS identity; locally, your login)")
    parser.add_argument("--no-wait", action="store_true", help="do not wait until every worker has seen it")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def throw(environment: Environment, args: argparse.Namespace, wanted: dict[str, str], clock: Clock) -> None:
    """Set the wanted flags that say something else, tell before and after, and wait until the workers have them."""
    flags = load_flags(environment)
    changes = [(name, value) for name, value in wanted.items() if flags[name]["value"] != value]
    if changes:
        require_confirmation(environment, args, f"setting {' and '.join(name for name, _ in changes)}")
    who = find_actor(environment, args.who)
    done = [set_flag(environment, name, value, who=who, why=args.why) for name, value in changes]
    if not args.json:
        write_lines(*(_line(flags[name]["value"], value, name) for name, value in wanted.items()))
        write_lines(*(f"recorded: {one.who}: {one.why}" for one in done[:1]))
    seconds = wait_until_seen(environment, done[-1], clock) if done and not args.no_wait else None
    _tell(environment, args, done, seconds)


def _line(before: str | None, after: str, name: str) -> str:
    return f"{name}: {after} already" if before == after else f"{name}: {before or '(missing)'} -> {after}"


def _tell(environment: Environment, args: argparse.Namespace, done: list[FlagChange], seconds: float | None) -> None:
    flags = load_flags(environment)
    automation = to_automation({name: flag["value"] for name, flag in flags.items()})
    if args.json:
        told: dict[str, Any] = {
            "changes": [{"flag": one.name, "before": one.previous, "after": one.value} for one in done],
            "seen_by_every_worker_after_seconds": seconds,
            "automatic_replies": automation,
            "flags": flags,
        }
        write_json(with_where(environment, told))
        return
    if seconds is not None:
        write_lines(f"every worker has it after {seconds:.0f} s; a reply looks once more before it goes out")
    elif done:
        write_lines("workers follow within 10 s; a reply looks once more before it goes out")
    write_lines(f"automatic replies: {automation['said']}")
