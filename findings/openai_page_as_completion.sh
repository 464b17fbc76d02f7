#!/bin/sh
# The openai client hands a proxy's HTML page back as the completion, as a plain str.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'openai==3.57.0'
cat >"$work/finding.py" <<'PYTHON'
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

client = openai.OpenAI(api_key="k", base_url=URL, max_retries=0)


def asked(headers, body):
    ANSWERS[:] = [(200, headers, body)]
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])


print("openai", version("openai"))
print("expected: an answer that is no completion is an error; the declared type is ChatCompletion")
page = asked({"content-type": "text/html"}, b"<html>Sign in to the hotel's network</html>")
print(f"  200 text/html        -> {type(page).__name__}: {page!r}")
empty = asked({"content-type": "application/json"}, b"{}")
print(f"  200 {{}}               -> {type(empty).__name__} with choices={empty.choices!r}")
wrong = asked({"content-type": "application/json"}, b'{"choices": "none", "usage": "many"}')
print(f"  200 with wrong types -> choices={wrong.choices!r} usage={wrong.usage!r}")
assert isinstance(page, str) and empty.choices is None and wrong.choices == "none" and wrong.usage == "many", "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
