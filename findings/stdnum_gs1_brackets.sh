#!/bin/sh
# python-stdnum's gs1_128 takes a label's bracketed text and forgets the brackets: batch 1001, serial 7 becomes batch "1001217".
# Documented: validate and compact take the bracketed form, and encode writes it "for readability". Nothing says that info reads it otherwise.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'python-stdnum==2.2'
cat >"$work/finding.py" <<'PYTHON'
from importlib.metadata import version

from stdnum import gs1_128

print("python-stdnum", version("python-stdnum"))
print("expected: each bracket begins the next element, or the text is refused")
seen = {}
for label in ("(10)1001(21)7", "(10)1001(11)260310", "(21)A(7)"):
    seen[label] = gs1_128.info(label)
    print(f"  {label}: valid {gs1_128.is_valid(label)}, {seen[label]}")
batches = [{"10": "1001217"}, {"10": "100111260310"}, {"21": "A7"}]
assert list(seen.values()) == batches, "it changed: the brackets are read"
assert all(gs1_128.is_valid(label) for label in seen), "it changed: these labels are refused"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
