"""What a plan holds, as `terraform show -json` says it: what somebody can set, and nothing that a provider computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.intent.matching import is_unset

AWS = "registry.terraform.io/hashicorp/aws"


@dataclass(frozen=True, slots=True)
class Resource:
    """One managed resource of a plan: its type, its address, and its values as planned."""

    type: str
    address: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """One stack's plan in one environment, with the state's store as `init` recorded it.

    `kept` holds the addresses whose destruction Terraform refuses (`prevent_destroy`), or None if nobody asked it.
    """

    environment: str
    stack: str
    document: Mapping[str, Any]
    store: Mapping[str, Any]
    kept: frozenset[str] | None = None

    @property
    def resources(self) -> list[Resource]:
        return [
            Resource(found["type"], found["address"], found["values"])
            for found in _walk(self.document["planned_values"]["root_module"])
            if found["mode"] == "managed"
        ]

    @property
    def reads(self) -> list[Resource]:
        """The data sources, which are read before a plan and kept beside the state."""
        before = self.document.get("prior_state", {}).get("values", {}).get("root_module", {})
        return [Resource(f["type"], f["address"], f["values"]) for f in _walk(before) if f["mode"] == "data"]

    @property
    def provider(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["configuration"]["provider_config"]["aws"]
        return found


def _walk(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _walk(child)


def raw_resources(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The managed resources of a plan themselves, to be changed in place."""
    return [found for found in _walk(document["planned_values"]["root_module"]) if found["mode"] == "managed"]


def is_set(value: Any) -> bool:
    """Whether somebody or a provider gave the argument a value."""
    return not is_unset(value)


@dataclass(frozen=True, slots=True)
class Schemas:
    """Which arguments each type of resource takes, as the provider says (`terraform providers schema -json`)."""

    types: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Schemas:
        return cls(
            {name: found["block"] for name, found in document["provider_schemas"][AWS]["resource_schemas"].items()}
        )

    def settable(self, resource: Resource) -> dict[str, Any]:
        """The values that somebody may have set: neither computed by the provider alone nor left out."""
        return _settable(self.types[resource.type], resource.values)


def arguments(block: Mapping[str, Any]) -> list[str]:
    """Names of a block's arguments."""
    found = block.get("attributes", {}).items()
    return [name for name, about in found if about.get("optional") or about.get("required")]


def _left_out(about: Mapping[str, Any], value: Any) -> bool:
    """Unset, or the 0 of a provider that fills in what nobody wrote; false may be somebody's word against a default."""
    if isinstance(value, bool):
        return False
    return is_unset(value) or (about.get("computed", False) and value == 0)


def _settable(block: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: values[name] for name in arguments(block) if not _left_out(block["attributes"][name], values.get(name))
    }
    for name, inner in block.get("block_types", {}).items():
        blocks = values.get(name) or []
        if blocks:
            listed = [blocks] if isinstance(blocks, Mapping) else blocks
            found[name] = [_settable(inner["block"], one) for one in listed]
    return found
