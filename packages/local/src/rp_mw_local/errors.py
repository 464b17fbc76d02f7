"""Mistakes a person at the terminal can put right: the message says what to do."""

from __future__ import annotations

from rp_mw_shared.errors import RpMwError


class LocalError(RpMwError):
    """Shown as one line, without a traceback; the command then exits non-zero."""

    default_code = "local"
