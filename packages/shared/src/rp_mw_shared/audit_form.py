"""The audit trail's rows as the table holds them: with short names, and without what the rest of the row tells.

A write over 1 KB costs two units, in the table and again in the index of the day, so a decision's row is kept small.

    to_stored    a row as readers know it  ->  form 3, the table's item
    from_stored  any item of the table     ->  the row; rows without `f` (form 1, an operator's actions) are as written

Form 3, beside the keys and what an index or the TTL names (`order`, `day`, `expires_at`):
- names are the codes of `_CODES`;
- outcome, mode and classifier are left out where they are the usual ones, and empty where the row has none;
- intent and confidence are left out where they are the first of the replay record's `i`;
- of the replay record, `v` is left out where it is 1, `t` where it is the key's time, `mv` where it is the last of
  `versions`, and a pending flow's intents where they are `i`; `fl` and `m`, lists of small numbers, are JSON texts;
- in `ff` a switch of `_SWITCHES` that is on has its code for a name, and no value;
- a claim that differs from an earlier one in its last part only is that one's place and the part: `0:68`;
- of an order's parcels (`pc`) the times are in base 36, and `=` is the status of the parcel before.

Form 2 has the claims and the parcels in full.

Nothing is rounded or cut: `from_stored(to_stored(row)) == row` where no value is empty, as in every row.
A new form gets a new number, and its reader beside this one's: rows live for 60 days, in an archive for years.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.times import parse_iso_ms

FORM = 3
_FORM_IN_FULL = 2
_FORM_KEY = "f"
# By the name that readers know. What is not listed keeps its name.
_CODES = {
    "message_id": "mi",
    "outcome": "ou",
    "mode": "mo",
    "intent": "in",
    "confidence": "co",
    "route": "ro",
    "tier": "ti",
    "template": "te",
    "reasons": "re",
    "claims": "cl",
    "gates_passed": "gp",
    "gates_blocked": "gb",
    "gates_noted": "gn",
    "tags": "ta",
    "actions": "ac",
    "classifier": "by",
    "versions": "ve",
    "replay": "rp",
    "done_at": "at",
}
_NAMES = {code: name for name, code in _CODES.items()}
# The switches of `ff` that are often on, by the name of the flag.
_SWITCHES = {"notes_are_private": "np", "chat_codes": "cc"}
_FLAGS = {code: name for name, code in _SWITCHES.items()}
_ON = "true"
_USUAL = {"outcome": "completed", "mode": "live", "classifier": "embedded"}
_NONE = ""
_USUAL_RECORD_VERSION = 1
_NUMBERS = ("fl", "m")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ORDER, _PARCELS, _SAME = "o", "pc", "="
Row = dict[str, Any]


def to_stored(row: Mapping[str, Any]) -> Row:
    """Return a decision's row as it is stored; None stands for no attribute, as in `row`."""
    told = {name: value for name, value in row.items() if value is not None}
    stored = dict(told)
    for name, usual in _USUAL.items():
        stored[name] = told.get(name, _NONE)
        if stored[name] == usual:
            del stored[name]
    if "claims" in told:
        stored["claims"] = _to_stored_claims(told["claims"])
    replay = told.get("replay")
    if isinstance(replay, Mapping):
        if _leading(replay) == (told.get("intent"), told.get("confidence")):
            del stored["intent"], stored["confidence"]
        elif replay.get("i"):
            stored.setdefault("intent", _NONE)
        stored["replay"] = _to_stored_record(replay, told)
    return {_FORM_KEY: FORM} | {_CODES.get(name, name): value for name, value in stored.items()}


def from_stored(item: Mapping[str, Any]) -> Row:
    """Return the row that an item of the table is, whichever form it has. Raises PermanentError for an unknown one."""
    row = dict(item)
    form = row.pop(_FORM_KEY, None)
    if form is None:
        return row
    if form not in {_FORM_IN_FULL, FORM}:
        raise PermanentError(f"audit row form {form!r} is not known here: read it with a newer version of rp-mw")
    row = {_NAMES.get(code, code): value for code, value in row.items()}
    row = {name: value for name, value in (_USUAL | row).items() if name not in _USUAL or value != _NONE}
    if form == FORM and "claims" in row:
        row["claims"] = _from_stored_claims(row["claims"])
    if "replay" in row:
        if form == FORM:
            row["replay"] = _with_parcels(row["replay"], _from_stored_parcels)
        row["replay"] = _from_stored_record(row["replay"], row)
        if "intent" not in row and row["replay"].get("i"):
            row["intent"], row["confidence"] = _leading(row["replay"])
        elif row.get("intent") == _NONE:
            del row["intent"]
    return row


def _leading(record: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the record's first intent and its confidence, as the row names them."""
    found = record.get("i") or [[_NONE, _NONE]]
    return found[0][0], found[0][1]


def _to_stored_record(record: Mapping[str, Any], row: Mapping[str, Any]) -> Row:
    known = _known_of_record(row)
    stored = {key: value for key, value in record.items() if key not in known or value != known[key]}
    # What the record does not have, and the row could tell, is marked as not there.
    stored |= dict.fromkeys(known.keys() - record.keys(), _NONE)
    pending = record.get("p")
    if pending and pending[1:] == [record.get("i", [])]:
        stored["p"] = pending[:1]
    if "ff" in record:
        stored["ff"] = dict(_to_stored_flag(name, value) for name, value in record["ff"].items())
    stored |= {key: _to_text(record[key]) for key in _NUMBERS if key in record}
    return _with_parcels(stored, _to_stored_parcels)


def _from_stored_record(stored: Mapping[str, Any], row: Mapping[str, Any]) -> Row:
    known = _known_of_record(row)
    record = {key: value for key, value in (known | dict(stored)).items() if key not in known or value != _NONE}
    if len(record.get("p", ())) == 1:
        record["p"] = [*record["p"], record.get("i", [])]
    if "ff" in record:
        record["ff"] = {_FLAGS.get(name, name): _ON if name in _FLAGS else said for name, said in record["ff"].items()}
    return record | {key: json.loads(record[key]) for key in _NUMBERS if key in record}


def _to_stored_flag(name: str, value: str) -> tuple[str, str]:
    return (_SWITCHES[name], _NONE) if name in _SWITCHES and value == _ON else (name, value)


def _to_stored_claims(claims: Sequence[str]) -> list[str]:
    places: dict[str, int] = {}
    stored = []
    for place, claim in enumerate(claims):
        head, colon, last = claim.rpartition(":")
        first = places.setdefault(head, place)
        stored.append(f"{first}:{last}" if colon and first < place else claim)
    return stored


def _from_stored_claims(stored: Sequence[str]) -> list[str]:
    claims: list[str] = []
    for claim in stored:
        head, _, last = claim.rpartition(":")
        claims.append(f"{claims[int(head)].rpartition(':')[0]}:{last}" if head.isdecimal() else claim)
    return claims


def _with_parcels(record: Mapping[str, Any], change: Callable[[Sequence[str]], list[str]]) -> Row:
    """Return the record with its order's parcels changed, as it is where it has none."""
    lookup: Sequence[Any] = record.get(_ORDER) or []
    if len(lookup) < 3 or not isinstance(lookup[2], Mapping) or _PARCELS not in lookup[2]:
        return dict(record)
    order = {**lookup[2], _PARCELS: change(lookup[2][_PARCELS])}
    return {**record, _ORDER: [*lookup[:2], order, *lookup[3:]]}


def _to_stored_parcels(parcels: Sequence[str]) -> list[str]:
    stored, before = [], None
    for parcel in parcels:
        status, *ages = parcel.split(":")
        numbers = ages[-1:]
        same = _SAME if status and status == before else status
        stored.append(":".join((same, *map(_to_base36, ages[:-1]), *numbers)))
        before = status
    return stored


def _from_stored_parcels(stored: Sequence[str]) -> list[str]:
    parcels, before = [], ""
    for parcel in stored:
        status, *ages = parcel.split(":")
        before = before if status == _SAME else status
        parcels.append(":".join((before, *(str(int(age, 36)) if age else "" for age in ages[:-1]), *ages[-1:])))
    return parcels


def _to_base36(number: str) -> str:
    """Return a whole number's digits in base 36, for `int(text, 36)`; nothing for nothing."""
    if not number:
        return ""
    rest, digits = abs(int(number)), ""
    while rest or not digits:
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return f"-{digits}" if number.startswith("-") else digits


def _known_of_record(row: Mapping[str, Any]) -> Row:
    """Return what the row tells of its own replay record, by the record's keys."""
    known: Row = {"v": _USUAL_RECORD_VERSION}
    if row.get("versions"):
        known["mv"] = row["versions"][-1]
    at = _time_of_key(str(row.get("ts_action_id", "")))
    return known if at is None else known | {"t": at}


def _time_of_key(key: str) -> int | None:
    try:
        return parse_iso_ms(key.partition("#")[0])
    except ValueError:
        return None


def _to_text(numbers: Any) -> str:
    return json.dumps(numbers, separators=(",", ":"))
