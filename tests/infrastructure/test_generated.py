"""What follows from config/topology.yaml is committed as it follows, and a mistake in the topology is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.flags.declared import FLAGS
from tools.generate.files import TopologyError, find_outdated, write_outdated
from tools.generate.flags import MAX_FLAGS, find_problems, render_flags
from tools.generate.inventory import NOT_DESCRIBED, InventoryError, to_page
from tools.generate.stacks import HEAD, is_generated
from tools.setup_venv import PACKAGES
from tools.tf.checks import stacks_of_one_file

ROOT = Path(__file__).resolve().parents[2]
DECLARED: dict[str, Any] = yaml.safe_load((ROOT / "config/topology.yaml").read_text("utf-8"))["flags"]["declared"]
SWITCH = {"means": "one more", "kind": "switch", "at_birth": "false", "unreadable": "false", "runbook": "switches"}
CONSUMER = """
  planted:
    name: rp-mw-${env}-planted
    consumer_stack: {description: Keeps what is asked of it., maximum_concurrency: 2, reserved_concurrency: 5}
    environment: {}
    permissions: []
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the generator reads and writes."""
    for name in ("config", "terraform", "packages/shared/src/rp_mw_shared/flags"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/data-inventory.md", tmp_path / "docs")
    return tmp_path


def test_what_is_committed_follows_from_the_topology() -> None:
    """`make generate` has nothing to write."""
    assert find_outdated(ROOT) == []


@pytest.mark.parametrize(
    ("path", "find", "put"),
    [
        ("packages/shared/src/rp_mw_shared/flags/declared.py", 'unreadable="assign"', 'unreadable="tier2"'),
        ("terraform/stacks/ingress/resources/environment.tf", '["dev", "staging", "prod"]', '["dev", "prod"]'),
        ("terraform/stacks/enricher/resources/release.tf", "[14, 30, 90]", "[7, 14, 30, 90]"),
        ("terraform/modules/consumer/environment.tf", "file(var.topology_file)", 'file("topology.yaml")'),
        ("terraform/modules/consumer/release.tf", "[14, 30, 90]", "[7, 14, 30, 90]"),
        ("terraform/stacks/foundation/versions.tf", "foundation.tfstate", "worker.tfstate"),
        ("pyproject.toml", 'root_packages = ["rp_mw_shared", "rp_mw_ingress", ', 'root_packages = ["rp_mw_shared", '),
        ("pyproject.toml", '    "$MYPY_CONFIG_FILE_DIR/services/enricher/src",\n', ""),
    ],
)
def test_an_edit_of_what_follows_is_noticed_and_put_right(tree: Path, path: str, find: str, put: str) -> None:
    """A file that was edited by hand does not stay."""
    before = (tree / path).read_text("utf-8")
    assert find in before
    (tree / path).write_text(before.replace(find, put), "utf-8")
    assert find_outdated(tree) == [path]
    assert write_outdated(tree) == [path]
    assert (tree / path).read_text("utf-8") == before


def test_a_plain_consumer_in_the_topology_gets_its_stack_and_its_place_in_every_list(tree: Path) -> None:
    """Naming it once is enough; what it makes is in the module that is there already."""
    with (tree / "config/topology.yaml").open("a", encoding="utf-8") as topology:
        topology.write(CONSUMER)
    stack, test = "terraform/stacks/planted/main.tf", "terraform/modules/consumer/tests/planted.tftest.hcl"
    assert write_outdated(tree) == ["pyproject.toml", stack, test]
    text = (tree / stack).read_text("utf-8")
    assert 'key          = "planted.tfstate"' in text and 'stack = "planted"' in text
    assert 'source = "../../modules/consumer"' in text and "service       = local.stack" in text
    assert "worker" not in text.removeprefix(HEAD)
    tested = (tree / test).read_text("utf-8")
    assert 'service              = "planted"' in tested and "reserved_concurrency = 5\n" in tested
    assert "@" not in text + tested
    project = (tree / "pyproject.toml").read_text("utf-8")
    lists = len(re.findall(r'"rp_mw_worker", "rp_mw_enricher"', project))
    assert lists > 3 and project.count(', "rp_mw_planted"') == lists
    assert '"$MYPY_CONFIG_FILE_DIR/services/planted/src"' in project
    assert find_outdated(tree) == []


def test_a_stack_of_one_file_is_a_plain_consumers() -> None:
    """`make tf` finds it by that file; every other stack has its resources beside it."""
    functions = yaml.safe_load((ROOT / "config/topology.yaml").read_text("utf-8"))["functions"]
    plain = {f"terraform/stacks/{name}" for name, function in functions.items() if is_generated(function)}
    assert set(stacks_of_one_file()) == plain
    others = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "terraform/stacks").glob("*/resources")}
    assert not plain & others


def test_the_topologys_functions_are_the_services_there_are() -> None:
    """A service without a function would never be deployed, a function without a service never built."""
    services = {path.removeprefix("services/") for path in PACKAGES if path.startswith("services/")}
    assert services == set(load_topology("test").functions)


def test_flags_fit_one_page_of_the_answer() -> None:
    """One call reads them all: what no one throws at night is a setting of the policy."""
    assert len(FLAGS) <= MAX_FLAGS == 10
    many = DECLARED | {f"further_{number}": SWITCH for number in range(MAX_FLAGS + 1 - len(DECLARED))}
    assert find_problems(many) == [
        "11 flags, at most 10: one page of SSM's answer. What no one throws at night is a setting of the policy"
    ]


def test_every_flag_is_named_by_the_runbook_section_that_says_when_to_throw_it() -> None:
    """A flag that nobody is told to throw is a setting."""
    sections = {
        re.sub(r"[^a-z0-9 -]", "", part.partition("\n")[0].lower()).replace(" ", "-"): part
        for part in (ROOT / "docs/runbook.md").read_text("utf-8").split("\n## ")
    }
    assert [name for name, flag in DECLARED.items() if name not in sections.get(flag["runbook"], "")] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at_birth": "off"}, "at_birth: 'off' is no value of it"),
        ({"at_birth": False}, "at_birth: False is no value of it; write it in quotes"),
        ({"unreadable": ""}, "unreadable: '' is no value of it"),
        ({"kept": ["maybe"]}, "kept: 'maybe' is no value of it"),
        ({"kind": "toggle"}, "kind must be one of switch, choice, ladder, names"),
        ({"kind": "ladder"}, "a ladder needs values"),
        ({"colour": "red"}, "unknown: colour"),
        ({"means": "x" * 81}, "means must be 80 characters or fewer"),
    ],
)
def test_a_mistake_in_a_flag_is_named(change: dict[str, Any], said: str) -> None:
    """One line each, before anything is written."""
    assert any(said in problem for problem in find_problems({"new_flag": SWITCH | change}))


def test_a_topology_with_a_mistake_writes_nothing(tree: Path) -> None:
    """The files stay as they are."""
    path = tree / "config/topology.yaml"
    path.write_text(path.read_text("utf-8").replace("kind: ladder", "kind: stairs"), "utf-8")
    with pytest.raises(TopologyError, match="flag rollout_stage: kind must be one of"):
        write_outdated(tree)


def test_a_further_flag_becomes_a_field_that_is_off_when_left_out() -> None:
    """What a new flag needs of Python is generated."""
    code = render_flags(DECLARED | {"new_flag": SWITCH})
    assert "new_flag: bool = False  # one more" in code
    assert '"new_flag": FlagSpec(' in code


def test_every_place_of_the_topology_is_described() -> None:
    """What may hold personal data is said for each table, queue and secret; one that is gone is named."""
    assert NOT_DESCRIBED not in to_page(ROOT)


def _rewrite(path: Path, find: str, put: str) -> None:
    text = path.read_text("utf-8")
    assert find in text
    path.write_text(text.replace(find, put), "utf-8")


@pytest.mark.parametrize(
    ("find", "put", "shown"),
    [
        ("  openai: rp-mw/", "  other: rp-mw/o\n  openai: rp-mw/", "| secret `other`"),
        ("    holds: which order", "    will_hold: which order", "| queue `enrichment`"),
    ],
)
def test_a_place_that_nobody_described_says_so(tree: Path, find: str, put: str, shown: str) -> None:
    """The page takes the worst for it until somebody does."""
    _rewrite(tree / "config/topology.yaml", find, put)
    (row,) = [line for line in to_page(tree).splitlines() if NOT_DESCRIBED in line]
    assert row.startswith(shown)
    assert "| personal data |" in row


def test_a_queue_is_described_where_it_is_declared(tree: Path) -> None:
    """What holds personal data is said with it, and the worst is taken where it is not said."""
    _rewrite(tree / "config/topology.yaml", "    personal: content\n", "")
    page = to_page(tree)
    assert page == to_page(ROOT)
    (row,) = [line for line in page.splitlines() if line.startswith("| queue `enrichment`")]
    assert "| which order to look up, by number or id | message text | personal data | at most 1 days" in row


@pytest.mark.parametrize(
    ("place", "told"),
    [("table.gone", r"table\.gone, which the topology does not have"), ("queue.events", "with the queue")],
)
def test_a_description_of_what_is_not_there_or_is_told_elsewhere_is_refused(tree: Path, place: str, told: str) -> None:
    """One place per fact; the generator stops."""
    inventory = tree / "config/data-inventory.yaml"
    row = f"  - {{place: {place}, holds: x, personal: none}}\n"
    inventory.write_text(inventory.read_text("utf-8") + row, "utf-8")
    with pytest.raises(InventoryError, match=told):
        to_page(tree)
