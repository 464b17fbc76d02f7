"""What a zip says of what it is made of: the licences of its parts, and a CycloneDX bill of materials.

    licences/NAME-VERSION/…     the licence, notice and author files of each distribution, as its wheel brings them
    sbom.cdx.json               every distribution and trained model, and every library that a wheel brings along, with
                                version, purl or digest, and licence

Source: CycloneDX 1.6 JSON; package-url, type pypi; core metadata 2.4 (License-Expression, License-File).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from tools.zips.layout import BuildError

LICENCES, SBOM = "licences", "sbom.cdx.json"
# Header fields of METADATA that stay in the zip: what a licence check reads, beside name and version.
KEPT_FIELDS = ("Metadata-Version", "Name", "Version", "License", "License-Expression")
_LICENCE_CLASSIFIER = "License :: "
_LICENCE_FOLDER = "licenses"
_LICENCE_NAMES = ("LICEN", "NOTICE", "COPYING", "AUTHORS")
_MODELS, _BUNDLED = "rp_mw_*/**/*.bin", "*.libs/*"
_MAX_FREE_TEXT_CHARS = 64
_NAMESPACE = uuid.UUID("5a0f1f0e-6a0c-4c55-9a53-2f5c2d8b5d1e")
# Wheels that carry no licence file, looked up by hand in the project's repository.
_WITHOUT_FILE = frozenset({"python-dateutil", "sniffio"})


def keep_licences(root: Path, folder: Path) -> None:
    """Copy what a distribution's `.dist-info` says of its licence to `root`, before the folder is trimmed.

    Raises BuildError for a distribution that brings no licence file: it could not be handed on.
    """
    target = root / LICENCES / folder.name.removesuffix(".dist-info")
    found = [path for path in folder.rglob("*") if path.is_file() and _is_licence(path.relative_to(folder))]
    for path in sorted(found):
        name = "-".join(path.relative_to(folder).parts).removeprefix("licenses-")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
    name = canonicalize_name(folder.name.removesuffix(".dist-info").rpartition("-")[0])
    if not found and name not in _WITHOUT_FILE:
        raise BuildError(f"{folder.name} brings no licence file: see what its project says, then attribution.py")


def _is_licence(name: Path) -> bool:
    """Whether a file of `.dist-info` is of the licence: by its folder since core metadata 2.4, before by its name."""
    return name.parts[0] == _LICENCE_FOLDER or name.name.upper().startswith(_LICENCE_NAMES)


def kept_metadata(text: str) -> str:
    """Return the header of METADATA with the fields that stay: a free-text licence only where it is a name."""
    headers = HeaderParser().parsestr(text)
    lines = []
    for field in KEPT_FIELDS:
        value = headers.get(field)
        if value and "\n" not in value and len(value) <= _MAX_FREE_TEXT_CHARS:
            lines.append(f"{field}: {value}")
    classifiers = [value for value in headers.get_all("Classifier", ()) if value.startswith(_LICENCE_CLASSIFIER)]
    return "\n".join([*lines, *(f"Classifier: {value}" for value in classifiers)]) + "\n"


def write_sbom(tree: Path, name: str, version: str) -> None:
    """Write the bill of materials of a laid-out zip; the same tree gives the same bytes."""
    # where the models' rows come from is in MODEL_NOTICE.md; a library that a wheel brings along is in its licence
    models, bundled = _files(tree, _MODELS, "machine-learning-model"), _files(tree, _BUNDLED, "file")
    parts = [*_distributions(tree), *models, *bundled]
    whole: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": name, "name": f"rp-mw-{name}", "version": version}
        },
        "components": parts,
    }
    whole["serialNumber"] = uuid.uuid5(_NAMESPACE, json.dumps(whole, sort_keys=True)).urn
    (tree / SBOM).write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", "utf-8")


def _distributions(tree: Path) -> list[dict[str, Any]]:
    return [_distribution(path) for path in sorted(tree.glob("*.dist-info/METADATA"))]


def _distribution(path: Path) -> dict[str, Any]:
    headers = HeaderParser().parsestr(path.read_text("utf-8"))
    name, version = canonicalize_name(headers["Name"]), headers["Version"]
    purl = f"pkg:pypi/{name}@{version}"
    part = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return part | {"licenses": _licences(headers, name)}


def _licences(headers: Any, name: str) -> list[dict[str, Any]]:
    """Return an SPDX expression, or names; raises BuildError for a distribution that tells neither."""
    if expression := headers.get("License-Expression"):
        return [{"expression": expression}]
    names = [value.rpartition(" :: ")[2] for value in headers.get_all("Classifier", ())]
    if not names and (told := headers.get("License")):
        names = [told]
    if not names:
        raise BuildError(f"{name} does not say which licence it has: see its project, then attribution.py")
    return [{"license": {"name": one}} for one in names]


def _files(tree: Path, pattern: str, kind: str) -> list[dict[str, Any]]:
    """Return files of the zip by digest."""
    return [
        {
            "type": kind,
            "bom-ref": path.relative_to(tree).as_posix(),
            "name": path.name,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
        }
        for path in sorted(tree.glob(pattern))
    ]
