"""What the files of the policy have in common: every key has to be known, and one language comes first."""

from __future__ import annotations

from typing import ClassVar

BASE_LANGUAGE = "en"  # of screen.yaml and templates.yaml


class Strict:
    """Base of everything read from a file: a key that is not a field is an error, not a silent no-op."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}
