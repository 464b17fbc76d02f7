#!/bin/sh
# jmespath's contains() finds the number 1 in a list that holds true alone, although == says that the two differ.
# Documented (JMESPath specification): contains is true where an element equals what is searched, and values of two types never are equal.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'jmespath==1.1.0'
cat >"$work/finding.py" <<'PYTHON'
from importlib.metadata import version

import jmespath

orders = [{"order": 1001, "notes": [True]}, {"order": 1002, "notes": [1]}, {"order": 1003, "notes": []}]
print("jmespath", version("jmespath"))
print("expected: both ask the same, and answer [1002]")
by_equality = jmespath.search("[?notes[?@ == `1`]].order", orders)
by_contains = jmespath.search("[?contains(notes, `1`)].order", orders)
print(f"  [?notes[?@ == `1`]].order     -> {by_equality}")
print(f"  [?contains(notes, `1`)].order -> {by_contains}")
assert by_equality == [1002], "it changed: == takes true for 1"
assert by_contains == [1001, 1002], "it changed: contains() tells true from 1"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
