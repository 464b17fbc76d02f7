"""`python -m tools.own_lines [--at COMMIT] [--then COMMIT]`: own lines of logging, metrics and SDK surgery, by file.

Counted are lines of code: no blank ones, comments or docstrings. What a file does decides where it counts, and each
file is named here, so that the count is the same for everybody. Record 0193 says what the figures mean.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The commit before Powertools came in and the ingress' client went.
BEFORE = "34e4d00^"
_OBSERVABILITY = "packages/shared/src/rp_mw_shared/observability"
_INGRESS = "services/ingress/src/rp_mw_ingress/adapters"
FILES = {
    "logging and metrics, with the closed sets of what may be written": tuple(
        f"{_OBSERVABILITY}/{name}.py" for name in ("recorder", "__init__", "events", "fields", "metrics")
    ),
    "SDK surgery": ("tools/zips/sdk.py",),
    # the earlier build hooked the SDK here; the adapter that came in its place was asked for
    "AWS client of the ingress": (f"{_INGRESS}/aws_connection.py", f"{_INGRESS}/aws_json.py"),
}
_SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def count_code_lines(source: str) -> int:
    """Return the lines that hold code. Raises SyntaxError for what is no Python."""
    documented = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    coded = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(coded - documented)


def read_at(commit: str | None, path: str) -> str:
    """Return the file's text at a commit, of the working tree for None; empty where it is not there."""
    if commit is None:
        return (ROOT / path).read_text("utf-8") if (ROOT / path).is_file() else ""
    shown = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, text=True, check=False)
    return shown.stdout


def to_lines(then: str, at: str | None) -> list[str]:
    """Return the table, a line for each file and each kind."""
    lines, together = [f"{'before':>6} {'now':>6}"], (0, 0)
    for kind, paths in FILES.items():
        counts = [(count_code_lines(read_at(then, path)), count_code_lines(read_at(at, path))) for path in paths]
        lines += [f"{old:6} {new:6}    {path}" for (old, new), path in zip(counts, paths, strict=True)]
        old, new = (sum(column) for column in zip(*counts, strict=True))
        lines.append(f"{old:6} {new:6}  {kind}, x {new / old:.2f}")
        together = (together[0] + old, together[1] + new)
    old, new = together
    return [*lines, f"{old:6} {new:6}  together, x {new / old:.2f}"]


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.own_lines")
    parser.add_argument("--at", metavar="COMMIT", help="count this commit and not the working tree")
    parser.add_argument("--then", metavar="COMMIT", default=BEFORE, help=f"compare with this one ({BEFORE})")
    chosen = parser.parse_args(arguments)
    sys.stdout.write("\n".join(to_lines(chosen.then, chosen.at)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
