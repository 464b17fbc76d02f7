"""Ctrl-C at any moment of the demo ends everything it started."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rp_mw_local.observation import wait_for
from rp_mw_shared.environments.checkout import state_dir


@pytest.mark.parametrize(
    "moment", ["built dist/ingress", "embedded AWS http", "function rp-mw-local-worker", "customer"]
)
def test_interrupting_the_demo_leaves_nothing(zips: Mapping[str, Path], moment: str) -> None:
    """No process of its session, no port, no folder; one line says that it was interrupted."""
    command = [sys.executable, "-m", "rp_mw_ops.cli", "local", "demo", "--plain"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as demo:
        assert demo.stdout is not None and demo.stderr is not None
        seen = []
        for line in demo.stdout:
            seen.append(line)
            if moment in line:
                break
        # as a terminal does: the whole foreground group gets the signal
        os.killpg(demo.pid, signal.SIGINT)
        seen += demo.stdout.readlines()
        complaint = demo.stderr.read()
    assert demo.returncode == 130, complaint
    assert complaint.strip().splitlines() == ["rp-mw: interrupted"]
    assert wait_for(lambda: not folders_of(demo.pid), 5)
    for port in set(re.findall(r"http://127\.0\.0\.1:(\d+)", "".join(seen))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(port)))
    shown = subprocess.run(["ps", "-ww", "-eo", "command="], capture_output=True, text=True, check=True).stdout
    assert f"/runs/{demo.pid}-" not in shown


def folders_of(pid: int) -> list[Path]:
    """The run folders a process has made."""
    return list((state_dir() / "runs").glob(f"{pid}-*"))
