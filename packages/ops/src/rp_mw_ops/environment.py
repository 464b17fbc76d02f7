"""Which environment a command works on: the one running locally, or one in AWS with the usual credentials."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rp_mw_local.supervisor import require_running
from rp_mw_local.topology import Topology, load_topology

LOCAL = "local"
REGION = "us-east-1"


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
    """Adds --env."""
    parser.add_argument("--env", default=LOCAL, metavar="NAME", help="local (default), dev, staging or prod")


def open_environment(name: str) -> Environment:
    """The environment; raises LocalError when `local` is asked for and nothing runs."""
    import boto3

    topology = load_topology(name)
    if name != LOCAL:
        return Environment(topology, functools.cache(boto3.client))
    running = require_running()
    return Environment(topology, functools.cache(functools.partial(_local_client, running["aws"])), running)


def _local_client(aws: dict[str, str], service: str) -> Any:
    import boto3

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=aws["endpoint_url"],
        region_name=REGION,
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
    )
