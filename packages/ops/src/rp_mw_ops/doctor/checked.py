"""One thing that was looked at: in order, not in order and what to do, or not to be seen from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from rp_mw_ops.errors import find_complaint
from rp_mw_shared.errors import RpMwError


class State(StrEnum):
    """How it was found."""

    GOOD = "good"
    FINDING = "finding"  # it is not as it should be: `to_do` says what to do
    UNREAD = "unread"  # it could not be looked at
    HINT = "hint"  # in order, with something to know


@dataclass(frozen=True, slots=True)
class Checked:
    """`part` is what was looked at; `said` what was seen, without a secret or an address; `to_do` what to do."""

    part: str
    state: State
    said: str
    to_do: str = ""


def good(part: str, said: str) -> Checked:
    """It is in order."""
    return Checked(part, State.GOOD, said)


def judged(part: str, is_good: bool, said: str, to_do: str) -> Checked:
    """It is in order, or `to_do` says what to do."""
    return Checked(part, State.GOOD, said) if is_good else Checked(part, State.FINDING, said, to_do)


def looked(part: str, look: Callable[[], Iterable[Checked]]) -> list[Checked]:
    """Return what the look found; what could not be looked at is told, not raised. A defect is raised."""
    found: list[Checked] = []
    try:
        found.extend(look())
    except Exception as error:
        complaint = find_complaint(error)
        if complaint is None:
            raise
        is_mistake = isinstance(error, RpMwError) and error.code == "configuration"
        found.append(Checked(part, State.FINDING if is_mistake else State.UNREAD, complaint, "see what it says"))
    return found
