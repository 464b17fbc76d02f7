#!/bin/sh
# Babel's format_skeleton takes the nearest skeleton as it is: a full weekday that was asked for comes back abbreviated.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'babel==2.19.0'
cat >"$work/finding.py" <<'PYTHON'
import datetime
from importlib.metadata import version

from babel.dates import format_date, format_skeleton

day = datetime.date(2026, 11, 29)
print("babel", version("babel"))
print("expected (Unicode TS 35, 'Missing Skeleton Fields'): the nearest pattern with the widths that were asked for")
seen = {}
for locale in ("en", "de", "es"):
    asked = format_skeleton("EEEEdMMMM", day, locale=locale)
    wide = format_date(day, "EEEE", locale=locale)
    seen[locale] = wide in asked
    print(f"  {locale}: EEEEdMMMM -> {asked!r}; the full weekday is {wide!r}")
assert not any(seen.values()), "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
