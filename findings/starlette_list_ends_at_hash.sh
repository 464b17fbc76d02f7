#!/bin/sh
# Starlette's CommaSeparatedStrings ends at a "#": "returns, shop#2, gifts" is two entries, and "#vip, gifts" none.
# Documented: several strings in one configuration key, separated by commas. No comments, no quoting.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'starlette==1.10.0'
cat >"$work/finding.py" <<'PYTHON'
from importlib.metadata import version

from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings

print("starlette", version("starlette"))
print("expected: what stands between the commas")
seen = {}
for text in ("returns, gifts", "returns, shop#2, gifts", "#vip, gifts"):
    seen[text] = list(Config(environ={"TAGS": text})("TAGS", cast=CommaSeparatedStrings))
    print(f"  TAGS={text!r} -> {seen[text]}")
assert list(seen.values()) == [["returns", "gifts"], ["returns", "shop"], []], "it changed: the list no longer ends at a hash"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
