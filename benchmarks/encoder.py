"""What the encoder costs the worker: its file, the first message that it reads, memory, and each message after.

    python -m benchmarks.encoder    beside the hashed words alone, in processes of their own, one thread

The messages are those of tests/data/screen/blind.jsonl in the six languages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT / "tests/data/screen/blind.jsonl"
ROUNDS = 5
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from rp_mw_worker.classifiers.embedded import LANGUAGES_MODEL_FILE, EmbeddedClassifier
import rp_mw_worker.domain.interpretation, rp_mw_worker.domain.screen
rows = map(json.loads, Path(sys.argv[2]).read_text("utf-8").splitlines())
texts = [row["text"] for row in rows if row["lang"] != "en"]
def memory():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
before, start = memory(), time.process_time()
if sys.argv[1] == "words":
    classifier = EmbeddedClassifier(frozenset(), LANGUAGES_MODEL_FILE)
else:
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier
    classifier = load_multilingual_classifier(frozenset())
classifier.classify(texts[0])
first = time.process_time() - start
times = []
for text in texts:
    start = time.process_time()
    classifier.classify(text)
    times.append(time.process_time() - start)
times.sort()
print(json.dumps({"first": first, "p50": times[len(times) // 2], "p95": times[len(times) * 95 // 100],
                  "memory": memory() - before}))
"""


def main() -> int:
    """Print a line a figure; each is the median of ROUNDS processes."""
    from rp_mw_worker.classifiers.multilingual import ENCODER_FILE

    content = ENCODER_FILE.read_bytes()
    sys.stdout.write(f"file {len(content) / 1e6:.1f} MB, {len(zlib.compress(content, 9)) / 1e6:.1f} MB in a zip\n")
    alone, both = _median("words"), _median("both")
    for name, unit, scale in (("first", "ms", 1e3), ("p50", "ms", 1e3), ("p95", "ms", 1e3), ("memory", "MB", 1)):
        old, new = alone[name] * scale, both[name] * scale
        sys.stdout.write(f"{name:<8}words alone {old:7.2f} {unit}   with the encoder {new:7.2f} {unit}\n")
    return 0


def _median(what: str) -> dict[str, float]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    found = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", _CHILD, what, str(MESSAGES)]
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found.append(json.loads(told.stdout))
    return {name: sorted(one[name] for one in found)[ROUNDS // 2] for name in found[0]}


if __name__ == "__main__":
    raise SystemExit(main())
