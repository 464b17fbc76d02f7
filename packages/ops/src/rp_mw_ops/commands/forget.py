"""`rp-mw forget`: erase what is kept of a conversation or a customer, and say what is out of reach and until when.

After a table was restored, `--reapply` erases again what was erased since the day it was restored to.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from rp_mw_ops.arguments import conversation_id
from rp_mw_ops.conversations import decided_on
from rp_mw_ops.dead_letters.opening import find_salt
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
from rp_mw_ops.erasure_list import (
    CONVERSATION,
    CUSTOMER,
    RECOVERY_DAYS,
    Erasure,
    drop_outlived,
    load_erasures,
    note_erasure,
    today,
)
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.finding import find_by_customer, find_by_customer_digest
from rp_mw_ops.forgetting import Traces, erase, find_traces, record, what_stays
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.flags.writing import redacted_reason
from rp_mw_shared.redaction.hashing import contact_digest, short_hash

# how the audit trail names the list, applied again
REAPPLIED = "list of erasures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds whom to forget, and --yes."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    whom = parser.add_mutually_exclusive_group(required=True)
    told = "one conversation, by its id in Richpanel"
    whom.add_argument("--conversation", metavar="ID", type=conversation_id, help=told)
    whom.add_argument("--customer", metavar="CONTACT", help="all of a customer's, by their address or phone")
    whom.add_argument("--reapply", action="store_true", help="after a restore: again what was erased in its time")
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would be erased")
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted (needed with --yes)")
    parser.add_argument("--who", default="", help="who does it (default: the AWS identity; locally, your login)")
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
    whom = _listed(environment, salt, clock) if args.reapply else _asked_for(environment, args, salt)
    traces = find_traces(environment, whom.conversation_ids, whom.customers, salt=salt)
    if traces.is_nothing and not args.reapply:
        raise NotFoundError(f"nothing is kept of that in {environment.name}")
    done = _forget(environment, args, whom, traces, salt, clock) if args.yes and traces.count else None
    _tell(environment, args, whom, traces, done)
    return DONE


@dataclass(frozen=True, slots=True)
class _Whom:
    """Who is to be forgotten: the subject's kind and name, conversations by id, customers by digest.

    `listed` is what the list of erasures says where it is applied again, else None.
    """

    kind: str
    subject: str
    conversation_ids: list[str]
    customers: list[str]
    listed: list[Erasure] | None = None


def _asked_for(environment: Environment, args: argparse.Namespace, salt: str) -> _Whom:
    if args.conversation:
        return _Whom(CONVERSATION, args.conversation, [args.conversation], [])
    found, digest = find_by_customer(environment, args.customer, salt), str(contact_digest(args.customer, salt))
    return _Whom(CUSTOMER, digest, found, [digest])


def _listed(environment: Environment, salt: str, clock: Clock) -> _Whom:
    """Everybody on the list of erasures; conversations are found among the decisions that are kept."""
    listed = load_erasures(environment)
    digests = {one.digest for one in listed if one.kind == CONVERSATION}
    customers = [one.digest for one in listed if one.kind == CUSTOMER]
    found = [one for one in decided_on(environment, clock) if short_hash(one, salt) in digests] if digests else []
    found += [one for digest in customers for one in find_by_customer_digest(environment, digest)]
    return _Whom(REAPPLIED, REAPPLIED, list(dict.fromkeys(found)), customers, listed)


def _forget(
    environment: Environment, args: argparse.Namespace, whom: _Whom, traces: Traces, salt: str, clock: Clock
) -> str:
    """Erase, and return the digest under which it is recorded; what cannot be noted and recorded is not done."""
    require_confirmation(environment, args, "erasing")
    facts = {
        "who": redacted_reason(find_actor(environment, args.who)),
        "why": redacted_reason(args.why),
        "subject_kind": whom.kind,
        "items": traces.count,
    }
    now = clock.now_epoch_ms()
    drop_outlived(environment, load_erasures(environment) if whom.listed is None else whom.listed, now)
    digest = record(environment, whom.subject, salt, facts | {"is_done": False}, now)
    if whom.listed is None:
        listed = digest if whom.kind == CONVERSATION else whom.subject
        note_erasure(environment, Erasure(whom.kind, listed, today(now)))
    erase(environment, traces)
    return record(environment, whom.subject, salt, facts | {"is_done": True}, now)


def _tell(environment: Environment, args: argparse.Namespace, whom: _Whom, traces: Traces, done: str | None) -> None:
    stays, count = what_stays(environment, traces), len(whom.conversation_ids)
    erased = {environment.table(table): len(keys) for table, keys in traces.keys.items()}
    if args.json:
        told = {"conversations": count, "erased": done is not None, "items": erased, "subject": done, "stays": stays}
        listed = {} if whom.listed is None else {"on_the_list": len(whom.listed)}
        write_json(with_where(environment, told | listed))
        return
    verb = "erased" if done else "would be erased"
    if whom.listed is not None:
        write_lines(f"{len(whom.listed)} erasures of the last {RECOVERY_DAYS} days are on the list")
    write_lines(f"{count} conversations", *(f"{number} items of {table} {verb}" for table, number in erased.items()))
    for one in stays:
        until = f", gone after {one['days']} days at the latest" if one["days"] is not None else ""
        write_lines(f"stays: {one['what']}{until}", f"  {one['why']}")
    if not traces.count:
        write_lines("nothing is to be erased" if whom.listed is None else "nothing is to be erased again")
    else:
        write_lines(
            f"recorded as {done}: rp-mw explain forget" if done else "nothing was erased: add --yes --why '...'"
        )
