#!/bin/sh
# pydantic writes 365 days as "P1Y": a reader that counts years by the calendar ends the same term a day later.
# Documented: a timedelta is written as an ISO 8601 duration, and the form given for it has days, hours, minutes and seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic==2.14.4' 'isodate==0.7.2'
cat >"$work/finding.py" <<'PYTHON'
import datetime
import json
from importlib.metadata import version

import isodate
from pydantic import TypeAdapter

print("pydantic", version("pydantic"), "isodate", version("isodate"))
print("expected: a number of days stays one, for a year of ISO 8601 has 365 or 366")
bought = datetime.date(2028, 1, 1)
seen = {}
for days in (364, 365, 400, 730):
    term = datetime.timedelta(days=days)
    written = json.loads(TypeAdapter(datetime.timedelta).dump_json(term))
    read = bought + isodate.parse_duration(written)
    seen[days] = (written, (read - (bought + term)).days)
    print(f"  {days} days -> {written!r}; from {bought} pydantic's end is {bought + term}, isodate's {read}")
assert seen == {364: ("P364D", 0), 365: ("P1Y", 1), 400: ("P1Y35D", 1), 730: ("P2Y", 1)}, "it changed: days are written otherwise"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
