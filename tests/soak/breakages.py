"""Worker zips with another build of the same code, whole or with a promise broken: written beside, never into dist/."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("breakages.yaml")


@dataclass(frozen=True, slots=True)
class Edit:
    """`find` occurs exactly once in `file` of the zip."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Breakage:
    """One promise broken, and the kinds of findings one of which must come."""

    name: str
    expected: tuple[str, ...]
    edits: tuple[Edit, ...]


def load_breakages(path: Path = _FILE) -> list[Breakage]:
    """Returns the committed breakages."""
    return [
        Breakage(entry["name"], tuple(entry["expected"]), tuple(Edit(**edit) for edit in entry["edits"]))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


class BreakageError(Exception):
    """A breakage does not fit the sources any more."""


def rebuilt(zip_path: Path, target: Path, extra: Mapping[str, str]) -> Path:
    """Copies the zip with more files in it: other bytes, the same code, as a release without changes would have."""
    with (
        zipfile.ZipFile(zip_path) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
    ):
        for entry in source.infolist():
            copy.writestr(entry, source.read(entry))
        for name, text in extra.items():
            copy.writestr(name, text)
    return target


_NOTES_ON = Edit("rp_mw_worker/policy/settings.yaml", "private_notes: false", "private_notes: true")


def with_notes(zip_path: Path, target: Path) -> Path:
    """Copies the worker's zip with private notes turned on: as shipped they are off, and a soak has to see them."""
    return broken(zip_path, target, Breakage("private notes turned on", (), (_NOTES_ON,)))


def broken(zip_path: Path, target: Path, breakage: Breakage) -> Path:
    """Copies the zip with the breakage in it; raises BreakageError when a text does not occur exactly once."""
    with zipfile.ZipFile(zip_path) as source:
        files = {edit.file: source.read(edit.file).decode() for edit in breakage.edits}
        for edit in breakage.edits:
            count = files[edit.file].count(edit.find)
            if count != 1:
                raise BreakageError(f"{breakage.name}: the text occurs {count} times in {edit.file}, not once")
            files[edit.file] = files[edit.file].replace(edit.find, edit.replace)
        compiled = tuple(_compiled_prefix(name) for name in files)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for entry in source.infolist():
                if entry.filename in files:
                    copy.writestr(entry, files[entry.filename])
                elif not entry.filename.startswith(compiled):
                    copy.writestr(entry, source.read(entry))
    return target


def _compiled_prefix(name: str) -> str:
    folder, _, module = name.rpartition("/")
    return f"{folder}/__pycache__/{module.removesuffix('.py')}."
