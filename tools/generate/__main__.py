"""`make generate`: write again what follows from config/topology.yaml.

`--check` writes nothing, and exits 1 if there were something to write.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.generate.files import TopologyError, find_outdated, write_outdated

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """0 when everything follows, 1 when something does not or the topology is wrong."""
    try:
        if "--check" in arguments:
            outdated = find_outdated(ROOT)
            for path in outdated:
                print(f"generate: {path} does not follow from config/topology.yaml: run make generate", file=sys.stderr)
            return 1 if outdated else 0
        for path in write_outdated(ROOT):
            print(f"wrote {path}")
    except TopologyError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
