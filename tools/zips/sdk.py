"""Cuts botocore's models down to the operations a service uses.

What the SDK does (signing, retrying, parsing, error classes) is code and stays whole; what goes is documentation,
operations never called, other services, other partitions. tests/infrastructure compares the two.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.zips.layout import BuildError

PARTITION = "aws"
# The authorities behind every AWS endpoint of that partition. The SDK reads the whole bundle again for each new
# connection, and a shorter one also trusts fewer. Source: Amazon Trust Services, "Certificate Authorities" and the AWS
# guidance to trust these roots.
AWS_AUTHORITIES = (
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
)
_CERTIFICATE = re.compile(
    r'^# Label: "(?P<label>[^"]+)"$.*?(?P<pem>^-----BEGIN CERTIFICATE-----$.*?^-----END CERTIFICATE-----$)', re.M | re.S
)
KEPT_FILES = ("_retry.json", "sdk-default-configuration.json")
Model = dict[str, Any]


def cut_sdk(package: Path, operations: Mapping[str, Iterable[str]]) -> None:
    """Rewrites `package`/data in place, `package` being a botocore folder, to the given operations by service.

    The trust bundle beside it keeps AWS's own authorities. Raises BuildError for a service or an operation botocore
    does not know, or an authority its bundle does not hold.
    """
    data = package / "data"
    kept = package / "data.kept"
    kept.mkdir()
    for name in KEPT_FILES:
        shutil.copyfile(data / name, kept / name)
    write_json(kept / "partitions.json", cut_partitions(load_json(data / "partitions.json")))
    write_json(kept / "endpoints.json", cut_endpoints(load_json(data / "endpoints.json"), operations))
    for service, names in operations.items():
        versions = sorted(path for path in (data / service).glob("*") if path.is_dir())
        if not versions:
            raise BuildError(f"zip.yaml names AWS service {service!r}, which botocore does not have")
        _cut_service(versions[-1], kept / service / versions[-1].name, sorted(set(names)))
    shutil.rmtree(data)
    kept.rename(data)
    bundle = package / "cacert.pem"
    bundle.write_text(cut_authorities(bundle.read_text("utf-8")), "utf-8")


def cut_model(model: Model, operations: Iterable[str]) -> Model:
    """The service model with the given operations, the shapes they reach, and no documentation.

    Raises BuildError for an operation the model does not have.
    """
    kept_operations = {}
    for name in operations:
        if name not in model["operations"]:
            raise BuildError(f"zip.yaml names operation {name!r}, which {model['metadata']['serviceId']} does not have")
        operation = _without(model["operations"][name], "documentation", "documentationUrl")
        for part in ("input", "output"):
            if part in operation:
                operation[part] = _without(operation[part], "documentation")
        operation["errors"] = [_without(error, "documentation") for error in operation.get("errors", [])]
        kept_operations[name] = operation
    names = _reachable(model["shapes"], _roots(kept_operations.values()))
    shapes = {name: _cut_shape(model["shapes"][name]) for name in sorted(names)}
    return {**_without(model, "documentation", "examples"), "operations": kept_operations, "shapes": shapes}


def cut_partitions(partitions: Model) -> Model:
    """Partition metadata of the commercial partition only."""
    return {**partitions, "partitions": [part for part in partitions["partitions"] if part["id"] == PARTITION]}


def cut_endpoints(endpoints: Model, services: Iterable[str]) -> Model:
    """Endpoint metadata of the commercial partition and the given services only."""
    wanted = set(services)
    kept = []
    for part in endpoints["partitions"]:
        if part["partition"] == PARTITION:
            chosen = {name: entry for name, entry in part["services"].items() if name in wanted}
            kept.append({**part, "services": chosen})
    return {**endpoints, "partitions": kept}


def cut_authorities(bundle: str) -> str:
    """The certificates of AWS's own authorities. Raises BuildError when the bundle lacks one of them."""
    found = {match["label"]: match["pem"] for match in _CERTIFICATE.finditer(bundle)}
    missing = [name for name in AWS_AUTHORITIES if name not in found]
    if missing:
        raise BuildError(f"botocore's trust bundle has no {missing[0]!r}: see AWS's list of authorities")
    return "".join(f'# Label: "{name}"\n{found[name]}\n' for name in AWS_AUTHORITIES)


def load_json(path: Path) -> Model:
    """A JSON document, plain or with `.gz` after its name."""
    if path.exists():
        loaded = json.loads(path.read_text("utf-8"))
    else:
        loaded = json.loads(gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()))
    assert isinstance(loaded, dict)
    return loaded


def write_json(path: Path, document: Model) -> None:
    """Writes a document without spaces; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False), "utf-8")


def _cut_service(source: Path, destination: Path, operations: list[str]) -> None:
    write_json(destination / "service-2.json", cut_model(load_json(source / "service-2.json"), operations))
    rules = load_json(source / "endpoint-rule-set-1.json")
    write_json(destination / "endpoint-rule-set-1.json", _without_rule_documentation(rules))
    for extras in source.glob("*.sdk-extras.json"):
        shutil.copyfile(extras, destination / extras.name)
    if (source / "paginators-1.json").exists():
        pages = load_json(source / "paginators-1.json")
        chosen = {name: page for name, page in pages["pagination"].items() if name in operations}
        if chosen:
            write_json(destination / "paginators-1.json", {**pages, "pagination": chosen})


def _without_rule_documentation(rules: Model) -> Model:
    parameters = {name: _without(entry, "documentation") for name, entry in rules["parameters"].items()}
    return {**rules, "parameters": parameters}


def _roots(operations: Iterable[Model]) -> set[str]:
    found: set[str] = set()
    for operation in operations:
        references = [operation[part] for part in ("input", "output") if part in operation] + operation["errors"]
        found |= {reference["shape"] for reference in references}
    return found


def _reachable(shapes: Model, roots: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            shape = shapes[name]
            references = [shape[part] for part in ("member", "key", "value") if part in shape]
            waiting += [reference["shape"] for reference in [*references, *shape.get("members", {}).values()]]
    return seen


def _cut_shape(shape: Model) -> Model:
    cut = _without(shape, "documentation")
    for part in ("member", "key", "value"):
        if part in cut:
            cut[part] = _without(cut[part], "documentation")
    if "members" in cut:
        # by name, not by recursion: a member may itself be called "documentation"
        cut["members"] = {name: _without(member, "documentation") for name, member in cut["members"].items()}
    return cut


def _without(entry: Model, *names: str) -> Model:
    return {name: value for name, value in entry.items() if name not in names}
