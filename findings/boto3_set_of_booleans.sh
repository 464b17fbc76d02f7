#!/bin/sh
# boto3's TypeSerializer stores a set of booleans as a set of numbers.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'boto3==1.44.8'
cat >"$work/finding.py" <<'PYTHON'
from importlib.metadata import version

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

stored = TypeSerializer().serialize({True, False})
back = TypeDeserializer().deserialize(stored)
print("boto3", version("boto3"))
print("expected: a TypeError, for DynamoDB has no set of booleans")
print(f"  {{True, False}} -> {stored} -> {back}")
assert sorted(stored["NS"]) == ["0", "1"], "it changed"
assert TypeSerializer().serialize([True]) == {"L": [{"BOOL": True}]}, "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
