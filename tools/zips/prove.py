"""Proves that a zip is complete: imports the handler, and everything its code imports later, from the zip alone."""

from __future__ import annotations

import ast
import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.zips import bytecode
from tools.zips.layout import OURS, BuildError
from tools.zips.target import ELF_MACHINES, Target

# Source: AWS Lambda quotas, deployment package (.zip file archive), unzipped: 250 MB with the layers.
LAMBDA_UNZIPPED_BYTES = 250 * 2**20
IMPORT_ALL = """
import importlib, json, sys
wanted = json.load(sys.stdin)
sys.path[:0] = wanted['path']
for name in wanted['modules']:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(json.dumps({'module': name, 'missing': error.name or str(error), 'why': str(error)}))
        sys.exit(3)
handler = getattr(importlib.import_module(wanted['handler']), 'handler', None)
if not callable(handler):
    print(json.dumps({'module': wanted['handler'], 'missing': 'handler', 'why': 'no callable named handler'}))
    sys.exit(3)
"""


def prove_zip(zip_path: Path, package: str, target: Target, folder: Path, overlay: Path | None = None) -> int:
    """Unpacks the zip into `folder` and imports all that `package`.handler leads to; returns how many modules that is.

    `overlay` holds builds for this machine of the compiled packages of a zip made for another one.
    Raises BuildError naming the first module that is missing, and who wanted it, or that Lambda refuses the size.
    """
    with zipfile.ZipFile(zip_path) as archive:
        require_room(archive)
        archive.extractall(folder)
    bytecode.require_bytecode(folder, target)
    require_machine(folder, target)
    modules = reachable_imports(folder, f"{package}.handler")
    path = [str(folder)] if overlay is None else [str(overlay), str(folder)]
    question = {"path": path, "modules": sorted(modules), "handler": f"{package}.handler"}
    command = [target.python, "-I", "-S", "-B", "-c", IMPORT_ALL]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode == 3:
        answer = json.loads(done.stdout.splitlines()[-1])
        wanted_by = modules.get(answer["module"], answer["module"])
        raise BuildError(
            f"{zip_path.name} is incomplete: {answer['missing']} is missing ({answer['why']}), wanted by {wanted_by}"
        )
    if done.returncode:
        raise BuildError(
            f"{zip_path.name}: the handler does not import: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
        )
    return len(modules)


def reachable_imports(root: Path, entry: str) -> dict[str, str]:
    """Every module our code reachable from `entry` imports, at once or later, with the first module that wants it."""
    found = {entry: "the runtime"}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        source = _source_of(root, module)
        if source is None:
            continue
        for name in _imports(source, module):
            if name.startswith(OURS) and _source_of(root, name) is None and _source_of(root, name.rpartition(".")[0]):
                continue  # a name defined in a module, not a module
            if name not in found:
                found[name] = module
                if name.startswith(OURS):
                    waiting.append(name)
    return found


def require_room(archive: zipfile.ZipFile) -> None:
    """Raises BuildError for a zip that unpacks to more than Lambda takes."""
    size = sum(entry.file_size for entry in archive.infolist())
    if size > LAMBDA_UNZIPPED_BYTES:
        raise BuildError(f"the zip unpacks to {size} bytes, and Lambda takes {LAMBDA_UNZIPPED_BYTES}: trim zip.yaml")


def require_machine(root: Path, target: Target) -> None:
    """Raises BuildError for a compiled module made for another processor than the target's."""
    if not target.machine:
        return
    for path in (path for pattern in ("*.so", "*.so.*") for path in root.rglob(pattern)):
        machine = int.from_bytes(path.read_bytes()[18:20], "little")
        if machine != ELF_MACHINES[target.machine]:
            raise BuildError(f"{path.relative_to(root)} is not built for {target.machine}")


def _source_of(root: Path, module: str) -> Path | None:
    if not module:
        return None
    base = root.joinpath(*module.split("."))
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def _imports(source: Path, module: str) -> Iterator[str]:
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    for node in _nodes_that_run(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [base])])
            yield base
            if base.startswith(OURS):
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _nodes_that_run(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `node` but those under `if TYPE_CHECKING` and those whose import may fail."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Try) and any("ImportError" in ast.dump(item) for item in child.handlers):
            continue
        yield child
        yield from _nodes_that_run(child)
