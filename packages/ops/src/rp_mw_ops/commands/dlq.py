"""`rp-mw dlq`: the dead letters and why they died, one of them, and sending it back.

A redrive is incomplete (exit code 3) when something that was chosen could not be sent back or came back dead, or a
named message is not there.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.dead_letters.audit_row import Redrive
from rp_mw_ops.dead_letters.audited import chosen_words, redrive_audited
from rp_mw_ops.dead_letters.describing import describe, describe_fully
from rp_mw_ops.dead_letters.opening import find_salt, open_dead_letters
from rp_mw_ops.dead_letters.port import DeadLetters, read_dead_letters
from rp_mw_ops.dead_letters.redrive import MAX_READ, Choice, Report, plan_redrive
from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    find_actor,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_ops.exit_codes import DONE, INCOMPLETE
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.progress import Interrupted
from rp_mw_shared.clock import Clock, SystemClock

_LINES_EVERY = 10
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One queue's report, as it is told."""

    queue: str
    report: Report
    is_dry_run: bool

    @property
    def is_incomplete(self) -> bool:
        """Whether something that was meant is still dead."""
        return bool(self.report.failed or self.report.problem or self.report.came_back)

    def to_json(self, salt: str | None) -> Json:
        """Return it for programs."""
        return {
            "queue": self.queue,
            "dry_run": self.is_dry_run,
            "redriven": [describe(dead_letter, salt) for dead_letter in self.report.redriven],
            "passed_over": [describe(dead_letter, salt) for dead_letter in self.report.passed_over.values()],
            "failed": self.report.failed,
            "after_a_failure": sorted(self.report.after_failure),
            "came_back_dead": [describe(dead_letter, salt) for dead_letter in self.report.came_back.values()],
            "problem": self.report.problem,
        }

    def to_lines(self, salt: str | None) -> list[str]:
        """Return it for people."""
        verb = "would send back" if self.is_dry_run else "sent back"
        lines = [f"{self.queue}: {verb} {len(self.report.redriven)}"]
        lines += [f"  {_line(describe(dead_letter, salt))}" for dead_letter in self.report.redriven]
        if passed_over := len(self.report.passed_over):
            lines.append(f"  passed over {passed_over} that no consumer could read: name them, or give --reason")
        for name, code in self.report.failed.items():
            lines.append(f"  {name} failed ({code}): it stays, and what comes after it in its conversation")
        if self.report.after_failure:
            lines.append(f"  left {len(self.report.after_failure)} after a failure, so that their order holds")
        if self.report.came_back:
            lines.append(f"  {len(self.report.came_back)} of them came back dead, and are left:")
            lines += [f"    {_line(describe(dead_letter, salt))}" for dead_letter in self.report.came_back.values()]
        if self.report.problem:
            lines.append(f"  stopped: {self.report.problem}")
        return lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds list (the default), show and redrive; the options may stand before the word or after it."""
    _add_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="{list,show,redrive}", help="default: list")
    for name in ("list", "show", "redrive"):
        # what is not given after the word must not undo what was given before it
        chosen = actions.add_parser(name, argument_default=argparse.SUPPRESS)
        _add_options(chosen)
        if name != "list":
            chosen.add_argument("ids", nargs="*", metavar="ID", help="messages, by the id that list shows")
    parser.set_defaults(action="list", ids=[], queue=None, reason=None)
    parser.set_defaults(limit=100, rate=None, watch=30.0, who="", why="")


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_environment_argument(parser)
    add_confirm_argument(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("--queue", metavar="NAME", help="a queue of the topology, such as events (default: all)")
    parser.add_argument("--reason", metavar="CODE", help="only dead letters with this reason")
    parser.add_argument("--limit", type=_limit, help="at most so many messages per queue (default 100)")
    parser.add_argument("--all", action="store_true", help="redrive: every message that a consumer can read")
    parser.add_argument(
        "--rate",
        type=_rate,
        metavar="N",
        help="redrive: messages per second (default: what half of Richpanel's budget handles)",
    )
    parser.add_argument(
        "--watch", type=_seconds, metavar="S", help="redrive: look so long for what comes back dead (default 30)"
    )
    parser.add_argument("--yes", action="store_true", help="redrive: do it; without, only say what would be done")
    parser.add_argument("--why", help="redrive: the reason, for the audit trail (needed with --yes)")
    parser.add_argument("--who", help="redrive: who does it (default: the AWS identity; locally, your login)")


def run(args: argparse.Namespace) -> int:
    """Lists, shows or redrives; see the module's text for the exit codes."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    queues = [open_dead_letters(environment, key) for key in _chosen_queues(environment, args.queue)]
    salt = find_salt(environment)
    if args.action == "redrive":
        return _redrive(environment, args, queues, salt, clock)
    if args.action == "show":
        return _show(environment, args, queues, salt)
    return _list(environment, args, queues, salt)


def _list(environment: Environment, args: argparse.Namespace, queues: list[DeadLetters], salt: str | None) -> int:
    found, counts = [], {}
    for queue in queues:
        dead_letters = read_dead_letters(queue, args.limit if args.reason is None else MAX_READ)
        kept = [dead_letter for dead_letter in dead_letters if args.reason in (None, dead_letter.reason)][: args.limit]
        counts[queue.key] = {"messages": max(queue.count(), len(dead_letters)), "listed": len(kept)}
        found += [describe(dead_letter, salt) for dead_letter in kept]
    if args.json:
        write_json(with_where(environment, {"queues": counts, "messages": found}))
        return 0
    for key, count in counts.items():
        write_lines(f"{key}: {count['messages']} dead, {count['listed']} listed")
    write_lines(*(f"  {_line(message)}" for message in found))
    return 0


def _show(environment: Environment, args: argparse.Namespace, queues: list[DeadLetters], salt: str | None) -> int:
    if len(args.ids) != 1:
        raise UsageError("say which message: rp-mw dlq show ID (rp-mw dlq list shows the ids)")
    dead_letter = next(
        (one for queue in queues for one in read_dead_letters(queue, MAX_READ) if one.id == args.ids[0]), None
    )
    if dead_letter is None:
        raise NotFoundError(
            "no such message among the dead letters: it was sent back, or it is held by somebody, or it comes after "
            "ten others of its conversation"
        )
    shown = describe_fully(dead_letter, salt)
    if args.json:
        write_json(with_where(environment, shown))
    else:
        write_lines(*(f"{name:<24} {value}" for name, value in shown.items() if value not in (None, "")))
    return 0


def _redrive(
    environment: Environment, args: argparse.Namespace, queues: list[DeadLetters], salt: str | None, clock: Clock
) -> int:
    choice = _require_choice(args)
    if args.yes:
        require_confirmation(environment, args, "redrive")
    outcomes = []
    for queue in queues:
        if args.yes:
            report = _carry_out(environment, args, queue, choice, clock)
        else:
            report = plan_redrive(queue, choice, args.limit)
        outcomes.append(_Outcome(queue.key, report, not args.yes))
    missing = _find_missing(choice, outcomes)
    _tell(environment, args, outcomes, missing, salt)
    is_complete = not missing and not any(outcome.is_incomplete for outcome in outcomes)
    return DONE if is_complete else INCOMPLETE


def _carry_out(
    environment: Environment, args: argparse.Namespace, queue: DeadLetters, choice: Choice, clock: Clock
) -> Report:
    """Redrive one queue, with its row in the audit trail before and after: what cannot be recorded is not done."""
    who, why = _redacted(find_actor(environment, args.who)), _redacted(args.why)
    row = Redrive(queue.key, chosen_words(choice), who, why, clock.now_epoch_ms())
    report, in_all = Report(), min(queue.count(), args.limit)
    try:
        redrive_audited(
            environment,
            queue,
            choice,
            row,
            report,
            limit=args.limit,
            clock=clock,
            per_second=args.rate,
            watch_seconds=args.watch,
            on_sent=lambda told: _show_progress(queue.key, told, in_all),
        )
    except KeyboardInterrupt:
        told = f"{len(report.redriven)} of about {in_all} of {queue.key} were sent back, the others stay dead letters"
        raise Interrupted(told) from None
    return report


def _show_progress(key: str, report: Report, in_all: int) -> None:
    """Say how far it is, apart from the result."""
    sent = len(report.redriven)
    if sent % _LINES_EVERY == 0 or sent == in_all:
        sys.stderr.write(f"{key}: {sent} of about {in_all} sent back\n")


def _require_choice(args: argparse.Namespace) -> Choice:
    if not (args.ids or args.all or args.reason):
        raise UsageError("say which messages: ids, or --reason CODE, or --all")
    if args.ids and args.all:
        raise UsageError("ids and --all exclude each other")
    if args.yes and not args.why.strip():
        raise UsageError("say why (--why '...'): who redrives and why goes into the audit trail")
    return Choice(frozenset(args.ids), args.reason)


def _find_missing(choice: Choice, outcomes: list[_Outcome]) -> list[str]:
    return sorted(choice.ids.difference(*(outcome.report.touched for outcome in outcomes)))


def _tell(
    environment: Environment, args: argparse.Namespace, outcomes: list[_Outcome], missing: list[str], salt: str | None
) -> None:
    if args.json:
        told = {"queues": [outcome.to_json(salt) for outcome in outcomes], "missing": missing}
        write_json(with_where(environment, told))
        return
    for outcome in outcomes:
        write_lines(*outcome.to_lines(salt))
    write_lines(*(f"not there (any more): {name}" for name in missing))
    if not args.yes:
        write_lines("nothing was sent: add --yes --why '...' to do it")


def _line(message: Json) -> str:
    parts = [
        message["id"],
        message["reason"],
        message["type"] or "unreadable",
        message["conversation"] or "-",
        f"sent {message['sent_at']}",
        f"read {message['receives']}x",
        message["detail"] if message["detail"] != message["reason"] else "",
    ]
    return "  ".join(part for part in parts if part)


def _chosen_queues(environment: Environment, name: str | None) -> list[str]:
    known = list(environment.topology.queues)
    if name is not None and name not in known:
        raise UsageError(f"there is no such queue: --queue takes {' or '.join(known)}")
    return known if name is None else [name]


def _redacted(text: str) -> str:
    from rp_mw_shared.redaction import redact

    return str(redact(text.strip()).text)


def _limit(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MAX_READ:
        raise argparse.ArgumentTypeError(f"not between 1 and {MAX_READ}: {value}")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"not between 0.1 and 100: {value}")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3_600:
        raise argparse.ArgumentTypeError(f"not between 0 and 3600: {value}")
    return value
