"""Every import contract catches a breach of it: planted in a copy of the sources, one at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
# contract id -> the file that breaks it (made if it is not there) and the line that does
BREACHES = [
    ("domain-is-pure", "rp_mw_worker/domain/decide.py", "import httpx2"),
    ("domain-is-pure", "rp_mw_ingress/domain/payload.py", "import logging"),
    ("domain-is-pure", "rp_mw_worker/domain/interpretation.py", "import numpy"),
    ("services-are-independent", "rp_mw_worker/handler.py", "import rp_mw_ingress.handler"),
    ("shared-knows-nobody", "rp_mw_shared/clock.py", "import rp_mw_worker.handler"),
    ("services-know-no-tool", "rp_mw_enricher/handler.py", "import rp_mw_local.stack"),
    ("ops-without-local", "rp_mw_ops/environment.py", "import rp_mw_local.supervisor"),
    ("ops-without-local", "rp_mw_ops/commands/explain.py", "import rp_mw_local.errors"),
    ("local-without-ops", "rp_mw_local/stack.py", "import rp_mw_ops.flags"),
    ("ops-layers", "rp_mw_ops/console/reader.py", "import rp_mw_ops.commands.flags"),
    ("ops-layers", "rp_mw_ops/printing.py", "import rp_mw_ops.environment"),
    ("ops-layers", "rp_mw_ops/homeless.py", ""),
    ("commands-are-independent", "rp_mw_ops/commands/dlq.py", "import rp_mw_ops.commands.flags"),
    ("local-layers", "rp_mw_local/stack.py", "import rp_mw_local.supervisor"),
    ("worker-layers", "rp_mw_worker/domain/gates/report.py", "import rp_mw_worker.ports"),
    ("worker-layers", "rp_mw_worker/steps/claim.py", "import rp_mw_worker.process"),
    ("worker-layers", "rp_mw_worker/classifiers/cascade.py", "import rp_mw_worker.adapters.records_items"),
    ("worker-layers", "rp_mw_worker/homeless.py", ""),
    ("steps-are-independent", "rp_mw_worker/steps/send_reply.py", "import rp_mw_worker.steps.recover"),
    ("steps-are-independent", "rp_mw_worker/steps/context.py", "import rp_mw_worker.steps.claim"),
    ("adapters-know-ports-and-domain", "rp_mw_worker/adapters/records_items.py", "import rp_mw_worker.steps.context"),
    (
        "adapters-know-ports-and-domain",
        "rp_mw_worker/adapters/richpanel/ticket.py",
        "import rp_mw_worker.policy.loader",
    ),
    ("no-circles", "rp_mw_worker/domain/model.py", "import rp_mw_worker.domain.decide"),
    ("no-circles", "rp_mw_ingress/ports.py", "import rp_mw_ingress.accept"),
    ("no-circles", "rp_mw_enricher/domain/statuses.py", "import rp_mw_enricher.domain.order_facts"),
    ("no-circles", "rp_mw_shared/errors.py", "import rp_mw_shared.settings"),
    ("no-circles", "rp_mw_ops/dead_letters/port.py", "import rp_mw_ops.dead_letters.redrive"),
    ("ingress-starts-fast", "rp_mw_ingress/accept.py", "import pydantic"),
    ("powertools-at-the-edge", "rp_mw_ingress/accept.py", "import aws_lambda_powertools"),
]


def contracts() -> set[str]:
    """The ids of all contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}


def is_kept(sources: Path, contract: str) -> bool:
    """Whether the contract is kept by these sources; anything but kept or broken fails the test."""
    command = [str(LINTER), "--no-logo", "--config", str(ROOT / "pyproject.toml"), "--contract", contract]
    environment = {**os.environ, "PYTHONPATH": str(sources), "COLUMNS": "200"}
    result = subprocess.run(
        [*command, "--cache-dir", str(sources / "cache")],
        cwd=sources,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 kept, 0 broken" in result.stdout or "0 kept, 1 broken" in result.stdout, result.stdout + result.stderr
    return result.returncode == 0


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all packages, side by side; a test puts back what it changes."""
    folder = tmp_path_factory.mktemp("sources")
    for source in [*ROOT.glob("packages/*/src/rp_mw_*"), *ROOT.glob("services/*/src/rp_mw_*")]:
        if source.suffix != ".egg-info":
            ignored = shutil.ignore_patterns("*.bin", "__pycache__")
            shutil.copytree(source, folder / source.name, ignore=ignored)
    return folder


def test_every_contract_has_a_breach() -> None:
    """A new contract comes with the proof that it catches something."""
    assert {contract for contract, _, _ in BREACHES} == contracts()


@pytest.mark.parametrize("contract", sorted(contracts()))
def test_the_sources_as_they_are_keep_it(sources: Path, contract: str) -> None:
    """Else a breach would prove nothing."""
    assert is_kept(sources, contract)


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_breach_is_caught(sources: Path, contract: str, file: str, line: str) -> None:
    """The planted import breaks this very contract."""
    path = sources / file
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        assert not is_kept(sources, contract)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, "utf-8")
