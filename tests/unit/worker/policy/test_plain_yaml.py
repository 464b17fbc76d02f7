"""The one YAML reader: what readers of YAML disagree about is a mistake with its line, never a guess."""

from __future__ import annotations

import pytest

from rp_mw_worker.policy.plain_yaml import read_plain_yaml

PLAIN = [
    ("text", "text"),
    ("two words", "two words"),
    ("true", True),
    ("false", False),
    ("null", None),
    ("0", 0),
    ("-12", -12),
    ("0.60", 0.6),
    ("1.0.0", "1.0.0"),
    ("2026-12-24", "2026-12-24"),
    ('"010"', "010"),
    ("'no'", "no"),
    ("nobody", "nobody"),
    ("24/7", "24/7"),
    ("3d", "3d"),
    ("e5", "e5"),
]
DISPUTED = [
    "010", "0o10", "0x1F", "0b11", "1_000", "+5", "1:30", "190:20:30", "1e3", "1.5e-3", ".5", "5.", "00.5", ".inf",
    "-.INF", ".nan", "yes", "No", "on", "OFF", "y", "N", "True", "FALSE", "Null", "NULL", "~", "=",
]  # fmt: skip


@pytest.mark.parametrize(("written", "value"), PLAIN)
def test_a_plain_value_is_what_it_says(written: str, value: object) -> None:
    """Text, the two truth values, null and plain decimal numbers are read; so is a date, as the text it is."""
    reading = read_plain_yaml(f"a:\n  b: {written}\n".encode())
    assert reading.problems == ()
    assert reading.value == {"a": {"b": value}}
    assert type(reading.value["a"]["b"]) is type(value)


@pytest.mark.parametrize("written", DISPUTED)
def test_what_readers_disagree_about_is_a_mistake_on_its_line(written: str) -> None:
    """Octal, sexagesimal, truth words and the like are refused, with the way to write what was meant."""
    reading = read_plain_yaml(f"a: 1\nb:\n  - {written}\n".encode())
    ((line, said),) = reading.problems
    assert line == 3
    assert said.startswith(f"{written} is not the same to every reader of YAML; write ")
    assert "in quotes" in said


@pytest.mark.parametrize("written", ["no", "1_000", "on", "<<"])
def test_a_disputed_name_is_a_mistake_too(written: str) -> None:
    """A key such as `no` would be false to another reader, and `<<` takes another mapping's values in."""
    ((line, said),) = read_plain_yaml(f"a:\n  {written}: {{}}\n".encode()).problems
    assert line == 2
    assert said.startswith(f"{written} is not the same to every reader") and said.endswith("put it in quotes")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &one {b: 1}\n", "anchor"),
        ("a: {b: 1}\nc: *a\n", "anchor"),
        ("a: !!int '7'\n", "tag"),
        ("a: !!python/object/apply:os.getcwd []\n", "tag"),
        ("a: !mine x\n", "tag"),
        ("a: [1, 2\nb: 3\n", "check the indentation"),
        ("a: 1\n---\nb: 2\n", "check the indentation"),
        ("a:\n\t- b\n", "check the indentation"),
        ("? [1, 2]\n: 3\n", "a list or mapping stands where a name belongs"),
        ("a:\n", "a value is missing"),
        ("a: 1\na: 2\n", "a is there twice"),
        ("a: 1\n'a': 2\n", "a is there twice"),
    ],
)
def test_what_is_not_plain_is_refused(text: str, said: str) -> None:
    """Tags, anchors, second documents, equal keys and half-written lines each give one problem."""
    ((_, wrong),) = read_plain_yaml(text.encode()).problems
    assert said in wrong
    assert ";" in wrong


def test_nothing_that_is_not_utf8_is_guessed_at() -> None:
    """A byte order mark is no content; another encoding is a mistake."""
    assert read_plain_yaml("a: é\n".encode("utf-8-sig")).value == {"a": "é"}
    assert "UTF-8" in read_plain_yaml("a: é\n".encode("latin-1")).problems[0][1]
