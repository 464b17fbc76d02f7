"""`make tf-scan`: the linters of the trade, where they are installed; the others are named with how to get them.

Exit code 0 when every installed one passes. With CI=true one that is missing fails too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from tools.tf.workspace import ROOT


@dataclass(frozen=True, slots=True)
class Scanner:
    """One program: its name, its arguments (run in the checkout's root), and how to get it."""

    name: str
    arguments: tuple[str, ...]
    how_to_get: str


SCANNERS = (
    Scanner(
        "tflint",
        ("--chdir=terraform", "--recursive", "--config", str(ROOT / "terraform" / ".tflint.hcl")),
        "its release page, then `tflint --init --config terraform/.tflint.hcl`",
    ),
    Scanner(
        "checkov",
        ("-d", "terraform", "--config-file", "terraform/.checkov.yaml"),
        "`pipx install checkov==3.3.30` (it pins its own AWS SDK, so it needs an environment of its own)",
    ),
    Scanner("actionlint", (), "its release page, or `go install` of its module"),
)


def run(scanner: Scanner) -> bool | None:
    """True passed, False found something, None not installed."""
    if shutil.which(scanner.name) is None:
        return None
    environment = os.environ | {"HCL_PARSE_TIMEOUT_SEC": "120"}  # checkov gives nested expressions 10 s otherwise
    done = subprocess.run([scanner.name, *scanner.arguments], cwd=ROOT, env=environment, check=False)
    return done.returncode == 0


def main() -> int:
    outcomes = {scanner: run(scanner) for scanner in SCANNERS}
    for scanner, passed in outcomes.items():
        words = {True: "passed", False: "FAILED", None: f"not installed; get it from {scanner.how_to_get}"}[passed]
        print(f"{scanner.name}: {words}")
    strict = os.environ.get("CI") == "true"
    return 1 if any(passed is False or (passed is None and strict) for passed in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
