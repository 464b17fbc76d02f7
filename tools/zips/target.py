"""The two machines a zip is built for: this one, and Lambda's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging import tags
from packaging.markers import default_environment

from tools.zips.layout import BuildError

LAMBDA_PYTHON = "3.13"
# Amazon Linux 2023 has glibc 2.34; pip wants every accepted platform named. Source: AWS Lambda runtimes page.
LAMBDA_GLIBC_MINORS = (34, 31, 28, 27, 26, 24, 17)
LAMBDA_PLATFORMS = (*(f"manylinux_2_{minor}_aarch64" for minor in LAMBDA_GLIBC_MINORS), "manylinux2014_aarch64")
ELF_MACHINES = {"aarch64": 183, "x86_64": 62}


@dataclass(frozen=True)
class Target:
    """What wheels fit and which Python makes the bytecode. `machine` is as in ELF_MACHINES, or "" where unchecked."""

    name: str
    python: str
    python_version: str
    platforms: tuple[str, ...]
    machine: str

    @property
    def is_local(self) -> bool:
        """Whether the zip runs on this very machine and Python."""
        return self.name == "local"

    @cached_property
    def runtime(self) -> tuple[str, str]:
        """Full version and bytecode magic number (hexadecimal) of the Python that compiles."""
        script = "import sys, importlib.util as u; print('%d.%d.%d' % sys.version_info[:3], u.MAGIC_NUMBER.hex())"
        done = subprocess.run([self.python, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
        version, magic = done.stdout.split()
        return version, magic

    @property
    def key(self) -> str:
        """Names the target in caches: changes whenever its bytecode or wheels would."""
        return f"{self.name}-{self.runtime[0]}-{self.platforms[0]}"

    def marker_environment(self) -> dict[str, str]:
        """The environment markers see on the target. Source: dependency specifiers, environment markers."""
        environment = {name: str(value) for name, value in default_environment().items()}
        if not self.is_local:
            environment |= {
                "platform_machine": "aarch64",
                "platform_system": "Linux",
                "sys_platform": "linux",
                "os_name": "posix",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
                "python_version": self.python_version,
                "python_full_version": self.runtime[0],
            }
        return environment


def local_target() -> Target:
    """The Python that runs the build, on this machine."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Target("local", sys.executable, version, tuple(tags.platform_tags()), "")


def lambda_target() -> Target:
    """Lambda's Python on Arm. Raises BuildError when this machine has no such Python to make the bytecode with."""
    return Target("lambda", find_python(LAMBDA_PYTHON, os.environ), LAMBDA_PYTHON, LAMBDA_PLATFORMS, "aarch64")


def find_python(version: str, environ: Mapping[str, str]) -> str:
    """A command for that Python: LAMBDA_PYTHON, this one, `pythonX.Y` on the path, or one pyenv installed.

    Raises BuildError when none runs: bytecode made by another Python is ignored by Lambda, at 2.4 times the cold start.
    """
    candidates = [
        environ.get("LAMBDA_PYTHON"),
        sys.executable,
        shutil.which(f"python{version}", path=environ.get("PATH")),
    ]
    versions = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates += [str(path) for path in sorted(versions.glob(f"{version}.*/bin/python"), reverse=True)]
    for candidate in filter(None, candidates):
        if _is_python(candidate, version):
            return candidate
    raise BuildError(
        f"no Python {version} found to make the bytecode for Lambda; install it (apt-get install "
        f"python{version}, pyenv install {version} or uv python install {version}), "
        "or name it: LAMBDA_PYTHON=/path/to/python make build TARGET=lambda"
    )


def _is_python(command: str, version: str) -> bool:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [command, "-I", "-S", "-c", script], capture_output=True, text=True, check=False, timeout=20
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == version
