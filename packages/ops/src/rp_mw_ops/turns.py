"""A conversation told turn by turn: one customer message, what was asked of the shop for it, and what came of it.

An order question is two rows of audit_trail and two events, the one that asked and the one that answered. Here it is
one turn, told once, with how long each part took.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from rp_mw_ops.audit_trail import Row
from rp_mw_ops.explanation import Story, blocked_codes, event_line, headline, row_facts, row_time, state_lines
from rp_mw_shared.idempotency.keys import event_id, result_event_id
from rp_mw_shared.reasons import find_reason

PARKED = "parked"
_MS_PER_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Turn:
    """The rows of one customer message, oldest first, and its events; a row of another kind is a turn of its own."""

    rows: list[Row]
    events: list[Row] = field(default_factory=list)

    @property
    def last(self) -> Row:
        """The row that says what came of it."""
        return self.rows[-1]

    @property
    def question(self) -> Row | None:
        """The row that says that the shop was asked, None where it was not."""
        return next((row for row in self.rows if row.get("outcome") == PARKED), None)


def to_turns(story: Story) -> list[Turn]:
    """Return the story's turns in the order in which they began."""
    turns: dict[object, Turn] = {}
    for place, row in enumerate(story.rows):
        key = row.get("message_id") if "kind" not in row else None
        turns.setdefault(key or place, Turn([])).rows.append(row)
    for turn in turns.values():
        turn.events.extend(_events_of(story, turn))
    return list(turns.values())


def explain_lines(story: Story) -> list[str]:
    """Return the story as plain text."""
    lines = [f"conversation {story.conversation_id}", *state_lines(story.state)]
    for turn in to_turns(story):
        lines += ["", *turn_lines(turn)]
    return lines


def turn_lines(turn: Turn) -> list[str]:
    """Return one turn: when and what, why, the order, the claims, what was done, how long it took."""
    facts = [*row_facts(turn.last), *_durations(turn)]
    lines = [f"{row_time(turn.rows[0])}  {headline(turn.last)}"]
    for label, values in facts:
        one_a_line = label in ("why", "claims", "took")
        told = values if one_a_line else [", ".join(values)]
        lines += [f"  {label if place == 0 else '':<9} {value}" for place, value in enumerate(told)]
    return lines + [event_line(event) for event in turn.events]


def _durations(turn: Turn) -> Iterator[tuple[str, list[str]]]:
    told = [
        f"{_seconds(spent)} from claim to end of {_name(event)}"
        for event in turn.events
        if (spent := _spent(event)) is not None
    ]
    if turn.question is turn.last:
        told.append("the shop is asked, and its answer is awaited")
    elif turn.question is not None:
        waited = _epoch_ms(turn.last) - _epoch_ms(turn.question)
        told.append(f"{_seconds(waited)} from the question to the shop until its answer was decided on")
    if told:
        yield "took", told


def _events_of(story: Story, turn: Turn) -> Iterator[Row]:
    message = turn.last.get("message_id")
    asked = story.events.get(event_id(story.conversation_id, str(message))) if message else None
    if asked is None:
        return
    yield asked
    request = (asked.get("result") or {}).get("request")
    answered = story.events.get(result_event_id(str(request))) if request else None
    if answered is not None:
        yield answered


def _name(event: Row) -> str:
    return "the shop's answer" if str(event["event_id"]).startswith("evt:enr:") else "the message"


def _spent(event: Row) -> int | None:
    if event.get("completed_at") is None or event.get("created_at") is None:
        return None
    return int(event["completed_at"]) - int(event["created_at"])


def _epoch_ms(row: Row) -> int:
    return round(datetime.fromisoformat(row_time(row).replace("Z", "+00:00")).timestamp() * _MS_PER_SECOND)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < _MS_PER_SECOND else f"{milliseconds / _MS_PER_SECOND:.1f} s"


def why_no_reply(row: Row) -> list[str]:
    """Return the codes that kept a reply back, also one that was stopped at the last moment."""
    refused = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[2]
    return [code for code in (refused, *blocked_codes(row)) if code and find_reason(code).weight]
