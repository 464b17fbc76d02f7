"""The Python of the flags: their types, read by every process without a YAML parser at its start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KINDS = ("switch", "choice", "ladder", "names")
MAX_FLAGS = 10  # Source: SSM GetParametersByPath, MaxResults at most 10 a page
MAX_MEANS_CHARS = 80  # it stands beside the field
_FIELDS = {"kind", "means", "at_birth", "unreadable", "kept", "values", "runbook"}
_HEAD = '''"""The flags of config/topology.yaml. Written by `make generate`: change the topology, then run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from rp_mw_shared.flags.kinds import FlagSpec
'''


def find_problems(declared: Mapping[str, Any]) -> list[str]:
    """One line per mistake in the topology's list of flags; empty when there is none."""
    problems = []
    if len(declared) > MAX_FLAGS:
        problems.append(
            f"{len(declared)} flags, at most {MAX_FLAGS}: one page of SSM's answer. "
            "What no one throws at night is a setting of the policy"
        )
    for name, flag in declared.items():
        problems += [f"flag {name}: {problem}" for problem in _problems_of(name, flag)]
    return problems


def render_flags(declared: Mapping[str, Any]) -> str:
    """Return the module `rp_mw_shared.flags.declared`; the list of flags must be free of problems."""
    return "\n".join([_HEAD, *_ladders(declared), *_model(declared), *_specs(declared)])


def _problems_of(name: str, flag: Mapping[str, Any]) -> Iterator[str]:
    from rp_mw_shared.flags.kinds import FlagSpec

    if not name.replace("_", "a").isalnum() or not name.islower():
        yield "its name must be lower case letters, digits and underscores"
    if unknown := flag.keys() - _FIELDS:
        yield f"unknown: {', '.join(sorted(unknown))}"
    if missing := _FIELDS - {"kept", "values"} - flag.keys():
        yield f"missing: {', '.join(sorted(missing))}"
        return
    if flag["kind"] not in KINDS:
        yield f"kind must be one of {', '.join(KINDS)}"
        return
    if len(str(flag["means"])) > MAX_MEANS_CHARS:
        yield f"means must be {MAX_MEANS_CHARS} characters or fewer"
    if bool(flag.get("values")) < (flag["kind"] in {"choice", "ladder"}):
        yield f"a {flag['kind']} needs values"
        return
    spec = FlagSpec(flag["kind"], "", values=tuple(flag.get("values", ())))
    for field, text in (
        ("at_birth", flag["at_birth"]),
        ("unreadable", flag["unreadable"]),
        *(("kept", text) for text in flag.get("kept", ())),
    ):
        try:
            spec.parse(text)
        except (ValueError, AttributeError):
            yield f"{field}: {text!r} is no value of it; write it in quotes"


def _class_name(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _ladder_name(name: str, declared: Mapping[str, Any]) -> str:
    """Return the class of a ladder: the first flag's with the same steps."""
    steps = declared[name]["values"]
    return _class_name(next(one for one, flag in declared.items() if flag.get("values") == steps))


def _ladders(declared: Mapping[str, Any]) -> Iterator[str]:
    for name, flag in declared.items():
        if flag["kind"] == "ladder" and _ladder_name(name, declared) == _class_name(name):
            yield f"\nclass {_class_name(name)}(IntEnum):"
            yield f'    """{_sentence(flag)} Each step includes those before it."""\n'
            yield from (f"    {step.upper()} = {place}" for place, step in enumerate(flag["values"]))
            yield ""


def _model(declared: Mapping[str, Any]) -> Iterator[str]:
    yield "\n@dataclass(frozen=True, slots=True)\nclass Flags:"
    yield '    """What the flags say; `problem` is a reason code when they could not all be read. Left out is off."""\n'
    for name, flag in declared.items():
        kind, off = _type_and_off(name, flag, declared)
        yield f"    {name}: {kind} = {off}  # {flag['means']}"
    yield "    problem: str | None = None\n"


def _type_and_off(name: str, flag: Mapping[str, Any], declared: Mapping[str, Any]) -> tuple[str, str]:
    if flag["kind"] == "switch":
        return "bool", "False"
    if flag["kind"] == "names":
        return "frozenset[str]", "frozenset()"
    if flag["kind"] == "ladder":
        ladder = _ladder_name(name, declared)
        return ladder, f"{ladder}.{flag['values'][0].upper()}"
    return "str", f'"{flag["at_birth"]}"'


def _specs(declared: Mapping[str, Any]) -> Iterator[str]:
    yield "\nFLAGS: Mapping[str, FlagSpec] = {"
    for name, flag in declared.items():
        yield f'    "{name}": FlagSpec('
        for field in ("kind", "unreadable"):
            yield f'        {field}="{flag[field]}",'
        for field in ("kept", "values"):
            if flag.get(field):
                yield f"        {field}={tuple(flag[field])!r},"
        if flag["kind"] == "ladder":
            yield f"        ladder={_ladder_name(name, declared)},"
        yield "    ),"
    yield "}\n"


def _sentence(flag: Mapping[str, Any]) -> str:
    text = str(flag["means"])
    return f"{text[0].upper()}{text[1:]}."
