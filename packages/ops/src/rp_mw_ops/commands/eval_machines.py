"""`rp-mw eval-machines FILE`: are machines answered, and people silenced for one?

FILE is JSONL, {"id", "kind", "expected", "text", "sender", "sender_name", "subject", "channel"} a line; expected is
machine, human or human_via_form. Exit code 1: a gate is broken.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.machine_eval import FORM, HUMAN, MACHINE, MachineRow, Tally, measure
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.errors import ConfigurationError

_EXPECTED = (MACHINE, HUMAN, FORM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, the gates, the policy and how to print."""
    parser.add_argument("file", type=Path, help="JSONL, one labelled message a line")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-machines.yaml")
    parser.add_argument("--policy", type=Path, help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when no gate is broken, else 1."""
    from rp_mw_worker.policy.loader import load_policy
    from rp_mw_worker.policy_engine import PolicyEngine

    gates = load_limits(args.gates) if args.gates else {}
    tally = measure(load_rows(args.file), PolicyEngine(load_policy(args.policy)))
    broken = find_broken(tally.figures(), gates)
    if args.json:
        write_json({"figures": tally.figures(), "wrong": tally.wrong, "broken": broken})
    else:
        _print(tally)
        write_lines(*(f"BROKEN {line}" for line in broken))
    return FINDING if broken else 0


def load_rows(path: Path) -> list[MachineRow]:
    """Return the rows of `path`. Raises ConfigurationError naming the first bad line."""
    rows = [_parse(line, number) for number, line in numbered(load_lines(path))]
    if not rows:
        raise ConfigurationError([f"{path}: no messages"])
    return rows


def _parse(line: str, number: int) -> MachineRow:
    row = parse_object(line, number)
    if not isinstance(row.get("text"), str) or row.get("expected") not in _EXPECTED:
        raise ConfigurationError([f"line {number}: needs a text, and expected one of {', '.join(_EXPECTED)}"])
    texts = {name: str(row.get(name) or "") for name in ("kind", "sender", "sender_name", "subject")}
    return MachineRow(
        id=str(row.get("id", number)),
        expected=str(row["expected"]),
        text=row["text"],
        channel=str(row.get("channel") or "email"),
        is_tier0_fine=row.get("tier0_ok") is True,
        **texts,
    )


def _print(tally: Tally) -> None:
    write_lines(f"{'figure':<22}{'count':>8}{'of':>8}{'share':>9}  wrong")
    for name, figure in tally.figures().items():
        share = "-" if figure["share"] is None else f"{figure['share']:.4f}"
        wrong = " ".join(tally.wrong.get(name, [])[:8])
        write_lines(f"{name:<22}{figure['count']:>8}{figure['of']:>8}{share:>9}  {wrong}")
