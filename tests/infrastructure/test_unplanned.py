"""What no plan shows is held to a table: what an apply leaves alone, what is let go, order, provider, commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.tf.contracts import CONTRACTS
from tools.tf.lint import Folder, read_folder, read_folders
from tools.tf.unplanned import check_unplanned, judge

ROOT = Path(__file__).resolve().parents[2]
MODULES = "terraform/modules"
BLOCKED = """  policy = data.aws_iam_policy_document.logs.json

  depends_on = [aws_s3_bucket_public_access_block.this]"""
LATE = 'module "alarms" {\n  depends_on = [module.service]\n'
COMMAND = '  publish = true\n  provisioner "local-exec" {\n    command = "true"\n  }\n'
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
        ("table_audit/main.tf", "  depends_on = [aws_s3_bucket_policy.this]\n", "", "comes after aws_s3_bucket_policy"),
        ("archive/main.tf", BLOCKED, BLOCKED.replace("[", "[aws_s3_bucket.logs, "), "comes after aws_s3_bucket.logs"),
        ("consumer/main.tf", 'module "alarms" {', LATE, "module.alarms: comes after module.service"),
        ("service/main.tf", "  publish                        = true\n", COMMAND, "no resource runs a command"),
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


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("= local.values.account_ids", "= null"),
        ("= local.values.account_ids", '= concat(local.values.account_ids, ["111122223333"])'),
        ("  region              = local.values.region\n", '  region = "us-east-1"\n'),
        (
            "  default_tags {",
            '  assume_role {\n    role_arn = "arn:aws:iam::111122223333:role/x"\n  }\n  default_tags {',
        ),
        ("  default_tags {", '  ignore_tags {\n    keys = ["environment"]\n  }\n  default_tags {'),
        ("locals {", 'provider "aws" {\n  alias = "other"\n}\n\nlocals {'),
    ],
)
def test_a_provider_that_works_elsewhere_is_named(
    folders: dict[str, Folder], tmp_path: Path, find: str, put: str
) -> None:
    """Whoever changes all stacks alike, as `make generate` does, is told too."""
    stack = "terraform/stacks/worker"
    shutil.copytree(ROOT / stack, tmp_path / stack, ignore=shutil.ignore_patterns(".terraform*"))
    path = tmp_path / stack / "versions.tf"
    text = path.read_text("utf-8")
    assert find in text
    path.write_text(text.replace(find, put), "utf-8")
    assert _failed(folders | {stack: read_folder(tmp_path / stack, stack)}) == [f"{stack}: the provider is as meant"]
