"""`rp-mw decide`: decides cases from a file, one JSON object a line, in the same order, without any network."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rp_mw_ops.case_reader import CaseError, parse_case
from rp_mw_ops.printing import write_lines
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Case, Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reply_text import render
from rp_mw_worker.policy.loader import load_policy

BAD_CASES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file and the policy. Exit code 3: some lines were no cases, the others were decided."""
    parser.add_argument("file", nargs="?", default="-", help="cases as JSONL (see docs/cases.md); - is standard input")
    parser.add_argument("--policy", type=Path, metavar="DIR", help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="one JSON decision a line, for programs")


def run(args: argparse.Namespace) -> int:
    """0 when every line was decided, 3 when one was no case; raises ConfigurationError for a broken policy."""
    policy = load_policy(args.policy)
    failed = False
    with ExitStack() as stack:
        lines = sys.stdin if args.file == "-" else stack.enter_context(Path(args.file).open(encoding="utf-8"))
        for result in decide_lines(lines, policy):
            failed = failed or "error" in result
            write_lines(json.dumps(result, ensure_ascii=False) if args.json else to_text(result))
    return BAD_CASES if failed else 0


def decide_lines(lines: Iterable[str], policy: Policy) -> Iterator[dict[str, Any]]:
    """Yield one result for each line that is not empty: the decision, or `error` naming the line and what is wrong."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _decide_line(number, line, policy)


def to_result(case: Case, decision: Decision, policy: Policy) -> dict[str, Any]:
    """Return a decision as JSON values; `reply` is the text as the customer would get it.

    `machine_marks` are the codes that speak for or against a machine's mail; `language` is the customer's.
    """
    values = asdict(decision)
    values["mode"] = decision.mode.value
    values["machine_marks"] = sorted(_machine_marks(case))
    values["reply"] = None
    values["reply_language"] = decision.language if decision.template_id is not None else None
    if decision.template_id is not None:
        values["reply"] = render(
            decision.template_id, case.ticket.channel, decision.variables, policy, decision.language
        )
    return values


def _machine_marks(case: Case) -> frozenset[str]:
    return case.ticket.sender_marks | (case.machine_marks or frozenset())


def to_text(result: dict[str, Any]) -> str:
    """Return one result for people: the decision in a line, every blocking gate below it."""
    if "error" in result:
        return f"{result['error']}"
    action = f"reply {result['template_id']}" if result["template_id"] else "no reply"
    if result["order_question"]:
        action = f"look up the order by {result['order_question']['by']}"
    head = f"{result['id']}: {result['intent']} ({result['confidence']:.2f}) -> {result['route_team']}, {action}"
    blocked = (gate for gate in result["gates"] if not gate["allowed"])
    details = (f"    {gate['gate']}: {gate['code']} {gate['detail']}".rstrip() for gate in blocked)
    return "\n".join([head, f"    tags {' '.join(result['tags'])}", *details])


def _decide_line(number: int, line: str, policy: Policy) -> dict[str, Any]:
    case_id: Any = number
    try:
        row = json.loads(line)
        case_id = row.get("id", number) if isinstance(row, dict) else number
        case = parse_case(row, policy)
    except CaseError as error:
        return {"id": case_id, "error": f"line {number}: {error}"}
    except ValueError as error:
        return {"id": case_id, "error": f"line {number}: not JSON ({error})"}
    return {"id": case_id, **to_result(case, decide(case, policy), policy)}
