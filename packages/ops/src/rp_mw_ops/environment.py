"""Which environment a command works on: the one running locally, or one in AWS with the usual credentials."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.errors import UsageError
from rp_mw_shared.environments.running_locally import require_running
from rp_mw_shared.environments.topology import Topology, load_topology

LOCAL = "local"
ENVIRONMENTS = (LOCAL, "dev", "staging", "prod")
VARIABLE = "RP_MW_ENV"
ENV_HELP = f"local, dev, staging or prod (default: what {VARIABLE} says, else local)"


@dataclass(frozen=True, slots=True)
class Environment:
    """The topology by name, and clients for it; `local` holds how to reach a locally running system."""

    topology: Topology
    client: Callable[[str], Any]
    local: dict[str, Any] | None = None

    def table(self, key: str) -> str:
        """A table's name by its topology key."""
        return self.topology.tables[key].name

    def queue_url(self, key: str, *, dead_letters: bool = False) -> str:
        """A queue's URL by its topology key."""
        spec = self.topology.queues[key]
        return str(self.client("sqs").get_queue_url(QueueName=spec.dlq_name if dead_letters else spec.name)["QueueUrl"])


def add_environment_argument(parser: argparse.ArgumentParser) -> None:
    """Adds --env, which wins over RP_MW_ENV."""
    parser.add_argument("--env", type=require_environment, default=default_environment(), metavar="NAME", help=ENV_HELP)


def default_environment() -> str:
    """What RP_MW_ENV says, unread and unchecked until --env is known not to be given; `local` when it is not set."""
    return os.environ.get(VARIABLE) or LOCAL


def require_environment(name: str) -> str:
    """The name when it is an environment's; raises UsageError otherwise."""
    if name not in ENVIRONMENTS:
        raise UsageError(
            f"no environment is called {name!r}: give --env (or {VARIABLE}) one of {', '.join(ENVIRONMENTS)}"
        )
    return name


def require_local(command: str) -> None:
    """Raises UsageError when RP_MW_ENV names another environment than the only one that `command` works on."""
    name = require_environment(default_environment())
    if name != LOCAL:
        raise UsageError(f"{command} works on the local system only, and {VARIABLE} is {name!r}: unset it first")


def open_environment(name: str) -> Environment:
    """The environment; raises UsageError for an unknown one, ConfigurationError for `local` when nothing runs."""
    import boto3

    topology = load_topology(require_environment(name))
    if name != LOCAL:
        return Environment(topology, functools.cache(boto3.client))
    running = require_running()
    return Environment(topology, functools.cache(functools.partial(_local_client, running["aws"])), running)


def _local_client(aws: dict[str, str], service: str) -> Any:
    import boto3

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=aws["endpoint_url"],
        region_name=aws["region"],
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
    )
