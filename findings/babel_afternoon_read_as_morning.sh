#!/bin/sh
# Babel's parse_time reads back the afternoon that Babel itself wrote as the morning where "pm" is spelt otherwise: 3:05 p.m. is 03:05.
# Documented: parse_time takes the locale's own time format as its hint. That it knows the letters "pm" alone is said nowhere.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'babel==2.19.0'
cat >"$work/finding.py" <<'PYTHON'
import datetime
from importlib.metadata import version

from babel.dates import format_time, parse_time

called_back_at = datetime.time(15, 5)
print("babel", version("babel"))
print("expected: what format_time wrote, parse_time reads back in the same locale, or refuses")
seen = {}
for locale in ("en_US", "en_CA", "es_MX", "ko"):
    written = format_time(called_back_at, "short", locale=locale)
    seen[locale] = parse_time(written, locale=locale, format="short")
    print(f"  {locale}: {called_back_at} -> {written!r} -> {seen[locale]}")
morning = datetime.time(3, 5)
expected = {"en_US": called_back_at, "en_CA": morning, "es_MX": morning, "ko": morning}
assert seen == expected, "it changed: parse_time no longer reads these afternoons as mornings"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
