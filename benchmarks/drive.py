"""Runs one variant in a process of its own: drive.py MODULE MODE COUNT ROOT... (standard library until ready).

Modes: ready (import, then end), first (and answer one event), warm (COUNT events; CPU microseconds per event),
marginal (CPU milliseconds that the variant adds once the Lambda runtime client is imported), footprint (files opened
and peak memory in kB). Results go to file descriptor 3 as JSON; standard output is the handler's own.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MODULE, MODE, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path[:0] = sys.argv[4:]
RESULT_FD = 3


class Context:
    """As much of Lambda's context as a handler reads."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-2:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Milliseconds the invocation has left."""
        return 9_000


def event(number: int) -> dict[str, Any]:
    """One webhook as API Gateway hands it over; the body has 0.95 kB."""
    import json

    words = "Hello, my order has not arrived yet and the tracking page has not changed for three days. " * 6
    body = {
        "ticket_id": f"<CAJ7kq-Xw9Zb0+3f8hQyT6rVn2Lm{number:06}@mail.example.com>",
        "message_id": f"c{number}",
        "text": words[:560],
        "channel": "email",
        "customer": {"email": "ana@example.com", "phone": "+15550100", "name": "Ana"},
        "created_at": "2026-11-02T14:03:11.337Z",
        "attachments": [{"content_type": "image/png", "size_bytes": 1200, "url": "https://files.example.com/1"}],
        "sender_type": "customer",
        "is_operator": False,
    }
    headers = {"content-type": "application/json", "x-middleware-token": os.environ["WEBHOOK_TOKEN"]}
    http = {"method": "POST", "path": "/v1/richpanel/events", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    return {
        "version": "2.0",
        "routeKey": "POST /v1/richpanel/events",
        "rawPath": "/v1/richpanel/events",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"stage": "$default", "requestId": "bench", "http": http | {"userAgent": "bench"}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def tell(result: object) -> None:
    """Write the result for the parent."""
    import json

    os.write(RESULT_FD, json.dumps(result).encode())


def answer(handler: Callable[..., Any], number: int) -> None:
    """Let the handler answer one event; ends the process when it does not say 200."""
    given = handler(event(number), Context)
    if given["statusCode"] != 200:
        os.write(2, f"{MODULE} answered {given}\n".encode())
        os._exit(3)


def warm(handler: Callable[..., Any]) -> float:
    """CPU microseconds per event after a few events to warm up."""
    for number in range(30):
        answer(handler, number)
    events = [event(number) for number in range(1000, 1000 + COUNT)]
    started = time.process_time()
    for one in events:
        handler(one, Context)
    return (time.process_time() - started) / max(COUNT, 1) * 1e6


def footprint() -> dict[str, int]:
    """Import the variant; the number of files it opened and the process's peak memory in kB."""
    opened: list[object] = []
    sys.addaudithook(lambda name, details: opened.append(details[0]) if name == "open" else None)
    __import__(MODULE)
    files = len(opened)
    with open("/proc/self/status") as status:  # noqa: PTH123  pathlib would be counted with the variant
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    return {"files_opened": files, "peak_kb": int(peak)}


def main() -> None:
    """Do what the mode says."""
    if MODE == "footprint":
        tell(footprint())
        return
    if MODE == "marginal":
        import awslambdaric.bootstrap  # type: ignore[import-not-found]  # noqa: F401  what Lambda's managed runtime has loaded before the function

        started = time.process_time()
        __import__(MODULE)
        tell((time.process_time() - started) * 1000)
        return
    module = __import__(MODULE)
    if MODE == "first":
        answer(module.handler, 1)
    if MODE == "warm":
        tell(warm(module.handler))


main()
sys.stdout.flush()
os._exit(0)
