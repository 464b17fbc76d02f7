"""Lines for the person who runs the command."""

from __future__ import annotations

import sys


def say(line: str = "") -> None:
    """Print one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
