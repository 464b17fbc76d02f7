"""What the import contracts cannot see: environment and loggers in the domain, and the sizes the house keeps."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for pattern in ("packages/*/src", "services/*/src") for path in ROOT.glob(f"{pattern}/**/*.py"))
DOMAIN = [path for path in SOURCES if "domain" in path.parts]
HANDLERS = [path for path in SOURCES if path.name == "handler.py"]
FORBIDDEN_ATTRIBUTES = {("os", "environ"), ("os", "getenv"), ("time", "time"), ("time", "monotonic")}
FORBIDDEN_CALLS = {"getLogger", "print", "now", "utcnow", "today"}
# A file read is an effect too: what the domain needs of a file it is given.
FORBIDDEN_CALLS |= {"open", "read_text", "read_bytes", "iterdir", "glob", "files", "open_text", "open_binary"}
IMPORTS_WITH_EFFECT = {
    "getenv",
    "client",
    "resource",
    "create_client",
    "get_session",
    "open",
    "urlopen",
    "run",
    "Popen",
}
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def shown(path: Path) -> str:
    """The path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    """Every function and method below a node."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: FunctionNode) -> int:
    """Lines of a function without its docstring."""
    assert node.end_lineno is not None
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring_lines = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - docstring_lines


def effects(tree: ast.AST) -> Iterator[str]:
    """Uses of the environment, a clock, a logger, a file or the standard output."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in FORBIDDEN_ATTRIBUTES:
                yield f"line {node.lineno}: {node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call):
            name = called_name(node)
            if name in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: {name}()"


def called_name(node: ast.Call) -> str:
    """The last part of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def calls_while_importing(tree: ast.Module) -> Iterator[str]:
    """Calls with an effect outside any function: they run when the module is imported."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Call) and called_name(node) in IMPORTS_WITH_EFFECT:
            yield f"line {node.lineno}: {called_name(node)}()"
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            yield f"line {node.lineno}: environ"
        waiting += ast.iter_child_nodes(node)


def test_the_checks_see_what_they_look_for() -> None:
    """Each check finds its own offence in a small example, so a pass of the real ones means something."""
    domain = ast.parse("import os\ndef decide():\n    print(os.environ['X'])\n    return datetime.now()\n")
    assert len(list(effects(domain))) == 3
    module = ast.parse(
        "import os\nQ = os.environ['Q']\nCLIENT = session.create_client('sqs')\ndef f():\n    open('x')\n"
    )
    assert len(list(calls_while_importing(module))) == 2


@pytest.mark.parametrize("path", DOMAIN, ids=shown)
def test_domain_code_reads_no_environment_clock_file_or_logger(path: Path) -> None:
    """What a decision depends on comes in as arguments."""
    assert list(effects(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_importing_a_module_has_no_effect(path: Path) -> None:
    """No environment, client, file or process is touched while a module is imported."""
    assert list(calls_while_importing(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("path", HANDLERS, ids=shown)
def test_a_handler_is_at_most_twenty_lines_without_branches(path: Path) -> None:
    """A handler wires and delegates: no `if` of its own."""
    for node in functions(ast.parse(path.read_text("utf-8"))):
        assert length(node) <= 20
        assert not [inner for inner in ast.walk(node) if isinstance(inner, ast.If | ast.IfExp | ast.Match)]


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_files_and_functions_stay_small(path: Path) -> None:
    """No file over 400 lines, no function over 60."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    too_long = {node.name: length(node) for node in functions(ast.parse(text)) if length(node) > 60}
    assert too_long == {}


def test_the_usual_function_is_short() -> None:
    """Half of all functions have ten lines or fewer, ninety-five of a hundred under forty."""
    lengths = sorted(length(node) for path in SOURCES for node in functions(ast.parse(path.read_text("utf-8"))))
    assert statistics.median(lengths) <= 10
    assert lengths[int(len(lengths) * 0.95)] < 40
