"""`rp-mw policy check`: whether the policy is valid, what works with it, and what does not yet."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from rp_mw_ops.policy_check import Report, check_policy
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.embedded import MODEL_FILE
from rp_mw_worker.classifiers.embedded_model import load_model
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy.languages import load_common_words
from rp_mw_worker.policy.loader import POLICY_DIRECTORY, load_policy

INVALID = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds check. Exit code 1: the policy has mistakes; what does not work yet is no mistake."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    check = actions.add_parser("check", help="whether it is valid, what works and what does not yet")
    check.add_argument("--policy", type=Path, metavar="DIR", help="a policy directory instead of the shipped one")
    check.add_argument("--model", type=Path, metavar="FILE", default=MODEL_FILE, help="a model from `make train`")
    check.add_argument("--json", action="store_true", help="print as JSON")
    check.epilog = "Exit code: 0 the policy is valid, 1 it has mistakes; what does not work yet is no mistake."


def run(args: argparse.Namespace) -> int:
    """0 when the policy is valid, else 1; raises ConfigurationError for a model that cannot be read."""
    directory: Path = args.policy or POLICY_DIRECTORY
    try:
        policy = load_policy(directory)
    except ConfigurationError as error:
        _show_mistakes(error.problems, as_json=args.json)
        return INVALID
    model = load_model(args.model)
    files = {path.name for path in directory.iterdir()}
    report = check_policy(policy, frozenset(model.labels), load_common_words().languages, files)
    versions = {"policy": policy.version, "templates": policy.templates_version, "model": model.version}
    if args.json:
        found = {"works": [asdict(one) for one in report.intents], "not_yet": [asdict(gap) for gap in report.gaps]}
        write_json({"valid": True, "mistakes": [], **versions, "languages": report.languages, **found})
    else:
        write_lines(*_to_lines(report, policy, versions))
    return 0


def _show_mistakes(problems: list[str], *, as_json: bool) -> None:
    if as_json:
        write_json({"valid": False, "mistakes": problems})
        return
    write_lines(*problems, f"the policy is not valid: {len(problems)} to mend")


def _to_lines(report: Report, policy: Policy, versions: dict[str, str]) -> list[str]:
    tiers = Counter(one.tier for one in report.intents)
    embedded = sum("embedded" in one.named_by for one in report.intents)
    answered = sum(bool(one.languages) for one in report.intents)
    return [
        "the policy is valid: " + ", ".join(f"{name} {version}" for name, version in versions.items()),
        "works",
        f"  {len(report.intents)} intents go to {len(policy.settings.teams)} teams; {tiers[0]} of them are tier 0",
        f"  the openai classifier can name all of them, the embedded classifier {embedded}",
        f"  {answered} of them can be answered, in {', '.join(report.languages)}",
        *(["does not work yet"] if report.gaps else ["everything that it names works"]),
        *(f"  {gap.says}; {gap.mend}" for gap in report.gaps),
        "whether the helpdesk has the tags and teams is told by `rp-mw drift`",
    ]
