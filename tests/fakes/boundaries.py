"""Every I/O boundary of the worker, discovered from the wiring: something may happen before or after any call.

    deps = at_boundaries(deps, hook)       hook("before", "helpdesk.send_reply"), the call, hook("after", ...)

A hook that raises before a call keeps it from happening; one that raises after it loses its answer. `Killed` is not an
Exception, so no boundary of the worker's own catches it: the process is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from rp_mw_worker.dependencies import Dependencies

Hook = Callable[[str, str], None]
# What is not I/O: a pure engine, time, and settings.
_NOT_A_BOUNDARY = frozenset({"engine", "clock", "salt", "new_owner", "options"})


class Killed(BaseException):
    """The process dies here."""


class Boundary:
    """Calls `hook` around every method of `inner`."""

    def __init__(self, name: str, inner: Any, hook: Hook) -> None:
        self._name = name
        self._inner = inner
        self._hook = hook

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._inner, method)
        if not callable(found):
            return found
        point = f"{self._name}.{method}"

        def call(*args: Any, **kwargs: Any) -> Any:
            self._hook("before", point)
            answer = found(*args, **kwargs)
            self._hook("after", point)
            return answer

        return call


def at_boundaries(deps: Dependencies, hook: Hook) -> Dependencies:
    """Return the deps with `hook` around every call of every port."""
    ports = [field.name for field in fields(deps) if field.name not in _NOT_A_BOUNDARY]
    wrapped: dict[str, Any] = {name: Boundary(name, getattr(deps, name), hook) for name in ports}
    return replace(deps, **wrapped)


class Schedule:
    """A hook that acts at the chosen crossings: `at` maps a crossing's number to what is raised there."""

    def __init__(self, at: dict[int, BaseException] | None = None) -> None:
        self.at = at or {}
        self.crossed: list[str] = []

    def __call__(self, when: str, point: str) -> None:
        number = len(self.crossed)
        self.crossed.append(f"{when} {point}")
        if number in self.at:
            raise self.at[number]
