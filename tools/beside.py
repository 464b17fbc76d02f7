"""Runs a check that needs material which lies beside the checkout and never in it.

    python -m tools.beside NEEDED COMMAND ...

Without NEEDED it says so and stops: exit 0 on a person's machine, 1 where CI=true, which must not skip a check.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Return the command's exit code, or the one that fits where it cannot run."""
    if len(arguments) < 2:
        sys.stderr.write("beside: wanted is NEEDED COMMAND ...\n")
        return 2
    needed, *command = arguments
    if Path(needed).exists():
        return subprocess.run(command, check=False).returncode
    in_ci = os.environ.get("CI") == "true"
    said = "fails, because CI must not skip it" if in_ci else "left out"
    sys.stderr.write(
        f"{said}: {needed} is not there. It is public test data that lies beside a developer's checkout, not in it; "
        "SHARED=folder names another place\n"
    )
    return 1 if in_ci else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
