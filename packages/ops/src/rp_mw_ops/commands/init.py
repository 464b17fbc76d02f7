"""`rp-mw init`: read the helpdesk's teams, tags and channels, and write a first settings.yaml to review."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from rp_mw_ops.drift.account import open_account
from rp_mw_ops.drift.checks import TAG, TEAM
from rp_mw_ops.drift.reading import DEFAULT_BASE_URL, load_account, load_secret, load_settings
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_ops.exit_codes import DONE, INCOMPLETE
from rp_mw_ops.first_settings import to_first_settings
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.errors import TransientError
from rp_mw_worker.policy.loader import POLICY_DIRECTORY, load_policy

CALL_SECONDS = 20.0
_REFUSED = (403, 404)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds where to write."""
    add_environment_argument(parser)
    parser.add_argument("--out", type=Path, default=Path("settings.yaml"), help="the file (default settings.yaml)")
    parser.add_argument("--json", action="store_true", help="print what was read as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when it is written, 3 when a list could not be read; raises UsageError for a file that is there already."""
    _require_new(args.out)
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    _require_new(args.out)
    settings = _load_worker_settings(environment)
    # log lines on a person's terminal would only spoil --json
    with redirect_stdout(io.StringIO()):
        account = load_account(environment, settings, clock)
        teams, tags = account[TEAM], account[TAG]
        if teams.problem is not None:
            raise OpsError(f"nothing was written: {teams.problem}")
        channels = _load_channels(environment, settings, clock)
    shipped = (POLICY_DIRECTORY / "settings.yaml").read_text("utf-8")
    text = to_first_settings(
        shipped, load_policy(None), teams.names.values(), set(tags.names.values()), channels or set()
    )
    args.out.write_text(text, "utf-8")
    unread = {name: problem for name, problem in (("tags", tags.problem), ("channels", _unread(channels))) if problem}
    questions = [line.removeprefix("# ? ") for line in text.splitlines() if line.startswith("# ? ")]
    if args.json:
        told = {"file": str(args.out), "teams": sorted(teams.names.values()), "questions": questions, "unread": unread}
        write_json(with_where(environment, told))
    else:
        write_lines(f"{args.out}: {len(teams.names)} teams, {len(questions)} questions to answer in it")
        write_lines(*(f"? {question}" for question in questions))
        write_lines(*(f"not read: {name}: {problem}" for name, problem in unread.items()))
        write_lines("next: rp-mw policy check --policy DIR, rp-mw drift, rp-mw replay --policy DIR")
    return INCOMPLETE if unread else DONE


def _require_new(path: Path) -> None:
    if path.exists():
        raise UsageError(f"{path} is there already: give another name with --out, nothing is written over")


def _load_worker_settings(environment: Environment) -> dict[str, str]:
    """The worker's settings, or none before its first deploy: then Richpanel's own address counts."""
    try:
        return load_settings(environment, "worker")
    except TransientError:
        return {}


def _load_channels(environment: Environment, settings: Mapping[str, str], clock: Clock) -> set[str] | None:
    """The channels of the newest open tickets, None where this account may not list them."""
    key = load_secret(environment, "richpanel").get("api_key") or ""
    http = open_account(settings.get("RICHPANEL_BASE_URL", DEFAULT_BASE_URL), key, clock)
    try:
        answer = http.request(
            "GET",
            "/tickets",
            operation="list_tickets",
            idempotent=True,
            query={"status": "OPEN", "page": "1", "per_page": "100"},
            accept=_REFUSED,
            total_seconds=CALL_SECONDS,
        )
    finally:
        http.close()
    return None if answer.status in _REFUSED else _channels_in(answer.json())


def _channels_in(payload: Any) -> set[str]:
    answer = payload if isinstance(payload, Mapping) else {}
    items = answer.get("ticket", answer.get("tickets"))
    via = (item.get("via") for item in items or [] if isinstance(item, Mapping))
    return {str(one["channel"]) for one in via if isinstance(one, Mapping) and one.get("channel")}


def _unread(channels: set[str] | None) -> str | None:
    return "this account may not list tickets: look at the channels in Richpanel" if channels is None else None
