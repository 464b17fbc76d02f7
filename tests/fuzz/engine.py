"""Runs one target in this process: `python -m tests.fuzz.engine TARGET SECONDS NEW_INPUTS CORPUS`.

With atheris (coverage-guided) where it is installed, else with a plain random mutator, so that every machine runs
something. A broken promise ends the process with an error and leaves the input in NEW_INPUTS.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

MAX_INPUT_BYTES = 4096
_PIECES = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\u0000",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"&lt;",
    b"{{",
    b"}}",
]


def main(arguments: list[str]) -> int:
    """Run the target named first for the seconds named second; return the exit code."""
    name, seconds, new_inputs, corpus = arguments
    if importlib.util.find_spec("atheris") is None:
        return _mutate(name, float(seconds), Path(new_inputs), Path(corpus))
    import atheris

    with atheris.instrument_imports(include=["rp_mw_ingress", "rp_mw_shared"]):
        from tests.fuzz.targets import TARGETS
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MAX_INPUT_BYTES}",
        "-print_final_stats=1",
        "-rss_limit_mb=1024",
    ]
    atheris.Setup([name, *options, f"-artifact_prefix={new_inputs}/crash-", new_inputs, corpus], TARGETS[name])
    atheris.Fuzz()
    return 0


def _mutate(name: str, seconds: float, new_inputs: Path, corpus: Path) -> int:
    from tests.fuzz.targets import TARGETS

    target: Callable[[bytes], None] = TARGETS[name]
    seeds = [path.read_bytes() for path in sorted(corpus.iterdir())]
    chance = random.Random(1)
    deadline = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < deadline:
        candidate = _mutated(chance.choice(seeds), chance)
        runs += 1
        try:
            target(candidate)
        except Exception:
            (new_inputs / "crash-mutator").write_bytes(candidate)
            raise
    sys.stderr.write(f"stat::number_of_executed_units: {runs}\n")
    return 0


def _mutated(seed: bytes, chance: random.Random) -> bytes:
    mutant = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        start = chance.randint(0, len(mutant))
        stop = min(len(mutant), start + chance.randint(0, 4))
        mutant[start:stop] = chance.choice([*_PIECES, bytes([chance.randrange(256)]), bytes(mutant[:8])])
    return bytes(mutant[:MAX_INPUT_BYTES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
