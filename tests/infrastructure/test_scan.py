"""`make tf-scan`: our own check sees each rule broken, and checkov's word is taken only for files that it has read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tools.tf import lint, scan

ROOT = Path(__file__).resolve().parents[2]
MODULE = "terraform/modules/secret"


def test_every_folder_keeps_the_rules() -> None:
    """Modules, stacks and examples."""
    assert lint.find_problems(ROOT) == []
    assert {f"{MODULE}/examples/basic", "terraform/stacks/worker"} <= {one.path for one in lint.read_folders(ROOT)}


@pytest.mark.parametrize(
    ("file", "find", "put", "told"),
    [
        ("variables.tf", "  type        = string\n", "", "terraform_typed_variables: variable name"),
        ("variables.tf", '  description = "Name', '  other = "Name', "terraform_documented_variables: variable name"),
        ("outputs.tf", "  description", "  other", "terraform_documented_outputs: output arn"),
        ("main.tf", "= var.recovery_window_days", "= 30", ""),
        ("main.tf", "resource", "locals {\n  spare = 1\n}\n\nresource", "terraform_unused_declarations: local spare"),
        ("main.tf", '"this"', '"thisOne"', "terraform_naming_convention: resource thisOne"),
        ("versions.tf", 'required_version = ">= 1.11"', "", "terraform_required_version: no required_version"),
        ("examples/basic/main.tf", 'required_version = ">= 1.11"', "", "terraform_required_version"),
        ("versions.tf", 'version = "~> 6.0"', "", "terraform_required_providers: aws: no version"),
        ("main.tf", "resource", "// a shell\nresource", "terraform_comment_syntax"),
        ("main.tf", "= var.name", '= "${var.name}"', "terraform_deprecated_interpolation"),
        ("examples/basic/main.tf", '"../.."', '"github.com/a/b"', "terraform_module_pinned_source: module"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, file: str, find: str, put: str, told: str) -> None:
    """Folder, rule and what; a variable that only its own validation reads is one that is read."""
    shutil.copytree(ROOT / MODULE, tmp_path / MODULE)
    path = tmp_path / MODULE / file
    before = path.read_text("utf-8")
    assert find in before
    path.write_text(before.replace(find, put), "utf-8")
    found = lint.find_problems(tmp_path)
    assert any(told in problem for problem in found) if told else found == []


def test_a_runtime_that_lambda_drops_is_named(tmp_path: Path) -> None:
    """The module's default is what the stacks run on."""
    shutil.copytree(ROOT / "terraform/modules/service", tmp_path / "terraform/modules/service")
    path = tmp_path / "terraform/modules/service/variables.tf"
    path.write_text(path.read_text("utf-8").replace('"python3.13"', '"python3.9"'), "utf-8")
    found = [one for one in lint.find_problems(tmp_path) if "deprecated_runtime" in one]
    assert found == ["terraform/modules/service: aws_lambda_function_deprecated_runtime: this: python3.9"]


def test_a_file_that_cannot_be_parsed_is_no_file_without_problems(tmp_path: Path) -> None:
    """Its name is told."""
    folder = tmp_path / "terraform" / "modules" / "broken"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text("locals {", "utf-8")
    with pytest.raises(ValueError, match=r"terraform/modules/broken/main.tf cannot be parsed"):
        lint.find_problems(tmp_path)


def _printed(parsing_errors: int, passed: int = 5, failed: int = 0) -> str:
    one = {"check_id": "CKV_AWS_1", "file_path": "/main.tf", "resource": "aws_x.y", "check_name": "Ensure it"}
    summary = {"passed": passed, "failed": failed, "parsing_errors": parsing_errors, "resource_count": 3}
    return json.dumps({"summary": summary, "results": {"failed_checks": [one] * failed}})


@pytest.mark.parametrize(
    ("printed", "passed", "words"),
    [
        (_printed(0), True, "5 checks of 3 resources"),
        (_printed(3), False, "3 files could not be parsed"),
        (_printed(0, failed=1), False, "CKV_AWS_1 /main.tf aws_x.y: Ensure it"),
        (_printed(0, passed=0), False, "nothing was checked"),
        ("", False, "gave no result: no such file"),
        ("[]", False, "gave no result"),
    ],
)
def test_checkov_passes_only_what_it_has_read(printed: str, passed: bool, words: str) -> None:
    """It exits with 0 over what it skipped."""
    outcome, told = scan.judge_checkov(printed, "no such file")
    assert outcome is passed
    assert words in told


def test_tflint_gets_the_repositorys_configuration_everywhere() -> None:
    """The hook, CI and make: one place says with which arguments."""
    assert f"--config={ROOT / 'terraform' / '.tflint.hcl'}" in scan.arguments_of_tflint()
    assert "--recursive" in scan.arguments_of_tflint()
    hook = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert "python -m tools.tf.scan tflint" in hook
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert "tflint --init --config terraform/.tflint.hcl" in workflow
    assert "make tf-scan" in workflow
