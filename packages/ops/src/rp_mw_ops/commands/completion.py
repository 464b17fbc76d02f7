"""`rp-mw completion`: what a shell reads to complete rp-mw's words: `eval "$(rp-mw completion bash)"`."""

from __future__ import annotations

import argparse

from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.printing import write_lines

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the shell."""
    parser.add_argument("shell", choices=SHELLS, help="for bash and zsh into the start file; for fish into completions")


def run(args: argparse.Namespace) -> int:
    """Prints the script; it asks rp-mw itself at every Tab, so that it never is out of date."""
    from argcomplete.shell_integration import shellcode

    write_lines(shellcode(["rp-mw"], shell=args.shell).rstrip("\n"))
    return DONE
