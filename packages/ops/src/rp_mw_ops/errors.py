"""Mistakes in how a command was called: one line, exit code 2."""

from __future__ import annotations

from rp_mw_shared.errors import RpMwError


class UsageError(RpMwError):
    """The command was called wrongly; the message says how to call it."""

    default_code = "usage"
