"""A service's zip running as a Lambda function in a process of its own; everything it prints is kept."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import threading
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUNTIME = Path(__file__).with_name("lambda_runtime.py")
VERSION = "7"
_STOP_SECONDS = 10.0
Json = dict[str, Any]


class EndedError(Exception):
    """The process ended before it answered."""


class SharedClock:
    """By how many seconds the clocks of all processes are ahead of the machine's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self.seconds = 0.0
        self.path.write_bytes(struct.pack("<d", 0.0))

    def advance(self, seconds: float) -> None:
        """Move every process's clocks on, at once and in mid-call."""
        self.seconds += seconds
        with self.path.open("r+b") as file:
            file.write(struct.pack("<d", self.seconds))


@dataclass(frozen=True, slots=True)
class Function:
    """What Lambda is told of a function: its unpacked zip, its handler, its environment, the Python that runs it."""

    folder: Path
    handler: str
    environment: Mapping[str, str]
    python: Path
    clock: SharedClock
    lines: list[str] = field(default_factory=list)

    def start(self, **changes: str | None) -> ZipProcess:
        """Start a process with these environment variables besides, or without those that are None."""
        return ZipProcess(self, {key: value for key, value in {**self.environment, **changes}.items() if value})


class ZipProcess:
    """One execution environment. Raises EndedError when it does not come up; what it printed is kept all the same."""

    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        self._lines = function.lines
        answers, given = os.pipe()
        command = [str(function.python), "-P", "-B", "-u", str(RUNTIME), str(function.folder), function.handler]
        self._process = subprocess.Popen(
            [*command, str(function.clock.path), str(given)],
            env=dict(environment),
            cwd=function.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(given,),
            text=True,
        )
        os.close(given)
        self._answers = os.fdopen(answers)
        self._reader = threading.Thread(target=self._keep, daemon=True)
        self._reader.start()
        self._read()

    def invoke(self, event: Any, *, seconds: float = 55.0) -> Json:
        """Invoke the function and return its answer; raises EndedError when it was killed meanwhile."""
        self.begin(event, seconds=seconds)
        return self._read()

    def begin(self, event: Any, *, seconds: float = 55.0) -> None:
        """Invoke the function without waiting for the answer: `finish` does."""
        trace = f"Root=1-67890abc-{uuid.uuid4().hex[:24]};Parent=53995c3f42cd8ad8;Sampled=0"
        told = {"event": event, "seconds": seconds, "request_id": str(uuid.uuid4()), "trace": trace}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    def finish(self) -> Json:
        """Wait for the answer to what `begin` began."""
        return self._read()

    def kill(self) -> None:
        """End it as Lambda ends a process: without a word. Does nothing when it has ended."""
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        self._reader.join(_STOP_SECONDS)
        self._answers.close()

    def _read(self) -> Json:
        line = self._answers.readline()
        if not line:
            self.kill()
            raise EndedError
        answer: Json = json.loads(line)
        return answer

    def _keep(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)


def unpacked(zip_path: Path, folder: Path) -> Path:
    """Unpack a zip as Lambda does, into a folder of its own."""
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(folder)
    return folder
