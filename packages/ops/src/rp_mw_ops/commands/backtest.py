"""`rp-mw backtest`: what would have been done with exported tickets, on this machine, nothing sent or kept.

Exit codes: 0 done, 2 wrong usage, also a file that is no export and a guessed column that was not agreed to.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rp_mw_ops.backtest.csv_export import CsvExport
from rp_mw_ops.backtest.csv_tickets import csv_tickets
from rp_mw_ops.backtest.figures import USUAL, Assumptions, count, to_report
from rp_mw_ops.backtest.json_export import JsonExport
from rp_mw_ops.backtest.labels import read_accuracy, write_sample
from rp_mw_ops.backtest.mapping import guess, load_teams
from rp_mw_ops.backtest.report import to_html, to_lines
from rp_mw_ops.backtest.run import judge_all
from rp_mw_ops.backtest.ticket import ExportedTicket
from rp_mw_ops.errors import UsageError
from rp_mw_ops.eval.progress import with_share_done
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the export, what is known of it, what is assumed, and where the report goes."""
    parser.add_argument(
        "export", type=Path, help="CSV or JSON of Richpanel, Gorgias, Zendesk, or a CSV of another helpdesk"
    )
    parser.add_argument("--mapping", type=Path, metavar="FILE", help="YAML: which column is what, dates, team names")
    parser.add_argument("--yes", action="store_true", help="the guessed columns are right; do not ask")
    parser.add_argument("--html", type=Path, metavar="REPORT", help="write a page with plots")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    parser.add_argument("--sample", type=Path, metavar="FILE", help="write 50 ticket numbers to label, as CSV")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="that file with its labels filled in: gives the accuracy"
    )
    parser.add_argument(
        "--minutes", type=float, default=USUAL.minutes_a_touch, help="minutes an agent spends on a touch"
    )
    parser.add_argument("--dollars", type=float, default=USUAL.dollars_an_hour, help="what an agent's hour costs")
    parser.add_argument(
        "--lookups-answered",
        type=float,
        default=USUAL.lookups_answered,
        metavar="SHARE",
        help="share of the looked up orders that can be answered, 0 to 1",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N tickets")
    parser.add_argument("--processes", type=int, metavar="N", help="processes that judge (default: one for each core)")


def run(args: argparse.Namespace) -> int:
    """0 when the whole file was read."""
    policy = load_policy()
    accuracy = read_accuracy(args.labels, policy.intents) if args.labels else None
    export, teams = _open(args.export), load_teams(args.mapping)
    tickets = islice(_tickets(export, args), args.limit)
    shown = with_share_done(tickets, "tickets", lambda: export.bytes_read / max(1, export.size))
    figures = count(judge_all(shown, teams, args.processes))
    assumptions = Assumptions(args.minutes, args.dollars, args.lookups_answered)
    report = to_report(figures, assumptions, policy, export.unreadable)
    if accuracy:
        report["accuracy"] = accuracy
    if args.sample:
        write_sample(args.sample, figures.sample)
    if args.html:
        args.html.write_text(to_html(report, args.export.name), encoding="utf-8")
    if args.json:
        write_json(report)
    else:
        write_lines(*to_lines(report))
    return 0


def _open(path: Path) -> CsvExport | JsonExport:
    try:
        with path.open("rb") as file:
            head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if not head:
        raise UsageError(f"{path}: is empty")
    return JsonExport(path) if head[:1] in b"[{" else CsvExport(path)


def _tickets(export: CsvExport | JsonExport, args: argparse.Namespace) -> Iterator[ExportedTicket]:
    if isinstance(export, JsonExport):
        _say(f"read as {export.helpdesk}'s tickets")
        return export.tickets()
    mapping = guess(export, args.mapping)
    _say("the columns are read as:", *mapping.lines())
    if not args.yes and args.mapping is None and not _agreed():
        raise UsageError(
            "write the lines above into a file, put them right and give it as --mapping FILE, or say --yes"
        )
    return csv_tickets(export, mapping)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Is that right? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
