"""`python -m benchmarks.sdk_models`: what the cut SDK models save the worker, in instructions and bytes (record 0193).

The worker's own zip makes its AWS clients once as it is and once with botocore's models as they are published. Counted
by valgrind, as x of bare `boto3.client("sqs")`, which is botocore with its published models and that one client.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import botocore

from benchmarks.instructions import NOT_THERE, count_instructions, is_countable
from rp_mw_local.zips import build_zips

PUBLISHED = Path(botocore.__file__).parent / "data"
GENERAL = ("endpoints", "partitions")
MAKE_CLIENTS = """
import sys
sys.path.insert(0, sys.argv[1])
import botocore.session
session = botocore.session.get_session()
for name in sys.argv[2:]:
    session.create_client(name, region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
"""


def main() -> int:
    """Print both figures for the cut and the published models; 1 without valgrind."""
    if not is_countable():
        sys.stderr.write(NOT_THERE + "\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        cut, published = Path(folder) / "cut", Path(folder) / "published"
        with zipfile.ZipFile(build_zips()["worker"]) as worker:
            worker.extractall(cut)
        shutil.copytree(cut, published)
        data = published / "botocore" / "data"
        services = sorted(one.name for one in data.iterdir() if one.is_dir())
        _publish(data, [*services, *GENERAL])
        bare = _count(published, ["sqs"])
        for name, package in (("cut", cut), ("published", published)):
            ratio, size = _count(package, services) / bare, _packed_bytes(package / "botocore" / "data")
            print(f"{name:10} {', '.join(services)}: {ratio:.2f} x bare client, {size / 1e6:.2f} MB in the zip")
    return 0


def _publish(data: Path, names: Sequence[str]) -> None:
    """Put botocore's own models in the place of the cut ones."""
    for old in data.iterdir():
        if old.name.partition(".")[0] in names:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in PUBLISHED.iterdir():
        if new.name.partition(".")[0] in names:
            (shutil.copytree if new.is_dir() else shutil.copy)(new, data / new.name)


def _count(package: Path, services: Sequence[str]) -> int:
    return count_instructions([sys.executable, "-I", "-S", "-c", MAKE_CLIENTS, str(package), *services], {})


def _packed_bytes(folder: Path) -> int:
    """Bytes of the folder's files in a zip."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for one in sorted(folder.rglob("*")):
                packed.write(one, one.relative_to(folder))
        return file.tell()


if __name__ == "__main__":
    sys.exit(main())
