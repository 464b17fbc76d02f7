"""The clock of one local run: true time, or all of it faster by one factor.

With a factor of 5, a second of this machine is five seconds to the functions, the queues and the vendors alike: the
vendor's window, visibility timeouts, leases and waits shrink together. What the processors do is not sped up, so a
function seems slower by the factor.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from rp_mw_local.errors import LocalError
from rp_mw_local.functions.scaled_time.scaled_clock import ANCHOR_VARIABLE, SCALE_VARIABLE
from rp_mw_shared.environments.checkout import state_dir

_FOLDER = Path(__file__).resolve().parent / "scaled_time"
# Python imports it at the start of every process that finds it
_SITECUSTOMIZE = "import scaled_clock\n\nscaled_clock.scale_from_environment()\n"
# beyond it a process start takes longer than a function's timeout
MOST_SCALE = 30.0


@dataclass(frozen=True, slots=True)
class RunClock:
    """`scale` 1 is true time; raises LocalError outside 1 to 30."""

    scale: float = 1.0
    anchor_ns: int = field(default_factory=time.time_ns)

    def __post_init__(self) -> None:
        if not 1.0 <= self.scale <= MOST_SCALE:
            raise LocalError(f"a clock scale of {self.scale:g} is not possible: choose 1 to {MOST_SCALE:g}")

    def now_epoch_ms(self) -> int:
        """The run's wall clock in epoch milliseconds."""
        return (self.anchor_ns + round((time.time_ns() - self.anchor_ns) * self.scale)) // 1_000_000

    def monotonic(self) -> float:
        """Seconds of the run since its start."""
        return (time.time_ns() - self.anchor_ns) / 1e9 * self.scale

    def to_true_seconds(self, seconds: float) -> float:
        """How long these seconds of the run take on this machine."""
        return seconds / self.scale

    def sleep(self, seconds: float) -> None:
        """Wait for seconds of the run."""
        if seconds > 0:
            time.sleep(self.to_true_seconds(seconds))

    def environment(self) -> dict[str, str]:
        """What a child process needs to keep this clock; nothing at true time."""
        if self.scale == 1.0:
            return {}
        return {
            "PYTHONPATH": os.pathsep.join((str(_written_sitecustomize()), str(_FOLDER))),
            SCALE_VARIABLE: repr(self.scale),
            ANCHOR_VARIABLE: str(self.anchor_ns),
        }

    def __str__(self) -> str:
        return "true time" if self.scale == 1.0 else f"clocks {self.scale:g} times true time"


def _written_sitecustomize() -> Path:
    """The folder with the sitecustomize, which no tool of this repository may import by chance."""
    folder = state_dir() / "scaled-time"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{os.getpid()}.draft"
    draft.write_text(_SITECUSTOMIZE, "utf-8")
    draft.replace(folder / "sitecustomize.py")
    return folder
