"""A flag source in memory, with the same promises as the one on SSM (tests/contract/test_flags_contract.py)."""

from __future__ import annotations

from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.flags.declared import Flags
from rp_mw_shared.flags.model import fail_closed, parse_flags

DEFAULTS = {
    **load_topology("test").flag_defaults,
    "automation_enabled": "true",
    "rollout_stage": "tier2",
}


class FakeFlags:
    """Holds the raw flags; `current` sees a change only after `fresh` or `expire`, as a cache would."""

    def __init__(self, **raw: str) -> None:
        self.raw = DEFAULTS | raw
        self.is_broken = False
        self.fresh_reads = 0
        self._cached: Flags | None = None

    def set(self, name: str, value: str) -> None:
        """Change one flag in the store, not in the cache."""
        self.raw[name] = value

    def expire(self) -> None:
        """Make the next `current` read the store again."""
        self._cached = None

    def current(self, max_age_seconds: float = 10.0) -> Flags:
        """Return the cached switches, or read them."""
        if self._cached is None or max_age_seconds <= 0:
            self._cached = self._read()
        return self._cached

    def fresh(self) -> Flags:
        """Return the switches as they are now; the cache follows."""
        self.fresh_reads += 1
        self._cached = self._read()
        return self._cached

    def _read(self) -> Flags:
        return fail_closed("flags_unreadable", self.raw) if self.is_broken else parse_flags(self.raw)
