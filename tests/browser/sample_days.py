"""Days of a shop that never was, for pictures: decisions, how their tickets ended, and metrics that agree with them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from rp_mw_ops.environment import Environment
from rp_mw_shared.audit_form import to_stored
from rp_mw_shared.idempotency.attributes import to_item
from rp_mw_shared.observability.metrics import Metric
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms, to_utc_text
from rp_mw_worker.domain.figures import OUTCOME, OUTCOME_ENDING

BATCH = 25  # Source: DynamoDB BatchWriteItem
_BY_WEEKDAY = (58, 52, 47, 45, 49, 31, 27)
# how likely an hour of the day is, 0 to 23 UTC
_BY_HOUR = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 9, 9, 10, 10, 9, 8, 8, 7, 6, 4, 2, 1)
_READ_BACK_AFTER_DAYS = 4
_CALLS = {"richpanel": 5, "shopify": 1}


class Kind(NamedTuple):
    """Messages of one kind: how often, where they go, and what they get, or the gates that stopped a reply."""

    weight: int
    intent: str
    team: str
    channel: str = "email"
    language: str = "en"
    tier: int | None = None
    template: str | None = None
    gates: tuple[str, ...] = ()


KINDS = (
    Kind(26, "order_status_tracking", "Email Support", tier=2, template="order_status_verified"),
    Kind(7, "order_status_tracking", "LiveChat Support", "livechat", tier=2, template="order_status_verified"),
    Kind(6, "order_status_tracking", "Email Support", tier=1, template="ask_order_number"),
    Kind(9, "return_request", "Returns Admin", tier=1, template="ask_return_details"),
    Kind(5, "refund_request", "Returns Admin", tier=1, template="ask_refund_details"),
    Kind(4, "technical_support", "Technical Support", "livechat", tier=1, template="technical_help_steps"),
    Kind(8, "promo_discount_issue", "Sales", gates=("template_enabled:template_missing",)),
    Kind(7, "unknown_other", "Email Support", gates=("confidence:confidence_low:0.41 < 0.60",)),
    Kind(4, "order_status_tracking", "Email Support", language="fi", gates=("language:language_not_served:fi",)),
    Kind(3, "return_request", "Returns Admin", language="sv", gates=("language:language_not_served:sv",)),
    Kind(3, "chargeback_dispute", "Chargebacks/Disputes", gates=("escalation:tier0_word",)),
    Kind(2, "legal_threat", "Leadership", gates=("escalation:tier0_word",)),
)


def write_days(environment: Environment, number: int, now: int) -> None:
    """Write `number` UTC days that end with today, and how the older tickets ended; `now` is epoch milliseconds."""
    dice, client = random.Random(11), environment.client("dynamodb")
    items = [to_item(row) for row in _rows(number, now, dice)]
    for start in range(0, len(items), BATCH):
        batch = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
        client.batch_write_item(RequestItems={environment.table("audit_trail"): batch})


def _rows(number: int, now: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    today = parse_iso_ms(to_utc_text(now)[:10])
    for back in reversed(range(number)):
        day = today - back * MS_PER_DAY
        weekday = (day // MS_PER_DAY + 3) % 7  # the epoch began on a Thursday
        for _ in range(_BY_WEEKDAY[weekday] + dice.randrange(-5, 6)):
            hour = dice.choices(range(24), _BY_HOUR)[0]
            at = day + hour * MS_PER_HOUR + dice.randrange(MS_PER_HOUR)
            # the last minutes are the real worker's
            if at > now - MS_PER_HOUR // 4:
                continue
            kind = dice.choices(KINDS, [one.weight for one in KINDS])[0]
            row = _decision(at, kind, dice)
            yield to_stored(row)
            if back >= _READ_BACK_AFTER_DAYS:
                yield _outcome(row, kind, dice)


def _decision(at: int, kind: Kind, dice: random.Random) -> dict[str, Any]:
    stamp, digest, confidence = to_utc_text(at), f"{dice.getrandbits(48):012x}", round(dice.uniform(0.72, 0.98), 2)
    took = dice.randrange(900, 4_200) + (2_500 if kind.tier == 2 else 0)
    confidence = 0.41 if kind.intent == "unknown_other" else confidence
    language = {} if kind.language == "en" else {"g": kind.language}
    return {
        "conversation_id": f"<{dice.getrandbits(96):024x}@mail.example.com>",
        "ts_action_id": f"{stamp}#{digest}#decision",
        "day": stamp[:10],
        "done_at": at + took,
        "outcome": "completed",
        "mode": "live",
        "route": kind.team,
        "intent": kind.intent,
        "confidence": confidence,
        "tier": kind.tier,
        "template": kind.template,
        "reasons": ["needs_triage"] if kind.intent == "unknown_other" else [],
        "gates_blocked": list(kind.gates),
        "actions": {"rp_tags": "done"} | ({"rp_reply": "done"} if kind.template else {}),
        "classifier": "embedded",
        "chat_codes": "false",
        "versions": ["1.0.0+6cdd060ade73", "1.0.0", "1.6.0"],
        "replay": {"v": 1, "c": kind.channel, "t": at, "a": 0, "w": 14, "i": [[kind.intent, confidence]]} | language,
        "expires_at": at // 1000 + 60 * 86_400,
    }


def _outcome(row: dict[str, Any], kind: Kind, dice: random.Random) -> dict[str, Any]:
    at = int(row["replay"]["t"])
    is_moved, is_answered = dice.random() < 0.04, kind.template is not None
    person = None if is_answered and dice.random() < 0.8 else dice.randrange(10, 400) * 60_000
    told = {
        "conversation_id": row["conversation_id"],
        "ts_action_id": f"{str(row['ts_action_id']).removesuffix('#decision')}{OUTCOME_ENDING}#{at + 3 * MS_PER_DAY}",
        "kind": OUTCOME,
        "day": row["day"],
        "expires_at": row["expires_at"],
        "read_at": at + 3 * MS_PER_DAY,
        "end": "closed",
        "route": kind.team,
        "intent": kind.intent,
        "reply": "sent" if is_answered else "none",
        "agreement": "moved" if is_moved else "same",
        "team": "Backend" if is_moved else None,
        "agent_ms": person,
        "customer_ms": dice.randrange(1, 60) * MS_PER_HOUR if dice.random() < 0.08 else None,
        "rating": dice.choice((3, 4, 4, 5, 5, 5)) if dice.random() < 0.2 else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def write_metrics(environment: Environment, moments: list[int], failed: int) -> None:
    """Write what the functions would have measured of decisions at these moments, and of `failed` messages besides."""
    repeats = len(moments) // 12
    _put(environment, "ingress", {Metric.ACCEPTED: 1}, moments)
    _put(environment, "ingress", {Metric.ACCEPTED: 1}, moments[-failed:] if failed else [])
    _put(environment, "ingress", {Metric.ACCEPTED: 1}, moments[:repeats])
    _put(environment, "worker", {Metric.DUPLICATES: 1}, moments[:repeats])
    for vendor, service in (("richpanel", "worker"), ("shopify", "enricher")):
        _put(environment, service, {Metric.VENDOR_REQUESTS: _CALLS[vendor], "Vendor": vendor}, moments)


def _put(environment: Environment, service: str, told: dict[Any, Any], moments: list[int]) -> None:
    logs, group = environment.client("logs"), f"/aws/lambda/{environment.topology.functions[service].name}"
    stream = f"{service}-{len(moments)}-{'-'.join(map(str, told))}"[:100].replace(":", "").replace("*", "")
    if not moments:
        return
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = json.dumps(
        {"_aws": {"CloudWatchMetrics": []}} | {getattr(name, "label", name): value for name, value in told.items()}
    )
    events = [{"timestamp": at, "message": line} for at in sorted(moments)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
