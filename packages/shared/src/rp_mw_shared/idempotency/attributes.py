"""Translates between plain Python values and DynamoDB's typed attributes, without floats going through Decimal.

Source: DynamoDB API Reference, AttributeValue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Attribute = dict[str, Any]


def to_attribute(value: Any) -> Attribute:
    """Return the typed form of a text, number, boolean, None, list, tuple, set of texts or dict.

    Raises TypeError for anything else: a wrong type in a table is a defect to find in a test. An empty set has no
    form of its own in DynamoDB, so sets are stored as sorted lists.
    """
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, int | float):
        return {"N": repr(int(value)) if isinstance(value, int) else repr(value)}
    if value is None:
        return {"NULL": True}
    return _to_nested(value)


def _to_nested(value: Any) -> Attribute:
    if isinstance(value, Mapping):
        return {"M": to_item(value)}
    if isinstance(value, set | frozenset):
        return {"L": [to_attribute(entry) for entry in sorted(value)]}
    if isinstance(value, list | tuple):
        return {"L": [to_attribute(entry) for entry in value]}
    raise TypeError(f"{type(value).__name__} has no DynamoDB form")


def to_item(values: Mapping[str, Any]) -> dict[str, Attribute]:
    """Return the typed form of a whole item; None values are left out, at any depth."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def from_attribute(attribute: Attribute) -> Any:
    """Return the plain value; numbers come back as int where they are whole, sets as frozensets of texts."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        return _from_number(value)
    if kind == "L":
        return [from_attribute(entry) for entry in value]
    if kind == "M":
        return from_item(value)
    if kind == "SS":
        return frozenset(value)
    return None if kind == "NULL" else value


def from_item(item: Mapping[str, Attribute]) -> dict[str, Any]:
    """Return the plain form of a whole item."""
    return {name: from_attribute(attribute) for name, attribute in item.items()}


def _from_number(text: str) -> int | float:
    number = float(text)
    return int(text) if text.lstrip("-").isdecimal() else int(number) if number.is_integer() else number
