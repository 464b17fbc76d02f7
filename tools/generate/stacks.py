"""The Terraform that stacks repeat, because Terraform roots share no files, and the whole stack of a plain consumer.

The worker's stack is the original of what is repeated: change it there, then run `make generate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ORIGINAL = "worker"
FOUNDATION = "foundation"
RESOURCES = "resources"
REPEATED_BY_FOUNDATION = (
    "versions.tf",
    "environment.tf",
    f"{RESOURCES}/versions.tf",
    f"{RESOURCES}/environment.tf",
)
REPEATED = (*REPEATED_BY_FOUNDATION, "outputs.tf", f"{RESOURCES}/release.tf", f"{RESOURCES}/outputs.tf")
HEAD = "# Written by `make generate` from config/topology.yaml and the worker's stack: change those, not this file.\n"
HERE = Path(__file__).parent


def is_generated(function: Mapping[str, Any]) -> bool:
    """Whether the topology says all there is to say about the function's stack."""
    return "consumer_stack" in function


def render_stacks(root: Path, functions: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield path below `root` and text of every file of a stack that follows from the topology or the original."""
    original = root / "terraform" / "stacks" / ORIGINAL
    texts = {name: (original / name).read_text("utf-8") for name in REPEATED}
    for name in REPEATED_BY_FOUNDATION:
        yield _path(FOUNDATION, name), _for_stack(texts, name, FOUNDATION)
    for stack, function in functions.items():
        if is_generated(function):
            yield from _consumer_files(texts, stack)
        elif stack != ORIGINAL:
            yield from ((_path(stack, name), _for_stack(texts, name, stack)) for name in REPEATED)


def _consumer_files(texts: Mapping[str, str], stack: str) -> Iterator[tuple[str, str]]:
    """Two files for what is many in a stack written by hand: the root, and its resources."""
    own = [_for_stack(texts, name, stack) for name in REPEATED]
    in_resources = [text for name, text in zip(REPEATED, own, strict=True) if name.startswith(RESOURCES)]
    in_root = [text for name, text in zip(REPEATED, own, strict=True) if not name.startswith(RESOURCES)]
    yield _path(stack, "main.tf"), "\n".join([HEAD, *in_root, _template("consumer_root.tf.txt", stack)])
    resources = [HEAD, *in_resources, _template("consumer_stack.tf.txt", stack)]
    yield _path(stack, f"{RESOURCES}/main.tf"), "\n".join(resources)
    test = f"{RESOURCES}/tests/{stack}.tftest.hcl"
    yield _path(stack, test), _template("consumer_stack.tftest.txt", stack)


def _template(name: str, stack: str) -> str:
    return (HERE / name).read_text("utf-8").replace("@NAME@", stack)


def _for_stack(texts: Mapping[str, str], name: str, stack: str) -> str:
    """Only the root's versions.tf names its stack: the key of the state, and what its values are called by."""
    return texts[name].replace(f'"{ORIGINAL}', f'"{stack}') if name == "versions.tf" else texts[name]


def _path(stack: str, name: str) -> str:
    return f"terraform/stacks/{stack}/{name}"
