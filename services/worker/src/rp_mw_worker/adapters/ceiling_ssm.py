"""The flag `stage_ceiling` in SSM, the one parameter the worker may write, with a row of who and why beside it."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.clock import Clock
from rp_mw_shared.flags.model import CEILING, parse_flags
from rp_mw_shared.idempotency.statements import execute_batch, insert
from rp_mw_shared.times import expires_at, to_utc_text
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.rollout import CeilingState

# as the operator's tool writes its own changes, so that `rp-mw flags` shows this one too
_MOST_PAGES = 20
_PARTITION, _KIND, _WHO = "flags", "flag_change", "sweep"


class SsmCeiling:
    """The `StageCeiling` port over boto3 clients; without an audit table only the parameter is written."""

    def __init__(
        self, ssm: Any, dynamodb: Any, clock: Clock, *, path: str, audit_table: str | None, audit_ttl_days: int
    ) -> None:
        self._ssm = ssm
        self._dynamodb = dynamodb
        self._clock = clock
        self._path = path.rstrip("/")
        self._audit = audit_table
        self._ttl_days = audit_ttl_days

    def load(self) -> CeilingState | None:
        """Return the stage in force and when the ceiling was set, None where the flags do not tell."""
        found = self._load_parameters()
        flags = parse_flags({name: item["Value"] for name, item in found.items()})
        if flags.problem is not None:
            return None
        return CeilingState(flags.rollout_stage, round(found[CEILING]["LastModifiedDate"].timestamp() * 1000))

    def _load_parameters(self) -> dict[str, dict[str, Any]]:
        """Return the parameters by flag. There are at most ten, which is a page; SSM may still cut one short."""
        found: dict[str, dict[str, Any]] = {}
        page: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            with mapped_aws_errors("ssm"):
                answer = self._ssm.get_parameters_by_path(Path=self._path, Recursive=False, **page)
            parameters = require_answered(answer, "Parameters", list, "ssm")
            found |= {item["Name"].rpartition("/")[2]: item for item in parameters}
            if not answer.get("NextToken"):
                break
            page = {"NextToken": answer["NextToken"]}
        return found

    def lower(self, stage: RolloutStage, why: str) -> None:
        """Set the ceiling to a stage below the one in force, and record it; nothing is written that would raise it."""
        state = self.load()
        if state is None or stage >= state.in_force:
            return
        with mapped_aws_errors("ssm"):
            self._ssm.put_parameter(
                Name=f"{self._path}/{CEILING}", Value=stage.name.lower(), Type="String", Overwrite=True
            )
        self._record(stage, state.in_force, why)

    def _record(self, stage: RolloutStage, left: RolloutStage, why: str) -> None:
        if self._audit is None:
            return
        now = self._clock.now_epoch_ms()
        row = {
            "conversation_id": _PARTITION,
            "ts_action_id": f"{to_utc_text(now)}#flag#{CEILING}",
            "kind": _KIND,
            "flag": CEILING,
            "value": stage.name.lower(),
            "previous": left.name.lower(),
            "who": _WHO,
            "why": why,
            "changed_at_epoch_ms": now,
            "expires_at": expires_at(now, self._ttl_days),
        }
        execute_batch(self._dynamodb, [insert(self._audit, row)], self._clock)
