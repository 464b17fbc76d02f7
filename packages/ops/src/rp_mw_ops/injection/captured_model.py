"""A model that an attacker has talked round: whatever it is asked, it gives the one answer it was told to give.

It speaks the Responses API on loopback HTTP, so that the worker's own client reads what it says.
Source: OpenAI API reference, "The response object".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

POLL_SECONDS = 0.05
Json = dict[str, Any]


class CapturedModel(ThreadingHTTPServer):
    """Answers every POST with `answer`, at `url`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Json = {}

    @property
    def url(self) -> str:
        """The API's base address."""
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def captured_model() -> Iterator[CapturedModel]:
    """A running one, gone afterwards."""
    with CapturedModel() as model:
        thread = threading.Thread(
            target=model.serve_forever, kwargs={"poll_interval": 0.05}, name="captured-model", daemon=True
        )
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: CapturedModel
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = json.dumps(_to_response(self.server.answer)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing of a message is printed."""


def _to_response(answer: Json) -> Json:
    content = [{"type": "output_text", "annotations": [], "text": json.dumps(answer)}]
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_795_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "captured",
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        },
    }
