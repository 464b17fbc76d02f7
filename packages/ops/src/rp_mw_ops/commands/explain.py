"""`rp-mw explain`: why a conversation was routed or answered as it was, and what would have to change for a reply."""

from __future__ import annotations

import argparse
from typing import Any

from rp_mw_ops.audit_trail import OPERATOR_KINDS
from rp_mw_ops.conversations import load_meant
from rp_mw_ops.environment import Environment, add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.explanation import Story, row_time, to_claims
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.turns import explain_lines, to_turns
from rp_mw_ops.why_not import find_why_not, to_json, why_not_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_worker.policy.loader import load_policy

REPLY = "reply"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the conversation."""
    add_environment_argument(parser)
    parser.add_argument(
        "conversation",
        help="its id as Richpanel has it, its digest in a log line (h and 12 digits), or a dead letter's id",
    )
    parser.add_argument(
        "--why-not", choices=(REPLY,), help="what would have to change for its last message to be answered"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when there is something to tell; raises NotFoundError for a conversation nobody knows."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    story = load_meant(environment, args.conversation, clock)
    if args.why_not:
        _tell_why_not(environment, args, story)
    elif args.json:
        write_json(with_where(environment, _to_json(story)))
    else:
        write_lines(*explain_lines(story))
    return DONE


def _tell_why_not(environment: Environment, args: argparse.Namespace, story: Story) -> None:
    row = next((row for row in reversed(story.rows) if row.get("kind") not in OPERATOR_KINDS), None)
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
