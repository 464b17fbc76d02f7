"""Starts DynamoDB Local from a jar a developer has; it is never bundled.

RP_MW_DYNAMODB_LOCAL names the jar, with its folder DynamoDBLocal_lib beside it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "RP_MW_DYNAMODB_LOCAL"
_START_SECONDS = 30.0


def find_jar() -> Path | None:
    """Return the jar the environment names, or None."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


@contextmanager
def running(jar: Path) -> Iterator[Any]:
    """Run DynamoDB Local in memory on a free port; yields a boto3 client of it."""
    port = _free_port()
    command = ["java", f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}", "-jar", str(jar)]
    process = subprocess.Popen(
        [*command, "-inMemory", "-sharedDb", "-port", str(port)],
        cwd=jar.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield _client(port)
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("DynamoDB Local did not start")


def _client(port: int) -> Any:
    import boto3

    return boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
