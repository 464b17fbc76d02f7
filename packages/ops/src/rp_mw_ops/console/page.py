"""The console's one page: HTML, style and script, put together once; the policy allows these very bytes, no others."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Page:
    """The page's bytes, and the Content-Security-Policy under which it is served."""

    body: bytes
    policy: str


def load_page() -> Page:
    """The packaged page."""
    style, script = _text("page.css"), _text("page.js")
    html = _text("page.html").replace("@@STYLE@@", style).replace("@@SCRIPT@@", script)
    return Page(html.encode(), _policy(style, script))


def _policy(style: str, script: str) -> str:
    """Nothing but the page itself: no other script or style, no other address, no frame, no form, no markup from text.

    Source: W3C Content Security Policy Level 3; W3C Trusted Types.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(name: str) -> str:
    return files("rp_mw_ops.console").joinpath(name).read_text("utf-8")
