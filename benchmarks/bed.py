"""The test bed: peers installed from their lock, our zips built and unpacked, a loopback AWS, a clean environment."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.certificate import write_bundle, write_certificate
from benchmarks.stub import WEBHOOK_TOKEN, Stub, running_stub
from benchmarks.variants import EARLIER, VARIANTS, VARIANTS_BEFORE, Variant
from rp_mw_shared.environments.topology import load_topology
from tools.build_zip import build_zip
from tools.zips.layout import BuildError, Repository
from tools.zips.target import local_target

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "build" / "bench"
# As long as Lambda's: it is part of every signed request.
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE" + "A" * 880


@dataclass(frozen=True, slots=True)
class Bed:
    """Where things are; `zips` holds the built zip of each service."""

    stub: Stub
    zips: dict[str, Path]
    variants: tuple[Variant, ...]

    def command(self, variant: Variant, mode: str, count: int = 0) -> list[str]:
        """The command line that runs `variant`: no site packages, nothing of this process."""
        programs = FOLDER / ("subjects" if variant.service else "peers")
        libraries = FOLDER / variant.service if variant.service else FOLDER / "site"
        roots = [str(programs), str(libraries)]
        if mode == "marginal" and variant.service:
            roots.append(str(FOLDER / "site"))  # Lambda's own, after the zip's
        options = ["-s", "-S", "-P", "-B"]
        return [sys.executable, *options, str(FOLDER / "drive.py"), variant.module, mode, str(count), *roots]

    def environment(self, variant: Variant, *, tls: bool = False) -> dict[str, str]:
        """The environment of every measured process, ours and theirs alike: each trusts the authorities that its own
        SDK ships, and the loopback server's."""
        url = self.stub.tls_url if tls else self.stub.plain_url
        bundle = FOLDER / f"{variant.service or 'site'}.pem"
        return _settings(url) | {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(FOLDER),
            "AWS_REGION": "us-east-2",
            "AWS_DEFAULT_REGION": "us-east-2",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-key",
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_ENDPOINT_URL": url,
            "AWS_CA_BUNDLE": str(bundle),
            "SSL_CERT_FILE": str(bundle),
            "WEBHOOK_TOKEN": WEBHOOK_TOKEN,
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_TRACE_DISABLED": "1",
        }


@contextlib.contextmanager
def prepared_bed(services: Collection[str] = (), before: Path | None = None) -> Iterator[Bed]:
    """Make everything ready for the named services, all by default; `before` is a folder with zips of an earlier build.

    Raises BuildError when a part cannot be made.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    install_peers()
    zips = unpack_zips(services)
    if before is not None:
        zips |= unpack_earlier_zips(before)
    copy_programs()
    certificate, key = write_certificate(FOLDER)
    for name in ("site", *zips):
        write_bundle(FOLDER / f"{name}.pem", certificate, FOLDER / name / "botocore" / "cacert.pem")
    with running_stub(certificate, key) as stub:
        chosen = [one for one in (*VARIANTS, *VARIANTS_BEFORE) if one.service is None or one.service in zips]
        yield Bed(stub, zips, tuple(chosen))


def install_peers() -> None:
    """Install the peers' locked dependencies with compiled bytecode, unless this very lock is installed.

    Raises BuildError when pip fails.
    """
    lock, target, stamp = HERE / "requirements.lock", FOLDER / "site", FOLDER / "site.stamp"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", str(target), "-r", str(lock)]
    if subprocess.run(command, check=False).returncode:
        raise BuildError("pip could not install what the benchmarks compare with, see above")
    stamp.write_text(digest)


def unpack_zips(services: Collection[str]) -> dict[str, Path]:
    """Build each service's zip and unpack it, as Lambda does, unless this very zip lies there; returns the zips."""
    repository = Repository(ROOT)
    zips = {}
    for name in services or repository.service_names():
        zips[name] = build_zip(repository, repository.service(name), local_target())
        _unpack(name, zips[name])
    return zips


def unpack_earlier_zips(folder: Path) -> dict[str, Path]:
    """Unpack the zips that an earlier `make build` left in `folder`; returns them. Raises BuildError without them."""
    zips = {}
    for variant in VARIANTS_BEFORE:
        name = str(variant.service)
        found = sorted(folder.glob(f"{name.removesuffix(EARLIER)}-*-local.zip"))
        if not found:
            raise BuildError(f"{folder} has no {name.removesuffix(EARLIER)} zip: `make build` there first")
        zips[name] = found[-1]
        _unpack(name, zips[name])
    return zips


def _unpack(name: str, zip_path: Path) -> None:
    stamp = FOLDER / f"{name}.stamp"
    digest = hashlib.sha256(zip_path.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(FOLDER / name)
    stamp.write_text(digest)


def copy_programs() -> None:
    """Copy driver, peers and subjects and compile them: nobody pays for compiling a source."""
    import compileall

    for name in ("peers", "subjects"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        shutil.copytree(HERE / name, FOLDER / name, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(FOLDER / name, quiet=2)
    shutil.copyfile(HERE / "drive.py", FOLDER / "drive.py")


def _settings(url: str) -> dict[str, str]:
    """Every function's settings in one environment, as the topology names them."""
    topology = load_topology("bench")
    queue = f"{url}/123456789012/rp-mw-bench-events.fifo"
    names: dict[str, Any] = {f"secret.{key}": name for key, name in topology.secrets.items()}
    names |= {f"table.{key}.name": spec.name for key, spec in topology.tables.items()}
    names |= {f"table.{key}.ttl_days": spec.ttl_days for key, spec in topology.tables.items()}
    settings: dict[str, str] = {}
    for function in topology.functions.values():
        for key, value in function.environment.items():
            settings[key] = _resolved(value, names | {"flags.path": topology.flags_path}, queue, url)
    return settings


def _resolved(value: str, names: dict[str, Any], queue: str, url: str) -> str:
    if not value.startswith("${"):
        return value
    name = value[2:-1]
    if name.startswith("queue."):
        return queue
    if name.startswith("vendor."):
        return url if name.endswith("url") else "agent-1"
    numbers = {"function.worker.maximum_concurrency": "4", "function.worker.timeout_seconds": "60"}
    return numbers[name] if name in numbers else str(names[name])
