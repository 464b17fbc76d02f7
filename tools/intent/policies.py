"""Policies as sets of what they grant and refuse, whatever their statements are called and however they are grouped.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

Atom = tuple[str, str, str, str, str]
KNOWN = {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _principals(value: Any) -> list[str]:
    """One text for each principal: `AWS arn:…`, `Service x`, `*` for everybody, `-` for the role itself."""
    if value is None:
        return ["-"]
    if isinstance(value, str):
        return [value]
    found = [(kind, name) for kind, names in value.items() for name in _listed(names)]
    return ["*" if name == "*" else f"{kind} {name}" for kind, name in found]


def _condition(value: Mapping[str, Any]) -> str:
    tests = [
        f"{test} {key} {sorted(map(str, _listed(wanted)))}"
        for test, keys in sorted(value.items())
        for key, wanted in sorted(keys.items())
    ]
    return " and ".join(tests)


def atoms(document: Mapping[str, Any]) -> set[Atom]:
    """Effect, principal, action, resource and condition of everything a policy document says.

    What the document says with an element this does not know (NotAction, NotResource, …) is an atom of its own, which
    no intent holds.
    """
    found: set[Atom] = set()
    for statement in _listed(document.get("Statement", [])):
        condition = _condition(statement.get("Condition") or {})
        odd = [f"{name} {json.dumps(statement[name])}" for name in sorted(set(statement) - KNOWN)]
        found |= {(statement.get("Effect", ""), "?", "?", text, condition) for text in odd}
        found |= {
            (statement.get("Effect", ""), principal, action, resource, condition)
            for principal, action, resource in product(
                _principals(statement.get("Principal")),
                _listed(statement.get("Action", [])),
                _listed(statement.get("Resource", "-")),
            )
        }
    return found


def intended(statements: Iterable[Mapping[str, Any]]) -> set[Atom]:
    """The atoms of an intent's statements: `allow` or `deny`, `at`, `to`, `if`."""
    document = [
        {
            "Effect": "Allow" if "allow" in statement else "Deny",
            "Action": _listed(statement.get("allow", statement.get("deny"))),
            **({"Resource": statement["at"]} if "at" in statement else {}),
            **({"Principal": statement["to"]} if "to" in statement else {}),
            **({"Condition": statement["if"]} if "if" in statement else {}),
        }
        for statement in statements
    ]
    return atoms({"Statement": document})


def _same(wanted: Atom, found: Atom) -> bool:
    """Equal, but that `?` in a wanted resource is one letter or digit: the end of a secret's ARN is AWS's own."""
    if wanted[:3] + wanted[4:] != found[:3] + found[4:]:
        return False
    pattern = re.escape(wanted[3]).replace(r"\?", "[A-Za-z0-9]")
    return re.fullmatch(pattern, found[3]) is not None


def _words(atom: Atom) -> str:
    effect, principal, action, resource, condition = atom
    whom = "" if principal == "-" else f" to {principal}"
    return f"{effect} {action} on {resource}{whom}" + (f" if {condition}" if condition else "")


def differences(statements: Iterable[Mapping[str, Any]], text: str) -> Iterator[str]:
    """What a policy says beyond the intent and what it lacks, one line each."""
    try:
        found = atoms(json.loads(text))
    except (ValueError, AttributeError, TypeError):
        yield "is no policy"
        return
    wanted = intended(statements)
    matched = found & wanted
    patterns = [atom for atom in wanted - matched if "?" in atom[3]]
    by_pattern = {(want, have) for want in patterns for have in found - matched if _same(want, have)}
    yield from sorted(f"says {_words(atom)}" for atom in found - matched - {have for _, have in by_pattern})
    yield from sorted(f"lacks {_words(atom)}" for atom in wanted - matched - {want for want, _ in by_pattern})
