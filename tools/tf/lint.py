"""A check of our own for the rules of tflint that matter here, for where its binary is not to be had. It is not tflint.

    .venv/bin/python -m tools.tf.lint

Each rule has the name and the meaning of tflint's, by its documentation (rulesets `terraform`, preset all, and `aws`),
and reads parsed HCL, every folder with .tf files, examples too. CI and whoever has the binary run tflint itself with
terraform/.tflint.hcl (`make tf-scan`); what that knows besides, such as the AWS values of each attribute, the
provider's own schema checks in `make tf`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.tf.workspace import ROOT

# Source: Lambda Developer Guide, "Lambda runtimes": those that are supported without a date of deprecation in 2026.
CURRENT_RUNTIMES = {"python3.12", "python3.13", "python3.14"}
_SNAKE_CASE = re.compile(r"^[a-z_][a-z0-9]*(_[a-z0-9]+)*_?$")
_SID = re.compile(r"^[a-zA-Z0-9]*$")
_ONLY_INTERPOLATED = re.compile(r'"\$\{[^{}"]+\}"')
_UNPINNED = re.compile(r"^(git|hg|github\.com|bitbucket\.org|https?:)")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Folder:
    """One Terraform module: its path below the tree, the bodies of its files merged by kind of block, and its text."""

    path: str
    blocks: Mapping[str, list[Body]]
    text: str

    def labelled(self, kind: str, labels: int = 1) -> Iterator[tuple[tuple[str, ...], Body]]:
        """Yield the labels and the body of every block of a kind."""
        for block in self.blocks.get(kind, []):
            yield from _descend(block, labels)


def _descend(block: Body, labels: int) -> Iterator[tuple[tuple[str, ...], Body]]:
    for label, body in block.items():
        if label.startswith("__"):
            continue
        name = label.strip('"')
        if labels == 1:
            yield (name,), body
        else:
            yield from (((name, *rest), inner) for rest, inner in _descend(body, labels - 1))


def read_folders(root: Path) -> Iterator[Folder]:
    """Parse every folder below `terraform/`; a file that cannot be parsed raises, with its name."""
    for path in sorted({file.parent for file in (root / "terraform").rglob("*.tf") if ".terraform" not in file.parts}):
        yield read_folder(path, str(path.relative_to(root)))


def read_folder(path: Path, name: str) -> Folder:
    """Parse one folder."""
    import hcl2

    blocks: dict[str, list[Body]] = {}
    texts = []
    for file in sorted(path.glob("*.tf")):
        text = file.read_text("utf-8")
        texts.append(text)
        try:
            parsed = hcl2.loads(text)
        except Exception as error:
            raise ValueError(f"{name}/{file.name} cannot be parsed: {str(error).splitlines()[0]}") from error
        for kind, found in parsed.items():
            if not kind.startswith("__"):
                blocks.setdefault(kind, []).extend(found)
    return Folder(name, blocks, "\n".join(texts))


def terraform_typed_variables(folder: Folder) -> Iterator[str]:
    """Every variable has a type."""
    yield from (f"variable {name}" for (name,), body in folder.labelled("variable") if "type" not in body)


def terraform_documented_variables(folder: Folder) -> Iterator[str]:
    """Every variable is described."""
    yield from (f"variable {name}" for (name,), body in folder.labelled("variable") if not _said(body))


def terraform_documented_outputs(folder: Folder) -> Iterator[str]:
    """Every output is described."""
    yield from (f"output {name}" for (name,), body in folder.labelled("output") if not _said(body))


def _said(body: Body) -> bool:
    return bool(str(body.get("description", "")).strip('" '))


def terraform_unused_declarations(folder: Folder) -> Iterator[str]:
    """Every variable, local value and data source is used in its module; a validation that reads one is a use."""
    code = re.sub(r"^\s*#.*$", "", folder.text, flags=re.MULTILINE)
    for (name,), _ in folder.labelled("variable"):
        if not re.search(rf"\bvar\.{name}\b", code):
            yield f"variable {name}"
    for name in _locals(folder):
        if not re.search(rf"\blocal\.{name}\b", code):
            yield f"local {name}"
    for (kind, name), body in folder.labelled("data", 2):
        # one that checks something is read for that
        if not re.search(rf"\bdata\.{kind}\.{name}\b", code) and "lifecycle" not in body:
            yield f"data {kind}.{name}"


def _locals(folder: Folder) -> Iterator[str]:
    for block in folder.blocks.get("locals", []):
        yield from (name.strip('"') for name in block if not name.startswith("__"))


def terraform_naming_convention(folder: Folder) -> Iterator[str]:
    """Names are in snake case."""
    for kind, labels in (("variable", 1), ("output", 1), ("module", 1), ("resource", 2), ("data", 2)):
        for names, _ in folder.labelled(kind, labels):
            if not _SNAKE_CASE.match(names[-1]):
                yield f"{kind} {names[-1]}"
    yield from (f"local {name}" for name in _locals(folder) if not _SNAKE_CASE.match(name))


def terraform_required_version(folder: Folder) -> Iterator[str]:
    """Every module says which Terraform it needs, an example too."""
    if not any("required_version" in block for block in folder.blocks.get("terraform", [])):
        yield "no required_version"


def terraform_required_providers(folder: Folder) -> Iterator[str]:
    """Every provider that a module uses is named with its version, and none that it does not use."""
    used = {names[0].partition("_")[0] for kind in ("resource", "data") for names, _ in folder.labelled(kind, 2)}
    used |= {names[0] for names, _ in folder.labelled("provider")} | set(
        re.findall(r"\bprovider::(\w+)::", folder.text)
    )
    named = _named_providers(folder)
    yield from (f"{name}: no version" for name in used - {"terraform"} if "version" not in named.get(name, {}))
    yield from (f"{name}: not used" for name in named if name not in used)


def _named_providers(folder: Folder) -> dict[str, Body]:
    named: dict[str, Body] = {}
    for block in folder.blocks.get("terraform", []):
        for providers in block.get("required_providers", []):
            named |= {name.strip('"'): body for name, body in providers.items() if not name.startswith("__")}
    return named


def terraform_comment_syntax(folder: Folder) -> Iterator[str]:
    """Comments begin with #."""
    yield from re.findall(r"^\s*//.*$", folder.text, re.MULTILINE)


def terraform_deprecated_interpolation(folder: Folder) -> Iterator[str]:
    """No string is one reference and nothing else."""
    yield from _ONLY_INTERPOLATED.findall(folder.text)


def terraform_module_pinned_source(folder: Folder) -> Iterator[str]:
    """Modules come from this repository."""
    for (name,), body in folder.labelled("module"):
        if _UNPINNED.match(str(body["source"]).strip('"')):
            yield f"module {name}"


def aws_lambda_function_deprecated_runtime(folder: Folder) -> Iterator[str]:
    """No function runs on what Lambda is about to drop, a module's default included."""
    defaults = {f"${{var.{name}}}": str(body.get("default", "")) for (name,), body in folder.labelled("variable")}
    for (kind, name), body in folder.labelled("resource", 2):
        written = str(body.get("runtime", ""))
        runtime = defaults.get(written, written).strip('"')
        if kind == "aws_lambda_function" and runtime not in CURRENT_RUNTIMES:
            yield f"{name}: {runtime}"


def aws_iam_policy_sid_invalid_characters(folder: Folder) -> Iterator[str]:
    """A statement's id is letters and digits."""
    for sid in re.findall(r'\bsid\s*=\s*"([^"$]*)"', folder.text):
        if not _SID.match(sid):
            yield sid


RULES: tuple[Callable[[Folder], Iterator[str]], ...] = (
    terraform_typed_variables,
    terraform_documented_variables,
    terraform_documented_outputs,
    terraform_unused_declarations,
    terraform_naming_convention,
    terraform_required_version,
    terraform_required_providers,
    terraform_comment_syntax,
    terraform_deprecated_interpolation,
    terraform_module_pinned_source,
    aws_lambda_function_deprecated_runtime,
    aws_iam_policy_sid_invalid_characters,
)


def find_problems(root: Path = ROOT) -> list[str]:
    """Every breach of a rule: folder, rule, what. Raises ValueError for a file that cannot be parsed."""
    return [
        f"{folder.path}: {rule.__name__}: {found}"
        for folder in read_folders(root)
        for rule in RULES
        for found in rule(folder)
    ]


def main() -> int:
    """1 when a rule is broken or a file cannot be parsed."""
    try:
        problems = find_problems()
    except ValueError as broken:
        problems = [str(broken)]
    print("\n".join(problems) or f"{len(RULES)} rules hold")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
