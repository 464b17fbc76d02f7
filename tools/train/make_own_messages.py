"""Writes the product's own messages that `rp-mw learn` holds a shop's correction against, from our templates.

    python -m tools.train.make_own_messages

Run it when a label is added; the same templates give the same file.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from rp_mw_ops.learn.examples import OWN_MESSAGES
from tools.train.synthesise import Size, load_grammar, synthesise

OF_A_LABEL = 12
_MADE = Size(per_template=1, least=60, most=60)
_SEED = 18


def main(path: Path = OWN_MESSAGES) -> int:
    """Write OF_A_LABEL different messages of each label, in the order of the labels."""
    lines, rng = [], random.Random(_SEED)
    made = synthesise(load_grammar(), _MADE, _SEED)
    for label in sorted({one.label for one in made}):
        texts = sorted({one.text for one in made if one.label == label})
        for number, text in enumerate(sorted(rng.sample(texts, OF_A_LABEL)), 1):
            row = {"id": f"{label}-{number:02}", "text": text, "intent": label, "source": "own"}
            lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    sys.stdout.write(f"{path.name}: {len(lines)} messages\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
