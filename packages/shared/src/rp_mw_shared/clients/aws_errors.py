"""Maps what boto3 raises, and answers that lack what they must hold, onto the product's error tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rp_mw_shared.errors import PermanentError, TransientError

AnswerT = TypeVar("AnswerT")

CONDITION_FAILED = "ConditionalCheckFailedException"

# A request that is wrong stays wrong. Everything else (throttling, 5xx, a role not yet in force) may pass.
# Source: DynamoDB and SQS API References, Common Errors.
_NEVER_SUCCEEDS = frozenset(
    {"ValidationException", "InvalidMessageContents", "InvalidParameterValue", "BatchRequestTooLong"}
)


def error_code(error: Any) -> str:
    """Return the AWS error code of a ClientError, or an empty string."""
    return str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))


@contextmanager
def mapped_aws_errors(service: str) -> Iterator[None]:
    """Turn boto3's errors inside the block into TransientError or PermanentError with code `{service}_...`.

    A failed condition passes through: it is an answer, and the caller knows what it means.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        found = error_code(error)
        if found == CONDITION_FAILED:
            raise
        if found in _NEVER_SUCCEEDS:
            raise PermanentError(f"{service} refused the request ({found})", code=f"{service}_refused") from error
        raise TransientError(f"{service} did not answer ({found})", code=f"{service}_unavailable") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise TransientError(f"{service} could not be reached", code=f"{service}_unavailable") from error


def require_answered(answer: Any, field: str, kind: type[AnswerT], service: str) -> AnswerT:
    """Return `field` of an answer at 200; raises TransientError where it is absent, empty text or of another type.

    What stands between us and AWS can answer 200 with anything: only its main field says that AWS did what was asked.
    """
    value = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(value, kind) or value == "":
        raise TransientError(f"{service} answered without {field}", code=f"{service}_answer_invalid")
    return value
