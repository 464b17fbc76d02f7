"""What DynamoDB charges for a write or a read, from item bytes.

Source: Amazon DynamoDB Developer Guide, "Item sizes and formats" and "Read and write operations".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WRITE_STEP_BYTES = 1024
READ_STEP_BYTES = 4096
Item = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Item) -> int:
    """Return an item's size: names and values in UTF-8, three bytes and one per entry for a list or map."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None, *, in_transaction: bool = False) -> int:
    """Return the units of one write: 1 kB steps of the larger of old and new item, twice that in a transaction.

    A write of nothing, such as one whose condition failed on an absent item, costs one step.
    """
    larger = max(item_bytes(before or {}), item_bytes(after or {}))
    units = max(1, math.ceil(larger / WRITE_STEP_BYTES))
    return units * 2 if in_transaction else units


def index_units(before: Item | None, after: Item | None, keys: tuple[str, str], own_keys: tuple[str, ...]) -> int:
    """Return the units that one write of an item costs in an index with `keys`; `own_keys` are the table's.

    An index that holds only keys is written when one of them changes, any other whenever the item does: call it with
    what the index holds. An entry that moves is deleted and written.
    Source: Amazon DynamoDB Developer Guide, "Using global secondary indexes", storage and write considerations.
    """
    old, new = (item if item is not None and keys[0] in item else None for item in (before, after))
    if old == new:
        return 0
    if old is None or new is None:
        return write_units(old, new)
    is_moved = any(old.get(key) != new.get(key) for key in (*keys, *own_keys))
    return write_units(old, None) + write_units(None, new) if is_moved else write_units(old, new)


def read_units(item: Item | None, *, is_consistent: bool) -> float:
    """Return the units of one read: 4 kB steps, half as much where an older copy will do; absence costs a step."""
    steps = max(1, math.ceil(item_bytes(item or {}) / READ_STEP_BYTES))
    return steps if is_consistent else steps / 2


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind in {"S", "SS"}:
        return sum(len(text.encode()) for text in ([value] if kind == "S" else value))
    if kind == "N":
        return math.ceil(len(value.strip("-").replace(".", "")) / 2) + 2
    if kind == "B":
        return len(value)
    if kind == "L":
        return 3 + sum(1 + _value_bytes(entry) for entry in value)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_bytes(entry) for name, entry in value.items())
    return 1
