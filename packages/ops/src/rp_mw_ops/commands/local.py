"""`rp-mw local`: up, reload, down, status and demo."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rp_mw_ops.drift.checks import LOCAL_GAPS
from rp_mw_ops.environment import LOCAL, open_environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.environments.running_locally import find_running
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy.loader import load_policy

PARTS = ("aws", "richpanel", "shopify", "openai")
DOCUMENTED_REQUESTS_PER_WINDOW = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds up, reload, down, status and demo."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    up = actions.add_parser("up", help="start it in the background (does nothing when it runs)")
    up.add_argument(
        "--port", action="append", default=[], metavar="PART=PORT", help=f"fixed port of {', '.join(PARTS)}"
    )
    up.add_argument("--shadow", action="store_true", help="start as a new environment does: decide and record only")
    up.add_argument("--json", action="store_true", help="print how to reach it as JSON")
    again = actions.add_parser("reload", help="serve the policy (and the code) as edited; tickets and tables stay")
    again.add_argument("--json", action="store_true", help="print how to reach it as JSON")
    down = actions.add_parser("down", help="stop it")
    down.add_argument("--json", action="store_true", help="print what is gone as JSON")
    status = actions.add_parser("status", help="whether it runs, and where (exit code 3 when it does not)")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    demo = actions.add_parser("demo", help="build, start, play the story and show it live")
    demo.add_argument("--plain", action="store_true", help="plain lines, as without a terminal")
    demo.add_argument("--pace", type=float, default=0.0, metavar="S", help="wait so many seconds after each scenario")
    demo.add_argument("--console", action="store_true", help="show it in the browser, too, and stay until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Runs the action."""
    return {"up": _up, "reload": _reload, "down": _down, "status": _status, "demo": _demo}[args.action](args)


def _up(args: argparse.Namespace) -> int:
    from rp_mw_local import supervisor
    from rp_mw_local.stack import LIVE_FLAGS

    policy, problems = _load_policy_or_problems()
    if policy is None and find_running() is None:
        raise ConfigurationError(problems)
    options: dict[str, Any] = {
        "policy_version": policy.version if policy else None,
        "ports": parse_ports(args.port),
        "flags": {} if args.shadow else LIVE_FLAGS,
        "richpanel_requests_per_window": DOCUMENTED_REQUESTS_PER_WINDOW,
    }
    state = supervisor.start(options, lambda line: print_progress(line, quiet=args.json))
    if policy is not None and policy.version == state.get("policy_version"):
        furnish_helpdesk(state["simulators"]["richpanel"], policy, without=LOCAL_GAPS)
    _show(state, as_json=args.json)
    return 0


def _reload(args: argparse.Namespace) -> int:
    from rp_mw_local import supervisor

    policy, running = load_policy(), open_environment(LOCAL)
    state = supervisor.reload(
        running.topology, running.client, policy.version, lambda line: print_progress(line, quiet=args.json)
    )
    furnish_helpdesk(state["simulators"]["richpanel"], policy, without=LOCAL_GAPS)
    _show(state, as_json=args.json)
    return 0


def _load_policy_or_problems() -> tuple[Policy | None, list[str]]:
    """The policy of the files here, or None and what is wrong with it."""
    try:
        return load_policy(), []
    except ConfigurationError as error:
        return None, error.problems


def _down(args: argparse.Namespace) -> int:
    from rp_mw_local import supervisor

    was_running = supervisor.stop()
    deleted, kept = "its tickets, tables, queues and switches", "the zips in dist/ and the environments in .local/"
    if args.json:
        write_json({"was_running": was_running, "deleted": deleted if was_running else None, "kept": kept})
    elif was_running:
        write_lines(f"stopped: {deleted} are deleted", f"kept: {kept}")
    else:
        write_lines("nothing was running, so nothing was deleted")
    return 0


def _status(args: argparse.Namespace) -> int:
    state = find_running()
    if state is None:
        write_json({"running": False}) if args.json else write_lines("not running: start it with `make up`")
        return 3
    _show(state, as_json=args.json)
    return 0


def _demo(args: argparse.Namespace) -> int:
    from rp_mw_ops.commands.demo import run_demo

    return run_demo(is_plain=args.plain, pace_seconds=args.pace, has_console=args.console)


def parse_ports(given: list[str]) -> dict[str, int]:
    """PART=PORT texts as a mapping; raises UsageError for what is neither."""
    ports = {}
    for text in given:
        part, _, number = text.partition("=")
        if part not in PARTS or not number.isdigit() or not 0 < int(number) < 65_536:
            raise UsageError(f"--port {text} is not PART=PORT with PART one of {', '.join(PARTS)} and PORT 1 to 65535")
        ports[part] = int(number)
    return ports


def furnish_helpdesk(richpanel_url: str, policy: Policy, *, without: frozenset[str] = frozenset()) -> None:
    """Gives the simulated helpdesk the tags and teams of the policy but those named, as a shop's people do."""
    from rp_mw_local.simulators.seeding import seed
    from rp_mw_ops.drift.checks import TAG, TEAM, find_needs

    needs = find_needs(policy, None)
    contents = {
        f"{kind}s": {
            f"{kind}-{need.name}": need.name for need in needs if need.kind == kind and need.name not in without
        }
        for kind in (TAG, TEAM)
    }
    seed(richpanel_url, contents)


def print_progress(line: str, *, quiet: bool = False) -> None:
    """One line of progress on standard error."""
    if not quiet:
        sys.stderr.write(f"  {line}\n")


def _show(state: dict[str, Any], *, as_json: bool) -> None:
    policy, problems = _load_policy_or_problems()
    version = policy.version if policy else None
    if as_json:
        write_json({"running": True, "policy_of_the_files": version, **state})
        return
    write_lines(
        f"running, process {state['pid']}",
        f"  webhook    {state['webhook_url']}",
        f"  AWS        {state['aws']['endpoint_url']}",
        *(f"  {name:<10} {url}   (faults and requests under /_sim/)" for name, url in state["simulators"].items()),
        f"  policy     {state.get('policy_version')}",
        *_stale_lines(state.get("policy_version"), version, problems),
        "go on with: rp-mw send --sample tracked · rp-mw explain <conversation> --wait 60 · rp-mw console · make down",
    )


def _stale_lines(served: str | None, version: str | None, problems: list[str]) -> list[str]:
    """What to say where the running system serves another policy than the files here."""
    if problems:
        return [*problems, "it serves an older policy: mend the files, then `rp-mw local reload`"]
    if served == version:
        return []
    return [f"it serves an older policy: the files are {version}; `rp-mw local reload` serves them and keeps all data"]
