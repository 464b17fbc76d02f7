"""Writes neighbours.txt: for each word of the templates, the words of nearly the same meaning by a sentence model.

    python tools/train/make_neighbours.py MODEL_FOLDER       (needs torch and transformers; run by hand, rarely)

Model: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). Only the list is kept: words, no weights.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rp_mw_worker.classifiers.embedded_features import to_words
from tools.train.neighbours import NEIGHBOURS_FILE
from tools.train.synthesise import Size, load_grammar, synthesise

MIN_SIMILARITY = 0.6
MAX_NEIGHBOURS = 5
MIN_MESSAGES = 4
MIN_LETTERS = 3
VOCABULARY_WORDS = 20_000
_KEPT = (
    "the and you your for with this that from have has are was were not but can could will would how what when where "
    "why who which they them she him her his its our out all any one two get got did does had hi hello no nothing "
    "never nobody still yet before after more less first second new old late early today tomorrow yesterday"
)
KEEP_AS_THEY_ARE = frozenset(_KEPT.split())


def main() -> int:
    """Write the list; 0 when done."""
    folder = Path(sys.argv[1])
    lines = (folder / "vocab.txt").read_text("utf-8").splitlines()
    words = [word for word in lines if word.isascii() and word.isalpha() and len(word) >= MIN_LETTERS]
    vocabulary = sorted(set(words[:VOCABULARY_WORDS]))
    vectors = _embed(folder, vocabulary)
    place = {word: index for index, word in enumerate(vocabulary)}
    found = []
    for word in sorted(_template_words() & place.keys()):
        similarity = vectors @ vectors[place[word]]
        nearest = np.argsort(-similarity, kind="stable")[1 : MAX_NEIGHBOURS + 1]
        near = [vocabulary[index] for index in nearest if similarity[index] >= MIN_SIMILARITY]
        if near:
            found.append(" ".join([word, *near]))
    NEIGHBOURS_FILE.write_text("\n".join(found) + "\n", encoding="utf-8")
    return 0


def _template_words() -> set[str]:
    examples = synthesise(load_grammar(), Size(per_template=10, least=700, most=2700), seed=7)
    counts = Counter(word for one in examples for word in set(to_words(one.text)))
    return {word for word, count in counts.items() if count >= MIN_MESSAGES} - KEEP_AS_THEY_ARE


def _embed(folder: Path, words: list[str]) -> NDArray[np.float32]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows: list[Any] = []
    with torch.inference_mode():
        for start in range(0, len(words), 128):
            batch = tokenizer(words[start : start + 128], padding=True, return_tensors="pt")
            mask = batch["attention_mask"].unsqueeze(-1).float()
            mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
            rows.append(torch.nn.functional.normalize(mean, dim=1).numpy())
    return np.asarray(np.concatenate(rows), np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
