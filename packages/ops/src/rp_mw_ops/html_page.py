"""One self-contained HTML page: style inside, nothing loaded, light and dark, so that it can be mailed."""

from __future__ import annotations

from html import escape
from importlib.resources import files


def to_page(title: str, heading: str, about: str, body: str) -> str:
    """Return the page around `body`, which is HTML already; the other texts are escaped here."""
    page = files("rp_mw_ops").joinpath("html_page.html").read_text("utf-8")
    return (
        page.replace("@@TITLE@@", escape(title))
        .replace("@@HEADING@@", escape(heading))
        .replace("@@ABOUT@@", escape(about))
        .replace("@@BODY@@", body)
    )


def to_section(title: str, inside: str) -> str:
    """Return a section of the page; `inside` is HTML already."""
    return f'<section><h2>{escape(title)}</h2><div class="wide">{inside}</div></section>'
