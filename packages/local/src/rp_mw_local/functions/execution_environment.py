"""One execution environment of a function: a process that runs its zip, one event at a time, until its timeout."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_local.functions import function_runner
from rp_mw_local.functions.run_clock import RunClock

# a cold start on a busy machine
START_SECONDS = 60.0
STOP_SECONDS = 2.0
_UNPACKING = threading.Lock()
Json = dict[str, Any]


class InvocationError(Exception):
    """The invocation failed as a whole: an exception, the timeout, or the process ended."""


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """What an environment runs: an unpacked zip, its handler, its timeout in seconds of the run, its settings."""

    folder: Path
    handler: str
    timeout_seconds: float
    settings: Mapping[str, str]


def unpack(zip_path: Path, folder: Path) -> Path:
    """The folder with the zip's files, unpacked once for the same bytes."""
    digest = hashlib.sha256(zip_path.read_bytes()).hexdigest()[:16]
    target = folder / digest
    with _UNPACKING:
        if not target.exists():
            draft = Path(tempfile.mkdtemp(dir=folder))
            with zipfile.ZipFile(zip_path) as archive:
                archive.extractall(draft)
            draft.rename(target)
    return target


class ExecutionEnvironment:
    """A process from its first event to its end. `log` receives what the function prints."""

    def __init__(self, python: Path, code: FunctionCode, clock: RunClock, log: Path) -> None:
        self._code = code
        self._clock = clock
        result_fd, child_fd = os.pipe()
        command = [str(python), "-P", "-B", function_runner.__file__, str(code.folder), code.handler]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, str(code.timeout_seconds), str(child_fd)],
                env=dict(code.settings) | clock.environment(),
                cwd=code.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=(child_fd,),
                start_new_session=True,
            )
        os.close(child_fd)
        self._results = os.fdopen(result_fd, "rb", buffering=0)
        self._rest = b""
        self._is_ready = False

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def invoke(self, event: Json) -> Any:
        """The handler's answer; raises InvocationError. After a timeout the process is gone, as in Lambda."""
        if not self._is_ready:
            self._read(START_SECONDS)
            self._is_ready = True
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(event).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise InvocationError("the process has ended") from error
        answer = self._read(self._clock.to_true_seconds(self._code.timeout_seconds))
        if "error" in answer:
            raise InvocationError(str(answer["error"]))
        return answer["result"]

    def _read(self, true_seconds: float) -> Json:
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._results], [], [], true_seconds)
            read = self._results.read(65_536) if ready else b""
            if not read:
                self.stop()
                raise InvocationError("the process has ended" if ready else "timeout")
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        return dict(json.loads(line))

    def kill(self) -> None:
        """End the process, whatever it does; whoever waits for its answer hears of it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the process and let go of it; may be called any number of times, by the one who invokes it."""
        self.kill()
        self._process.wait(STOP_SECONDS)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._results.close()
