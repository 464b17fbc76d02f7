"""The `rp-mw` command: finds the sub-command, imports only that one, and turns mistakes into one clear line.

Exit codes: 0 done as asked, 1 it could not be done (standard error says why), 2 wrong usage, 130 interrupted. A
command may add codes of its own above 2; its help says so.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rp_mw_ops.errors import UsageError, find_complaint
from rp_mw_shared.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command: its module has `add_arguments(parser)` and `run(args) -> int`."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "local": Command("rp_mw_ops.commands.local", "run everything on this machine: up, down, status, demo"),
    "send": Command("rp_mw_ops.commands.send", "post a sample webhook"),
    "explain": Command("rp_mw_ops.commands.explain", "why a conversation was routed or answered as it was"),
    "flags": Command("rp_mw_ops.commands.flags", "show or set the kill switch and the other flags"),
    "sweep": Command("rp_mw_ops.commands.sweep", "find open tickets that were never processed and enqueue them"),
    "dlq": Command("rp_mw_ops.commands.dlq", "list, show and send back dead letters"),
    "drift": Command("rp_mw_ops.commands.drift", "whether Richpanel has the tags, teams and agents our policy names"),
    "console": Command("rp_mw_ops.commands.console", "show all of it in the browser, read-only, on this machine"),
    "policy": Command("rp_mw_ops.commands.policy", "whether the policy is valid, what works with it and what not yet"),
    "decide": Command("rp_mw_ops.commands.decide", "decide one case from a file, without any network"),
    "replay": Command("rp_mw_ops.commands.replay", "what a changed policy would have decided on recorded decisions"),
    "classify": Command("rp_mw_ops.commands.classify", "classify a text with the embedded model"),
    "backtest": Command("rp_mw_ops.commands.backtest", "what would have been done with the tickets of an export"),
    "eval": Command("rp_mw_ops.commands.eval", "measure a classifier on a labelled file, compare runs, gate CI"),
    "eval-text": Command("rp_mw_ops.commands.eval_text", "measure redaction and entities on labelled texts, gate CI"),
    "eval-machines": Command("rp_mw_ops.commands.eval_machines", "measure whether machines are answered, gate CI"),
    "eval-field": Command("rp_mw_ops.commands.eval_field", "measure decisions on messages from the field, gate CI"),
    "eval-injection": Command("rp_mw_ops.commands.eval_injection", "measure what prompt-injection texts do, gate CI"),
    "clean": Command("rp_mw_ops.commands.clean", "show the customer's own words in the body of a mail"),
    "eval-languages": Command("rp_mw_ops.commands.eval_languages", "measure the screen in seven languages, gate CI"),
    "screen": Command("rp_mw_ops.commands.screen", "show what the screen finds in a text without a model"),
    "redact": Command("rp_mw_ops.commands.redact", "show what redaction makes of a text"),
    "extract": Command("rp_mw_ops.commands.extract", "show the entities found in a text"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one sub-command; see the module's text for the exit codes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        chosen = next((word for word in given if not word.startswith("-")), None)
        args = build_parser(chosen).parse_args(given)
        return int(importlib.import_module(COMMANDS[args.command].module).run(args))
    except BrokenPipeError:
        # the reader has seen enough; keep Python from complaining about it once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except ConfigurationError as error:
        for problem in error.problems:
            _complain(problem)
        return 1
    except Exception as error:
        complaint = find_complaint(error)
        if complaint is None:
            raise
        return _complain(complaint, 2 if isinstance(error, UsageError) else 1)


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser with every command in its help, and the arguments of the chosen one only."""
    parser = argparse.ArgumentParser(prog="rp-mw", description="Operate rp-mw, here or in an AWS environment.")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        if importlib.util.find_spec(command.module) is None:
            continue
        is_chosen = name == chosen
        sub = commands.add_parser(name, help=command.help, description=command.help, add_help=is_chosen)
        if is_chosen:
            importlib.import_module(command.module).add_arguments(sub)
    return parser


def _complain(line: str, code: int = 1) -> int:
    sys.stderr.write(f"rp-mw: {' '.join(line.split())}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
