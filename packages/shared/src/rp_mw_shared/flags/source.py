"""Where the switches are read: a port, and SSM Parameter Store behind it.

    read ok            10 s                        60 s
------|-----------------|---------------------------|---------------->  age of the last good read
      |  used as it is  |  read again; if that      |  fail closed:
      |                 |  fails, still used        |  automation off, routing goes on
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

from rp_mw_shared.clients.aws_errors import require_answered
from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.flags.declared import Flags
from rp_mw_shared.flags.model import fail_closed, parse_flags
from rp_mw_shared.observability import LogEvent, Metric, log, metric

CACHE_SECONDS = 10.0
MAX_STALE_SECONDS = 60.0
_MOST_PAGES = 20


class FlagSource(Protocol):
    """Reads the switches; never raises for a set that cannot be read, it fails closed instead."""

    def current(self, max_age_seconds: float = CACHE_SECONDS) -> Flags:
        """Return switches read at most `max_age_seconds` ago (up to 60 s when reading fails meanwhile)."""

    def fresh(self) -> Flags:
        """Return switches read now, past any cache; a failed read fails closed at once."""


class SsmFlags:
    """The flags under one path of SSM Parameter Store, read with one GetParametersByPath call."""

    def __init__(self, client: Any, path: str, clock: Clock | None = None) -> None:
        self._client = client
        self._path = path.rstrip("/")
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._raw: dict[str, str] = {}
        self._values: Flags | None = None
        self._read_at = 0.0
        self._tried_at = float("-inf")

    def current(self, max_age_seconds: float = CACHE_SECONDS) -> Flags:
        """Return switches read at most `max_age_seconds` ago; a failed read is not repeated within that time."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._tried_at >= max_age_seconds:
                self._try_to_read(now)
            if self._values is None or now - self._read_at > MAX_STALE_SECONDS:
                return _reported(fail_closed("flags_unreadable", self._raw))
            return self._values

    def fresh(self) -> Flags:
        """Return switches read now; a failed read fails closed at once, whatever is cached."""
        with self._lock:
            now = self._clock.monotonic()
            if not self._try_to_read(now) or self._values is None:
                return _reported(fail_closed("flags_unreadable", self._raw))
            return self._values

    def _try_to_read(self, now: float) -> bool:
        self._tried_at = now
        try:
            self._raw = read_raw_flags(self._client, self._path)
        except Exception as error:  # noqa: BLE001  fail closed: however the switches are unreadable, they are off
            log(LogEvent.FLAGS_UNREADABLE, reason="flags_unreadable", exception_name=type(error).__name__)
            return False
        self._values = _reported(parse_flags(self._raw))
        self._read_at = now
        return True


def read_raw_flags(client: Any, path: str) -> dict[str, str]:
    """Return the texts of the parameters right below SSM `path`, by name; the client's errors pass through.

    One call as a rule: there are at most ten flags, which is a page. SSM may still cut a page short. Raises
    TransientError for an answer without parameters, or one that never ends.
    """
    raw: dict[str, str] = {}
    page: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = client.get_parameters_by_path(Path=path, Recursive=False, **page)
        parameters = require_answered(answer, "Parameters", list, "ssm")
        raw |= {item["Name"].rpartition("/")[2]: item["Value"] for item in parameters}
        if not answer.get("NextToken"):
            return raw
        page = {"NextToken": answer["NextToken"]}
    raise TransientError("SSM's pages do not end", code="ssm_answer_invalid")


def _reported(values: Flags) -> Flags:
    if values.problem:
        log(LogEvent.FLAGS_UNREADABLE, reason=values.problem)
        metric(Metric.FLAGS_UNREADABLE)
    return values
