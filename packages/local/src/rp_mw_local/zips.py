"""Asks the repository's build tool for the services' zips; unchanged ones come from its cache."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.checkout import repository_root
from rp_mw_shared.environments.topology import load_topology


def build_zips(
    progress: Callable[[str], None] = lambda _: None, services: tuple[str, ...] | None = None
) -> dict[str, Path]:
    """The zips by service (default: every function of the topology), built for this machine.

    Raises LocalError with the build's own words when one fails.
    """
    root = repository_root()
    services = services or tuple(load_topology("local").functions)
    command = [sys.executable, "-m", "tools.build_zip", "--target", "local", *services]
    zips: dict[str, Path] = {}
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as build:
        try:
            assert build.stdout is not None and build.stderr is not None
            for line in build.stdout:
                progress(f"built {line.strip()}")
                path = root / line.split()[0]
                zips[path.name.partition("-")[0]] = path
            complaint = build.stderr.read().strip()
        except BaseException:
            # the build tidies up after an interrupt, and so do the installers it started
            with contextlib.suppress(ProcessLookupError):
                os.killpg(build.pid, signal.SIGINT)
            raise
    if build.returncode != 0 or set(zips) != set(services):
        raise LocalError(
            complaint.splitlines()[-1] if complaint else "the build ended without a word: run `make build` to see"
        )
    return zips
