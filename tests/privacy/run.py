"""`make privacy` and `make privacy-selftest`: nothing of the canary is kept, and every planted leak is seen."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faults.printing import say
from tests.privacy.selftest import selftest
from tests.privacy.watch import watch


def main(arguments: list[str] | None = None) -> int:
    """Watch the product, or plant leaks into copies of it; 1 when something leaks, or a planted leak is missed."""
    parser = argparse.ArgumentParser(prog="make privacy")
    parser.add_argument("--selftest", action="store_true", help="plant leaks in copies of the sources, one by one")
    parser.add_argument("--only", default="", help="with --selftest: only leaks whose name holds this")
    chosen = parser.parse_args(arguments)
    return selftest(chosen.only) if chosen.selftest else _watch()


def _watch() -> int:
    started, seen = time.monotonic(), watch()
    for leak in seen.leaks:
        say(f"LEAKED {leak}")
    if seen.failure:
        say(f"the product did not run to its end: {seen.failure}")
    is_clean = not seen.leaks and not seen.failure
    say(f"{'nothing is kept' if is_clean else 'NOT CLEAN'}: {time.monotonic() - started:.0f} s")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
