"""Packs a folder into a zip whose bytes depend on the folder's contents alone."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3


def pack(root: Path, output: Path) -> None:
    """Writes every file under `root` to `output`, sorted, times and modes fixed; it appears whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(root.rglob("*"), key=lambda found: found.relative_to(root).as_posix()):
                if path.is_file():
                    archive.writestr(_entry(path.relative_to(root).as_posix()), path.read_bytes())
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, OLDEST_ZIP_TIME)
    entry.create_system = UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
    return entry
