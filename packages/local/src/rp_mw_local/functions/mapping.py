"""Puts pollers of our own in front of a deployed function, in the place of the embedded AWS's one batch at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rp_mw_local.deployment.functions import ALIAS
from rp_mw_local.emulator import REGION
from rp_mw_local.emulator_environment import ensure_environment
from rp_mw_local.functions.event_source import EventSource, Source
from rp_mw_local.functions.execution_environment import FunctionCode, unpack

if TYPE_CHECKING:
    from rp_mw_local.stack import Stack


def make_event_source(stack: Stack, function: str, maximum_concurrency: int) -> EventSource:
    """The pollers of a deployed function's queue, not started; each process takes the zip and settings of its start."""
    spec = stack.topology.functions[function]
    queue = next(key for key, one in stack.topology.queues.items() if one.consumer == function)
    addresses = stack.observer.deployment.queues[queue]
    folder = _folder(stack)

    def load_code() -> FunctionCode:
        settings = _settings(stack, spec.name, folder)
        return FunctionCode(unpack(stack.zips[function], folder), spec.handler, spec.timeout_seconds, settings)

    return EventSource(
        stack.emulator.client("sqs"),
        Source(addresses.url, addresses.arn, spec.batch_size or 1),
        maximum_concurrency=maximum_concurrency,
        python=ensure_environment().python,
        load_code=load_code,
        clock=stack.clock,
        log=folder / f"{function}.log",
    )


def _folder(stack: Stack) -> Path:
    assert stack.emulator.work_dir is not None
    folder = stack.emulator.work_dir / "functions"
    folder.mkdir(exist_ok=True)
    return folder


def _settings(stack: Stack, name: str, folder: Path) -> Mapping[str, str]:
    """The live version's own variables and what Lambda adds; nothing of this process."""
    live = stack.client("lambda").get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    return {
        **live["Environment"]["Variables"],
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": stack.emulator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.emulator.secret_access_key,
        "AWS_ENDPOINT_URL": stack.emulator.endpoint_url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{live['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": live["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(live["MemorySize"]),
    }
