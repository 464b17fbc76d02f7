"""Tier 0 is what intents.yaml says: no code of the product, the operator's tool or the tools lists such a label."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.policy import load_policy

ROOT = Path(__file__).resolve().parents[4]
# A reason code with a meaning of its own, its sentence and its remedy; the words of the simulated vendor's model.
OTHER_MEANINGS = {
    "packages/shared/src/rp_mw_shared/reasons.py",
    "packages/ops/src/rp_mw_ops/why_not.py",
    "packages/local/src/rp_mw_local/simulators/openai_answers.py",
}


def named_in(root: Path, labels: frozenset[str]) -> list[str]:
    """Every place in the code below `root` whose literal is one of `labels`, as file:line label."""
    return [
        f"{path.relative_to(root).as_posix()}:{line} {label}"
        for path in _sources(root)
        for line, label in _literals(path.read_text("utf-8"))
        if label in labels
    ]


def _sources(root: Path) -> Iterator[Path]:
    for pattern in ("packages/*/src/**/*.py", "services/*/src/**/*.py", "tools/**/*.py", "benchmarks/**/*.py"):
        for path in sorted(root.glob(pattern)):
            if path.relative_to(root).as_posix() not in OTHER_MEANINGS:
                yield path


def _literals(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_no_code_names_a_tier0_label() -> None:
    """A shop that calls a label otherwise, or adds one, has it treated as tier 0 everywhere."""
    assert named_in(ROOT, load_policy().tier0_labels) == []


def test_a_label_in_code_is_found(tmp_path: Path) -> None:
    """The check above sees a breach."""
    path = tmp_path / "services/worker/src/a.py"
    path.parent.mkdir(parents=True)
    path.write_text('RISKS = frozenset({"legal_threat", "refund_request"})\n', "utf-8")
    assert named_in(tmp_path, load_policy().tier0_labels) == ["services/worker/src/a.py:1 legal_threat"]
