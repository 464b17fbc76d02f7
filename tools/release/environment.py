"""One environment in AWS: its region, its accounts, clients for it, and what serves there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.release.releases import Release
from tools.release.terraform import ROOT, DeployError

ALIAS = "live"
_REGION = re.compile(r'^region\s*=\s*"([^"]+)"', re.MULTILINE)
_ACCOUNTS = re.compile(r"^account_ids\s*=\s*\[([^\]]*)\]", re.MULTILINE)


@dataclass(slots=True)
class Aws:
    """The AWS clients of one environment, made when first needed; `root` is the checkout."""

    environment: str
    root: Path = ROOT
    _account: str = field(default="", init=False)

    def client(self, name: str) -> Any:
        import boto3

        return boto3.client(name, region_name=self.region)  # type: ignore[call-overload]

    @property
    def region(self) -> str:
        found = _REGION.search(self._common())
        if found is None:
            raise DeployError(f"common.tfvars of {self.environment} names no region")
        return found[1]

    @property
    def allowed_accounts(self) -> list[str]:
        """The accounts that the environment may be in; never empty."""
        listed = _ACCOUNTS.search(self._common())
        accounts = re.findall(r'"(\d{12})"', listed[1]) if listed else []
        if not accounts:
            raise DeployError(f"common.tfvars of {self.environment} names no account_ids")
        return accounts

    @property
    def account(self) -> str:
        """The account of the credentials; raises DeployError when it is not one of the environment's."""
        if not self._account:
            account = str(self.client("sts").get_caller_identity()["Account"])
            if account not in self.allowed_accounts:
                raise DeployError(
                    f"the credentials belong to account {account}, {self.environment} may be changed from "
                    f"{', '.join(self.allowed_accounts)} only: log in there, or correct account_ids in common.tfvars"
                )
            self._account = account
        return self._account

    @property
    def artefact_bucket(self) -> str:
        return f"rp-mw-{self.environment}-artefacts-{self.account}"

    def function(self, service: str) -> str:
        return f"rp-mw-{self.environment}-{service}"

    def _common(self) -> str:
        folder = self.root / "terraform" / "environments" / self.environment
        return (folder / "common.tfvars").read_text("utf-8")


def live_version(lambda_client: Any, function: str) -> str:
    """The version the alias points to."""
    return str(lambda_client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"])


def published_versions(lambda_client: Any, function: str) -> list[str]:
    """Every published version, the oldest first."""
    pages = lambda_client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    numbers = [int(v["Version"]) for page in pages for v in page["Versions"] if v["Version"] != "$LATEST"]
    return [str(number) for number in sorted(numbers)]


def live_release(lambda_client: Any, function: str) -> Release | None:
    """The release the alias serves: version by the published version's description, digest by Lambda's own word.

    None before the first deploy.
    """
    try:
        configuration = lambda_client.get_function_configuration(FunctionName=function, Qualifier=ALIAS)
    except lambda_client.exceptions.ResourceNotFoundException:
        return None
    found = re.search(r"\(([0-9][^)]*)\)$", configuration["Description"])
    return Release(found.group(1), configuration["CodeSha256"]) if found else None


def what_differs(lambda_client: Any, function: str, one: str, other: str) -> list[str]:
    """In what two published versions differ, in words: settings by name, never by value."""
    before, after = (
        lambda_client.get_function_configuration(FunctionName=function, Qualifier=version) for version in (one, other)
    )
    names = ("MemorySize", "Timeout", "Handler", "Runtime", "Role", "CodeSha256")
    differing = [name for name in names if before.get(name) != after.get(name)]
    variables = [configuration.get("Environment", {}).get("Variables", {}) for configuration in (before, after)]
    changed = {name for name in {**variables[0], **variables[1]} if variables[0].get(name) != variables[1].get(name)}
    return differing + [f"environment variable {name}" for name in sorted(changed)]
