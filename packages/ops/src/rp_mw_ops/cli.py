"""The `rp-mw` command: finds the sub-command, imports only that one, and turns mistakes into one clear line.

`rp_mw_ops.exit_codes` has the exit codes, the same for every command.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from rp_mw_ops.arguments import Parser
from rp_mw_ops.commands_table import COMMANDS
from rp_mw_ops.environment import ENV_HELP, settle_environment
from rp_mw_ops.errors import UsageError, exit_code_of, find_complaint
from rp_mw_ops.exit_codes import DONE, INTERRUPTED, TABLE
from rp_mw_ops.printing import write_json
from rp_mw_ops.progress import Interrupted, still_at_it
from rp_mw_shared.errors import ConfigurationError

# what may stand before the command and takes a word of its own
_BEFORE = ("--env", "--confirm")
COMPLETION_VARIABLE = "_ARGCOMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one sub-command; see the module's text for the exit codes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        args = parse(given)
        with still_at_it(args.command):
            return int(importlib.import_module(COMMANDS[args.command].module).run(args))
    except BrokenPipeError:
        # the reader has seen enough; keep Python from complaining about it once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt as interruption:
        told = f": {interruption}" if isinstance(interruption, Interrupted) else ""
        return _complain([f"interrupted{told}"], INTERRUPTED, "interrupted", given)
    except Exception as error:
        complaint = find_complaint(error)
        if complaint is None:
            raise
        lines = error.problems if isinstance(error, ConfigurationError) else [complaint]
        return _complain(lines, exit_code_of(error), str(getattr(error, "code", "unreachable")), given)


def parse(given: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `env` settled where the command takes one; raises UsageError for what makes no sense."""
    parser = build_parser(_find_command(given))
    args = parser.parse_args(list(given))
    if getattr(args, "takes_env", False):
        args.env = settle_environment(args.env)
    elif args.env and args.command != "send":
        raise UsageError(f"rp-mw {args.command} takes no --env: it reads nothing of an environment")
    return args


def build_parser(chosen: str | None) -> Parser:
    """The parser with every command in its help, and the arguments of the chosen one only."""
    parser = Parser(
        prog="rp-mw",
        description="Operate rp-mw, here or in AWS. In the night: rp-mw stop, rp-mw resume, rp-mw doctor.",
        epilog=f"rp-mw COMMAND --help has examples. {TABLE}",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version and end")
    parser.add_argument("--env", metavar="NAME", default=None, help=ENV_HELP)
    parser.add_argument("--confirm", metavar="NAME", default=None, help="the environment's name, for a write in prod")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        if importlib.util.find_spec(command.module) is None:
            continue
        is_chosen = name == chosen
        examples = "\n".join(["examples:", *(f"  rp-mw {example}" for example in command.examples)])
        sub = commands.add_parser(name, help=command.help, description=command.help, add_help=is_chosen)
        if is_chosen:
            importlib.import_module(command.module).add_arguments(sub)
            sub.epilog = "\n\n".join(filter(None, [sub.epilog, examples, TABLE]))
    if COMPLETION_VARIABLE in os.environ:
        _complete(parser)
    return parser


class _ShowVersion(argparse.Action):
    """Prints the version, which is looked up only then, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"rp-mw {version('rp-mw-ops')}\n")
        parser.exit()


def _complete(parser: Parser) -> None:
    """Answer the shell that asks for completions, and end."""
    import argcomplete

    argcomplete.autocomplete(parser)


def _find_command(given: Sequence[str]) -> str | None:
    """The first word that is no option's value."""
    words = iter(_words_to_complete() if COMPLETION_VARIABLE in os.environ else given)
    for word in words:
        if word in _BEFORE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _words_to_complete() -> list[str]:
    return os.environ.get("COMP_LINE", "").split()[1:]


def _complain(lines: Sequence[str], exit_code: int, code: str, given: Sequence[str]) -> int:
    """Say it on standard error, and to a program that asked for JSON as JSON on standard output."""
    plain = [" ".join(line.split()) for line in lines]
    sys.stderr.write("".join(f"rp-mw: {line}\n" for line in plain))
    if "--json" in given:
        write_json({"error": {"code": code, "exit_code": exit_code, "messages": plain}})
    return exit_code


if __name__ == "__main__":
    raise SystemExit(main())
