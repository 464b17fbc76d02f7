#!/bin/sh
# boto3's DynamoDB client retries an answer whose checksum is wrong, and then returns it all the same.
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
dynamodb = boto3.client("dynamodb", endpoint_url=URL)
ANSWERS[:] = [(200, {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": "1"}, b'{"Item": {"k": {"S": "v"}}}')]
print("boto3", version("boto3"), "botocore", version("botocore"))
print("expected: an answer that fails its checksum on every try ends as an error")
answer = dynamodb.get_item(TableName="t", Key={"k": {"S": "k"}})
print(f"  {len(ASKED)} requests, each answered with a wrong x-amz-crc32 -> returned {answer['Item']}")
assert len(ASKED) > 1 and answer["Item"] == {"k": {"S": "v"}}, "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
