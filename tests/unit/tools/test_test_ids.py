"""A renamed test is found again, a lost one is named, and the map of moves stays true."""

from __future__ import annotations

import pytest

from tools.test_ids import TestIdsError, lost, main, read_moves, report, stale

NOW = ["tests/b.py::test_new[x]", "tests/b.py::test_same", "tests/c.py::test_half", "tests/c.py::test_other_half"]


def moves(*lines: tuple[str, str]) -> str:
    """The map's text."""
    return "# moved\n\n" + "".join(f"{old}\t{new}\n" for old, new in lines)


@pytest.mark.parametrize(
    ("old", "lines"),
    [
        ("tests/b.py::test_same", ()),
        ("tests/b.py::test_old[x]", (("tests/b.py::test_old[x]", "tests/b.py::test_new[x]"),)),
        ("tests/b.py::test_old[x]", (("tests/b.py::test_old", "tests/b.py::test_new"),)),
        ("tests/b.py::test_old[x]", (("tests/b.py::test_old", "-"),)),
        ("tests/b.py::test_old[x]", (("tests/b.py::test_old[x]", "-"),)),
        ("tests/a.py::test_same", (("tests/a.py", "tests/b.py"),)),
        ("tests/a.py::test_old", (("tests/a.py::test_old", "z.py::test"), ("z.py::test", NOW[0]))),
        ("tests/0.py::test_same", (("tests/0.py", "tests/a.py"), ("tests/a.py", "tests/b.py"))),
        ("tests/c.py::test_whole", (("tests/c.py::test_whole", NOW[2]), ("tests/c.py::test_whole", NOW[3]))),
        ("tests/b.py::test_old[z]", (("tests/b.py::test_old[*]", "tests/b.py::test_new"),)),
    ],
)  # fmt: skip
def test_a_test_that_moved_is_not_lost(old: str, lines: tuple[tuple[str, str], ...]) -> None:
    """By its id, by its test, by its file, in several steps, in two halves; or what it was about is gone."""
    assert lost([old], NOW, read_moves(moves(*lines))) == []


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (("tests/a.py::test_gone", "tests/b.py::test_not_there"),),
        (("tests/a.py", "tests/b.py"),),
        (("tests/a.py::test_gon", "-"),),
        (("tests/a.py::test_gone[*]", "tests/b.py::test_new"),),
        (("tests/a.py::test_gone", "tests/z.py::test_gone"), ("tests/z.py::test_gone", "tests/a.py::test_gone")),
    ],
)
def test_a_test_that_leads_nowhere_is_lost(lines: tuple[tuple[str, str], ...]) -> None:
    """Not in the map, or the map names what nobody collects, or goes in a circle."""
    assert lost(["tests/a.py::test_gone", *NOW], NOW, read_moves(moves(*lines))) == ["tests/a.py::test_gone"]


def test_a_move_to_what_is_not_there_is_named() -> None:
    """The last name of a chain has to be collected; the ones before need not."""
    text = moves(("tests/a.py", "tests/b.py"), ("tests/0.py", "tests/a.py"), ("x.py::a", "x.py::b"), ("x.py::c", "-"))
    assert stale(NOW, read_moves(text)) == ["x.py::b"]


def test_the_report_names_what_is_lost_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 with a loss, 0 without one."""
    assert report(["tests/a.py::test_gone", *NOW], NOW, {}) == 1
    assert capsys.readouterr().out.splitlines() == [
        "lost: tests/a.py::test_gone",
        "5 tests before, 4 now, 0 moved, 1 lost",
    ]
    assert report(NOW, NOW, {}) == 0
    assert report(["a.py::test_x[1]", "a.py::test_x[2]"], [], {}) == 1
    assert "lost: a.py::test_x[...], 2 cases\n" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["one name", "a.py::x\tb.py", "a.py\tb.py::x", "a\tb\tc", "\tb"])
def test_a_line_that_is_no_move_is_refused_with_its_number(line: str) -> None:
    """In one line that says what to write."""
    with pytest.raises(TestIdsError, match=r"moved_tests\.tsv:2: write an old id, a tab and a new id"):
        read_moves(f"# moved\n{line}\n")


def test_an_unknown_revision_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 is no verdict."""
    assert main(["--base", "no-such-revision"]) == 2
    assert capsys.readouterr().err == "test-ids: git knows no revision 'no-such-revision': fetch it first\n"
