#!/bin/sh
# Powertools' Logger reads a message as JSON: the text '1001' is logged as a number, and the text 'null' not at all.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'aws-lambda-powertools==3.37.0'
cat >"$work/finding.py" <<'PYTHON'
import io
import json
from importlib.metadata import version

from aws_lambda_powertools import Logger


def logged(text: str) -> dict:
    out = io.StringIO()
    Logger(service=f"shop-{text}", stream=out).info(text)
    return json.loads(out.getvalue())


print("aws-lambda-powertools", version("aws-lambda-powertools"))
print('expected: a message that is a str stays a str')
seen = {text: logged(text).get("message", "no message key") for text in ("order 1001", "1001", "true", "[]", "null")}
for text, message in seen.items():
    print(f"  info({text!r}) -> message: {message!r}")
assert seen == {"order 1001": "order 1001", "1001": 1001, "true": True, "[]": [], "null": "no message key"}, "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
