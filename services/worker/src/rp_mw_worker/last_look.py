"""May these words still leave? Asked before a reply or draft is begun, and by the transport before the first byte.

Both go by one decision: the case as it was, with the flags of this moment, as of now. A decision made under the same
flags less than a second ago is that decision (record 0226).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import LeaseLostError
from rp_mw_shared.reasons import Reason
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Case, Decision, Flags, Mode
from rp_mw_worker.domain.records import PlannedReply

PLAN_DIFFERS = "plan_differs"
_STANDS_MS = 1_000


class NotAllowedAnyMore(PermanentError):
    """The last look forbade it: nothing of it has left; `code` is the gate's."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What is about to leave: `planned` of `decision`, which was made on `case`; `mode` is how, live or as a draft."""

    case: Case
    decision: Decision
    planned: PlannedReply
    mode: Mode


def find_block(deps: Dependencies, leaving: Leaving, flags: Flags) -> str | None:
    """Return why it may not leave any more, with these flags and as of now; None where it may."""
    decision = _as_of_now(deps, leaving, flags)
    if decision.mode is leaving.mode and decision.template_id == leaving.planned.template:
        return None
    return next((gate.code for gate in decision.gates if not gate.allowed), PLAN_DIFFERS)


def _as_of_now(deps: Dependencies, leaving: Leaving, flags: Flags) -> Decision:
    now, case = deps.clock.now_epoch_ms(), leaving.case
    if flags == case.flags and 0 <= now - case.now_epoch_ms < _STANDS_MS:
        return leaving.decision
    return deps.engine.decide(replace(case, flags=flags, now_epoch_ms=now))


def to_last_look(deps: Dependencies, leaving: Leaving, text: str, lease_until_epoch_ms: int) -> Callable[[], None]:
    """Return what the transport calls after every wait: past any cache, may `text` still leave, as it is?

    That raises NotAllowedAnyMore, or LeaseLostError once the lease is over.
    """

    def look() -> None:
        switches = deps.flags.fresh()
        reason = find_block(deps, leaving, switches)
        template, case = leaving.planned.template, replace(leaving.case, flags=switches)
        if reason is None and deps.engine.find_unfit(text, template, case):
            reason = Reason.REPLY_UNFIT.value
        if reason is not None:
            raise NotAllowedAnyMore("the switches forbid it", code=reason)
        if deps.clock.now_epoch_ms() >= lease_until_epoch_ms:
            raise LeaseLostError("this run was held up beyond its lease: another one may be at work")

    return look
