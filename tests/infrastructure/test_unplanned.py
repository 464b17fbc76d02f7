"""What no plan shows is held to a table: what an apply leaves alone, what is let go, which order AWS needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.tf.contracts import CONTRACTS
from tools.tf.lint import Folder, read_folder, read_folders
from tools.tf.unplanned import check_unplanned, judge

ROOT = Path(__file__).resolve().parents[2]
MODULES = "terraform/modules"
ROUTING = "    ignore_changes = [routing_config] # CodeDeploy's share of a canary\n"


@pytest.fixture(scope="module")
def folders() -> dict[str, Folder]:
    """Every folder of the tree by its path, parsed once."""
    return {folder.path: folder for folder in read_folders(ROOT)}


def _failed(folders: dict[str, Folder]) -> list[str]:
    return [check.name for check in judge(list(folders.values())) if not check.passed]


def test_the_tree_is_as_the_table_says(folders: dict[str, Folder]) -> None:
    """Each lifecycle, each removed block, each order; `make tf` asks for them."""
    assert _failed(folders) == []
    assert check_unplanned in CONTRACTS


@pytest.mark.parametrize(
    ("file", "find", "put", "told"),
    [
        ("flags/main.tf", "    ignore_changes  = [value]\n", "", "aws_ssm_parameter.this: the lifecycle"),
        ("flags/main.tf", "[value]", "all", "aws_ssm_parameter.this: the lifecycle"),
        ("service/main.tf", ROUTING, "", "aws_lambda_alias.live: the lifecycle"),
        (
            "service/main.tf",
            "[routing_config]",
            "[routing_config, function_version]",
            "aws_lambda_alias.live: the lifecycle",
        ),
        ("service/canary.tf", "create_before_destroy = true", "create_before_destroy = false", "canary: the lifecycle"),
        ("fifo_queue/main.tf", "destroy = false", "destroy = true", "removed aws_sqs_queue_policy.tls_only"),
        (
            "table/main.tf",
            "prevent_destroy = true",
            "prevent_destroy = true\n    ignore_changes = [ttl]",
            "aws_dynamodb_table",
        ),
        ("service/main.tf", "  depends_on = [aws_iam_role_policy.this]\n", "", "comes after aws_iam_role_policy.this"),
        ("service/main.tf", "  depends_on = [aws_lambda_alias.live]\n", "", "comes after aws_lambda_alias.live"),
    ],
)
def test_a_mistake_that_no_plan_shows_is_named(
    folders: dict[str, Folder], tmp_path: Path, file: str, find: str, put: str, told: str
) -> None:
    """An exception dropped, widened, turned round or added; an order left to chance."""
    module = f"{MODULES}/{file.partition('/')[0]}"
    shutil.copytree(ROOT / module, tmp_path / module, ignore=shutil.ignore_patterns(".terraform*"))
    path = tmp_path / MODULES / file
    text = path.read_text("utf-8")
    assert find in text
    path.write_text(text.replace(find, put), "utf-8")
    (name,) = _failed(folders | {module: read_folder(tmp_path / module, module)})
    assert told in name
