"""A zip holds exactly what its service needs, is the same every time, and is not made when something is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tools.build_zip import build_zip, main
from tools.zips import prove
from tools.zips.bytecode import require_bytecode
from tools.zips.layout import BuildError, Repository
from tools.zips.lockfile import parse_lock
from tools.zips.target import ELF_MACHINES, LAMBDA_PYTHON, find_python, lambda_target, local_target

ROOT = Path(__file__).resolve().parents[2]
REAL = Repository(ROOT)
# For this machine; what Lambda gets of the worker is smaller, and its zip may be 60 MB too.
MUST_BYTES = {"ingress": 2_500_000, "worker": 60_000_000}
# The worker's start, then everything of others that an event may load, then numpy as a model runs it.
NUMPY_WHEN_NAMED = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
others = ('babel.dates', 'eld', 'holidays', 'openai', 'phonenumbers', 'pydantic', 'selectolax.lexbor')
for name in ('rp_mw_worker.handler', 'rp_mw_worker.wiring', 'rp_mw_worker.classifiers.embedded', *others):
    importlib.import_module(name)
    assert 'numpy' not in sys.modules, name
import io
import numpy
assert numpy.__file__.startswith(sys.argv[1])
rows = numpy.frombuffer(bytes(range(12)), numpy.int8).reshape(3, 4).astype(numpy.float32)
kept = io.BytesIO()
numpy.save(kept, rows)
kept.seek(0)
product = numpy.load(kept) @ rows.T
assert product.dtype == numpy.float32
print(product.tolist(), float(numpy.linalg.norm(rows[0])))
"""
ASK_OPENAI = """
import json, sys
sys.path.insert(0, sys.argv[1])
import httpx2, openai, pydantic
from typing import Literal
class Answer(pydantic.BaseModel):
    label: Literal['refund']
def answer(request):
    content = [{'type': 'output_text', 'text': '{"label": "refund"}', 'annotations': []}]
    message = {'type': 'message', 'id': 'm', 'status': 'completed', 'role': 'assistant', 'content': content}
    whole = {'id': 'r', 'object': 'response', 'created_at': 1, 'model': 'm', 'status': 'completed', 'tools': []}
    whole |= {'output': [message], 'parallel_tool_calls': False, 'tool_choice': 'auto'}
    return httpx2.Response(200, json=whole)
http = openai.DefaultHttpxClient(transport=httpx2.MockTransport(answer))
asked = openai.OpenAI(api_key='none', http_client=http).responses.parse(model='m', input='x', text_format=Answer)
print(asked.output_parsed.label)
"""
SLOW_TO_IMPORT = ("pydantic", "pydantic_core", "httpx2", "openai", "boto3", "s3transfer")


class ScratchService:
    """A small service of its own repository: a handler that imports one library at once and one when called."""

    def __init__(self, root: Path, *, locked: tuple[str, ...] = ("six", "jmespath")) -> None:
        self.repository = Repository(root)
        self.folder = root / "services/tiny"
        self.write("services/tiny/pyproject.toml", '[project]\nname = "rp-mw-tiny"\nversion = "1.2.3"\n')
        self.write("services/tiny/zip.yaml", "aws_operations: {}\nleave_out: []\n")
        self.write("services/tiny/src/rp_mw_tiny/__init__.py", "")
        self.write("services/tiny/src/rp_mw_tiny/policy/words.yaml", "words: [chargeback]\n")
        self.write("services/tiny/src/rp_mw_tiny/py.typed", "")
        self.write(
            "services/tiny/src/rp_mw_tiny/handler.py",
            "import six\nfrom rp_mw_shared.later import search\n\n\ndef handler(event, context):\n"
            "    return search(event)\n",
        )
        self.write("packages/shared/src/rp_mw_shared/__init__.py", "")
        self.write(
            "packages/shared/src/rp_mw_shared/later.py",
            "def search(event):\n    import jmespath\n\n    return jmespath.search('a', event)\n",
        )
        self.lock(*locked)

    def write(self, path: str, text: str) -> None:
        target = self.repository.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def lock(self, *names: str) -> None:
        """Locks the named distributions as the worker's lock has them."""
        pins = {pin.name: pin for pin in parse_lock(REAL.service("worker").lock)}
        self.write("services/tiny/requirements.lock", "".join(f"{pins[name].to_line()}\n" for name in names))

    def build(self) -> Path:
        return build_zip(self.repository, self.repository.service("tiny"), local_target())


@pytest.fixture
def tiny(tmp_path: Path) -> ScratchService:
    """A service that builds."""
    return ScratchService(tmp_path / "one")


def names_in(path: Path) -> list[str]:
    """The zip's entries in their order."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_a_zip_holds_the_code_the_shared_code_and_the_locked_dependencies_only(tiny: ScratchService) -> None:
    """Own code with its data files, shared code, dependencies, what they are; no stubs, tests, scripts, records."""
    path = tiny.build()
    names = names_in(path)
    assert path.name == "tiny-1.2.3-local.zip"
    assert {name.partition("/")[0] for name in names} == {
        "__pycache__",
        "jmespath",
        "jmespath-1.1.0.dist-info",
        "licences",
        "rp_mw_shared",
        "rp_mw_tiny",
        "sbom.cdx.json",
        "six-1.17.0.dist-info",
        "six.py",
    }
    assert "rp_mw_tiny/policy/words.yaml" in names
    assert [name for name in names if name.endswith((".pyi", "py.typed", "RECORD"))] == []
    assert names == sorted(names)


def test_two_builds_are_the_same_to_the_byte(tiny: ScratchService, tmp_path: Path) -> None:
    """Neither folder, nor time, nor file mode of the build is in the zip."""
    other = ScratchService(tmp_path / "in another, longer folder")
    handler = other.folder / "src/rp_mw_tiny/handler.py"
    os.utime(handler, (1, 1))
    handler.chmod(0o600)
    assert tiny.build().read_bytes() == other.build().read_bytes()


def test_a_changed_line_makes_another_zip(tiny: ScratchService) -> None:
    """A build never hands out the zip of older code."""
    before = tiny.build().read_bytes()
    tiny.write("packages/shared/src/rp_mw_shared/later.py", "def search(event):\n    return 1\n")
    assert tiny.build().read_bytes() != before


@pytest.mark.parametrize(("left", "missing"), [(("jmespath",), "six"), (("six",), "jmespath")])
def test_a_dependency_left_out_fails_the_build_by_name(
    tiny: ScratchService, left: tuple[str, ...], missing: str
) -> None:
    """Whether it is imported at once or only when a message comes."""
    tiny.lock(*left)
    with pytest.raises(BuildError, match=f"{missing} is missing") as caught:
        tiny.build()
    assert "\n" not in str(caught.value)
    assert not (tiny.repository.dist_dir / "tiny-1.2.3-local.zip").exists()


def test_a_module_of_our_own_that_is_missing_fails_the_build(tiny: ScratchService) -> None:
    """A shared module a service wants must be in the zip too."""
    (tiny.repository.root / "packages/shared/src/rp_mw_shared/later.py").unlink()
    with pytest.raises(BuildError, match=r"rp_mw_shared\.later is missing"):
        tiny.build()


def test_a_wrong_hash_stops_the_build(tiny: ScratchService, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is installed that is not what was locked."""
    tiny.write("services/tiny/requirements.lock", f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildError, match="pip could not install the locked dependencies"):
        tiny.build()
    assert "HASH" in capsys.readouterr().err.upper()


@pytest.mark.parametrize("line", ["six==1.17.0", f"six>=1.17.0 --hash=sha256:{'0' * 64}"])
def test_a_lock_without_hash_or_version_is_refused(tiny: ScratchService, line: str) -> None:
    """A lock pins versions and hashes."""
    tiny.write("services/tiny/requirements.lock", f"{line}\n")
    with pytest.raises(BuildError, match="six is not pinned with a hash"):
        tiny.build()


def test_code_that_does_not_compile_stops_the_build(tiny: ScratchService) -> None:
    """A syntax error is found by the build, not by Lambda."""
    tiny.write("services/tiny/src/rp_mw_tiny/broken.py", "def f(:\n")
    with pytest.raises(BuildError, match="invalid syntax"):
        tiny.build()


def test_every_source_has_bytecode_that_fits_it(tiny: ScratchService, tmp_path: Path) -> None:
    """Made by the target's Python, unchecked by hash, and of exactly this source."""
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(tiny.build()) as archive:
        archive.extractall(unpacked)
    require_bytecode(unpacked, local_target())
    sources = sorted(unpacked.rglob("*.py"))
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        assert compiled.read_bytes()[8:16] == importlib.util.source_hash(source.read_bytes())
    Path(importlib.util.cache_from_source(str(sources[0]))).unlink()
    with pytest.raises(BuildError, match="bytecode"):
        require_bytecode(unpacked, local_target())


def test_a_left_out_path_that_is_not_there_is_refused(tiny: ScratchService) -> None:
    """The list of what a service never imports stays true when a dependency moves."""
    tiny.write("services/tiny/zip.yaml", "aws_operations: {}\nleave_out: [jmespath/nothing]\n")
    with pytest.raises(BuildError, match="jmespath/nothing"):
        tiny.build()


def test_a_missing_python_for_lambda_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    """Bytecode of another Python would be ignored, so the build does not go on without the right one."""
    with pytest.raises(BuildError, match=r"no Python 3\.99 found .* install it") as caught:
        find_python("3.99", {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path), "LAMBDA_PYTHON": "/no/such/python"})
    assert "\n" not in str(caught.value)


def test_a_zip_for_lambda_is_for_its_processor_and_python(tmp_path: Path) -> None:
    """Compiled modules are for Arm and bytecode is 3.13's, or the build says which Python it lacks."""
    service = ScratchService(tmp_path, locked=("six", "jmespath", "pyyaml"))
    try:
        target = lambda_target()
    except BuildError as error:
        assert f"no Python {LAMBDA_PYTHON} found" in str(error)
        return
    path = build_zip(service.repository, service.repository.service("tiny"), target)
    with zipfile.ZipFile(path) as archive:
        shared_objects = [name for name in archive.namelist() if name.endswith(".so")]
        assert shared_objects
        for name in shared_objects:
            assert int.from_bytes(archive.read(name)[18:20], "little") == ELF_MACHINES["aarch64"]
        assert "rp_mw_tiny/__pycache__/handler.cpython-313.pyc" in archive.namelist()


def test_an_unknown_service_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name lists the right ones."""
    assert main(["workers"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "enricher, ingress, worker" in said


@pytest.mark.parametrize("name", REAL.service_names())
def test_each_service_builds_and_imports_from_its_zip_alone(name: str) -> None:
    """The real zips are complete, and small enough where it counts."""
    path = build_zip(REAL, REAL.service(name), local_target())
    assert path.stat().st_size <= MUST_BYTES.get(name, 50_000_000)
    assert f"rp_mw_{name}/handler.py" in names_in(path)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worker's zip for this machine, unpacked."""
    folder = tmp_path_factory.mktemp("worker")
    with zipfile.ZipFile(build_zip(REAL, REAL.service("worker"), local_target())) as archive:
        archive.extractall(folder)
    return folder


def run_from(folder: Path, code: str) -> str:
    """What the code prints that imports from this folder and the standard library alone."""
    command = [sys.executable, "-I", "-S", "-B", "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def test_numpy_works_from_the_workers_zip_and_is_not_loaded_before_it_is_named(worker: Path) -> None:
    """Trimmed, it still loads arrays and multiplies matrices; no other library loads it because it is there."""
    expected = "[[14.0, 38.0, 62.0], [38.0, 126.0, 214.0], [62.0, 214.0, 366.0]] 3.7416574954986572\n"
    assert run_from(worker, NUMPY_WHEN_NAMED) == expected


def test_the_openai_sdk_asks_and_reads_from_the_workers_zip(worker: Path) -> None:
    """What zip.yaml leaves out of it is of resources that the classifier never calls."""
    assert run_from(worker, ASK_OPENAI) == "refund\n"


def test_a_zip_that_lambda_could_not_unpack_is_not_made(tiny: ScratchService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda has a limit for the unpacked size, whatever the zip's own."""
    monkeypatch.setattr(prove, "LAMBDA_UNZIPPED_BYTES", 10_000)
    with pytest.raises(BuildError, match=r"unpacks to \d+ bytes, and Lambda takes 10000"):
        tiny.build()
    assert not (tiny.repository.dist_dir / "tiny-1.2.3-local.zip").exists()


def test_the_ingress_zip_carries_no_slow_library() -> None:
    """What would be slow to import is not even there."""
    path = build_zip(REAL, REAL.service("ingress"), local_target())
    assert {name.partition("/")[0] for name in names_in(path)} & set(SLOW_TO_IMPORT) == set()


def test_the_ingress_builds_the_same_from_another_checkout(tmp_path: Path) -> None:
    """The real zip too is the same to the byte."""
    for part in ("services/ingress", "packages/shared"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    elsewhere = Repository(tmp_path)
    here = build_zip(REAL, REAL.service("ingress"), local_target())
    there = build_zip(elsewhere, elsewhere.service("ingress"), local_target())
    assert here.read_bytes() == there.read_bytes()


def test_the_topology_names_the_handlers_the_build_proves() -> None:
    """The function's setting and the build's convention are the same."""
    functions = yaml.safe_load((ROOT / "config/topology.yaml").read_text("utf-8"))["functions"]
    assert {name: function["handler"] for name, function in functions.items()} == {
        name: f"{REAL.service(name).module}.handler.handler" for name in REAL.service_names()
    }


@pytest.mark.parametrize("name", REAL.service_names())
def test_every_operation_in_a_zip_is_permitted_by_the_topology(name: str) -> None:
    """What the zip can call and what the function's role allows do not drift apart."""
    function = yaml.safe_load((ROOT / "config/topology.yaml").read_text("utf-8"))["functions"][name]
    allowed = {action for permission in function["permissions"] for action in permission["actions"]}
    for aws_service, operations in REAL.service(name).contents.aws_operations.items():
        for operation in operations:
            # PartiQL has permissions of its own. Source: IAM actions of DynamoDB
            permitted = "PartiQL" if operation == "BatchExecuteStatement" else operation
            assert any(action.startswith(f"{aws_service}:{permitted}") for action in allowed), operation


def build_in_a_process(root: Path) -> subprocess.Popen[bytes]:
    """The scratch service is built by another process, which counts how often it installs dependencies."""
    code = (
        "import sys; from pathlib import Path; import tools.build_zip as b; from tools.zips import dependencies as d\n"
        "from tools.zips.layout import Repository; from tools.zips.target import local_target\n"
        "r = Repository(Path(sys.argv[1])); install = d.install\n"
        "def counted(*given): (r.root / 'installs').open('a').write('x'); install(*given)\n"
        "d.install = counted\n"
        "b.build_zip(r, r.service('tiny'), local_target())\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(root)], cwd=ROOT)


def test_two_processes_that_build_the_same_service_make_it_once(tiny: ScratchService) -> None:
    """The second waits for the first and takes its zip: tests run in several processes."""
    root = tiny.repository.root
    builds = [build_in_a_process(root) for _ in range(3)]
    assert [build.wait(120) for build in builds] == [0, 0, 0]
    assert (root / "installs").read_text("utf-8") == "x"
    assert zipfile.is_zipfile(root / "dist/tiny-1.2.3-local.zip")
