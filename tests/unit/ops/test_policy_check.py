"""`rp-mw policy check`: what is wrong comes a line each; what a valid policy cannot do yet is listed with the mend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import main
from tests.fakes.policy import copy_policy
from tools.try_policy_edit import add_gift_wrapping

GERMAN = """version: 1.0.0
language: de
brand: {brand_name: Beispielladen, signature: Ihr Beispielladen}
outside_hours: Gerade ist niemand da.
automatic: Das ist eine automatische Antwort.
templates:
  general_ack:
    tier: 1
    optional: [outside_hours]
    text: {default: "Vielen Dank. ${outside_hours}"}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The tests' policy, to be edited."""
    copy_policy(tmp_path)
    return tmp_path


def checked(directory: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the command prints for programs about a valid policy."""
    assert main(["policy", "check", "--policy", str(directory), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def gaps(found: dict[str, Any], code: str) -> dict[str, str]:
    """What does not work yet of one kind: by subject, what is said."""
    return {gap["subject"]: gap["says"] for gap in found["not_yet"] if gap["code"] == code}


def test_a_new_intent_is_named_by_openai_only_until_the_model_is_trained(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three files are edited; everything else about the intent works at once."""
    before = checked(directory, capsys)
    assert len(add_gift_wrapping(directory)) == 3
    after = checked(directory, capsys)
    added = [one for one in after["works"] if one not in before["works"]]
    assert added == [
        {
            "label": "gift_wrapping",
            "team": "Gift Desk",
            "tier": 1,
            "named_by": ["openai"],
            "replies": ["gift_wrapping_ack"],
            "languages": ["en"],
        }
    ]
    assert gaps(after, "not_in_model")["gift_wrapping"] == (
        "only the openai classifier can name gift_wrapping until the model is trained"
    )
    assert not gaps(after, "team_unused") and not gaps(after, "template_unused")


def test_people_read_the_same_in_lines(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What works comes first, then each gap with what to do."""
    add_gift_wrapping(directory)
    assert main(["policy", "check", "--policy", str(directory)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("the policy is valid: policy 1.0.0+")
    works, not_yet = lines.index("works"), lines.index("does not work yet")
    assert 0 < works < not_yet
    said = "  only the openai classifier can name gift_wrapping until the model is trained; it needs "
    assert any(line.startswith(said) and "make train" in line for line in lines[not_yet:])


def test_a_reply_that_a_language_lacks_is_listed(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both ways: what German lacks, and what only German has."""
    (directory / "templates.de.yaml").write_text(GERMAN + "  gruss: {tier: 1, text: {default: Guten Tag}}\n", "utf-8")
    (directory / "screen.de.yaml").unlink(missing_ok=True)
    found = checked(directory, capsys)
    missing = gaps(found, "template_missing")
    assert missing["billing_ack"] == "billing_ack is missing in de: who writes in de gets a person instead"
    assert missing["gruss"] == "gruss is missing in en: who writes in en gets a person instead"
    assert "general_ack" not in missing
    assert found["languages"] == ["en", "de"]
    assert "de" not in gaps(found, "language_not_served") and "fr" in gaps(found, "language_not_served")
    assert "de" not in gaps(found, "language_not_read") and "de" in gaps(found, "screen_words_missing")
    by_label = {one["label"]: one["languages"] for one in found["works"]}
    assert by_label["pre_purchase_question"] == ["en", "de"]
    assert by_label["billing_issue"] == ["en"]


def test_a_language_that_no_model_of_ours_reads_is_listed(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its messages need the openai classifier."""
    (directory / "templates.sv.yaml").write_text(GERMAN.replace("language: de", "language: sv"), "utf-8")
    assert "sv" in gaps(checked(directory, capsys), "language_not_read")


def test_what_nothing_uses_and_what_nobody_reads_is_listed(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A team without an intent, a reply without one, a label that only the model knows, a file with a wrong name."""
    path = directory / "intents.yaml"
    text = path.read_text("utf-8").replace("reply: billing_ack", "reply: general_ack")
    head, _, tail = text.partition("  privacy_request:\n")
    path.write_text(head + tail[tail.index("  chargeback_dispute:\n") :], "utf-8")
    intents = path.read_text("utf-8")
    start = intents.index("  promo_discount_issue:\n")
    path.write_text(intents[:start] + intents[intents.index("  pre_purchase_question:\n") :], "utf-8")
    screen = directory / "screen.yaml"
    screen.write_text(screen.read_text("utf-8").replace("escalates_to: privacy_request", "phrases_are: null"), "utf-8")
    screen.write_text(screen.read_text("utf-8").replace("    phrases_are: null\n", ""), "utf-8")
    for name in ("templates_de.yaml", "settings.yml", "intents.de.yaml"):
        (directory / name).write_text("version: 1.0.0\n", "utf-8")
    found = checked(directory, capsys)
    assert "Privacy" in gaps(found, "team_unused")
    assert {"billing_ack", "ask_promo_details"} <= set(gaps(found, "template_unused"))
    assert "promo_discount_issue" in gaps(found, "not_in_policy")
    assert set(gaps(found, "file_not_read")) == {"templates_de.yaml", "settings.yml", "intents.de.yaml"}


def test_mistakes_come_a_line_each_and_the_code_is_one(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In text and as JSON; every other command says them the same way, a line each."""
    path = directory / "settings.yaml"
    text = path.read_text("utf-8").replace("route: 0.60", "route: 060").replace("opens: 9", "opens: nine")
    path.write_text(text, "utf-8")
    assert main(["policy", "check", "--policy", str(directory)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["settings.yaml", "settings.yaml", "the policy is not valid"]
    assert main(["policy", "check", "--policy", str(directory), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found == {"valid": False, "mistakes": lines[:2]}
    assert main(["decide", "--policy", str(directory)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"rp-mw: {line}" for line in lines[:2]]


def test_the_shipped_policy_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments the command reads what ships."""
    assert main(["policy", "check"]) == 0
    assert capsys.readouterr().out.startswith("the policy is valid: ")
