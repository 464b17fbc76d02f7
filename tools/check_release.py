"""Refuses a changed service or package that has no new version or no changelog entry for it.

A service carries its own copy of the shared code, so a change there counts for every service.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

SHARED = "packages/shared"
# In a project's folder, what a release of it is made of.
RELEASED = ("src/", "pyproject.toml", "requirements.lock", "emulator-requirements.lock", "zip.yaml")
HEADING = re.compile(r"^## \[?v?(\d+\.\d+\.\d+)\b.*$", re.MULTILINE)


class RevisionError(Exception):
    """The revision to compare with cannot be read."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one revision of a git repository."""

    root: Path
    revision: str

    def text(self, path: str) -> str | None:
        """A file's content, None where the revision has no such file."""
        done = _git(self.root, "show", f"{self.revision}:{path}")
        return done.stdout if done.returncode == 0 else None

    def projects(self) -> list[str]:
        """Folders with a pyproject.toml of their own, sorted."""
        listed = _git(self.root, "ls-tree", "-r", "--name-only", self.revision, "packages", "services").stdout
        return sorted(
            name.rpartition("/")[0]
            for name in listed.splitlines()
            if name.count("/") == 2 and name.endswith("/pyproject.toml")
        )

    def version(self, project: str) -> tuple[int, ...]:
        """The project's version as numbers, empty where the revision does not have the project."""
        text = self.text(f"{project}/pyproject.toml")
        if text is None:
            return ()
        return tuple(int(part) for part in str(tomllib.loads(text)["project"]["version"]).split("."))


def find_problems(base: Tree, head: Tree) -> list[str]:
    """One line per project that may not be released as it is; empty when all may."""
    changed = changed_files(base, head)
    problems = []
    for project in head.projects():
        cause = next((path for path in changed if _counts_for(project, path)), None)
        if cause is not None:
            problems += _project_problems(project, cause, base, head)
    return problems


def changed_files(base: Tree, head: Tree) -> list[str]:
    """Paths that differ between the two revisions. Raises RevisionError when one cannot be read."""
    done = _git(head.root, "diff", "--name-only", "--no-renames", base.revision, head.revision)
    if done.returncode:
        raise RevisionError(
            f"cannot compare {base.revision!r} with {head.revision!r}; fetch it or name another: BASE=revision"
        )
    return done.stdout.splitlines()


def changelog_entry(text: str, version: str) -> str:
    """What the changelog says under the version's heading, stripped; empty where nothing."""
    headings = list(HEADING.finditer(text))
    for index, heading in enumerate(headings):
        if heading[1] == version:
            end = headings[index + 1].start() if index + 1 < len(headings) else len(text)
            return text[heading.end() : end].strip()
    return ""


def main(arguments: list[str] | None = None) -> int:
    """0 when all changed projects are ready, 1 with one line each when not, 2 when the revision cannot be read."""
    parser = argparse.ArgumentParser(
        prog="check_release", description="Refuse a change without a version or changelog entry."
    )
    parser.add_argument("--base", default="origin/main", help="revision that is released")
    parser.add_argument("--head", default="HEAD", help="revision to release")
    parser.add_argument("--repository", type=Path, default=Path(__file__).resolve().parents[1])
    chosen = parser.parse_args(arguments)
    try:
        problems = find_problems(Tree(chosen.repository, chosen.base), Tree(chosen.repository, chosen.head))
    except RevisionError as error:
        sys.stderr.write(f"check-release: {error}\n")
        return 2
    for problem in problems:
        sys.stderr.write(f"check-release: {problem}\n")
    return 1 if problems else 0


def _project_problems(project: str, cause: str, base: Tree, head: Tree) -> list[str]:
    before, now = base.version(project), head.version(project)
    shown = ".".join(map(str, now))
    if before and now <= before:
        return [f"{project}: {cause} changed but the version is still {shown}; raise it in {project}/pyproject.toml"]
    if not changelog_entry(head.text(f"{project}/CHANGELOG.md") or "", shown):
        return [f"{project}: no entry for {shown}; add '## {shown}' with what changed to {project}/CHANGELOG.md"]
    return []


def _counts_for(project: str, path: str) -> bool:
    if path.startswith(f"{project}/"):
        return path.removeprefix(f"{project}/").startswith(RELEASED)
    return project.startswith("services/") and path.startswith(f"{SHARED}/src/")


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
