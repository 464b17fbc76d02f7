"""What AWS keeps for an environment: queues, tables, flags, secrets, functions, logs, alarms, and the clock.

The local system keeps no backups, log groups and alarms: those checks are for AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from rp_mw_ops.doctor.checked import Checked, State, good, judged
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.flags import load_flags, to_automation
from rp_mw_ops.promotion import PROBE, PROOF
from rp_mw_shared.clock import Clock
from rp_mw_shared.environments.checkout import repository_root
from rp_mw_shared.flags.model import parse_flags

# half of the lease that protects an event from a second run. Source: ARCHITECTURE.md, "Clocks disagree by seconds"
MAX_SKEW_SECONDS = 2.5
OLD_SECRET_DAYS = 365
_MS_PER_DAY = 86_400_000
_SECONDS = 1000
# what a secret has to hold, any of the sets. Source: config/topology.yaml, docs/deploy.md
_SECRET_FIELDS: dict[str, tuple[frozenset[str], ...]] = {
    "webhook": (frozenset({"token_current"}), frozenset({"hmac_secret"})),
    "richpanel": (frozenset({"api_key"}),),
    "openai": (frozenset({"api_key"}),),
    "shopify": (frozenset({"access_token"}), frozenset({"client_id", "client_secret"})),
    "hash_salt": (frozenset({"salt"}),),
}


def check_queues(environment: Environment) -> Iterator[Checked]:
    """Each queue is there, and its dead-letter queue is empty."""
    for key in environment.topology.queues:
        url = environment.queue_url(key)
        waiting = _count(environment, url)
        yield good(f"queue {key}", f"{waiting} waiting")
        dead = _count(environment, environment.queue_url(key, dead_letters=True))
        yield judged(f"dead letters of {key}", dead == 0, f"{dead}", "rp-mw dlq list says why; runbook, DLQ not empty")


def check_tables(environment: Environment) -> Iterator[Checked]:
    """Each table is active and deletes expired items; in AWS it can be restored and is not deleted by mistake."""
    client = environment.client("dynamodb")
    for key, spec in environment.topology.tables.items():
        table = client.describe_table(TableName=spec.name)["Table"]
        yield judged(f"table {key}", table["TableStatus"] == "ACTIVE", table["TableStatus"].lower(), "wait, look again")
        ttl = client.describe_time_to_live(TableName=spec.name)["TimeToLiveDescription"]
        is_set = ttl["TimeToLiveStatus"] == "ENABLED" and ttl.get("AttributeName") == spec.ttl_attribute
        to_do = f"items never expire: make deploy ENV={environment.name} SERVICE=foundation"
        yield judged(f"expiry of {key}", is_set, f"{ttl['TimeToLiveStatus'].lower()}, {spec.ttl_days} days", to_do)
        if environment.name == LOCAL:
            continue
        backups = client.describe_continuous_backups(TableName=spec.name)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus", "DISABLED")
        to_do = f"nothing could be restored: make deploy ENV={environment.name} SERVICE=foundation"
        yield judged(f"point-in-time recovery of {key}", recovery == "ENABLED", recovery.lower(), to_do)
        is_protected = bool(table.get("DeletionProtectionEnabled"))
        yield judged(f"deletion protection of {key}", is_protected, "on" if is_protected else "off", to_do)


def check_flags(environment: Environment) -> Iterator[Checked]:
    """All flags can be read as the worker reads them, and `rp-mw` set what they say; whether replies are on is told."""
    flags = load_flags(environment)
    values = {name: flag["value"] for name, flag in flags.items()}
    read = parse_flags({name: value for name, value in values.items() if value is not None})
    missing = ", ".join(name for name, value in values.items() if value is None)
    to_do = f"no reply goes out: {f'set {missing}' if missing else 'rp-mw flags shows which value is none'}"
    yield judged("flags", read.problem is None, read.problem or f"{len(values)} readable", to_do)
    yield Checked("automatic replies", State.HINT, str(to_automation(values)["said"]))
    proof = "proved" if values.get(PROOF) == "true" else f"not proved, so stage draft is closed: {PROBE}"
    yield Checked("private notes", State.HINT, proof)
    if environment.name == LOCAL:  # its start sets them
        return
    past = sorted(name for name, flag in flags.items() if _is_set_past_the_tool(environment, name, flag))
    to_do = "somebody set it in SSM: who, CloudTrail says (PutParameter); set it again with rp-mw flags set"
    yield judged("who set the flags", not past, f"past rp-mw: {', '.join(past)}" if past else "rp-mw", to_do)


def _is_set_past_the_tool(environment: Environment, name: str, flag: dict[str, Any]) -> bool:
    """Whether a flag says something else than its last recorded change, or than at birth where none is recorded.

    A record expires with its table's rows; what was set before that may then look so too.
    """
    last = flag["last_change"]
    expected = last["value"] if last else environment.topology.flag_defaults[name]
    return flag["value"] is not None and flag["value"] != expected


def check_secrets(environment: Environment, clock: Clock) -> Iterator[Checked]:
    """Each secret is filled in, and its age is told; nothing of its value is."""
    client = environment.client("secretsmanager")
    for key, name in environment.topology.secrets.items():
        described = client.describe_secret(SecretId=name)
        fields = _fields(client.get_secret_value(SecretId=name).get("SecretString", ""))
        wanted = _SECRET_FIELDS.get(key, ())
        is_filled = any(names <= fields for names in wanted) if wanted else bool(fields)
        shape = " or ".join(" and ".join(sorted(names)) for names in wanted)
        yield judged(
            f"secret {key}", is_filled, _filled(is_filled, shape), f"put {shape} into {name}: docs/deploy.md, 4"
        )
        changed = described.get("LastChangedDate")
        if changed is not None:
            days = (clock.now_epoch_ms() - round(changed.timestamp() * _SECONDS)) // _MS_PER_DAY
            yield judged(f"age of secret {key}", days <= OLD_SECRET_DAYS, f"{days} days", "rotate it: docs/deploy.md")


def check_clock(environment: Environment, clock: Clock) -> Iterator[Checked]:
    """This machine's clock against AWS's: redrives and reports name times by it."""
    answer = environment.client("sts").get_caller_identity()
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if told is None:
        yield Checked("clock", State.UNREAD, "AWS told no time")
        return
    skew = clock.now_epoch_ms() / _SECONDS - parsedate_to_datetime(told).timestamp()
    # the header counts whole seconds, and the answer took some time
    is_near = abs(skew) <= MAX_SKEW_SECONDS
    yield judged("clock", is_near, f"{skew:+.0f} s against AWS", "set this machine's clock by a time server")


def check_functions(environment: Environment) -> Iterator[Checked]:
    """Each function is deployed, and which version; another than the checkout's is told, not judged."""
    qualifier = {} if environment.name == LOCAL else {"Qualifier": "live"}
    for key, spec in environment.topology.functions.items():
        found = environment.client("lambda").get_function_configuration(FunctionName=spec.name, **qualifier)
        release = re.search(r"\(([0-9][^)]*)\)$", found.get("Description", ""))
        here, there = _version_here(key), release[1] if release else None
        said = f"version {there}" if there else f"deployed, {found.get('State', 'active').lower()}"
        if there and there != here:
            yield Checked(f"function {key}", State.HINT, f"{said}, and the checkout has {here}")
        else:
            yield good(f"function {key}", said)


def check_logs(environment: Environment) -> Iterator[Checked]:
    """Each function's log group deletes its lines after a time."""
    if environment.name == LOCAL:
        return
    client = environment.client("logs")
    for key, spec in environment.topology.functions.items():
        name = f"/aws/lambda/{spec.name}"
        groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        days = next((group.get("retentionInDays") for group in groups if group["logGroupName"] == name), None)
        to_do = f"lines are kept for ever: make deploy ENV={environment.name} SERVICE={key}"
        yield judged(f"log retention of {key}", days is not None, f"{days} days" if days else "none", to_do)


def check_alarms(environment: Environment) -> Iterator[Checked]:
    """The alarms that fire now, whether somebody is told, and whether who is to be told has agreed to it."""
    if environment.name == LOCAL:
        return
    client, prefix = environment.client("cloudwatch"), f"rp-mw-{environment.name}-"
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [alarm for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, [])]
    yield judged("alarms", bool(alarms), f"{len(alarms)} there", "deploy the stacks: docs/deploy.md")
    # an alarm without an action is what another one waits for, and no news
    heard = [alarm for alarm in alarms if alarm.get("ActionsEnabled") and alarm.get("AlarmActions")]
    firing = sorted(alarm["AlarmName"].removeprefix(prefix) for alarm in heard if alarm["StateValue"] == "ALARM")
    yield judged("alarms that fire", not firing, ", ".join(firing) or "none", "docs/runbook.md has a section for each")
    topics = {action for alarm in heard for action in alarm["AlarmActions"]}
    to_do = "nobody hears an alarm: set alarm_emails in foundation.tfvars and deploy the foundation"
    yield judged("who hears an alarm", bool(topics), f"{len(topics)} topics", to_do)
    for topic in sorted(one for one in topics if ":sns:" in one):
        found = environment.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        agreed = [one for one in found if one["SubscriptionArn"].startswith("arn:")]
        said = f"{len(agreed)} of {len(found)} confirmed"
        to_do = "somebody has to confirm the mail that SNS sent, or alarm_emails is empty"
        yield judged(
            f"subscriptions of {topic.rpartition(':')[2]}", bool(agreed) and len(agreed) == len(found), said, to_do
        )


def _count(environment: Environment, url: str) -> int:
    names = [f"ApproximateNumberOfMessages{part}" for part in ("", "Delayed", "NotVisible")]
    found = environment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found.get(name, 0)) for name in names)


def _fields(text: str) -> frozenset[str]:
    try:
        fields: Any = json.loads(text)
    except ValueError:
        return frozenset()
    return frozenset(name for name, value in fields.items() if value) if isinstance(fields, dict) else frozenset()


def _filled(is_filled: bool, shape: str) -> str:
    return "filled in" if is_filled else f"lacks {shape or 'a value'}"


def _version_here(service: str) -> str:
    text = (repository_root() / "services" / service / "pyproject.toml").read_text("utf-8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else "none"
