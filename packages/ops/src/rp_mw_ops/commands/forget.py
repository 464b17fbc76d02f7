"""`rp-mw forget`: erase what is kept of a conversation or a customer, and say what is out of reach and until when."""

from __future__ import annotations

import argparse
import getpass

from rp_mw_ops.dead_letters.opening import find_salt
from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.finding import find_by_customer
from rp_mw_ops.forgetting import Traces, erase, find_traces, record, what_stays
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.flags.writing import redacted_reason
from rp_mw_shared.redaction.hashing import contact_digest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds whom to forget, and --yes."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--conversation", metavar="ID", help="one conversation, by its id in Richpanel")
    whom.add_argument("--customer", metavar="CONTACT", help="all of a customer's, by their address or phone")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would be erased")
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted (needed with --yes)")
    parser.add_argument("--who", default="", help="who does it (default: the name you are logged in with)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when it is erased, or would be; raises NotFoundError where nothing is kept."""
    if args.yes and not args.why.strip():
        raise UsageError("say why (--why '...'): who erases and why goes into the audit trail")
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args, SystemClock())


def run_in(environment: Environment, args: argparse.Namespace, clock: Clock) -> int:
    """The same in an environment that is open already."""
    salt = find_salt(environment)
    if salt is None:
        raise OpsError("the hash salt cannot be read: without it no customer is found, and nothing can be recorded")
    conversation_ids, digest = _whom(environment, args, salt)
    traces = find_traces(environment, conversation_ids, digest)
    if not traces.count:
        raise NotFoundError(f"nothing is kept of that in {environment.name}")
    done = _forget(environment, args, traces, digest, salt, clock) if args.yes else None
    _tell(environment, args, traces, len(conversation_ids), done)
    return DONE


def _whom(environment: Environment, args: argparse.Namespace, salt: str) -> tuple[list[str], str | None]:
    if args.conversation:
        return [args.conversation], None
    return find_by_customer(environment, args.customer, salt), contact_digest(args.customer, salt)


def _forget(
    environment: Environment, args: argparse.Namespace, traces: Traces, customer: str | None, salt: str, clock: Clock
) -> str:
    """Erase, and return the digest under which it is recorded; what cannot be recorded is not done."""
    require_confirmation(environment, args, "erasing")
    subject, kind = (args.conversation, "conversation") if customer is None else (customer, "customer")
    facts = {
        "who": redacted_reason(args.who or getpass.getuser()),
        "why": redacted_reason(args.why),
        "subject_kind": kind,
        "items": traces.count,
    }
    now = clock.now_epoch_ms()
    record(environment, subject, salt, facts | {"is_done": False}, now)
    erase(environment, traces)
    return record(environment, subject, salt, facts | {"is_done": True}, now)


def _tell(environment: Environment, args: argparse.Namespace, traces: Traces, count: int, done: str | None) -> None:
    stays = what_stays(environment, traces)
    erased = {environment.table(table): len(keys) for table, keys in traces.keys.items()}
    if args.json:
        told = {"conversations": count, "erased": done is not None, "items": erased, "subject": done, "stays": stays}
        write_json(with_where(environment, told))
        return
    verb = "erased" if done else "would be erased"
    write_lines(f"{count} conversations", *(f"{number} items of {table} {verb}" for table, number in erased.items()))
    for one in stays:
        until = f", gone after {one['days']} days at the latest" if one["days"] is not None else ""
        write_lines(f"stays: {one['what']}{until}", f"  {one['why']}")
    write_lines(f"recorded as {done}: rp-mw explain forget" if done else "nothing was erased: add --yes --why '...'")
