"""Small plots of text for a terminal: a line of bars over time, and one bar for a share."""

from __future__ import annotations

from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"


def spark(values: Sequence[float]) -> str:
    """Return one character for each value, the highest for the largest; the lowest is nought or next to it."""
    most = max(values, default=0)
    if most <= 0:
        return _LEVELS[0] * len(values)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[round(value / most * top)] for value in values)


def bar(value: float, most: float, width: int = 20) -> str:
    """Return a bar of at most `width` characters, to an eighth of one; never empty for more than nought."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(value / most * width * 8))
    whole, part = divmod(min(eighths, width * 8), 8)
    return _PARTS[-1] * whole + (_PARTS[part] if part else "")
