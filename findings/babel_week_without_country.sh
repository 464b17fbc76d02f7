#!/bin/sh
# Babel counts calendar weeks otherwise for "de" than for "de_DE": all of 2027 is one week ahead of the ISO week, and of every German calendar.
# Documented: "w" is the week of the ISO year-week calendar, whatever the locale.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'babel==2.19.0'
cat >"$work/finding.py" <<'PYTHON'
import datetime
from importlib.metadata import version

from babel.dates import format_date

PATTERN = "YYYY-'W'ww"
print("babel", version("babel"))
print("expected (Babel's table of date fields): the ISO week, in every locale")
differ = {}
for language in ("de", "fr", "nl", "es"):
    country = f"{language}_{language.upper()}"
    day = datetime.date(2027, 1, 1)
    days = [day + datetime.timedelta(n) for n in range(365)]
    iso = ["{0}-W{1:02}".format(*each.isocalendar()) for each in days]
    for locale in (language, country):
        weeks = [format_date(each, PATTERN, locale=locale) for each in days]
        differ[locale] = sum(week != right for week, right in zip(weeks, iso, strict=True))
        print(f"  {locale:5}: 14 June 2027 is {weeks[164]} (ISO {iso[164]}); {differ[locale]} of 365 days differ from ISO")
assert all(days == (0 if "_" in locale else 365) for locale, days in differ.items()), "it changed: the weeks differ on other days"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
