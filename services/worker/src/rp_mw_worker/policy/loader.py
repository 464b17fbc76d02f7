"""Reads the policy: from a compiled JSON file where it is fresh, else from the YAML files, checked.

    *.yaml --parse, validate (file, line, fix; all at once)--> values --> Policy
       |                                                          ^
       +--- compile_policy() at build time --> compiled.json -----+   (used only if it was made from these very bytes)

Reading and checking the YAML takes a hundred times as long as reading the compiled file (docs/decisions/0103).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.machine_rules import MachineRules
from rp_mw_worker.domain.policy import (
    IntentRule,
    Policy,
    Templates,
)
from rp_mw_worker.domain.screen_rules import ScreenRules
from rp_mw_worker.policy.files import FILES, FURTHER_LANGUAGES, LANGUAGE_FILES, LANGUAGE_WORDS, MAIL_MARKS

POLICY_DIRECTORY = Path(__file__).parent
COMPILED_NAME = "compiled.json"
_COMPILED_FORMAT = 5


def load_policy(directory: Path | None = None) -> Policy:
    """Return the policy in `directory`, by default the shipped one.

    Raises ConfigurationError that lists every mistake as `file:line: what is wrong; how to mend it`.
    """
    place = directory or POLICY_DIRECTORY
    sources = _load_sources(place)
    documents = _find_compiled(place, sources)
    if documents is None:
        from rp_mw_worker.policy.validation import validate_documents

        documents = validate_documents(sources)
    return _to_policy(documents, sources)


def compile_policy(directory: Path, target: Path) -> None:
    """Write the checked policy of `directory` as JSON to `target`; the same YAML gives the same bytes.

    Raises ConfigurationError as `load_policy` does.
    """
    from rp_mw_worker.policy.validation import validate_documents

    sources = _load_sources(directory)
    documents = validate_documents(sources)
    content = {"format": _COMPILED_FORMAT, "made_from": _digest(sources), "documents": documents}
    target.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=False), "utf-8")


def _load_sources(directory: Path) -> dict[str, bytes]:
    sources, problems = {}, []
    for name in FILES:
        path = directory / f"{name}.yaml"
        try:
            sources[f"{name}.yaml"] = _load_lines(path)
        except OSError:
            problems.append(f"{path}: cannot be read; put the file there or name another policy directory")
    if problems:
        raise ConfigurationError(problems)
    for name in LANGUAGE_FILES:
        sources |= {path.name: _load_lines(path) for path in sorted(directory.glob(f"{name}.??.yaml"))}
    return sources


def _load_lines(path: Path) -> bytes:
    """Return the file with one kind of line end, so that its digest is the same on every machine."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def _by_language(documents: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the values of the file `name` and of its further languages, by language."""
    shape = LANGUAGE_FILES[name]
    found = [build_value(shape, value) for key, value in documents.items() if key.partition(".")[0] == name]
    return {words.language: words for words in found}


def _find_compiled(directory: Path, sources: dict[str, bytes]) -> dict[str, Any] | None:
    """Return the compiled values, or None when there are none or they were made from other bytes."""
    try:
        content = json.loads((directory / COMPILED_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    fresh = content.get("format") == _COMPILED_FORMAT and content.get("made_from") == _digest(sources)
    return content["documents"] if fresh else None


def _digest(sources: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(sources):
        whole.update(name.encode() + b"\0" + sources[name] + b"\0")
    return whole.hexdigest()


def _to_policy(documents: dict[str, Any], sources: dict[str, bytes]) -> Policy:
    intents: dict[str, IntentRule] = build_value(FILES["intents"], documents["intents"]["intents"])
    rules = {name: build_value(FILES[name], documents[name]) for name in FILES if name != "intents"}
    whole = _digest(
        sources | {path.name: _load_lines(path) for path in (LANGUAGE_WORDS, MAIL_MARKS, FURTHER_LANGUAGES)}
    )
    texts = {name: content for name, content in sources.items() if name.startswith("templates.")}
    return Policy(
        intents=intents,
        templates=rules["templates"],
        settings=rules["settings"],
        shipping=rules["shipping_methods"],
        screen=ScreenRules(_by_language(documents, "screen")),
        version=f"{documents['settings']['version']}+{whole[:12]}",
        templates_version=f"{documents['templates']['version']}+{_digest(texts)[:12]}",
        further_templates=_further_templates(documents, rules["templates"]),
        product_words=tuple(sorted(set(rules["product_words"].words))),
        machine=MachineRules(rules["machine_marks"]),
        channels=dict(rules["channels"].names),
        proofs=dict(rules["channels"].proof),
        contacts=rules["channels"].contacts,
        matters=rules["matters"],
        claims=rules["claims"],
        carriers=rules["carriers"],
        rollout=rules["rollout"],
    )


def _further_templates(documents: dict[str, Any], base: Templates) -> dict[str, Templates]:
    """Return the replies of the further languages; what a variable may hold is templates.yaml's."""
    found = _by_language(documents, "templates")
    return {code: replace(words, variables=base.variables) for code, words in found.items() if code != base.language}


def build_value(hint: Any, value: Any) -> Any:
    """Return already validated JSON `value` as the type `hint`: dataclasses, tuples, dicts, unions with None."""
    return _builder(hint)(value)


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _builder(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a `hint` of a value. A policy has 20,000 values of few types: each type is looked at once."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_builder(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _tuple_builder(_builder(arguments[0]))
    if origin is dict:
        return _dict_builder(_builder(arguments[1]))
    if origin is UnionType:
        return _builder(next(part for part in arguments if part is not NoneType))
    return _as_it_is


def _dataclass_builder(cls: type) -> Callable[[Any], Any]:
    hints = get_type_hints(cls)
    parts = {field.name: _builder(hints[field.name]) for field in fields(cls)}

    def build(value: Any) -> Any:
        if value is None:
            return None
        return cls(**{name: parts[name](item) for name, item in value.items() if name in parts})

    return build


def _tuple_builder(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if build is _as_it_is:
        return lambda value: None if value is None else tuple(value)
    return lambda value: None if value is None else tuple(map(build, value))


def _dict_builder(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if build is _as_it_is:
        return lambda value: None if value is None else dict(value)
    return lambda value: None if value is None else {key: build(item) for key, item in value.items()}
