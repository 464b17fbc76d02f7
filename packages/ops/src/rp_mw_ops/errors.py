"""What went wrong at the terminal, and the one place that words it for a person.

    RpMwError
    └── OpsError             a person can put it right: the message says what to do
        ├── UsageError       what was asked for makes no sense
        └── NotFoundError    what was asked about is not there

A command raises, `find_complaint` words it: `rp-mw` shows the line and ends with code 1 (2 for a UsageError), the
console shows it in its page.
"""

from __future__ import annotations

from rp_mw_shared.errors import ConfigurationError, RpMwError

OPTIONAL_PACKAGE = "rp_mw_local"


class OpsError(RpMwError):
    """Shown as one line, without a traceback; the command then exits non-zero."""

    default_code = "ops"


class UsageError(OpsError):
    """What was asked for makes no sense."""

    default_code = "usage"


class NotFoundError(OpsError):
    """What was asked about is not there, or not any more."""

    default_code = "not_found"


def find_complaint(error: BaseException) -> str | None:
    """Return the line for a person, or None for a defect, whose traceback is wanted."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == OPTIONAL_PACKAGE:
        return "this needs the local system, which is not installed here: install it with `make setup`"
    if isinstance(error, ConfigurationError):
        return "; ".join(error.problems)
    if isinstance(error, OpsError):
        return str(error)
    if isinstance(error, RpMwError):
        return f"{error}{_cause_of(error)}"
    return _find_aws_complaint(error)


def _cause_of(error: RpMwError) -> str:
    """The name of the library's own error, where it says more than the message; never its words."""
    cause = type(error.__cause__).__name__
    is_told = error.__cause__ is None or cause == "ClientError" or cause in str(error)
    return "" if is_told else f" ({cause})"


def _find_aws_complaint(error: BaseException) -> str | None:
    from rp_mw_shared.clients.aws_errors import mapped_aws_errors

    if not _is_of_sdk(error):
        return None
    try:
        with mapped_aws_errors("AWS"):
            raise error
    except RpMwError as mapped:
        return find_complaint(mapped)
    except type(error):
        return None


def _is_of_sdk(error: BaseException | None) -> bool:
    return any(kind.__module__.partition(".")[0] == "botocore" for kind in type(error).__mro__)
