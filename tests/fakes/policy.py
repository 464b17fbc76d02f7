"""The policy that tests of behaviour run on: tests/policy, which no support lead edits, with the shipped screen words.

A shop's edit of intents, teams or replies so changes no test. What is shipped is held by
tests/unit/worker/policy/test_shipped_policy.py alone. The screen's words, the marks of machines'
mail, the claims and the carriers are the product's own and are measured as shipped.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy import loader

OWN = Path(__file__).parents[1] / "policy"
_SHIPPED = ("screen*.yaml", "machine_marks.yaml", "matters.yaml", "claims.yaml", "carriers.yaml")


def copy_policy(target: Path) -> None:
    """Put the files of the tests' policy into the folder `target`, which a test may then edit."""
    shipped = (path for name in _SHIPPED for path in loader.POLICY_DIRECTORY.glob(name))
    for path in (*OWN.glob("*.yaml"), *shipped):
        shutil.copy(path, target)


@cache
def policy_directory() -> Path:
    """Return a folder that holds the tests' policy, for `--policy`; it is not to be edited."""
    folder = Path(tempfile.mkdtemp(prefix="rp-mw-test-policy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy_policy(folder)
    return folder


@cache
def load_policy() -> Policy:
    """Return the tests' policy."""
    return loader.load_policy(policy_directory())
