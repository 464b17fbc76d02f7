"""`rp-mw drift`: whether the tags, teams and agents our policy names still exist in Richpanel.

A finding (exit code 1) is something missing; incomplete (3) is nothing missing, but not everything could be read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rp_mw_ops.drift.checks import LISTS, UNSEEN, Drift, Missing, find_drift, find_needs
from rp_mw_ops.drift.reading import load_account, load_settings
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.exit_codes import DONE, FINDING, INCOMPLETE
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --env, --policy and --json."""
    add_environment_argument(parser)
    parser.add_argument("--policy", type=Path, metavar="DIR", help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Looks once; see the module's text for the exit codes."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    policy = load_policy(args.policy)
    settings = load_settings(environment, "worker")
    author_id = settings.get("RICHPANEL_AUTHOR_ID")
    drift = find_drift(find_needs(policy, author_id), load_account(environment, settings, clock))
    unseen = [*UNSEEN] if author_id else [*UNSEEN, "the author of replies: the worker's settings name none"]
    if args.json:
        write_json(with_where(environment, {"policy": policy.version, **_to_json(drift), "unseen": unseen}))
    else:
        write_lines(
            f"policy {policy.version}", *_to_lines(drift), *(f"not visible through the API: {it}" for it in unseen)
        )
    if drift.missing:
        return FINDING
    return INCOMPLETE if drift.unread else DONE


def _to_json(drift: Drift) -> dict[str, Any]:
    return {
        "missing": [
            {"kind": one.need.kind, "name": one.need.name, "needed_by": one.need.because, "similar": one.similar}
            for one in drift.missing
        ],
        "checked": dict(drift.checked),
        "unread": dict(drift.unread),
    }


def _to_lines(drift: Drift) -> list[str]:
    lines = [f"missing {_line(one)}" for one in drift.missing]
    for kind in LISTS:
        missing = sum(one.need.kind == kind for one in drift.missing)
        if kind in drift.unread:
            lines.append(f"{kind}s not checked: {drift.unread[kind]}")
        else:
            lines.append(f"{kind}s: {drift.checked[kind] - missing} of {drift.checked[kind]} are there")
    return lines


def _line(one: Missing) -> str:
    said = f"{one.need.kind} {one.need.name!r}, needed by {one.need.because}"
    return f"{said}; there is {one.similar!r}: give one of them the other's spelling" if one.similar else said
