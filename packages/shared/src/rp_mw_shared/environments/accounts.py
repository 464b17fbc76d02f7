"""Which AWS environments there are, and where each one is: what Terraform's own `common.tfvars` say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rp_mw_shared.environments.checkout import repository_root
from rp_mw_shared.errors import ConfigurationError

_TEXT = r'^\s*{name}\s*=\s*"([^"]+)"'
_LIST = r"^\s*{name}\s*=\s*\[([^\]]*)\]"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environment is; `account_ids` are the accounts that it may be in."""

    environment: str
    region: str
    account_ids: tuple[str, ...]


def environments_directory() -> Path:
    """The folder that holds one folder for each environment in AWS."""
    return repository_root() / "terraform" / "environments"


def list_environments(directory: Path | None = None) -> tuple[str, ...]:
    """The names of the environments in AWS, sorted; empty where there is no checkout's folder of them."""
    return tuple(sorted(path.parent.name for path in (directory or environments_directory()).glob("*/common.tfvars")))


def load_place(environment: str, directory: Path | None = None) -> Place:
    """Where the environment is; raises ConfigurationError when its file does not say it, or is of another one."""
    path = (directory or environments_directory()) / environment / "common.tfvars"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError([f"{path} cannot be read: {error.strerror}"]) from error
    name, region, accounts = (
        _find(_TEXT, "environment", text),
        _find(_TEXT, "region", text),
        _find(_LIST, "account_ids", text),
    )
    if name != environment or region is None or accounts is None:
        raise ConfigurationError([f"{path} does not say environment = {environment!r}, region and account_ids"])
    return Place(environment, region, tuple(re.findall(r'"([0-9]{12})"', accounts)))


def _find(pattern: str, name: str, text: str) -> str | None:
    found = re.search(pattern.format(name=name), text, re.MULTILINE)
    return found[1] if found else None
