"""The form of a release's tag: `worker-v1.4.0`, a service and the version in its pyproject.toml.

python -m tools.release.tag worker-v1.4.0     prints `worker 1.4.0`; exit code 1, with what to do, for any other form
"""

from __future__ import annotations

import re
import sys

from tools.release.artefact import declared_version
from tools.release.terraform import SERVICES, DeployError

_NUMBER = "(?:0|[1-9][0-9]*)"
_TAG = re.compile(rf"(?P<service>[a-z]+)-v(?P<version>{_NUMBER}\.{_NUMBER}\.{_NUMBER})")


def to_tag(service: str, version: str) -> str:
    """Return the tag of a service's version."""
    return f"{service}-v{version}"


def parse_tag(tag: str) -> tuple[str, str]:
    """Return service and version of a tag; raises DeployError for a tag of another form or of no service."""
    found = _TAG.fullmatch(tag)
    if found is None or found["service"] not in SERVICES:
        forms = ", ".join(to_tag(service, "1.4.0") for service in SERVICES)
        raise DeployError(f"{tag!r} is no release tag: name it <service>-v<version>, such as {forms}")
    return found["service"], found["version"]


def require_declared(tag: str) -> tuple[str, str]:
    """Return service and version of a tag of this checkout; raises DeployError when it holds another version."""
    service, version = parse_tag(tag)
    declared = declared_version(service)
    if version != declared:
        raise DeployError(f"{tag} names {version}, this checkout holds {declared}: tag it {to_tag(service, declared)}")
    return service, version


def main(arguments: list[str]) -> int:
    """Print service and version of the one tag given; 0 for a good one, 1 with a line that says what to do."""
    try:
        (tag,) = arguments
        service, version = require_declared(tag)
    except ValueError:
        sys.stderr.write("tag: name one tag, such as worker-v1.4.0\n")
        return 1
    except DeployError as error:
        sys.stderr.write(f"tag: {error}\n")
        return 1
    print(service, version)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
