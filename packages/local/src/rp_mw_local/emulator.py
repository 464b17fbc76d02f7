"""Starts and stops the embedded AWS (MiniStack) as a child process that never outlives its starter.

Source for the recipe: the emulator's documentation and the conformance tests in `tests/integration`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from rp_mw_local import emulator_launcher
from rp_mw_local.emulator_environment import EmulatorEnvironment, Progress, ensure_environment, require_space
from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.checkout import state_dir
from rp_mw_shared.environments.running_locally import (
    is_answering,
    is_process_alive,
    reach_loopback_directly,
)

REGION = "us-east-1"
START_DEADLINE_SECONDS = 30.0
STOP_DEADLINE_SECONDS = 10.0
# after the reset there is nothing left to lose by not waiting for open connections
TERMINATE_GRACE_SECONDS = 0.5
HEALTH_INTERVAL_SECONDS = 0.05
RUN_BYTES = 200 * 1024 * 1024
START_ATTEMPTS = 3
REMOVING_THREADS = 32


@dataclass(slots=True)
class Emulator:
    """One running embedded AWS on a loopback port.

    `enforce_permissions` makes it refuse every call a role's policy does not allow. `port` 0 picks a free one.
    `added_environment` reaches the server and its functions.
    Use it as a context manager, or call `start` and `stop`; `stop` may be called any number of times.
    """

    enforce_permissions: bool = False
    port: int = 0
    progress: Progress = lambda _: None
    added_environment: Mapping[str, str] = field(default_factory=dict)
    access_key_id: str = "rp-mw-local"
    secret_access_key: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    work_dir: Path | None = field(default=None, init=False)

    @property
    def endpoint_url(self) -> str:
        """Where the AWS clients connect to."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Emulator:
        """Returns once it answers; raises LocalError when the port is taken or it does not come up."""
        require_space(state_dir(), RUN_BYTES)
        reach_loopback_directly()
        environment = ensure_environment(self.progress)
        atexit.register(self.stop)
        is_port_ours_to_choose = self.port == 0
        for attempt in range(1, START_ATTEMPTS + 1):
            if is_port_ours_to_choose:
                self.port = find_free_port()
            else:
                require_free_port(self.port)
            try:
                self._start_once(environment)
                return self
            except LocalError:
                self.stop()
                if not is_port_ours_to_choose or attempt == START_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _start_once(self, environment: EmulatorEnvironment) -> None:
        runs = state_dir() / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        remove_abandoned_runs(runs)
        self.work_dir = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=runs))
        command = [
            str(environment.python),
            "-P",
            emulator_launcher.__file__,
            str(environment.site_packages),
            str(self.work_dir),
        ]
        with (self.work_dir / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self._environment(),
                cwd=self.work_dir,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_healthy(time.monotonic() + START_DEADLINE_SECONDS)

    def _environment(self) -> dict[str, str]:
        # built from nothing: the server hands its whole environment to every function
        assert self.work_dir is not None
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.work_dir),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.work_dir),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        } | dict(self.added_environment)
        if self.enforce_permissions:
            environment |= {
                "AUTH": "true",
                "AWS_ACCESS_KEY_ID": self.access_key_id,
                "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            }
        return environment

    def _wait_until_healthy(self, deadline: float) -> None:
        assert self.process is not None
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise LocalError(f"the embedded AWS ended at its start: {self._last_log_line()}")
            if is_answering(self.endpoint_url):
                return
            time.sleep(HEALTH_INTERVAL_SECONDS)
        raise LocalError(
            f"the embedded AWS did not answer within {START_DEADLINE_SECONDS:.0f} s: {self._last_log_line()}"
        )

    def _last_log_line(self) -> str:
        assert self.work_dir is not None
        lines = (self.work_dir / "server.log").read_text("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"

    def is_running(self) -> bool:
        """Whether the child process is alive."""
        return self.process is not None and self.process.poll() is None

    def reset(self) -> None:
        """Wipes every resource and removes the functions' unpacked zips."""
        request = urllib.request.Request(f"{self.endpoint_url}/_ministack/reset", method="POST")
        urllib.request.urlopen(request, timeout=STOP_DEADLINE_SECONDS).close()

    def stop(self) -> None:
        """Ends the server and its functions and removes its folder; does nothing when it is not running."""
        process, self.process = self.process, None
        if process is not None:
            _end(process, self.endpoint_url)
        if self.work_dir is not None:
            _remove_folder(self.work_dir)
            self.work_dir = None
        atexit.unregister(self.stop)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of `service` that talks to this emulator with the root key."""
        import boto3

        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            **options,
        )

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def find_free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free_port(port: int) -> None:
    """Raises LocalError when somebody listens on the loopback `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise LocalError(
                f"port {port} cannot be used ({error}): stop what uses it or choose another with --port"
            ) from error


def remove_abandoned_runs(runs: Path) -> None:
    """Removes the folders of runs whose starter no longer exists; the name begins with its process id."""
    for folder in runs.iterdir():
        pid = folder.name.partition("-")[0]
        if pid.isdigit() and not is_process_alive(int(pid)):
            _remove_folder(folder)


def _end(process: subprocess.Popen[bytes], endpoint_url: str) -> None:
    with contextlib.suppress(OSError, urllib.error.URLError):
        # a plain stop leaves every function's unpacked zip behind
        request = urllib.request.Request(f"{endpoint_url}/_ministack/reset", method="POST")
        urllib.request.urlopen(request, timeout=2.0).close()
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TERMINATE_GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _remove_folder(folder: Path) -> None:
    # functions that are just ending may still write into it
    for _ in range(20):
        _remove_tree(folder)
        if not folder.exists():
            return
        time.sleep(HEALTH_INTERVAL_SECONDS)


def _remove_tree(folder: Path) -> None:
    """Deepest folders first, many at a time: a busy kernel lets each removal wait for milliseconds."""
    by_depth: dict[int, list[str]] = {}
    for path, _, _ in os.walk(folder):
        by_depth.setdefault(path.count(os.sep), []).append(path)
    try:
        with ThreadPoolExecutor(REMOVING_THREADS) as pool:
            for depth in sorted(by_depth, reverse=True):
                list(pool.map(lambda path: shutil.rmtree(path, ignore_errors=True), by_depth[depth]))
    except RuntimeError:
        # the interpreter is ending and starts no more threads
        shutil.rmtree(folder, ignore_errors=True)
