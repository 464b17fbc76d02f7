"""Shows that no test got lost between two revisions: every id collected then is collected now, or says where it went.

    python -m tools.test_ids --base REVISION [--head REVISION]     (default head: the files as they lie here)

`tests/moved_tests.tsv` has a line for each test that was renamed or moved: old id, tab, new id. A line of two tests
without their parameters moves all their cases, one of two files all their tests; several lines for an old id split it.
`test[*]` as old id leads all cases that are not found otherwise to one test, whatever its cases are called.
A new id `-` says that what the test was about is gone; the comment above it says why. Exit code 1 names what is lost.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / "tests" / "moved_tests.tsv"
GONE = "-"
ALL_CASES = "[*]"
Moves = Mapping[str, tuple[str, ...]]


class TestIdsError(Exception):
    """The comparison cannot be made; the message is one line that says what to do."""

    __test__ = False


def read_moves(text: str) -> Moves:
    """New ids by old id. Raises TestIdsError naming the line that is not two ids with a tab between them."""
    moves: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        old, _, new = line.partition("\t")
        if not old or not new or "\t" in new or (new != GONE and ("::" in old) != ("::" in new)):
            raise TestIdsError(f"{MAP.name}:{number}: write an old id, a tab and a new id (or two files)")
        moves[old] = (*moves.get(old, ()), new)
    return moves


def follow(old: str, ids: frozenset[str], moves: Moves) -> frozenset[str]:
    """The ids that an old id is collected as now, through any number of moves; empty when it is lost."""
    found, seen, waiting = set(), set(), [old]
    while waiting:
        name = waiting.pop()
        if name in ids or name == GONE:
            found.add(name)
        elif name not in seen:
            seen.add(name)
            waiting += _next_names(name, moves)
    return frozenset(found)


def _next_names(name: str, moves: Moves) -> list[str]:
    """What the map makes of an id: of the whole, of the test without its parameters, of the file."""
    found = list(moves.get(name, ()))
    for mark in ("[", "::"):
        known, _, rest = name.partition(mark)
        found += [new if new == GONE else f"{new}{mark}{rest}" for new in moves.get(known, ()) if rest]
    test, _, case = name.partition("[")
    return [*found, *(moves.get(f"{test}{ALL_CASES}", ()) if case else ())]


def lost(before: Iterable[str], after: Iterable[str], moves: Moves) -> list[str]:
    """The ids of before that lead nowhere now, in their order; a test without parameters leads to its cases."""
    ids = frozenset(after)
    ids |= {name.partition("[")[0] for name in ids}
    return [old for old in before if not follow(old, ids, moves)]


def stale(after: Sequence[str], moves: Moves) -> list[str]:
    """New names in the map that nobody collects: the map is out of date."""
    names = {GONE, *after, *(name.partition(mark)[0] for name in after for mark in ("::", "["))}
    return sorted(new for news in moves.values() for new in news if new not in names and new not in moves)


def collect(tree: Path) -> list[str]:
    """All test ids of a checkout, with its own packages, then PYTHONPATH. Raises TestIdsError when it cannot."""
    sources = [str(path) for path in sorted([*tree.glob("packages/*/src"), *tree.glob("services/*/src")])]
    sources += [folder for folder in (os.environ.get("PYTHONPATH"),) if folder]  # what only the older revision needs
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sources)}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
    command += ["--import-mode=importlib"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TestIdsError(f"pytest cannot collect: {_why(done.stdout + done.stderr)}")
    return [line for line in done.stdout.splitlines() if "::" in line]


def _why(said: str) -> str:
    """The first module that is missing, with what to do, else pytest's last line."""
    missing = next((line for line in said.splitlines() if "ModuleNotFoundError" in line), None)
    if missing is None:
        return said.strip().splitlines()[-1]
    return f"{missing.removeprefix('E').strip()}; install it with pip --target FOLDER, and set PYTHONPATH=FOLDER"


def with_revision(revision: str, use: Callable[[Path], list[str]]) -> list[str]:
    """Gives `use` a folder with the revision's files, removed afterwards. Raises TestIdsError for an unknown one."""
    done = subprocess.run(["git", "archive", "--format=tar", revision], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise TestIdsError(f"git knows no revision {revision!r}: fetch it first")
    with tempfile.TemporaryDirectory(prefix="rp-mw-test-ids-") as folder:
        with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        return use(Path(folder))


def main(arguments: list[str] | None = None) -> int:
    """0 when no test is lost, 1 with the lost ones, 2 when the two cannot be compared."""
    parser = argparse.ArgumentParser(prog="test_ids", description="Name the tests that got lost since a revision.")
    parser.add_argument("--base", required=True, metavar="REVISION", help="where the tests were")
    parser.add_argument("--head", metavar="REVISION", help="where they have to be (default: the files here)")
    chosen = parser.parse_args(arguments)
    try:
        before = with_revision(chosen.base, collect)
        after = with_revision(chosen.head, collect) if chosen.head else collect(ROOT)
        moves = read_moves(MAP.read_text("utf-8"))
    except TestIdsError as error:
        sys.stderr.write(f"test-ids: {error}\n")
        return 2
    return report(before, after, moves)


def report(before: list[str], after: list[str], moves: Moves) -> int:
    """Prints the comparison; 1 when a test is lost or the map is out of date."""
    gone, unknown = lost(before, after, moves), stale(after, moves)
    lines = [f"lost: {name}" for name in _shortened(gone)] + [
        f"{MAP.name} leads to no test: {name}" for name in unknown
    ]
    moved = len(set(before) - set(after)) - len(gone)
    lines.append(f"{len(before)} tests before, {len(after)} now, {moved} moved, {len(gone)} lost")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if gone or unknown else 0


def _shortened(names: list[str]) -> list[str]:
    """The names, with the cases of one test as one line."""
    tests = Counter(name.partition("[")[0] for name in names)
    single = {name.partition("[")[0]: name for name in names}
    return [single[test] if count == 1 else f"{test}[...], {count} cases" for test, count in tests.items()]


if __name__ == "__main__":
    raise SystemExit(main())
