"""Runs the embedded AWS until told to stop, or until whoever started it is gone. Standard library only.

Started by `emulator.py` with the Python of the empty environment: `emulator_launcher.py SITE_PACKAGES WORK_DIR`.
Standard input is a pipe nobody writes to: when it ends, the starter has died, however it died, and so must this
process, its functions and their unpacked zips.

    starter alive   ---- pipe open ---->  server runs
    starter stops   ---- SIGTERM ------>  server ends; the starter removes the folder
    starter killed  ---- pipe ends ---->  server ends; this process kills its functions and removes the folder
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading

GRACE_SECONDS = 3.0
SWITCH_INTERVAL_SECONDS = 0.0005


def main() -> None:
    """Serves until stopped; the process group is this process's own."""
    site_packages, work_dir = sys.argv[1:3]
    sys.path.append(site_packages)
    sys.argv = ["ministack"]
    orphaned = threading.Event()
    # one thread unpacks a zip of thousands of small files while others answer requests: with Python's own five
    # milliseconds per turn the unpacking would wait for most of a minute
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    threading.Thread(target=_end_with_the_starter, args=(orphaned, work_dir), daemon=True).start()
    from ministack.app import main as serve  # type: ignore[import-not-found]

    try:
        serve()
    finally:
        if orphaned.is_set():
            _end_group(work_dir)


def _end_with_the_starter(orphaned: threading.Event, work_dir: str) -> None:
    while os.read(0, 1024):
        pass
    orphaned.set()
    last_resort = threading.Timer(GRACE_SECONDS, _end_group, [work_dir])
    last_resort.daemon = True
    last_resort.start()
    os.kill(os.getpid(), signal.SIGTERM)


def _end_group(work_dir: str) -> None:
    # a function may still be unpacking while its folder goes: one more look costs nothing
    for _ in range(3):
        shutil.rmtree(work_dir, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
