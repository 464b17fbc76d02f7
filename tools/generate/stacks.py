"""The Terraform that stacks repeat, because Terraform roots share no files, and the whole stack of a plain consumer.

The worker's stack is the original of what is repeated: change it there, then run `make generate`. What it repeats of
resources stands in the module `consumer` too, which a plain consumer's stack, one file, calls for all it makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ORIGINAL = "worker"
FOUNDATION = "foundation"
RESOURCES = "resources"
CONSUMER_MODULE = "terraform/modules/consumer"
REPEATED_BY_FOUNDATION = (
    "versions.tf",
    "environment.tf",
    f"{RESOURCES}/versions.tf",
    f"{RESOURCES}/environment.tf",
)
REPEATED = (*REPEATED_BY_FOUNDATION, "outputs.tf", f"{RESOURCES}/release.tf", f"{RESOURCES}/outputs.tf")
HEAD = "# Written by `make generate` from config/topology.yaml and the worker's stack: change those, not this file.\n"
HERE = Path(__file__).parent
# A stack knows where the topology is by where it stands; the module is told.
TOPOLOGY_OF_A_STACK, TOPOLOGY_OF_THE_MODULE = '"${path.module}/../../../../config/topology.yaml"', "var.topology_file"


def is_generated(function: Mapping[str, Any]) -> bool:
    """Whether the topology says all there is to say about the function's stack."""
    return "consumer_stack" in function


def render_stacks(root: Path, functions: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield path below `root` and text of every Terraform file that follows from the topology or the original."""
    original = root / "terraform" / "stacks" / ORIGINAL
    texts = {name: (original / name).read_text("utf-8") for name in REPEATED}
    for name in REPEATED_BY_FOUNDATION:
        yield _path(FOUNDATION, name), _for_stack(texts, name, FOUNDATION)
    yield from _module_files(texts)
    for stack, function in functions.items():
        if is_generated(function):
            yield _path(stack, "main.tf"), _consumer_root(texts, stack)
            yield f"{CONSUMER_MODULE}/tests/{stack}.tftest.hcl", _consumer_test(stack, function)
        elif stack != ORIGINAL:
            yield from ((_path(stack, name), _for_stack(texts, name, stack)) for name in REPEATED)


def _module_files(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        folder, _, file = name.rpartition("/")
        if folder == RESOURCES:
            yield f"{CONSUMER_MODULE}/{file}", text.replace(TOPOLOGY_OF_A_STACK, TOPOLOGY_OF_THE_MODULE)


def _consumer_root(texts: Mapping[str, str], stack: str) -> str:
    """One file for what is many in a stack written by hand."""
    repeated = [_for_stack(texts, name, stack) for name in REPEATED if not name.startswith(RESOURCES)]
    return "\n".join([HEAD, *repeated, (HERE / "consumer_root.tf.txt").read_text("utf-8")])


def _consumer_test(stack: str, function: Mapping[str, Any]) -> str:
    """The module's test on the product's topology; where it stands `make tf` runs it."""
    text = (HERE / "consumer_test.tftest.txt").read_text("utf-8").replace("@NAME@", stack)
    return text.replace("@RESERVED@", str(function["consumer_stack"]["reserved_concurrency"]))


def _for_stack(texts: Mapping[str, str], name: str, stack: str) -> str:
    """Only the root's versions.tf names its stack: the key of the state, and what its values are called by."""
    return texts[name].replace(f'"{ORIGINAL}', f'"{stack}') if name == "versions.tf" else texts[name]


def _path(stack: str, name: str) -> str:
    return f"terraform/stacks/{stack}/{name}"
