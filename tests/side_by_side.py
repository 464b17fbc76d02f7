"""Spreads the tests over several processes: `pytest -n auto -p tests.side_by_side`, which is what `make pytest` does.

A unit of work is a file, so that what a file sets up is set up once. Files that share one deployed system go to one
process. The longest units start first, in the order below; the rest follows as collected. A test that is timed in
real seconds runs last, when all other processes have ended.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

DEPLOYED = "tests that share one deployed system"
UNIT_OF_FILE = {
    "tests/e2e/test_by_hand.py": DEPLOYED,
    "tests/e2e/test_dead_letters_and_sweep.py": DEPLOYED,
    "tests/e2e/test_first_routed_ticket.py": DEPLOYED,
    "tests/e2e/test_machines_facing.py": DEPLOYED,
    "tests/e2e/test_one_event_once.py": DEPLOYED,
    "tests/e2e/test_policy_reload.py": DEPLOYED,
    "tests/e2e/test_stage_demoted.py": DEPLOYED,
    "tests/e2e/test_webhook_refusals.py": DEPLOYED,
}
# a process takes its next unit when two tests are left of its last one, so the fourth of these waits after the first
LONGEST_FIRST = (
    "tests/e2e/test_worker_killed.py",
    DEPLOYED,
    "tests/written/test_what_is_written.py",
    "tests/integration/test_dlq_command.py",
    "tests/e2e/test_demo_interrupted.py",
    "tests/faults/test_faults_quick.py",
    "tests/infrastructure/test_zip.py",
    "tests/fuzz/test_fuzz_short.py",
    "tests/infrastructure/test_import_contracts.py",
    "tests/properties/test_decision_properties.py",
    "tests/infrastructure/test_cut_sdk.py",
    "tests/integration/test_injection.py",
)
ALONE = ("tests/soak/test_soak_short.py",)
# many a test waits, for a timeout or for a child process: one process more than cores uses that time
EXTRA_PROCESSES, MOST_PROCESSES = 1, 6


def unit_of(nodeid: str) -> str:
    """The name of the unit of work that a test belongs to."""
    file = nodeid.partition("::")[0]
    return UNIT_OF_FILE.get(file, file)


def rank_of(nodeid: str) -> int:
    """Where the test's unit stands in the order of starting: the long ones, those not named, those that run alone."""
    order = (*LONGEST_FIRST, "", *ALONE)
    unit = unit_of(nodeid)
    return order.index(unit if unit in order else "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the units into order; within a unit nothing moves."""
    items.sort(key=lambda item: rank_of(item.nodeid))


def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` means; PYTEST_XDIST_AUTO_NUM_WORKERS says otherwise, as with xdist itself."""
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(asked) if asked else min(len(os.sched_getaffinity(0)) + EXTRA_PROCESSES, MOST_PROCESSES)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst:
    """Distribute by our units, in the order of collection."""
    config.option.loadscopereorder = False
    return LongestFirst(config, log)


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]
    """xdist's scheduler by file, with units of our own, and units that want the machine for themselves."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if not self._is_alone_next() or self._others(node) == []:
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if node.shutting_down:
            return
        if self._is_alone_next() and any(not other.shutting_down for other in self._others(node)):
            node.shutdown()  # it ends with what it has; the last one stays
        else:
            super()._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Forget a process that has ended; the last one may then begin what runs alone."""
        crashed: str | None = super().remove_node(node)
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def _is_alone_next(self) -> bool:
        # what a crashed process leaves is put at the end
        for unit in ALONE:
            if unit in self.workqueue:
                self.workqueue.move_to_end(unit)
        return next(iter(self.workqueue), None) in ALONE

    def _others(self, node: WorkerController) -> list[WorkerController]:
        return [other for other in self.nodes if other is not node]
