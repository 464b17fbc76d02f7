"""The list of erasures: what a restored table must forget again.

A table that is restored to yesterday holds what was erased today. So each erasure is noted in SSM Parameter Store,
which no restore of a table touches:

    <erasures path>/conversation/<short digest>     the day it was erased on, 2026-11-29
    <erasures path>/customer/<contact's digest>     the same

Digests are salted with the environment's salt. An entry is dropped when no backup reaches back to before it any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.times import to_utc_text

CONVERSATION, CUSTOMER = "conversation", "customer"
# how far back a table can be restored. Source: DynamoDB Developer Guide, "Point-in-time recovery"
RECOVERY_DAYS = 35
_NAME = re.compile(rf"({CONVERSATION}|{CUSTOMER})/(h?[0-9a-f]+)")
_DELETES_AT_ONCE = 10  # Source: SSM API Reference, DeleteParameters


@dataclass(frozen=True, slots=True)
class Erasure:
    """One entry: what kind of subject, its digest, and the UTC day."""

    kind: str
    digest: str
    day: date

    @property
    def name(self) -> str:
        """Its name below the path."""
        return f"{self.kind}/{self.digest}"


def today(now_epoch_ms: int) -> date:
    """The UTC day."""
    return date.fromisoformat(to_utc_text(now_epoch_ms)[: len("2026-11-29")])


def note_erasure(environment: Environment, erasure: Erasure) -> None:
    """Put it on the list, over an older entry of the same subject. Raises TransientError or PermanentError."""
    with mapped_aws_errors("ssm"):
        environment.client("ssm").put_parameter(
            Name=f"{environment.topology.erasures_path}/{erasure.name}",
            Value=erasure.day.isoformat(),
            Type="String",
            Overwrite=True,
        )


def load_erasures(environment: Environment) -> list[Erasure]:
    """Return the list, oldest first; raises OpsError for an entry that cannot be read: what it meant is not skipped."""
    path = environment.topology.erasures_path
    with mapped_aws_errors("ssm"):
        pages = environment.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        found = [item for page in pages for item in require_answered(page, "Parameters", list, "ssm")]
    return sorted((_to_erasure(item, path) for item in found), key=lambda one: (one.day, one.name))


def drop_outlived(environment: Environment, erasures: Iterable[Erasure], now_epoch_ms: int) -> int:
    """Take off the list what no backup can bring back any more, and return how many entries that were."""
    latest = today(now_epoch_ms) - timedelta(days=RECOVERY_DAYS + 1)
    path = environment.topology.erasures_path
    names = [f"{path}/{one.name}" for one in erasures if one.day < latest]
    for start in range(0, len(names), _DELETES_AT_ONCE):
        with mapped_aws_errors("ssm"):
            environment.client("ssm").delete_parameters(Names=names[start : start + _DELETES_AT_ONCE])
    return len(names)


def _to_erasure(item: dict[str, Any], path: str) -> Erasure:
    name = str(item["Name"]).removeprefix(f"{path}/")
    matched = _NAME.fullmatch(name)
    try:
        if matched:
            return Erasure(matched[1], matched[2], date.fromisoformat(str(item["Value"])))
    except ValueError:
        pass
    raise OpsError(f"the list of erasures has an entry that is none: delete or mend the parameter {path}/{name}")
