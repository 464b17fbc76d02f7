"""Mark-up that makes a tree costly: building one is the library's own code, which no budget of CPU time can interrupt.

Each body cost between one and seven seconds before what makes it costly was taken out. `python -m benchmarks.hostile`
holds their CPU ("clean trees"); here is held that their words are still read.
"""

from __future__ import annotations

import pytest

from rp_mw_worker.domain import html_text
from rp_mw_worker.domain.html_text import to_lines
from tests.fakes.hostile_bodies import TREES


@pytest.mark.parametrize("name", TREES)
def test_costly_mark_up_is_still_read(name: str) -> None:
    """What makes it costly goes, the customer's words stay."""
    assert any("x" in line.text for line in to_lines(TREES[name]))


def test_a_tag_name_without_an_end_is_read_once() -> None:
    """A name that holds the start of another: read to its end from each start, 32 KiB took two seconds of CPU."""
    assert html_text._MANY_ATTRIBUTES.search("<a" * 32) is None
    assert html_text._MANY_ATTRIBUTES.search("<a" * 33) is not None


def test_attributes_of_links_and_bold_text_are_no_words() -> None:
    """What is left out of a tag leaves nothing behind, whatever stands in its quotations."""
    lines = to_lines("<p>See <a title='a > b' href=\"https://x.example/?a<b\">here</a>, <b class=x>please</b></p>")
    assert " ".join(line.text.strip() for line in lines if line.text) == "See here, please"


@pytest.mark.parametrize("attribute", ["hidden", 'style="display: none"', "style='font-size:0'", 'class=x HIDDEN=""'])
@pytest.mark.parametrize("tag", ["a", "font", "b", "span", "div"])
def test_what_nobody_sees_is_not_read(tag: str, attribute: str) -> None:
    """Also in the tags whose other attributes are left out."""
    lines = to_lines(f"<p>Where is it? <{tag} {attribute}>refund me</{tag}></p>")
    assert "refund" not in " ".join(line.text for line in lines)


def test_a_link_to_a_hidden_page_is_seen() -> None:
    """A word of an address hides nothing."""
    lines = to_lines('<p><a href="https://x.example/hidden-gems">gems</a> <b data-hidden=1>and</b></p>')
    assert "gems and" in " ".join(line.text for line in lines)
