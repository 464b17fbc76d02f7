"""Who is on call looks for nothing in vain: every name is one that the running zips have written.

The zips run as functions over the embedded AWS, in processes of their own; `stories.py` makes each name be written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rp_mw_shared.observability import LogEvent, Metric
from rp_mw_shared.observability.fields import FIELDS
from tests.written.named import find_unseen_names, queried_names
from tests.written.seen import Seen, find_unwritten, read_lines
from tests.written.stories import play
from tests.written.system import WrittenSystem

ROOT = Path(__file__).resolve().parents[2]
OBSERVABILITY = "terraform/stacks/foundation/resources/observability.tf"
JOINING = {"function_request_id", "function_version", "cold_start", "xray_trace_id"}
pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def printed(zips: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Everything the three services print while the stories are played."""
    with WrittenSystem(zips, tmp_path_factory.mktemp("functions")) as system:
        play(system)
        return system.lines


@pytest.fixture(scope="module")
def seen(printed: dict[str, list[dict[str, Any]]]) -> Seen:
    """The same, sorted."""
    return read_lines(printed)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A copy of what names log fields and metrics, to plant mistakes in."""
    for name in ("terraform/stacks", "config", "docs/runbook.md", "ARCHITECTURE.md"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".terraform*"))
        else:
            shutil.copy(source, target)
    yield tmp_path


def test_no_declared_name_is_never_written(seen: Seen) -> None:
    """A name in events.py, fields.py or metrics.py that no story brings about: delete it, or add the story."""
    assert find_unwritten(seen) == []


def test_a_planted_name_is_found_unwritten(seen: Seen) -> None:
    """One of each kind, and nothing else for it."""
    found = find_unwritten(
        seen,
        [*(event.label for event in LogEvent), "redrive_finished"],
        [*FIELDS, "auth_mode"],
        [*(metric.label for metric in Metric), "RepliesSent"],
    )
    assert set(found) - set(find_unwritten(seen)) == {
        "message redrive_finished",
        "field auth_mode",
        "metric RepliesSent",
    }


def test_what_on_call_looks_for_was_written(seen: Seen) -> None:
    """Alarms, dashboard, saved queries, runbook and failure table."""
    assert find_unseen_names(ROOT, seen) == []


@pytest.mark.parametrize(
    ("file", "find", "put", "words"),
    [
        ("config/alarms.yaml", "name: SendUnknown", "name: SendsUnknown", "SendsUnknown"),
        ("config/alarms.yaml", "name: AuthFailed", "name: Duplicates", "Duplicates"),
        ("config/alarms.yaml", "Vendor: shopify", "Shop: shopify", "Shop"),
        (OBSERVABILITY, '"AutomationSent", ', '"Accepted", ', "Accepted"),
        (OBSERVABILITY, "error_code", "code", "field code"),
        (OBSERVABILITY, "intent, route", "intent, error_code", "field error_code"),
        ("docs/runbook.md", "field `error_code`", "field `code`", "field code"),
        ("docs/runbook.md", "`message = start_failed`", "`message = started`", "message = started"),
        ("ARCHITECTURE.md", "`queue_refused`", "`queue_failed`", "queue_failed"),
    ],
)
def test_a_planted_name_is_found_unseen(seen: Seen, tree: Path, file: str, find: str, put: str, words: str) -> None:
    """In each place where a name may stand."""
    text = (tree / file).read_text("utf-8")
    assert find in text
    before = find_unseen_names(tree, seen)
    (tree / file).write_text(text.replace(find, put, 1), "utf-8")
    found = set(find_unseen_names(tree, seen)) - set(before)
    assert found
    assert all(words in problem for problem in found)


def test_every_line_of_an_invocation_joins_to_lambdas_own(printed: dict[str, list[dict[str, Any]]]) -> None:
    """Metrics too; a line of the start has no request id, as Lambda's INIT_START has none."""
    for service, lines in printed.items():
        invoked = [line for line in lines if set(line) >= JOINING]
        starting = [line for line in lines if line not in invoked]
        assert len({line["function_request_id"] for line in invoked}) > 3, service
        assert all(line["message"] in {"secret_stale", "start_failed"} for line in starting), service
        assert all(line["cold_start"] and line["function_version"] == "7" for line in starting), service
        assert {line["level"] for line in lines if "level" in line} <= {"INFO", "WARNING", "ERROR"}, service


def test_nothing_a_customer_wrote_is_written(printed: dict[str, list[dict[str, Any]]]) -> None:
    """The stories cross every log call there is: no address, no text."""
    text = json.dumps(printed).lower()
    assert all(word not in text for word in ("@example.com", "@mail.example.com", "blue mug", "where is my order"))


def test_the_fields_of_a_query_are_told_from_its_words() -> None:
    """Keywords, functions and quoted texts are no fields."""
    query = "fields @timestamp, route | filter message = 'action_blocked' | stats count() by reason, bin(1h) as n"
    assert queried_names(query) - {"h", "n"} == {"@timestamp", "route", "message", "reason"}
