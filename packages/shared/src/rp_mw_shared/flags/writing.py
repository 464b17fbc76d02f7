"""Sets a flag the operator's way: checked before, and recorded with who, when and why after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.flags.model import require_valid_flag


@dataclass(frozen=True, slots=True)
class FlagChange:
    """One change of one flag; `previous` is None for a flag that was not there, `why` is redacted."""

    name: str
    previous: str | None
    value: str
    who: str
    why: str
    changed_at_epoch_ms: int


def write_flag(
    client: Any,
    path: str,
    name: str,
    value: str,
    *,
    who: str,
    why: str,
    record: Callable[[FlagChange], None],
    clock: Clock | None = None,
) -> FlagChange:
    """Set the flag `name` under SSM `path`, then hand the change to `record` for the audit trail.

    Raises ValueError, worded for the operator, for an unknown flag, a value it cannot have, or an empty `who` or
    `why`. The flag is set first: a kill switch must not wait for a table that may be down. `why` is redacted before
    anyone gets it: operators quote tickets.
    """
    require_valid_flag(name, value)
    if not who.strip() or not why.strip():
        raise ValueError("say who sets the flag and why: both go into the audit trail")
    parameter = f"{path.rstrip('/')}/{name}"
    previous = _find_value(client, parameter)
    client.put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)
    reason = redacted_reason(why)
    change = FlagChange(name, previous, value, who.strip(), reason, (clock or SystemClock()).now_epoch_ms())
    record(change)
    return change


def redacted_reason(why: str) -> str:
    """Return a reason without personal data, to be stored or shown; doing it again changes nothing.

    An operator's line is short and stored: a bare name is masked too, in lower case and with a word of doubt.
    """
    from rp_mw_shared.redaction import redact
    from rp_mw_shared.redaction.lookalikes import fold
    from rp_mw_shared.redaction.names import find_possible_names

    line = redact(why.strip()).text  # first what is more than a name: an address holds names
    return redact(line, tuple(dict.fromkeys(find_possible_names(fold(line).plain)))).text


def _find_value(client: Any, parameter: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        return str(client.get_parameter(Name=parameter)["Parameter"]["Value"])
    except ClientError:
        return None  # absent, or not readable for this person: no reason to hold the switch back
