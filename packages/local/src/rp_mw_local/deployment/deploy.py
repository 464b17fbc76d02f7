"""Deploys the whole topology, or one function of it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import (
    SecretValue,
    ensure_flags,
    ensure_secrets,
    generate_secret_values,
    load_secret_values,
)
from rp_mw_local.deployment.functions import ensure_api, ensure_function, ensure_mapping, ensure_role
from rp_mw_local.deployment.storage import QueueAddresses, ensure_key, ensure_queue, ensure_table
from rp_mw_shared.environments.topology import Topology


@dataclass(frozen=True, slots=True)
class Vendors:
    """Where the three vendors answer, the agent whose name e-mail replies carry, and how the shop names orders."""

    richpanel_base_url: str
    shopify_base_url: str
    openai_base_url: str
    richpanel_author_id: str
    shopify_order_name_prefix: str = "#"
    shopify_order_name_suffix: str = "none"

    def references(self) -> dict[str, str]:
        """The topology's ${vendor...} references."""
        return {
            "vendor.richpanel.base_url": self.richpanel_base_url,
            "vendor.richpanel.author_id": self.richpanel_author_id,
            "vendor.shopify.base_url": self.shopify_base_url,
            "vendor.shopify.order_name_prefix": self.shopify_order_name_prefix,
            "vendor.shopify.order_name_suffix": self.shopify_order_name_suffix,
            "vendor.openai.base_url": self.openai_base_url,
        }


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed environment; `changes` is empty when everything was already there."""

    topology: Topology
    api_id: str
    queues: Mapping[str, QueueAddresses]
    secrets: Mapping[str, SecretValue]
    key_arn: str
    changes: tuple[str, ...]


def deploy(
    topology: Topology,
    client: Callable[[str], Any],
    zips: Mapping[str, Path],
    vendors: Vendors,
    *,
    secrets: Mapping[str, SecretValue] | None = None,
    flags: Mapping[str, str] | None = None,
    settings: Mapping[str, Mapping[str, str]] | None = None,
    concurrency: Mapping[str, int] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Creates or updates everything; deploying the same twice changes nothing.

    `zips` maps a function's key to its built zip, `settings` to environment variables besides the topology's,
    `concurrency` to its mapping's maximum where somebody else than the emulator polls its queue. Without `secrets` the
    deployed values are kept, or generated where there are none. Raises LocalError for a missing zip or an unknown
    reference.
    """
    target = Target(topology, client, progress)
    key_arn = ensure_key(target)
    tables = {key: ensure_table(target, spec, key_arn) for key, spec in topology.tables.items()}
    queues = {key: ensure_queue(target, spec, key_arn) for key, spec in topology.queues.items()}
    values = secrets or generate_secret_values() | load_secret_values(target)
    secret_arns = ensure_secrets(target, values)
    ensure_flags(target, flags or {})
    arns = _arns(topology, key_arn, tables, queues, secret_arns)
    polled_elsewhere = concurrency or {}
    references = _references(topology, queues, vendors, polled_elsewhere)
    aliases = {}
    for key, declared in topology.functions.items():
        spec = replace(declared, environment={**declared.environment, **(settings or {}).get(key, {})})
        role_arn = ensure_role(target, spec, arns)
        aliases[key] = ensure_function(target, spec, zips[key], role_arn, references)
    for key, queue in topology.queues.items():
        if queue.consumer in polled_elsewhere:
            continue
        ensure_mapping(target, topology.functions[queue.consumer], aliases[queue.consumer], queues[key].arn)
    api_id = ensure_api(target, topology.functions["ingress"], aliases["ingress"])
    return Deployment(topology, api_id, queues, values, key_arn, tuple(target.changes))


def _arns(
    topology: Topology,
    key_arn: str,
    tables: Mapping[str, str],
    queues: Mapping[str, QueueAddresses],
    secrets: Mapping[str, str],
) -> dict[str, str]:
    region, account = key_arn.split(":")[3:5]
    arns = {"key": key_arn, "logs": f"arn:aws:logs:{region}:{account}"}
    arns["flags"] = f"arn:aws:ssm:{region}:{account}:parameter{topology.flags_path}"
    arns |= {f"flags.{name}": f"{arns['flags']}/{name}" for name in topology.flag_defaults}
    arns |= {f"table.{key}": arn for key, arn in tables.items()}
    arns |= {
        f"table.{key}.{index.name}": f"{arn}/index/{index.name}"
        for key, arn in tables.items()
        for index in topology.tables[key].indexes
    }
    arns |= {f"secret.{key}": arn for key, arn in secrets.items()}
    arns |= {f"queue.{key}": addresses.arn for key, addresses in queues.items()}
    return arns | {f"queue.{key}_dlq": addresses.dlq_arn for key, addresses in queues.items()}


def _references(
    topology: Topology, queues: Mapping[str, QueueAddresses], vendors: Vendors, concurrency: Mapping[str, int]
) -> dict[str, str]:
    references = {"flags.path": topology.flags_path} | vendors.references()
    references |= {f"table.{key}.name": spec.name for key, spec in topology.tables.items()}
    references |= {f"table.{key}.ttl_days": str(spec.ttl_days) for key, spec in topology.tables.items()}
    references |= {f"secret.{key}": name for key, name in topology.secrets.items()}
    references |= {f"queue.{key}.url": addresses.url for key, addresses in queues.items()}
    references |= {f"queue.{key}.dlq_url": addresses.dlq_url for key, addresses in queues.items()}
    for key, function in topology.functions.items():
        references[f"function.{key}.timeout_seconds"] = str(function.timeout_seconds)
        # the emulator runs one batch of a queue at a time
        references[f"function.{key}.maximum_concurrency"] = str(concurrency.get(key, 1))
    return references
