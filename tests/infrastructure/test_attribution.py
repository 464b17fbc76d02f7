"""A zip says what it is made of: each part with version and licence, the licence's own text, the models' sources."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.zips.attribution import SBOM, keep_licences, kept_metadata, write_sbom
from tools.zips.layout import BuildError, Repository
from tools.zips.lockfile import parse_lock, pins_for
from tools.zips.target import local_target

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("ingress", "worker", "enricher")


def sbom_of(path: Path) -> dict[str, Any]:
    """The bill of materials inside a zip."""
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read(SBOM))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_every_locked_part_is_listed_with_its_licence(zips: Mapping[str, Path], service: str) -> None:
    """What the lock names for this machine, no more and no less."""
    environment = local_target().marker_environment()
    locked = {pin.name for pin in pins_for(parse_lock(Repository(ROOT).service(service).lock), environment)}
    whole = sbom_of(zips[service])
    libraries = [part for part in whole["components"] if part["type"] == "library"]
    assert {part["name"] for part in libraries} == locked
    assert all(part["licenses"] and part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in libraries)
    assert (whole["bomFormat"], whole["specVersion"]) == ("CycloneDX", "1.6")


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_every_licence_that_asks_for_its_text_has_it(zips: Mapping[str, Path], service: str) -> None:
    """Apache, MPL and LGPL ask for it by name; we hand on all there are."""
    with zipfile.ZipFile(zips[service]) as archive:
        carried = {name.split("/")[1].rpartition("-")[0].lower() for name in archive.namelist() if "licences/" in name}
    asking = {
        part["name"].replace("-", "_")
        for part in sbom_of(zips[service])["components"]
        if any(word in json.dumps(part.get("licenses", "")) for word in ("Apache", "MPL", "Mozilla", "LGPL", "Lesser"))
    }
    assert asking
    assert asking - {"python_dateutil", "sniffio"} <= {name.replace("-", "_") for name in carried}


@pytest.mark.slow
def test_a_library_that_a_wheel_brings_along_is_listed_and_licensed(zips: Mapping[str, Path]) -> None:
    """OpenBLAS and the Fortran runtime come with numpy, by digest; numpy's licence has theirs."""
    bundled = [part for part in sbom_of(zips["worker"])["components"] if part["type"] == "file"]
    names = {part["name"].partition("-")[0].rstrip("_") for part in bundled}
    assert {"libscipy_openblas64", "libgfortran"} <= names
    assert all(part["hashes"][0]["alg"] == "SHA-256" for part in bundled)
    with zipfile.ZipFile(zips["worker"]) as archive:
        (licence,) = [path for path in archive.namelist() if re.fullmatch(r"licences/numpy-[\d.]+/LICENSE\.txt", path)]
        text = archive.read(licence).decode()
    for name in names:
        assert f"{name.removesuffix('64')}*.so" in text


@pytest.mark.slow
def test_the_worker_says_where_its_models_come_from(zips: Mapping[str, Path]) -> None:
    """By digest in the bill, by author and licence in the notice."""
    models = {part["name"] for part in sbom_of(zips["worker"])["components"] if "model" in part["type"]}
    assert models == {"encoder.bin", "english_signs.bin", "intents.bin", "languages.bin"}
    with zipfile.ZipFile(zips["worker"]) as archive:
        notice = archive.read("rp_mw_worker/MODEL_NOTICE.md").decode()
    for licence in (
        "CDLA-Sharing-1.0",
        "ODbL-1.0",
        "CC-BY-4.0",
        "CDLA-Permissive-1.0",
        "CC-BY-3.0",
        "Apache-2.0",
        "CC-BY-SA-4.0",
    ):
        assert licence in notice


def distribution(folder: Path, metadata: str, *files: str) -> Path:
    """A `.dist-info` folder as a wheel brings it."""
    made = folder / "thing-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(metadata, "utf-8")
    for name in files:
        (made / name).write_text("text", "utf-8")
    return made


def test_a_part_without_a_licence_file_stops_the_build(tmp_path: Path) -> None:
    """It could not be handed on."""
    with pytest.raises(BuildError, match="licence file"):
        keep_licences(tmp_path, distribution(tmp_path, "Name: thing\nVersion: 1.0\n", "RECORD"))


def test_a_file_of_the_licences_folder_stays_whatever_its_name(tmp_path: Path) -> None:
    """Core metadata 2.4 puts all of a licence there, and numpy names one `dragon4_LICENSE.txt`."""
    made = distribution(tmp_path, "Name: thing\nVersion: 1.0\n")
    (made / "licenses/src").mkdir(parents=True)
    (made / "licenses/src/dragon4_LICENSE.txt").write_text("text", "utf-8")
    keep_licences(tmp_path, made)
    assert (tmp_path / "licences/thing-1.0/src-dragon4_LICENSE.txt").is_file()


def test_a_part_that_tells_no_licence_stops_the_build(tmp_path: Path) -> None:
    """Nor one that nobody can name."""
    distribution(tmp_path, "Name: thing\nVersion: 1.0\n")
    with pytest.raises(BuildError, match="which licence"):
        write_sbom(tmp_path, "tiny", "1.2.3")


def test_the_same_tree_gives_the_same_bill(tmp_path: Path) -> None:
    """No time and no random number in it."""
    made = distribution(tmp_path, "Name: thing\nVersion: 1.0\nLicense-Expression: MIT\n", "NOTICE")
    keep_licences(tmp_path, made)
    bills = []
    for _ in range(2):
        write_sbom(tmp_path, "tiny", "1.2.3")
        bills.append((tmp_path / SBOM).read_bytes())
    assert bills[0] == bills[1]
    assert (tmp_path / "licences/thing-1.0/NOTICE").is_file()


def test_a_whole_licence_in_the_metadata_is_not_taken_for_its_name() -> None:
    """Older wheels put the text there; the classifiers name it."""
    text = "Name: t\nVersion: 1\nLicense: Permission is hereby granted, free of charge, to any person obtaining this\n"
    kept = kept_metadata(text + "Classifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: Text\n")
    assert kept.splitlines() == ["Name: t", "Version: 1", "Classifier: License :: OSI Approved :: MIT License"]
