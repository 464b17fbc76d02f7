"""`make check-release` lets no changed service out without a new version and a word about it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.check_release import main

PROJECTS = ("packages/shared", "services/ingress", "services/worker")


class ScratchRepository:
    """A git repository of two services and the shared code, all at 0.1.0."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        for project in PROJECTS:
            self.release(project, "0.1.0", "First version.")
            self.write(f"{project}/src/code.py", "x = 1\n")
        self.commit()
        self.git("tag", "released")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, "utf-8")

    def release(self, project: str, version: str, entry: str) -> None:
        self.write(f"{project}/pyproject.toml", f'[project]\nname = "x"\nversion = "{version}"\n')
        self.write(f"{project}/CHANGELOG.md", f"# Changelog\n\n## {version}\n\n{entry}\n\n## 0.0.1\n\n- Older.\n")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "x")

    def git(self, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(["git", *arguments], cwd=self.root, env=clean, check=True)

    def check(self) -> int:
        self.commit()
        return main(["--repository", str(self.root), "--base", "released"])


@pytest.fixture
def repository(tmp_path: Path) -> ScratchRepository:
    """A repository with everything released."""
    return ScratchRepository(tmp_path)


def test_a_changed_service_with_the_old_version_is_refused(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code that changed under an unchanged version is named with the file and what to do."""
    repository.write("services/worker/src/code.py", "x = 2\n")
    assert repository.check() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "services/worker: services/worker/src/code.py changed but the version is still 0.1.0" in said


def test_a_new_version_without_a_changelog_entry_is_refused(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A heading with nothing under it is no entry."""
    repository.write("services/worker/src/code.py", "x = 2\n")
    repository.release("services/worker", "0.2.0", "")
    assert repository.check() == 1
    assert "services/worker: no entry for 0.2.0" in capsys.readouterr().err


def test_a_new_version_with_an_entry_passes(repository: ScratchRepository) -> None:
    """A released service may change."""
    repository.write("services/worker/src/code.py", "x = 2\n")
    repository.release("services/worker", "0.2.0", "- Answers faster.")
    assert repository.check() == 0


def test_shared_code_counts_for_every_service_that_carries_it(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of the shared package needs a release of it and of each service."""
    repository.write("packages/shared/src/code.py", "x = 2\n")
    repository.release("packages/shared", "0.2.0", "- Changed.")
    repository.release("services/worker", "0.2.0", "- New shared code.")
    assert repository.check() == 1
    said = capsys.readouterr().err
    assert "services/ingress: packages/shared/src/code.py changed" in said
    assert "services/worker" not in said


@pytest.mark.parametrize("path", ["requirements.lock", "zip.yaml", "src/deep/new.py"])
def test_a_lock_a_zip_list_or_a_new_file_is_a_change(repository: ScratchRepository, path: str) -> None:
    """Everything a zip is made of counts."""
    repository.write(f"services/ingress/{path}", "changed\n")
    assert repository.check() == 1


def test_a_deleted_file_is_a_change(repository: ScratchRepository) -> None:
    """Code taken away changes the zip as well."""
    (repository.root / "services/ingress/src/code.py").unlink()
    assert repository.check() == 1


def test_a_lower_version_is_refused(repository: ScratchRepository) -> None:
    """Versions only rise, compared as numbers."""
    repository.release("services/worker", "0.0.9", "- Back.")
    repository.write("services/worker/src/code.py", "x = 2\n")
    assert repository.check() == 1
    repository.release("services/worker", "0.10.0", "- Ten is more than one.")
    assert repository.check() == 0


@pytest.mark.parametrize("path", ["README.md", "docs/runbook.md", "services/worker/CHANGELOG.md", "tests/unit/x.py"])
def test_what_no_zip_carries_needs_no_release(repository: ScratchRepository, path: str) -> None:
    """Documents and tests may change freely."""
    repository.write(path, "# Changelog\n")
    assert repository.check() == 0


def test_a_new_service_needs_an_entry_for_its_first_version(repository: ScratchRepository) -> None:
    """A service that was not there before is released for the first time."""
    repository.release("services/enricher", "0.1.0", "")
    assert repository.check() == 1
    repository.release("services/enricher", "0.1.0", "- First version.")
    assert repository.check() == 0


def test_an_unknown_revision_is_one_line_and_another_exit_code(
    repository: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake of the caller is told apart from a refusal."""
    assert main(["--repository", str(repository.root), "--base", "nowhere"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "BASE=revision" in said
