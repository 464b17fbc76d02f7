#!/bin/sh
# Powertools' Logger: a key appended under the name of a standard column and then removed takes the column away for good.
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

out = io.StringIO()
log = Logger(service="shop", stream=out)
log.warning("before")
log.append_keys(level="gold")  # the level of a loyalty programme, say
log.warning("during")
log.remove_keys(["level"])
log.warning("after")
log.error("and for every later line")
lines = [json.loads(line) for line in out.getvalue().splitlines()]

print("aws-lambda-powertools", version("aws-lambda-powertools"))
print("expected: the log level comes back once the key of that name is removed")
seen = [line.get("level", "no level key") for line in lines]
for line, level in zip(lines, seen, strict=True):
    print(f"  {line['message']!r}: {level}")
assert seen == ["WARNING", "gold", "no level key", "no level key"], "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
