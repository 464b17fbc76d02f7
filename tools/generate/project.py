"""The lists of services in pyproject.toml: mypy's search path, and the packages of the import contracts."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PACKAGES = re.compile(r'"rp_mw_[a-z]+"(?:, "rp_mw_[a-z]+")+')
_SEARCH_PATH = re.compile(r'(?:    "\$MYPY_CONFIG_FILE_DIR/services/[a-z]+/src",\n)+')
_NO_SERVICES = {"rp_mw_shared", "rp_mw_local", "rp_mw_ops"}


def render_project(text: str, services: Sequence[str]) -> str:
    """Return pyproject.toml with every list that names two services or more naming all of them; the rest as it is."""
    packages = [f"rp_mw_{service}" for service in services]
    paths = "".join(f'    "$MYPY_CONFIG_FILE_DIR/services/{service}/src",\n' for service in services)
    with_packages = _PACKAGES.sub(lambda match: _completed(match[0], packages), text)
    return _SEARCH_PATH.sub(lambda _: paths, with_packages)


def _completed(listed: str, packages: Sequence[str]) -> str:
    names = [name.strip('"') for name in listed.split(", ")]
    places = [place for place, name in enumerate(names) if name not in _NO_SERVICES]
    if len(places) < 2:
        return listed
    full = [*names[: places[0]], *packages, *names[places[-1] + 1 :]]
    return ", ".join(f'"{name}"' for name in full)
