"""`rp-mw explain`: why a conversation was routed or answered as it was, and what would have to change for a reply."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from rp_mw_ops.arguments import conversation_id
from rp_mw_ops.audit_trail import OFF, Row, is_off, load_rows, note_if_off
from rp_mw_ops.conversations import load_meant
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.exit_codes import DONE, INCOMPLETE
from rp_mw_ops.explanation import Story, row_time, to_claims
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.turns import PARKED, explain_lines, to_turns
from rp_mw_ops.undecided import load_undecided, undecided_words
from rp_mw_ops.why_not import find_why_not, to_json, why_not_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_worker.policy.loader import load_policy

REPLY = "reply"
MAX_WAIT_SECONDS = 600
_SECONDS_BETWEEN_LOOKS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the conversation."""
    add_environment_argument(parser)
    parser.add_argument(
        "conversation",
        type=conversation_id,
        help="its id as Richpanel has it, its digest in a log line (h and 12 digits), or a dead letter's id",
    )
    parser.add_argument(
        "--why-not", choices=(REPLY,), help="what would have to change for its last message to be answered"
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait so long for a decision on the conversation of this id",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when there is something to tell, 3 when --wait ended undecided; raises NotFoundError for an unknown id."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    waits = args.wait and not is_off(environment)  # no decision is recorded where the trail is off
    is_undecided = waits and not wait_until_decided(lambda: load_rows(environment, args.conversation), args.wait, clock)
    try:
        _explain(environment, args, _load(environment, args.conversation, clock))
    except NotFoundError as error:
        if is_off(environment):
            raise NotFoundError(f"{error}; {OFF}") from error
        raise
    if not is_undecided:
        return DONE
    sys.stderr.write(f"rp-mw: not decided within {args.wait:g} s: that is all that is known until now\n")
    return INCOMPLETE


def _explain(environment: Environment, args: argparse.Namespace, story: Story) -> None:
    if args.why_not:
        _tell_why_not(environment, args, story)
        return
    note_if_off(environment, args)
    if args.json:
        write_json(with_where(environment, _to_json(story)))
    else:
        write_lines(*explain_lines(story))


def _load(environment: Environment, name: str, clock: Clock) -> Story:
    """Return the story; raises NotFoundError with what is known beside the rows."""
    try:
        return load_meant(environment, name, clock)
    except NotFoundError as error:
        found = load_undecided(environment, name, clock.now_epoch_ms())
        raise NotFoundError(f"{error}. {undecided_words(found)}") from error


def wait_until_decided(load: Callable[[], list[Row]], seconds: float, clock: Clock) -> bool:
    """Look for up to `seconds` until the latest message is decided, with the shop's answer; return whether it is."""
    until = clock.monotonic() + seconds
    while not (is_decided := _is_decided(load())) and clock.monotonic() < until:
        clock.sleep(min(_SECONDS_BETWEEN_LOOKS, until - clock.monotonic()))
    return is_decided


def _is_decided(rows: list[Row]) -> bool:
    decisions = [row for row in rows if "kind" not in row]
    return bool(decisions) and decisions[-1].get("outcome") != PARKED


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= MAX_WAIT_SECONDS:
        raise argparse.ArgumentTypeError(f"not between 0 and {MAX_WAIT_SECONDS}: {value:g}")
    return value


def _tell_why_not(environment: Environment, args: argparse.Namespace, story: Story) -> None:
    row = next((row for row in reversed(story.rows) if "kind" not in row), None)
    if row is None:
        raise NotFoundError(f"nothing was decided yet in {story.conversation_id!r}: rp-mw explain shows what is known")
    found = find_why_not(row, load_policy(None))
    if args.json:
        told = {"conversation_id": story.conversation_id, "decided_at": row_time(row), "why_not": to_json(found)}
        write_json(with_where(environment, told))
    else:
        write_lines(f"conversation {story.conversation_id}, decided {row_time(row)}", *why_not_lines(found))


def _to_json(story: Story) -> dict[str, Any]:
    turns = [
        {"rows": [row["ts_action_id"] for row in turn.rows], "claims": to_claims(turn.last)} for turn in to_turns(story)
    ]
    told = {"conversation_id": story.conversation_id, "state": story.state, "rows": story.rows, "events": story.events}
    return told | {"turns": turns}
