#!/bin/sh
# dateparser finds the year 1001 in 'order 1001' and a December day in 'size M 12'.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'dateparser==1.5.0'
cat >"$work/finding.py" <<'PYTHON'
import datetime
from importlib.metadata import version

from dateparser.search import search_dates

SETTINGS = {"RELATIVE_BASE": datetime.datetime(2026, 3, 10)}
seen = {}
print("dateparser", version("dateparser"))
print("expected: no date in any of these sentences")
for text in ("Where is order #1001?", "The lamp in size M 12 please", "Sun cream arrived broken"):
    found = search_dates(text, languages=["en"], settings=SETTINGS) or []
    seen[text] = [(words, when.date().isoformat()) for words, when in found]
    print(f"  {text!r} -> {seen[text]}")
assert seen["Where is order #1001?"] == [("#1001", "1001-03-10")], "it changed"
assert seen["The lamp in size M 12 please"][0][1].startswith("2026-12"), "it changed"
assert seen["Sun cream arrived broken"][0][0] == "Sun", "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
