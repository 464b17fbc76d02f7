"""Fixtures that need the embedded AWS: each is started once per test session, and only when a test asks for it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.emulator import Emulator
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_local.zips import build_zips
from rp_mw_shared.flags.source import CACHE_SECONDS, read_raw_flags


def pytest_configure() -> None:
    """Hear Ctrl-C again: a shell makes what it starts in the background deaf to it, and with it every child.

    And forget which environment a person's shell works on: tests run the commands that write.
    """
    os.environ.pop("RP_MW_ENV", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An empty embedded AWS, shared: use names of your own."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Callable[[str], Any]:
    """Makes boto3 clients of the empty embedded AWS: aws("sqs")."""
    return emulator.client


@pytest.fixture(scope="session")
def zips() -> Mapping[str, Path]:
    """The three services' zips, built for this machine."""
    return build_zips()


@pytest.fixture(scope="session")
def deployed(zips: Mapping[str, Path]) -> Iterator[Stack]:
    """The whole system, deployed and live, with the vendors' simulators; shared, so use conversations of your own."""
    with Stack(zips, StackOptions(flags=LIVE_FLAGS)) as stack:
        yield stack


@pytest.fixture(scope="session")
def aws_enforced(zips: Mapping[str, Path]) -> Iterator[Stack]:
    """The same, with every call checked against the calling function's role."""
    with Stack(zips, StackOptions(flags=LIVE_FLAGS, enforce_permissions=True)) as stack:
        yield stack


@pytest.fixture
def system(deployed: Stack) -> Iterator[Stack]:
    """The deployed system without another test's faults and recordings; flags are back to live afterwards."""
    for simulator in deployed.simulators:
        simulator.faults.clear()
        simulator.violations.clear()
    before = _flag_versions(deployed)
    yield deployed
    for simulator in deployed.simulators:
        simulator.faults.clear()
        simulator.switches.update(simulator.default_switches())
    deployed.richpanel.switch(requests_per_window=deployed.options.richpanel_requests_per_window)
    _put_flags_back(deployed, before)


def _flag_versions(deployed: Stack) -> dict[str, int]:
    """How often each flag was written."""
    found = deployed.client("ssm").get_parameters_by_path(Path=deployed.topology.flags_path)
    return {one["Name"]: one["Version"] for one in found["Parameters"]}


def _put_flags_back(deployed: Stack, before: dict[str, int]) -> None:
    """Set what a test changed, and wait until every function sees it: each holds its flags for some seconds.

    Also where the test put them back itself: a function may still hold what was between.
    """
    live = {**deployed.topology.flag_defaults, **LIVE_FLAGS}
    now = read_raw_flags(deployed.client("ssm"), deployed.topology.flags_path)
    changed = {name: value for name, value in live.items() if now.get(name) != value}
    for name, value in changed.items():
        deployed.set_flag(name, value)
    if _flag_versions(deployed) != before:
        time.sleep(CACHE_SECONDS + 1)
