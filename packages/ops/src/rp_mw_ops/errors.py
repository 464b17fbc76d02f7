"""What went wrong at the terminal, and the one place that words it for a person.

    RpMwError
    └── OpsError             a person can put it right: the message says what to do
        ├── UsageError       what was asked for makes no sense
        └── NotFoundError    what was asked about is not there

A command raises, `find_complaint` words it, and `exit_code_of` says how `rp-mw` ends; the console shows the line in its
page.
"""

from __future__ import annotations

from rp_mw_ops.aws_complaints import find_aws_complaint
from rp_mw_ops.exit_codes import FINDING, INCOMPLETE, USAGE
from rp_mw_ops.jsonl import FileUnreadableError
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
    told = find_aws_complaint(error)
    if told is not None:
        return told
    return f"{error}{_cause_of(error)}" if isinstance(error, RpMwError) else None


def exit_code_of(error: BaseException) -> int:
    """Return how the command ends that raised it: a mistake, a finding, or something that could not be reached."""
    from rp_mw_shared.environments.running_locally import NotRunningError

    if isinstance(error, UsageError | FileUnreadableError):
        return USAGE
    is_found = isinstance(error, NotFoundError | ConfigurationError) and not isinstance(error, NotRunningError)
    return FINDING if is_found else INCOMPLETE


def _cause_of(error: RpMwError) -> str:
    """The name of the library's own error, where it says more than the message; never its words."""
    cause = type(error.__cause__).__name__
    is_told = error.__cause__ is None or cause in str(error)
    return "" if is_told else f" ({cause})"
