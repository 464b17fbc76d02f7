"""The program inside one execution environment: imports a handler from its unpacked zip and calls it event by event.

    function_runner.py CODE_FOLDER MODULE.HANDLER TIMEOUT_SECONDS RESULT_FD

Standard library only. One line of JSON in per event, one line out on RESULT_FD: {"result": …} or {"error": class}. What
the function prints goes where the starter sent it. The end of standard input ends the process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import uuid


class Context:
    """What the handlers use of Lambda's context."""

    def __init__(self, timeout_seconds: float) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.invoked_function_arn = f"arn:aws:lambda:local:000000000000:function:{self.function_name}:live"
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        self._deadline = time.monotonic() + timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the starter ends this process."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Serve until standard input ends; an error at import ends the process with its traceback."""
    code_folder, handler_name, timeout_seconds, result_fd = sys.argv[1:5]
    sys.path.insert(0, code_folder)
    module_name, _, function_name = handler_name.rpartition(".")
    handler = getattr(importlib.import_module(module_name), function_name)
    with os.fdopen(int(result_fd), "w", encoding="utf-8") as results:
        _answer(results, {"ready": True})
        for line in sys.stdin:
            _answer(results, _call(handler, json.loads(line), float(timeout_seconds)))


def _call(handler: object, event: object, timeout_seconds: float) -> dict[str, object]:
    try:
        return {"result": handler(event, Context(timeout_seconds))}  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - what Lambda's own runtime does: the error is the invocation's result
        return {"error": type(error).__name__}
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _answer(results: object, answer: dict[str, object]) -> None:
    results.write(json.dumps(answer) + "\n")  # type: ignore[attr-defined]
    results.flush()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
