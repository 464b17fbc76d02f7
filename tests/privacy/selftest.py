"""Plants leaks, each in a scratch copy of the sources, and shows that the watched process gives each of them away."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.faults.printing import say
from tests.privacy.watch import ROOT, watch

_FILE = Path(__file__).with_name("leaks.yaml")
_COPIED = ("packages", "services", "tests", "config")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist", ".pytest_cache", "golden", "results")


@dataclass(frozen=True, slots=True)
class Planted:
    """One leak: `find` stands exactly once in `file` and becomes `replace`."""

    name: str
    file: str
    find: str
    replace: str

    def count(self, tree: Path) -> int:
        """Return how often the place stands in the file: once, or the leak does not fit the sources any more."""
        return (tree / self.file).read_text("utf-8").count(self.find)

    def plant(self, tree: Path) -> None:
        """Change the file in a copy."""
        path = tree / self.file
        path.write_text(path.read_text("utf-8").replace(self.find, self.replace), "utf-8")


def load_planted() -> list[Planted]:
    """Return the committed leaks."""
    return [Planted(**entry) for entry in yaml.safe_load(_FILE.read_text("utf-8"))]


def selftest(only: str = "") -> int:
    """Plant each leak whose name holds `only`; 0 when the sound product keeps nothing and every leak was seen."""
    chosen, started = [leak for leak in load_planted() if only in leak.name], time.monotonic()
    if not chosen:
        say(f"no leak has {only!r} in its name: tests/privacy/leaks.yaml lists them")
        return 2
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        sound = pool.submit(watch)
        seen = list(pool.map(_seen, chosen))
    for leak, why in zip(chosen, seen, strict=True):
        say(f"{'seen' if why else 'MISSED':7} {leak.name:58} {why}")
    if found := sound.result().leaks or sound.result().failure:
        say(f"the product as it stands is not clean: {found}")
    missed = seen.count("")
    say(f"{len(chosen) - missed} of {len(chosen)} planted leaks seen in {time.monotonic() - started:.0f} s")
    return 1 if missed or found else 0


def _seen(leak: Planted) -> str:
    """Return where the leak showed, or an empty text."""
    with tempfile.TemporaryDirectory(prefix="rp-mw-planted-") as scratch:
        tree = Path(scratch)
        for folder in _COPIED:
            shutil.copytree(ROOT / folder, tree / folder, ignore=_LEFT_OUT, symlinks=True)
        if leak.count(tree) != 1:
            return ""
        leak.plant(tree)
        found = watch(tree).leaks
    return str(found[0]) if found else ""
