"""Trains the embedded classifier: our own templates plus the public intent rows, calibrated on sources left out.

    python -m tools.train.train --shared ../shared        writes services/worker/.../policy/model/intents.bin

Needs the packages of requirements-train.in. The same inputs give the same file.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one thread: the same sums in the same order on every machine

from tools.train.model_file import write_trained  # noqa: E402
from tools.train.provenance import write_provenance  # noqa: E402
from tools.train.recipe import RECIPE, fit_recipe, fit_temperature, load_rows, with_temperature  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MODEL_FILE = ROOT / "services/worker/src/rp_mw_worker/policy/model/intents.bin"


def main() -> int:
    """Train, calibrate, write the model and where it came from; 0 when done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder that holds data/intents")
    parser.add_argument("--output", type=Path, default=MODEL_FILE)
    parser.add_argument("--version", default="1.0.0")
    args = parser.parse_args()
    rows_file = args.shared / "data/intents/dev.jsonl"
    if not rows_file.is_file():
        sys.stderr.write(f"train: {rows_file} is not there; give its folder with --shared\n")
        return 1
    rows = load_rows(rows_file)
    sys.stderr.write(f"train: {len(rows)} public rows beside the messages from templates; this takes some minutes\n")
    temperature = fit_temperature(rows)
    model = with_temperature(fit_recipe(rows), temperature)
    write_trained(args.output, args.version, model, RECIPE)
    write_provenance(args.output, rows_file, rows, temperature)
    sys.stderr.write(
        f"train: wrote {args.output} ({args.output.stat().st_size} bytes), temperature {temperature:.3f}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
