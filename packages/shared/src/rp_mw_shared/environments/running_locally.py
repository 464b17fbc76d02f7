"""The local system that runs in the background, and how to reach it: what its supervisor writes and the tools read.

supervisor ---- writes once all of it answers, removes on its way out ----> .local/state.json <---- tools
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from rp_mw_shared.environments.checkout import state_dir
from rp_mw_shared.errors import ConfigurationError

# the module that is run as the supervisor; its process is known by it
SUPERVISOR = "rp_mw_local.supervisor"
ANSWER_SECONDS = 2.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Json = dict[str, Any]


class NotRunningError(ConfigurationError):
    """The local system is asked for and does not run."""


def state_file() -> Path:
    """Where a running system says how to reach it; readable by its owner only, since it holds the local keys."""
    return state_dir() / "state.json"


def reach_loopback_directly() -> None:
    """Keep this process's calls to the local system out of HTTP_PROXY: names loopback in NO_PROXY, in both spellings.

    urllib and the AWS SDK read the variables at every call; a proxy elsewhere cannot reach this machine's loopback.
    """
    for name in ("no_proxy", "NO_PROXY"):
        listed = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join([*listed, *(host for host in _LOOPBACK if host not in listed)])


def find_running() -> Json | None:
    """How to reach the running system, or None; a state file whose system is gone is removed."""
    try:
        state: Json = json.loads(state_file().read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not is_supervisor(int(state["pid"])):
        state_file().unlink(missing_ok=True)
        return None
    return state if is_answering(state["aws"]["endpoint_url"]) else None


def require_running() -> Json:
    """How to reach the running system; raises NotRunningError when there is none."""
    state = find_running()
    if state is None:
        raise NotRunningError(["nothing runs locally: start it with `make up`"])
    return state


def is_supervisor(pid: int) -> bool:
    """Whether this process id is a supervisor of ours, and not somebody else's after ours has gone."""
    if not is_process_alive(pid):
        return False
    command = ["ps", "-ww", "-p", str(pid), "-o", "command="]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return SUPERVISOR in shown


def is_process_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_answering(endpoint_url: str) -> bool:
    """Whether the embedded AWS answers there."""
    reach_loopback_directly()
    try:
        # the address is our own state file's, on this machine
        urllib.request.urlopen(f"{endpoint_url}/_ministack/health", timeout=ANSWER_SECONDS).close()  # noqa: S310
    except (OSError, urllib.error.URLError):
        return False
    return True
