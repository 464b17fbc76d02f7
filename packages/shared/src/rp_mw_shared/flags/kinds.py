"""What kinds of flags there are, and how the text of one is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

NOTHING = "none"  # SSM refuses an empty value, so an empty list is written as this word
_MAX_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class FlagSpec:
    """One flag of config/topology.yaml; the words are explained there. `ladder` holds the steps of a ladder."""

    kind: str
    unreadable: str
    kept: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    ladder: type[IntEnum] | None = None

    def parse(self, text: str) -> object:
        """Return the value `text` stands for: bool, str, frozenset of str, or a step of the ladder.

        Raises ValueError, worded to follow the flag's name, for a text that stands for none.
        """
        if self.kind == "names":
            return self._parse_names(text)
        lowered = text.strip().lower()
        choices = ("true", "false") if self.kind == "switch" else self.values
        if lowered not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        if self.ladder is not None:
            return self.ladder[lowered.upper()]
        return lowered == "true" if self.kind == "switch" else lowered

    @property
    def boldest(self) -> object:
        """The value that holds nothing back: a switch away from its cautious side, the end of a ladder, every name."""
        if self.kind == "switch":
            return (self.kept or (self.unreadable,))[0] != "true"
        if self.ladder is not None:
            return max(self.ladder)
        return self.parse(",".join(self.values) or NOTHING) if self.kind == "names" else self.parse(self.unreadable)

    def _parse_names(self, text: str) -> frozenset[str]:
        text = text.strip().lower() if self.values else text.strip()
        if text.lower() == NOTHING:
            return frozenset()
        names = frozenset(part.strip() for part in text.split(","))
        if self.values and not names <= frozenset(self.values):
            raise ValueError(f"must be names out of {', '.join(sorted(self.values))}, or {NOTHING}")
        if not all(_is_name(name) for name in names):
            raise ValueError(f"must be names separated by commas, or {NOTHING}")
        return names


def to_text(value: object) -> str:
    """Return the text that stands for a flag's value, as SSM holds it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or NOTHING
    return str(value)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _MAX_NAME_CHARS and text.replace("_", "").replace("-", "").isalnum()
