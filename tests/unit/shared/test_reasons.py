"""Every reason code of the product has words, and they are told with the weightiest first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from rp_mw_enricher.domain.answer import Outcome
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_ingress.domain.reasons import IgnoreReason, Refusal
from rp_mw_shared.reasons import REASONS, Reason, by_weight, find_reason, in_words
from rp_mw_worker.steps.context import Nothing

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(r"[a-z][a-z0-9_]*")
# where a code is given to an error, a result or a log line, and what makes one of its first argument
KEYWORDS = {"code", "failure", "reason"}
# what stands where a code may stand: a classifier, how an order is looked up, an outcome, a kind of masked value
NO_REASONS = {"embedded", "order_id", "order_name", "recorded", "security_code", "unreadable"}
MAKERS = {"_Failed", "fail_closed", "ActionResult", "OrderLookup"}


@cache
def _trees() -> dict[Path, ast.Module]:
    sources = [ROOT / "packages" / "shared" / "src", *sorted((ROOT / "services").glob("*/src"))]
    paths = [path for source in sources for path in sorted(source.rglob("*.py")) if path.name != "reasons.py"]
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def _nodes() -> Iterator[ast.AST]:
    for tree in _trees().values():
        yield from ast.walk(tree)


def _assigned(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every name that stands for one text, also where several are set in one line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            names, values = (getattr(side, "elts", [side]) for side in (node.targets[0], node.value))
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield name.id, value.value


@cache
def _constants() -> dict[str, str]:
    return {name: text for tree in _trees().values() for name, text in _assigned(tree)}


def _texts(node: ast.AST | None) -> Iterator[str]:
    """The texts that a value may be: constants, names of constants, and both sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in _constants():
        yield _constants()[node.id]
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _written() -> Iterator[str]:
    """What is given as a code, a reason or a failure; errors of a class; errors of an AWS service."""
    for node in _nodes():
        if isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            yield from _texts(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for text in [text for argument in node.args for text in _texts(argument)]:
                if node.func.id in MAKERS:
                    yield text
                elif node.func.id == "mapped_aws_errors":
                    yield from (f"{text}_refused", f"{text}_unavailable")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("_find_failure"):
            yield from (
                text for part in ast.walk(node) if isinstance(part, ast.BoolOp) for text in _texts(part.values[1])
            )
    yield from (text for tree in _trees().values() for name, text in _assigned(tree) if name == "default_code")


def _of_the_worker() -> Iterator[str]:
    """What its steps, the last look and its helpdesk name in capitals; names of actions and of settings are no code."""
    for path, tree in _trees().items():
        if "/steps/" in path.as_posix() or path.name in {"updates.py", "last_look.py"}:
            yield from (text for name, text in _assigned(tree) if name.isupper() and not text.startswith("rp_"))


def _failures() -> frozenset[str]:
    """The codes that the OpenAI classifier's own page lists."""
    page = ast.get_docstring(_trees()[ROOT / "services/worker/src/rp_mw_worker/classifiers/openai.py"]) or ""
    return frozenset(re.findall(r"^ +(model_[a-z_]+) ", page, re.MULTILINE))


def codes_of_the_product() -> set[str]:
    """Every code that the closed sets list and that the code writes anywhere else."""
    declared = {*Reason, *FailureReason, *IgnoreReason, *Nothing, *Outcome}
    found = {str(item.value) for item in declared} | {refusal.code for refusal in Refusal}
    found |= {*_written(), *_of_the_worker(), *_failures()}
    return {code for code in found if CODE.fullmatch(code)} - NO_REASONS


def test_no_reason_code_is_without_words() -> None:
    """Whoever adds a code adds its row."""
    assert {"tier0_word", "model_timeout", "dynamodb_refused", "plan_differs", "lease_lost"} <= codes_of_the_product()
    assert sorted(codes_of_the_product() - set(REASONS)) == []


def test_no_row_is_for_a_code_that_does_not_exist() -> None:
    """A code that was dropped takes its row along; what SQS and a ledger's state say is named nowhere in the code."""
    assert sorted(set(REASONS) - codes_of_the_product() - {"moved_by_sqs", "unknown", "blocked"}) == []


def test_every_sentence_is_one_sentence_of_its_own() -> None:
    """It stands beside others, in a note, in a terminal and in the browser."""
    for code, words in REASONS.items():
        assert re.fullmatch(r"[A-Z][^.!?]+\.", words.sentence), code
        assert len(words.sentence) <= 100, code
        assert 0 <= words.weight <= 99, code


@pytest.mark.parametrize("first", ["tier0_word", "product_safety", "human_requested", "escalated_before"])
def test_an_escalation_is_told_first(first: str) -> None:
    """Whatever else there is to say."""
    assert by_weight(["template_missing", "safe_mode", "tier_ceiling", first])[0] == first


def test_reasons_are_told_once_each_the_weightiest_first() -> None:
    """Two codes of the same words are one sentence."""
    codes = ["template_missing", "order_delivered", "order_lookup_failed", "lookup_failed", "order_delivered"]
    assert by_weight(codes) == ["order_delivered", "order_lookup_failed", "lookup_failed", "template_missing"]
    assert in_words(codes) == [
        "The carrier says that the order is delivered.",
        "The shop gave no usable answer about the order.",
    ]
    assert in_words([]) == []


def test_what_only_follows_from_another_reason_is_told_alone() -> None:
    """No template and no tier: where a person has to answer that says nothing."""
    assert in_words(["template_missing", "tier0_word", "tier_ceiling"]) == [REASONS["tier0_word"].sentence]
    assert in_words(["template_missing"]) == ["The policy has no reply for this."]


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    """A newer worker may write codes that an older tool does not have."""
    assert find_reason("flux_missing").sentence == "The reason is flux missing."
    assert find_reason("vendor_status_409").sentence == "The vendor refused the request with status 409."
    assert by_weight(["outside_hours", "flux_missing", "no_text"]) == ["no_text", "flux_missing", "outside_hours"]
