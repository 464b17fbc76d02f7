#!/bin/sh
# The openai client lets one answer header, x-should-retry, overrule the status: a 400 is sent again, a 500 is not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'openai==3.57.0'
cat >"$work/finding.py" <<'PYTHON'
import json
from importlib.metadata import version
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = []
ASKED = []


class Vendor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, headers, body = ANSWERS[min(len(ASKED), len(ANSWERS) - 1)]
        ASKED.append(self.path)
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"

import openai

completion = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
}
client = openai.OpenAI(api_key="k", base_url=URL)
refused = (400, {"content-type": "application/json", "x-should-retry": "true"}, b"{}")
answered = (200, {"content-type": "application/json"}, json.dumps(completion).encode())
ANSWERS[:] = [refused, answered]
print("openai", version("openai"))
print("expected: status 400 is raised as BadRequestError after one request")
answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
print(f"  400 with x-should-retry: true -> {len(ASKED)} requests, answer {answer.choices[0].message.content!r}")
assert len(ASKED) == 2, "it changed"
ASKED.clear()
ANSWERS[:] = [(500, {"content-type": "application/json", "x-should-retry": "false"}, b"{}"), answered]
try:
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
except openai.InternalServerError:
    print(f"  500 with x-should-retry: false -> {len(ASKED)} request, InternalServerError")
assert len(ASKED) == 1, "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
