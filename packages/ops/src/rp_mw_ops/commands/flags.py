"""`rp-mw flags`: what the switches say, who set them last, and setting one."""

from __future__ import annotations

import argparse
import getpass
import io
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any

from rp_mw_local.errors import LocalError
from rp_mw_ops.environment import Environment, add_environment_argument, open_environment
from rp_mw_ops.printing import to_time, write_json, write_lines
from rp_mw_shared.flags.writing import FlagChange, redacted_reason, write_flag

# flags belong to no conversation: their history has a partition of its own in the audit trail
AUDIT_PARTITION = "flags"
SECONDS_PER_DAY = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds show (the default) and set."""
    add_environment_argument(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument("action", nargs="?", choices=("show", "set"), default="show", help="show (default) or set")
    parser.add_argument("name", nargs="?", help="the flag to set")
    parser.add_argument("value", nargs="?", help="its new value")
    parser.add_argument("--why", default="", help="the reason, for the audit trail, kept redacted (needed to set)")
    parser.add_argument("--who", default="", help="who sets it (default: the name you are logged in with)")


def run(args: argparse.Namespace) -> int:
    """Shows the flags, after setting one if asked to."""
    environment = open_environment(args.env)
    if args.action == "set":
        _set(environment, args)
    flags = load_flags(environment)
    if args.json:
        write_json(flags)
        return 0
    for name, flag in flags.items():
        last = flag["last_change"]
        said = f"   {last['who']}, {to_time(last['changed_at_epoch_ms'])}: {last['why']}" if last else ""
        write_lines(f"{name:<28} {flag['value'] if flag['value'] is not None else '(missing)'}{said}")
    return 0


def load_flags(environment: Environment) -> dict[str, Any]:
    """Every flag of the topology with its value and its last recorded change."""
    path = environment.topology.flags_path
    found = environment.client("ssm").get_parameters_by_path(Path=path)["Parameters"]
    values = {entry["Name"].rpartition("/")[2]: entry["Value"] for entry in found}
    changes = _load_changes(environment)
    return {
        name: {"value": values.get(name), "last_change": changes.get(name)}
        for name in environment.topology.flag_defaults
    }


def _set(environment: Environment, args: argparse.Namespace) -> None:
    if args.name is None or args.value is None:
        raise LocalError("say what to set: rp-mw flags set NAME VALUE --why '...'")
    try:
        # the audit trail is the record; a log line on a person's terminal would only spoil --json
        with redirect_stdout(io.StringIO()):
            _write(environment, args)
    except ValueError as error:
        raise LocalError(str(error)) from error


def _write(environment: Environment, args: argparse.Namespace) -> None:
    write_flag(
        environment.client("ssm"),
        environment.topology.flags_path,
        args.name,
        args.value,
        who=args.who or getpass.getuser(),
        why=args.why,
        record=lambda change: _record(environment, change),
    )


def _record(environment: Environment, change: FlagChange) -> None:
    spec = environment.topology.tables["audit_trail"]
    at = datetime.fromtimestamp(change.changed_at_epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
    item: dict[str, Any] = {
        "conversation_id": {"S": AUDIT_PARTITION},
        "ts_action_id": {"S": f"{at.replace('+00:00', 'Z')}#flag#{change.name}"},
        "kind": {"S": "flag_change"},
        "flag": {"S": change.name},
        "value": {"S": change.value},
        "previous": {"S": change.previous} if change.previous is not None else {"NULL": True},
        "who": {"S": change.who},
        "why": {"S": change.why},
        "changed_at_epoch_ms": {"N": str(change.changed_at_epoch_ms)},
        spec.ttl_attribute: {"N": str(change.changed_at_epoch_ms // 1000 + spec.ttl_days * SECONDS_PER_DAY)},
    }
    environment.client("dynamodb").put_item(TableName=spec.name, Item=item)


def _load_changes(environment: Environment) -> dict[str, dict[str, Any]]:
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    items = environment.client("dynamodb").query(
        TableName=environment.table("audit_trail"),
        KeyConditionExpression="conversation_id = :partition",
        ExpressionAttributeValues={":partition": {"S": AUDIT_PARTITION}},
        Limit=500,
    )["Items"]
    rows = [{key: read(value) for key, value in item.items()} for item in items]
    latest = {str(row["flag"]): row for row in rows}
    # redacted once more: an item may be older than the redaction of what is stored
    return {name: {**row, "why": redacted_reason(str(row["why"]))} for name, row in latest.items()}
