"""The topology file is read as it is meant, and mistakes in it are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rp_mw_shared.environments.checkout import topology_path
from rp_mw_shared.environments.topology import load_topology, resolve
from rp_mw_shared.errors import ConfigurationError


def test_names_carry_the_environment() -> None:
    """In tables, queues, secrets and flags alike."""
    topology = load_topology("dev")
    assert topology.tables["idempotency"].name == "rp_mw_dev_idempotency"
    assert topology.queues["events"].dlq_name == "rp-mw-dev-events-dlq.fifo"
    assert topology.secrets["webhook"] == "rp-mw/dev/richpanel/webhook"
    assert topology.flags_path == "/rp-mw/dev/flags"


def test_visibility_is_six_times_the_consumers_timeout() -> None:
    """Computed, so that changing a timeout cannot forget it."""
    topology = load_topology("dev")
    for queue in topology.queues.values():
        assert queue.visibility_timeout_seconds == 6 * topology.functions[queue.consumer].timeout_seconds


def test_a_broken_file_is_refused_in_one_line(tmp_path: Path) -> None:
    """With the file's name."""
    broken = tmp_path / "topology.yaml"
    broken.write_text(topology_path().read_text("utf-8").replace("visibility_factor", "visibilty_factor"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"topology.yaml is not a topology: KeyError\('visibility_factor'\)"):
        load_topology("dev", broken)


def test_references_are_filled_in() -> None:
    """Text around them stays."""
    assert resolve("a ${queue.events.url} b", {"queue.events.url": "U"}) == "a U b"
