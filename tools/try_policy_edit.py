"""Edits the policy as a support lead would, in a copy of the tree, and shows that every test there stays green.

    python -m tools.try_policy_edit [pytest arguments: default all in-process suites]

The edit adds an intent, a team and a reply: three YAML files and nothing else.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
POLICY = Path("services/worker/src/rp_mw_worker/policy")
# Everything that neither starts the embedded AWS nor soaks; name tests to run others.
SUITES = (
    "tests/unit", "tests/golden", "tests/properties", "tests/contract", "tests/privacy", "tests/faults",
    "tests/infrastructure/test_import_contracts.py", "tests/integration/test_injection.py",
    "tests/integration/test_eval_with_a_model.py", "tests/integration/test_drift.py",
)  # fmt: skip
INTENT = """
  gift_wrapping:
    definition: Asks whether a purchase can be wrapped as a gift, or what wrapping costs.
    team: Gift Desk
    priority: 6
    tier: 1
    reply: gift_wrapping_ack
"""
TEAM = "  Gift Desk: {slug: gift-desk}\n"
REPLY = """
  gift_wrapping_ack:
    tier: 1
    optional: [outside_hours]
    text:
      default: |
        Thank you for asking about gift wrapping. A colleague will tell you what is possible.
        ${outside_hours}
"""


def add_gift_wrapping(directory: Path) -> tuple[str, ...]:
    """Add the intent gift_wrapping, its team and its reply to the policy in `directory`; return the edited files."""
    settings = directory / "settings.yaml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("teams:\n", f"teams:\n{TEAM}", 1), "utf-8")
    for name, addition in (("intents.yaml", INTENT), ("templates.yaml", REPLY)):
        path = directory / name
        path.write_text(path.read_text("utf-8").rstrip("\n") + "\n" + addition, "utf-8")
    return ("intents.yaml", "settings.yaml", "templates.yaml")


def copy_tree(target: Path) -> None:
    """Copy what git knows of and what is new, and nothing that a build made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(source.read_bytes())


def environment(tree: Path) -> dict[str, str]:
    """The environment in which Python imports the packages of `tree`, not those installed."""
    sources = sorted(str(path) for kind in ("packages", "services") for path in tree.glob(f"{kind}/*/src"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sources)}


def main() -> int:
    """Edit a copy, check it, run the suites in it; the exit code is the first that is not 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    _, chosen = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="rp-mw-policy-edit-") as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        sys.stdout.write(f"edited: {', '.join(add_gift_wrapping(tree / POLICY))}\n")
        sys.stdout.flush()
        pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(chosen or SUITES)]
        for command in (["-m", "rp_mw_ops.cli", "policy", "check"], pytest):
            done = subprocess.run([sys.executable, *command], cwd=tree, env=environment(tree), check=False)
            if done.returncode != 0:
                return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
