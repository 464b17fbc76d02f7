"""`rp-mw doctor`: looks at everything an environment needs, and says what to do where it is not as it should be."""

from __future__ import annotations

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

from rp_mw_ops.doctor import aws_checks, vendor_checks
from rp_mw_ops.doctor.checked import Checked, State, looked
from rp_mw_ops.doctor.note_probe import probe_notes
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
from rp_mw_ops.exit_codes import DONE, FINDING, INCOMPLETE
from rp_mw_ops.flags import load_flags
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_worker.policy.loader import load_policy

_MARKS = {State.GOOD: "ok  ", State.HINT: "note", State.FINDING: "BAD ", State.UNREAD: "??  "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --env, --policy, --json, and the probe of private notes."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    told = "only find out whether notes are private: writes a note on this test ticket of your own"
    parser.add_argument("--probe-notes", metavar="TICKET", help=told)
    told = "you looked as the test ticket's customer, and the note was not there: keeps the proof"
    parser.add_argument("--customer-saw-nothing", action="store_true", help=told)
    parser.add_argument("--who", default="", help="who looked (default: the AWS identity; locally, your login)")
    parser.add_argument("--policy", type=Path, metavar="DIR", help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when all is in order, 1 when something is not, 3 when nothing is wrong but something could not be seen."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    found = _examine(environment, args, clock)
    if args.json:
        checks = [{"part": one.part, "state": one.state, "said": one.said, "to_do": one.to_do} for one in found]
        write_json(with_where(environment, {"checks": checks}))
    else:
        write_lines(*(line for one in found for line in _lines(one)), _summary(found))
    if any(one.state is State.FINDING for one in found):
        return FINDING
    return INCOMPLETE if any(one.state is State.UNREAD for one in found) else DONE


def _examine(environment: Environment, args: argparse.Namespace, clock: Clock) -> list[Checked]:
    if args.probe_notes:
        require_confirmation(environment, args, "writing a probe note")
        who, saw_nothing = find_actor(environment, args.who), args.customer_saw_nothing
        return list(probe_notes(environment, args.probe_notes, clock, saw_nothing=saw_nothing, who=who))
    # log lines on a person's terminal would only spoil --json
    with redirect_stdout(io.StringIO()):
        return examine(environment, args.policy, clock)


def examine(environment: Environment, policy_directory: Path | None, clock: Clock) -> list[Checked]:
    """Every check, in the order in which a message meets what is checked; one that fails leaves the others."""
    return [
        *looked("clock", lambda: aws_checks.check_clock(environment, clock)),
        *looked("webhook", lambda: vendor_checks.check_webhook(environment, clock)),
        *looked("queues", lambda: aws_checks.check_queues(environment)),
        *looked("functions", lambda: aws_checks.check_functions(environment)),
        *looked("tables", lambda: aws_checks.check_tables(environment)),
        *looked("flags", lambda: aws_checks.check_flags(environment)),
        *looked("secrets", lambda: aws_checks.check_secrets(environment, clock)),
        *looked("helpdesk", lambda: vendor_checks.check_helpdesk(environment, load_policy(policy_directory), clock)),
        *looked("channels", lambda: vendor_checks.check_channels(environment, clock)),
        *looked("shop", lambda: vendor_checks.check_shop(environment, clock)),
        *looked("model", lambda: vendor_checks.check_model(environment, _classifier(environment), clock)),
        *looked("logs", lambda: aws_checks.check_logs(environment)),
        *looked("alarms", lambda: aws_checks.check_alarms(environment)),
    ]


def _classifier(environment: Environment) -> str:
    return str(load_flags(environment)["classifier"]["value"] or "embedded")


def _lines(one: Checked) -> list[str]:
    lines = [f"{_MARKS[one.state]}  {one.part}: {one.said}"]
    return [*lines, f"      to do: {one.to_do}"] if one.to_do and one.state is not State.GOOD else lines


def _summary(found: list[Checked]) -> str:
    bad, unread = (sum(one.state is state for one in found) for state in (State.FINDING, State.UNREAD))
    return f"{len(found)} looked at, {bad} not in order, {unread} could not be seen"
