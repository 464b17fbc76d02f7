"""Writes the hashed lock files: names, versions and hashes, never an address.

Every deployable or package has a `requirements.lock` with its third-party distributions only; the root
`requirements-dev.lock` holds what a developer's environment needs on top. Locks are universal: one file serves
Python 3.11 on a laptop and Python 3.13 on Arm in Lambda, markers tell the difference. Versions already locked stay
unless named with --upgrade.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = tuple(
    sorted(path.parent for pattern in ("packages", "services") for path in (ROOT / pattern).glob("*/pyproject.toml"))
)
OLDEST_PYTHON = "3.11"
CONSUMER_EXTRAS = ("aws", "consumer", "redaction")
EMULATOR_INPUT = ROOT / "packages/local/emulator-requirements.in"
BENCHMARKS_INPUT = ROOT / "benchmarks/requirements.in"
SCAN_INPUT = ROOT / "tools/tf/requirements.in"
ENCODER_INPUT = ROOT / "tools/train/encoder-requirements.in"
OWN_REQUIREMENT = re.compile(r"^(rp-mw-[a-z]+)(?:\[([a-z,]*)\])?$")


def is_plain_consumer(project: Path) -> bool:
    """Whether a service asks for nothing but the shared code with the extras of a plain consumer."""
    dependencies = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return bool(dependencies == [f"rp-mw-shared[{','.join(CONSUMER_EXTRAS)}]"])


def load_projects() -> dict[str, dict[str, object]]:
    """The [project] table of each package of this repository, by distribution name."""
    tables = [tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"] for folder in PROJECTS]
    return {str(table["name"]): table for table in tables}


def third_party(name: str, extras: frozenset[str], projects: dict[str, dict[str, object]]) -> set[str]:
    """Requirements of one of our packages from outside this repository, our own packages followed all the way."""
    table = projects[name]
    optional = table.get("optional-dependencies", {})
    assert isinstance(optional, dict)
    wanted = list(table["dependencies"])  # type: ignore[call-overload]
    for extra in sorted(extras):
        wanted += optional[extra]
    found: set[str] = set()
    for requirement in wanted:
        own = OWN_REQUIREMENT.match(requirement)
        if own:
            found |= third_party(own[1], frozenset(filter(None, (own[2] or "").split(","))), projects)
        else:
            found.add(requirement)
    return found


def compile_lock(requirements: list[str], output: Path, upgrade: list[str]) -> None:
    """Resolves the requirements into `output`, keeping what it already pins.

    Raises subprocess.CalledProcessError when no set of versions fits.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "requirements.in"
        source.write_text("\n".join(sorted(requirements)) + "\n", "utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
        command += ["--python-version", OLDEST_PYTHON, "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--output-file", str(output), str(source)]
        for name in upgrade:
            command += ["--upgrade-package", name]
        subprocess.run(command, cwd=folder, check=True)
    sys.stdout.write(f"{output.relative_to(ROOT)}: {output.read_text('utf-8').count('==')} distributions\n")


def input_lines(path: Path) -> list[str]:
    """The requirements of an input file, comments and blank lines left out."""
    return [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]


def main() -> int:
    """Writes the locks asked for; 1 when a resolution fails."""
    parser = argparse.ArgumentParser(description="Write the hashed lock files.")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="service or package, or dev, emulator, benchmarks, scan",
    )
    parser.add_argument(
        "--upgrade", action="append", default=[], metavar="NAME", help="distribution to move to its newest"
    )
    chosen = parser.parse_args()
    projects = load_projects()
    jobs = {
        folder.name: (sorted(third_party(f"rp-mw-{folder.name}", frozenset(), projects)), folder / "requirements.lock")
        for folder in PROJECTS
        if not is_plain_consumer(folder)
    }
    jobs["shared"] = (
        sorted(third_party("rp-mw-shared", _all_extras(projects), projects)),
        ROOT / "packages/shared/requirements.lock",
    )
    # a service without requirements of its own beyond these builds from this lock
    consumer = sorted(third_party("rp-mw-shared", frozenset(CONSUMER_EXTRAS), projects))
    jobs["consumer"] = (consumer, ROOT / "packages/shared/consumer-requirements.lock")
    everything = sorted(set().union(*(requirements for requirements, _ in jobs.values())))
    inputs = {"emulator": EMULATOR_INPUT, "benchmarks": BENCHMARKS_INPUT, "scan": SCAN_INPUT, "encoder": ENCODER_INPUT}
    for name, source in inputs.items():
        jobs[name] = (input_lines(source), source.with_suffix(".lock"))
    jobs["dev"] = ([*everything, *input_lines(ROOT / "requirements-dev.in")], ROOT / "requirements-dev.lock")
    unknown = set(chosen.only) - set(jobs)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(jobs)}")
    try:
        for name in chosen.only or jobs:
            compile_lock(*jobs[name], chosen.upgrade)
    except subprocess.CalledProcessError:
        sys.stderr.write("lock: no set of versions fits, see above; the lock files are as they were\n")
        return 1
    return 0


def _all_extras(projects: dict[str, dict[str, object]]) -> frozenset[str]:
    optional = projects["rp-mw-shared"]["optional-dependencies"]
    assert isinstance(optional, dict)
    return frozenset(optional)


if __name__ == "__main__":
    raise SystemExit(main())
