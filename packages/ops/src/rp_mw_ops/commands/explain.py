"""`rp-mw explain`: why a conversation was routed or answered as it was."""

from __future__ import annotations

import argparse

from rp_mw_ops.environment import add_environment_argument, open_environment
from rp_mw_ops.explanation import explain_lines, load_story
from rp_mw_ops.printing import write_json, write_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the conversation."""
    add_environment_argument(parser)
    parser.add_argument("conversation", help="the conversation's id, as Richpanel has it")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when there is something to tell; raises NotFoundError for a conversation nobody knows."""
    story = load_story(open_environment(args.env), args.conversation)
    if args.json:
        write_json(
            {"conversation_id": story.conversation_id, "state": story.state, "rows": story.rows, "events": story.events}
        )
    else:
        write_lines(*explain_lines(story))
    return 0
