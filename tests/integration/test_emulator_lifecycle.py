"""The embedded AWS starts, answers only on loopback, and leaves nothing behind, however it ends."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rp_mw_local.emulator import Emulator, find_free_port
from rp_mw_local.emulator_environment import require_space
from rp_mw_local.errors import LocalError
from rp_mw_local.observation import wait_for
from rp_mw_shared.environments.running_locally import is_process_alive

HOLD = """
import sys, json, time
from rp_mw_local.emulator import Emulator
emulator = Emulator().start()
print(json.dumps([emulator.process.pid, str(emulator.work_dir), emulator.port]), flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder() -> Iterator[tuple[subprocess.Popen[bytes], int, Path, int]]:
    """A process that started an embedded AWS: the process, the server's id, its folder and port."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        pid, folder, port = json.loads(process.stdout.readline())
        yield process, pid, Path(folder), port
    finally:
        process.kill()
        process.wait()


def test_it_answers_on_loopback_only() -> None:
    """Another interface of the same machine must not reach it."""
    with Emulator() as emulator:
        assert emulator.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        with socket.socket() as other:
            # the same port is free on another address: nobody listens on all of them
            other.bind(("127.0.0.2", emulator.port))


def test_stopping_leaves_no_process_port_or_folder() -> None:
    """Stopping twice is as good as once."""
    emulator = Emulator().start()
    assert emulator.process is not None and emulator.work_dir is not None
    pid, folder, port = emulator.process.pid, emulator.work_dir, emulator.port
    emulator.stop()
    emulator.stop()
    _assert_nothing_left(pid, folder, port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killing_the_starter_leaves_nothing(
    holder: tuple[subprocess.Popen[bytes], int, Path, int], number: signal.Signals
) -> None:
    """Even a starter that cannot tidy up takes its server and its folder with it."""
    process, pid, folder, port = holder
    assert is_process_alive(pid) and folder.exists()
    process.send_signal(number)
    process.wait(10)
    _assert_nothing_left(pid, folder, port)


def test_a_taken_port_is_refused_in_one_line() -> None:
    """The message names the port and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=rf"port {port} .*--port"):
            Emulator(port=port).start()


def test_a_full_disk_is_refused_in_one_line(tmp_path: Path) -> None:
    """The check asks for more than any disk has."""
    with pytest.raises(LocalError, match="free some space"):
        require_space(tmp_path / "not" / "there", needed_bytes=2**62)


def test_the_server_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's AWS_PROFILE or endpoint must not reach the functions."""
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with Emulator(port=find_free_port()) as emulator:
        assert emulator.process is not None
        with contextlib.suppress(FileNotFoundError):  # no /proc on a Mac
            seen = Path(f"/proc/{emulator.process.pid}/environ").read_bytes()
            assert b"AWS_PROFILE" not in seen and b"AWS_ENDPOINT_URL" not in seen


def _assert_nothing_left(pid: int, folder: Path, port: int) -> None:
    assert wait_for(lambda: not is_process_alive(pid) and not folder.exists(), 10)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
