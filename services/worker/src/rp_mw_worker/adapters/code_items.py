"""The item of conversation_state for a conversation's one-time code: digests, times and tries, never the code.

Read and written only in a conversation that has one.
"""

from __future__ import annotations

from typing import Any

from rp_mw_worker.domain.codes import KEPT_MS, CodeRecord, CodeTry

_CODE_PREFIX = "code:"
Values = dict[str, Any]


def code_key(conversation_id: str) -> str:
    """Return the key of a conversation's one-time code in conversation_state."""
    return f"{_CODE_PREFIX}{conversation_id}"


def to_code_values(record: CodeRecord, now: int) -> Values:
    """Return the item of conversation_state for a one-time code: digests, times and tries, for a day."""
    return {
        "conversation_id": code_key(record.conversation_id),
        "version": record.version,
        "made_for": record.made_for,
        "asked": record.asked,
        "order_digest": record.order,
        "digest": record.digest,
        "until": record.until_epoch_ms,
        "issued": list(record.issued_at),
        "tries": [{"by": one.by, "right": one.is_right} for one in record.tries],
        "proved_until": record.proved_until_epoch_ms,
        "updated_at": now,
        "expires_at": (now + KEPT_MS) // 1000,
    }


def from_code_values(values: Values, now: int) -> CodeRecord | None:
    """Return the record of an item; None once its day is over, whatever the table still holds."""
    if values["expires_at"] * 1000 <= now:
        return None
    return CodeRecord(
        conversation_id=values["conversation_id"].removeprefix(_CODE_PREFIX),
        version=values["version"],
        made_for=values["made_for"],
        asked=values["asked"],
        order=values["order_digest"],
        digest=values["digest"],
        until_epoch_ms=values["until"],
        issued_at=tuple(values.get("issued", ())),
        tries=tuple(CodeTry(one["by"], one["right"]) for one in values.get("tries", ())),
        proved_until_epoch_ms=values["proved_until"],
    )


def is_same_code(kept: Values, values: Values) -> bool:
    """Tell whether the item in the way is this very one: a write whose answer was lost meets itself."""
    return all(kept.get(name) == values[name] for name in ("version", "digest", "made_for", "tries"))
