"""Cuts botocore's models down to the operations a service uses.

What the SDK does (signing, retrying, parsing, error classes) is code and stays whole; what goes is documentation,
operations never called, other services, other partitions. tests/infrastructure compares the two.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

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
DOCUMENTATION = {"documentation", "documentationUrl"}
KEPT_FILES = ("_retry.json", "sdk-default-configuration.json")
Model = dict[str, Any]


def cut_sdk(package: Path, operations: Mapping[str, Iterable[str]]) -> None:
    """Rewrites `package`/data in place, `package` being a botocore folder, to the given operations by service.

    The trust bundle beside it keeps AWS's own authorities. Raises BuildError for a service or an operation botocore
    does not know, or an authority its bundle does not hold.
    """
    data, kept = package / "data", package / "data.kept"
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    kept.mkdir()
    if operations:
        for name in KEPT_FILES:
            shutil.copyfile(data / name, kept / name)
        write_json(kept / "partitions.json", cut_partitions(loader.load_data("partitions")))
        write_json(kept / "endpoints.json", cut_endpoints(loader.load_data("endpoints"), operations))
    for service, names in operations.items():
        _cut_service(loader, service, kept / service, sorted(set(names)))
    shutil.rmtree(data)
    kept.rename(data)
    bundle = package / "cacert.pem"
    bundle.write_text(cut_authorities(bundle.read_text("utf-8")), "utf-8")


def cut_model(model: Model, operations: Iterable[str]) -> Model:
    """The service model with the given operations and the shapes they reach.

    Raises BuildError for an operation the model does not have.
    """
    for name in operations:
        if name not in model["operations"]:
            raise BuildError(f"zip.yaml names operation {name!r}, which {model['metadata']['serviceId']} does not have")
    chosen = {name: model["operations"][name] for name in operations}
    shapes: Model = {}
    waiting = set(_shapes_named(chosen))
    while waiting:
        name = waiting.pop()
        shapes[name] = model["shapes"][name]
        waiting |= set(_shapes_named(shapes[name])) - shapes.keys()
    return {**model, "operations": chosen, "shapes": {name: shapes[name] for name in sorted(shapes)}}


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


def write_json(path: Path, document: Model) -> None:
    """Writes a document without spaces; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False), "utf-8")


def _cut_service(loader: Loader, service: str, destination: Path, operations: list[str]) -> None:
    try:
        version = loader.determine_latest_version(service, "service-2")
    except DataNotFoundError as error:
        raise BuildError(f"zip.yaml names AWS service {service!r}, which botocore does not have") from error
    model = cut_model(loader.load_service_model(service, "service-2", version), operations)
    rules = loader.load_service_model(service, "endpoint-rule-set-1", version)
    write_json(destination / version / "service-2.json", _without_documentation(model))
    write_json(destination / version / "endpoint-rule-set-1.json", _without_documentation(rules))


def _shapes_named(node: Any) -> Iterator[str]:
    """Every shape referred to anywhere in this part of a model."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key == "shape" and isinstance(value, str):
            yield value
        yield from _shapes_named(value)


def _without_documentation(node: Any) -> Any:
    """The same without its documentation, which is text: a member may itself be called so, and is a mapping."""
    if isinstance(node, list):
        return [_without_documentation(value) for value in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if name not in DOCUMENTATION or not isinstance(value, str)}
    return {name: _without_documentation(value) for name, value in kept.items()}
