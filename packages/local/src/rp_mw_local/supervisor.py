"""Keeps a local system running in the background: `rp-mw local up`, `reload`, `down` and `status`.

up ---- starts ----> supervisor ---- starts ----> simulators, embedded AWS, functions
 ^                       |                                                      ^
 '---- state.json <------'  written once all of it answers, removed on the way out
            ^                                                                   |
            '---- which policy is served ---- reload ---- new zips -------------'   tables, queues, tickets stay
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.functions import replace_code
from rp_mw_local.errors import LocalError
from rp_mw_local.zips import build_zips
from rp_mw_shared.environments.checkout import repository_root, state_dir
from rp_mw_shared.environments.running_locally import (
    SUPERVISOR,
    find_running,
    is_process_alive,
    is_supervisor,
    require_running,
    state_file,
)
from rp_mw_shared.environments.topology import Topology
from rp_mw_shared.errors import RpMwError

# a first start builds the zips and installs the embedded AWS
START_DEADLINE_SECONDS = 900.0
STOP_DEADLINE_SECONDS = 120.0
POLL_SECONDS = 0.1
Json = dict[str, Any]
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def start(options: Mapping[str, Any], progress: Callable[[str], None]) -> Json:
    """Starts a system in the background and returns once it answers; one that already runs is left as it is.

    `options` may hold ports (by part), flags, richpanel_requests_per_window and policy_version, which the state then
    tells. Raises LocalError when it does not come up; nothing is left running then.
    """
    running = find_running()
    if running is not None:
        _require_no_other_ports(running, options.get("ports") or {})
        return running
    state_dir().mkdir(parents=True, exist_ok=True)
    log = state_dir() / "supervisor.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", SUPERVISOR, json.dumps(dict(options))],
            cwd=repository_root(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        return _wait_for_state(child, log, progress)
    except BaseException:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_DEADLINE_SECONDS)
        raise


def reload(
    topology: Topology, client: Callable[[str], Any], policy_version: str, progress: Callable[[str], None]
) -> Json:
    """Builds the zips again and lets the running functions run them; tables, queues and vendors keep what they hold.

    Returns how to reach the system, with `policy_version` as what it serves from now on. Raises ConfigurationError
    when nothing runs, LocalError when a zip cannot be built; the functions are then as they were.
    """
    state = require_running()
    target = Target(topology, client, progress)
    for key, path in build_zips(progress).items():
        replace_code(target, topology.functions[key].name, path)
    state["policy_version"] = policy_version
    _write_state(state)
    return state


def stop() -> bool:
    """Ends the running system and waits until it is gone; False when none was running."""
    try:
        pid = int(json.loads(state_file().read_text("utf-8"))["pid"])
    except (OSError, ValueError, KeyError):
        return False
    if not is_supervisor(pid):
        state_file().unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_DEADLINE_SECONDS
    while is_process_alive(pid):
        if time.monotonic() > deadline:
            raise LocalError(
                f"process {pid} does not end: look at {state_dir() / 'supervisor.log'}, then `kill -9 {pid}`"
            )
        time.sleep(POLL_SECONDS)
    state_file().unlink(missing_ok=True)
    return True


def _require_no_other_ports(running: Json, wanted: Mapping[str, int]) -> None:
    urls = {"aws": running["aws"]["endpoint_url"], **running["simulators"]}
    for part, port in wanted.items():
        if not str(urls[part]).endswith(f":{port}"):
            raise LocalError(f"it runs already, with {part} at {urls[part]}: `make down` first to use port {port}")


def _wait_for_state(child: subprocess.Popen[bytes], log: Path, progress: Callable[[str], None]) -> Json:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    shown = 0
    while time.monotonic() < deadline:
        lines = log.read_text("utf-8", "replace").splitlines()
        for line in lines[shown:]:
            progress(line)
        shown = len(lines)
        if child.poll() is not None:
            raise LocalError(lines[-1] if lines else "the local system ended at its start")
        state = find_running()
        if state is not None and state["pid"] == child.pid:
            return state
        time.sleep(POLL_SECONDS)
    raise LocalError(f"the local system did not come up within {START_DEADLINE_SECONDS:.0f} s: look at {log}")


def _supervise(options: Json) -> None:
    from rp_mw_local.shop import stock
    from rp_mw_local.stack import Stack, StackOptions, connection_facts

    policy_version = options.pop("policy_version", None)
    for number in _ENDING:
        signal.signal(number, _end)
    zips = build_zips(_say)
    with Stack(zips, StackOptions(**options), _say) as stack:
        stock(stack)
        _write_state({"pid": os.getpid(), "policy_version": policy_version, **connection_facts(stack)})
        try:
            while stack.emulator.is_running():
                time.sleep(1.0)
            raise LocalError("the embedded AWS ended by itself")
        finally:
            state_file().unlink(missing_ok=True)


def _end(*_: Any) -> None:
    # once is enough: a second signal must not interrupt the tidying up
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _write_state(state: Json) -> None:
    draft = state_file().with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(state, indent=1), "utf-8")
    draft.replace(state_file())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Runs in the background; the last line it says is why it ended."""
    try:
        _supervise(json.loads(sys.argv[1]))
    except RpMwError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
