"""Builds a service's zip: its code, its own copy of the shared code, exactly its locked dependencies.

Two builds of the same inputs are byte-identical, and a zip that cannot import all it will ever import is not made.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time
from pathlib import Path

from tools.zips.archive import pack
from tools.zips.attribution import write_sbom
from tools.zips.build_lock import only_one_build
from tools.zips.bytecode import compile_tree
from tools.zips.dependencies import (
    builder_digest,
    compiled_distributions,
    dependency_tree,
    install,
    scratch_folder,
    trim,
)
from tools.zips.layout import BuildError, Repository, Service
from tools.zips.lockfile import parse_lock, pins_for
from tools.zips.prove import prove_zip
from tools.zips.target import Target, lambda_target, local_target

TARGETS = {"local": local_target, "lambda": lambda_target}


def build_zip(repository: Repository, service: Service, target: Target) -> Path:
    """The finished and proven zip in the repository's dist folder.

    A second build of the same service waits for the first and takes what that has made.
    Raises BuildError when dependencies cannot be installed, code does not compile or the zip is incomplete.
    """
    with only_one_build(repository, service, target):
        return _build_zip(repository, service, target)


def _build_zip(repository: Repository, service: Service, target: Target) -> Path:
    output = repository.dist_dir / f"{service.name}-{service.version}-{target.name}.zip"
    dependencies = dependency_tree(repository, service, target)
    kept = repository.cache_dir / "zips" / f"{service.name}-{_digest(service, dependencies, target)}.zip"
    if not kept.is_file():
        with scratch_folder(repository.cache_dir) as folder:
            tree = folder / "tree"
            _lay_out(service, dependencies, tree, target)
            candidate = folder / output.name
            pack(tree, candidate)
            prove_zip(candidate, service.module, target, folder / "proof", _overlay(service, target, tree, folder))
            kept.parent.mkdir(parents=True, exist_ok=True)
            candidate.replace(kept)
    _copy(kept, output)
    return output


def main(arguments: list[str] | None = None) -> int:
    """Builds the services asked for, one line each; 1 with one line on standard error when one cannot be built."""
    repository = Repository(Path(__file__).resolve().parents[1])
    parser = argparse.ArgumentParser(prog="build_zip", description="Build the services' zips.")
    parser.add_argument("service", nargs="*", help="default: all")
    parser.add_argument("--target", choices=sorted(TARGETS), default="local", help="this machine, or Lambda")
    chosen = parser.parse_args(arguments)
    try:
        target = TARGETS[chosen.target]()
        for name in chosen.service or repository.service_names():
            started = time.monotonic()
            path = build_zip(repository, repository.service(name), target)
            size_mb = path.stat().st_size / 1e6
            sys.stdout.write(
                f"{path.relative_to(repository.root)}  {size_mb:.2f} MB  {time.monotonic() - started:.1f} s\n"
            )
            sys.stdout.flush()
    except BuildError as error:
        sys.stderr.write(f"build: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("build: interrupted; what was finished stays in build/\n")
        return 130
    return 0


def _lay_out(service: Service, dependencies: Path, tree: Path, target: Target) -> None:
    for name, source in service.source_files():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, tree / name)
    for folder in service.contents.policies:
        _compile_policy(tree / folder)
    compile_tree(tree, target)
    shutil.copytree(dependencies, tree, dirs_exist_ok=True)
    write_sbom(tree, service.name, service.version)


def _compile_policy(folder: Path) -> None:
    """Compile the policy, and see that a shop's correction fits the model that ships with it."""
    from rp_mw_shared.errors import ConfigurationError
    from rp_mw_worker.classifiers.embedded import CORRECTION_FILE, MODEL_FILE, EmbeddedClassifier
    from rp_mw_worker.policy.loader import COMPILED_NAME, compile_policy

    try:
        compile_policy(folder, folder / COMPILED_NAME)
        model = folder / "model" / MODEL_FILE.name
        if model.exists():
            EmbeddedClassifier(frozenset(), model, model.with_name(CORRECTION_FILE.name))
    except ConfigurationError as error:
        raise BuildError("; ".join(error.problems)) from error


def _overlay(service: Service, target: Target, tree: Path, folder: Path) -> Path | None:
    """This machine's builds of the compiled packages in another machine's zip, trimmed as there, for the proof."""
    if target.is_local:
        return None
    compiled = compiled_distributions(tree)
    here = Target("overlay", target.python, target.python_version, local_target().platforms, "")
    pins = pins_for(parse_lock(service.lock), target.marker_environment())
    overlay = folder / "overlay"
    install(tuple(pin for pin in pins if pin.name in compiled), here, overlay)
    trim(overlay, tuple(name for name in service.contents.dependencies_left_out if any(overlay.glob(name))))
    return overlay


def _digest(service: Service, dependencies: Path, target: Target) -> str:
    total = hashlib.sha256(f"{dependencies.name} {target.key} {builder_digest()}".encode())
    total.update(Path(__file__).read_bytes())
    for name, source in service.source_files():
        total.update(f"{name}\0".encode() + hashlib.sha256(source.read_bytes()).digest())
    return total.hexdigest()[:24]


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(f".{destination.name}.partial")
    shutil.copyfile(source, partial)
    partial.replace(destination)


if __name__ == "__main__":
    raise SystemExit(main())
