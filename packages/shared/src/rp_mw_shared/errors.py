"""The one error tree: what went wrong decides what happens to the event.

    RpMwError
    ├── TransientError        try again later: 429, 5xx, timeouts, throttling
    ├── PermanentError        quarantine with the reason: it will never succeed
    ├── OutcomeUnknownError   the call may have taken effect: never resend by itself
    └── ConfigurationError    fail at start: a person has to change a setting

Every class carries a stable `code` that logs, metrics and DLQ reasons use. Messages are written for an
operator and never hold request content; the cause is chained with `raise ... from`.
"""

from __future__ import annotations


class RpMwError(Exception):
    """Base of every error this product raises on purpose."""

    default_code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.default_code


class TransientError(RpMwError):
    """Worth another try; `retry_after_seconds` is the wait the other side asked for, if it did."""

    default_code = "transient"

    def __init__(self, message: str, *, code: str | None = None, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(RpMwError):
    """Will never succeed as it is: the message goes to the DLQ with `code` as its reason."""

    default_code = "permanent"


class OutcomeUnknownError(RpMwError):
    """The request left this process and no answer came back: it may or may not have taken effect."""

    default_code = "outcome_unknown"


class ConfigurationError(RpMwError):
    """The process cannot run as configured; `problems` lists every mistake found, not just the first."""

    default_code = "configuration"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
