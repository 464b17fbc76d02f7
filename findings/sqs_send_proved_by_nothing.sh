#!/bin/sh
# boto3: an SQS send whose answer is a proxy's page, or has no MessageId, or a wrong MD5, counts as sent.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'boto3==1.44.8' 'botocore==1.44.8'
cat >"$work/finding.py" <<'PYTHON'
import os
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

import boto3

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="eu-central-1")
sqs = boto3.client("sqs", endpoint_url=URL)
JSON = {"content-type": "application/x-amz-json-1.0"}


def sent(headers, body):
    ANSWERS[:] = [(200, headers, body)]
    answer = sqs.send_message(QueueUrl=f"{URL}/1/queue", MessageBody="hello")
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


print("boto3", version("boto3"), "botocore", version("botocore"))
print("expected: an error, for SQS answers each accepted message with its id and the MD5 of its body")
page = sent({"content-type": "text/html"}, b"<html>gateway</html>")
empty = sent(JSON, b"{}")
wrong = sent(JSON, b'{"MessageId": "1", "MD5OfMessageBody": "00000000000000000000000000000000"}')
print("  200 with a proxy's page ->", page)
print("  200 {}                  ->", empty)
print("  200 with a wrong MD5    ->", wrong)
assert page == {} and empty == {} and wrong["MessageId"] == "1", "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
