"""The count of our own lines: what is code, and a table that names each file."""

from __future__ import annotations

from tools.own_lines import FILES, ROOT, count_code_lines, read_at, to_lines

SOURCE = '''"""A module.

Of two paragraphs.
"""

# a comment
import json  # beside code


def told() -> str:
    """Say it."""
    return """a
text"""
'''


def test_comments_docstrings_and_blank_lines_are_no_code() -> None:
    """A text that is used is, over all its lines."""
    assert count_code_lines(SOURCE) == 4


def test_a_file_that_is_not_there_counts_nothing() -> None:
    """The earlier build had no adapter; every file that is named exists today."""
    assert count_code_lines(read_at(None, "tools/no_such_file.py")) == 0
    assert all(count_code_lines(read_at(None, path)) for paths in FILES.values() for path in paths)


def test_the_table_names_each_file_and_each_kind() -> None:
    """Compared with itself nothing changes."""
    lines = to_lines("HEAD", "HEAD")
    assert sum(path in line for line in lines for paths in FILES.values() for path in paths) == 8
    assert [line.partition(", x ")[2] for line in lines if ", x" in line] == ["1.00"] * (len(FILES) + 1)
    assert "together" in lines[-1]


def test_the_records_of_what_is_not_taken_from_powertools_tell_todays_lines() -> None:
    """Record 0016 counts the flags, 0017 the ledger."""
    for record, folder in (("0016", "flags"), ("0017", "idempotency")):
        (page,) = (ROOT / "docs" / "decisions").glob(f"{record}-*.md")
        files = (ROOT / "packages" / "shared" / "src" / "rp_mw_shared" / folder).glob("*.py")
        lines = sum(len(one.read_text("utf-8").splitlines()) for one in files)
        assert f"{lines:,} lines" in page.read_text("utf-8"), (record, lines)
