"""As much of Lambda's runtime as a handler meets, in a process of its own: lambda_runtime.py FOLDER HANDLER CLOCK FD.

FOLDER is the unpacked zip; CLOCK a file of one float, the seconds by which this process's clocks are ahead. Each line
on standard input is an invocation as JSON; its answer, or its error's class, goes to file descriptor FD.
Standard output is the handler's own. Standard library only, so that the handler sees nothing but its zip.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER, HANDLER, CLOCK = sys.argv[1:4]
ANSWERS = int(sys.argv[4])


class Context:
    """Lambda's context object, as far as it says who runs and for how long."""

    def __init__(self, request_id: str, seconds: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self._until = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds the invocation has left, 0 at least."""
        return max(0, int((self._until - time.monotonic()) * 1000))


def shift_clocks(path: str) -> None:
    """Let the clocks the product reads run ahead by what the file says at each moment."""
    with open(path, "r+b") as file:  # noqa: PTH123  nothing that the zip does not import itself
        ahead = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    monotonic, time_ns, wall = time.monotonic, time.time_ns, time.time
    seconds = lambda: struct.unpack("<d", ahead[:8])[0]  # noqa: E731
    time.monotonic = lambda: monotonic() + seconds()
    time.time_ns = lambda: time_ns() + int(seconds() * 1e9)
    time.time = lambda: wall() + seconds()


def invoke(handler: Any, told: dict[str, Any]) -> Any:
    """Run one invocation; the trace id is in the environment only while it lasts, as Lambda has it."""
    os.environ["_X_AMZN_TRACE_ID"] = told["trace"]
    try:
        return {"answer": handler(told["event"], Context(told["request_id"], told["seconds"]))}
    except Exception as error:  # noqa: BLE001  the runtime's boundary: Lambda reports it as a function error
        return {"error": type(error).__name__}
    finally:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def main() -> None:
    """Import the handler, then serve until standard input ends."""
    shift_clocks(CLOCK)
    sys.path.insert(0, FOLDER)
    module, _, name = HANDLER.rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    os.write(ANSWERS, b'{"ready": true}\n')
    for line in sys.stdin:
        answer = invoke(handler, json.loads(line))
        sys.stdout.flush()
        os.write(ANSWERS, json.dumps(answer).encode() + b"\n")


main()
