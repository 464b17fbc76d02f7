"""Starts one measured process and accounts for its CPU: user and system seconds as the kernel counted them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class VariantFailed(Exception):
    """A measured process did not do its work; the message says which and how it ended."""


@dataclass(frozen=True, slots=True)
class Finished:
    """`cpu_seconds` is user plus system of the whole process; `result` is what it told, None for nothing."""

    cpu_seconds: float
    result: Any


def run_process(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Run the command to its end, its standard output thrown away; raises VariantFailed when it fails."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    actions = [
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, writing, 3),
    ]
    pid = os.posix_spawn(command[0], list(command), environment, file_actions=actions)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise VariantFailed(f"{' '.join(command[5:8])} ended with {code}: run it by hand to see why")
    return Finished(usage.ru_utime + usage.ru_stime, json.loads(told) if told else None)
