"""What AWS or its SDK complains of, in one line: the cause, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LOG_IN = "log in again (`aws sso login`), or set AWS_PROFILE or the AWS_ variables of a role that may"
_REACH = "is this machine online, and do a proxy or a VPN let it through?"

# by the class's name, the most special first: the SDK is not imported for it. Source: botocore.exceptions.
_BY_CLASS = {
    "NoCredentialsError": f"there are no AWS credentials: {_LOG_IN}",
    "PartialCredentialsError": f"the AWS credentials are incomplete: {_LOG_IN}",
    "CredentialRetrievalError": f"the AWS credentials could not be had: {_LOG_IN}",
    "SSOError": f"the AWS sign-on has ended: {_LOG_IN}",
    "SSOTokenLoadError": f"the AWS sign-on has ended: {_LOG_IN}",
    "UnauthorizedSSOTokenError": f"the AWS sign-on has ended: {_LOG_IN}",
    "TokenRetrievalError": f"the AWS sign-on has ended: {_LOG_IN}",
    "LoginRefreshRequired": f"the AWS sign-on has ended: {_LOG_IN}",
    "ProfileNotFound": "AWS_PROFILE names a profile that this machine does not have: see `aws configure list-profiles`",
    "NoRegionError": "no AWS region is known: set region in the environment's common.tfvars",
    "InvalidRegionError": "the AWS region is none: correct region in the environment's common.tfvars",
    "ProxyConnectionError": f"the proxy does not answer: {_REACH}",
    "SSLError": f"the connection to AWS is not trusted: {_REACH}",
    "ConnectTimeoutError": f"AWS does not answer: {_REACH}",
    "ReadTimeoutError": f"AWS does not answer: {_REACH}",
    "EndpointConnectionError": f"AWS cannot be reached: {_REACH}",
    "HTTPClientError": f"AWS cannot be reached: {_REACH}",
    "ParamValidationError": "AWS would refuse the request as it is: this is a defect of rp-mw",
}
# by the error code of an answer. Source: Common Errors of the API references of STS, SSM, DynamoDB, SQS, Lambda.
_REFUSED_KEY = f"AWS does not accept these credentials: {_LOG_IN}"
_EXPIRED = f"the AWS credentials have expired: {_LOG_IN}"
_DENIED = "this role may not do that ({operation}): docs/runbook.md, Permissions, has the policy to attach"
_ABSENT = "it is not there ({operation}): is the environment deployed, and the region the right one?"
_SLOWER = "AWS asks to slow down ({operation}): try again in a minute"
_SIGNED_WRONG = f"{_REFUSED_KEY}; is this machine's clock right?"
_BY_CODE = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"), _REFUSED_KEY),
    **dict.fromkeys(("SignatureDoesNotMatch", "AuthFailure", "MissingAuthenticationToken"), _REFUSED_KEY),
    **dict.fromkeys(("InvalidSignatureException", "IncompleteSignature"), _SIGNED_WRONG),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), _DENIED),
    **dict.fromkeys(("KMSAccessDeniedException", "KMS.AccessDeniedException"), _DENIED),
    **dict.fromkeys(("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ParameterNotFound"), _ABSENT),
    **dict.fromkeys(("ResourceNotFoundException", "NoSuchEntity"), _ABSENT),
    **dict.fromkeys(("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"), _SLOWER),
    **dict.fromkeys(("ProvisionedThroughputExceededException", "TooManyUpdates", "RequestThrottled"), _SLOWER),
}


def find_aws_complaint(error: BaseException) -> str | None:
    """Return the line for an error of the SDK's, or of ours that was caused by one; None for any other."""
    for one in _chain(error):
        if _is_of_sdk(one):
            return _worded(one)
        if isinstance(one, ValueError) and str(one).startswith("Invalid endpoint"):
            return "the address of AWS is none: unset AWS_ENDPOINT_URL, or give it a whole one (https://…)"
    return None


def _worded(error: Any) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = str(response.get("Error", {}).get("Code", ""))
        operation = str(getattr(error, "operation_name", "")) or "a call"
        said = _BY_CODE.get(code, "AWS refused {operation}: try again, and look at the service's status if it lasts")
        return f"{said.format(operation=operation)} ({code or 'no code'})"
    names = [kind.__name__ for kind in type(error).__mro__]
    said = next((_BY_CLASS[name] for name in names if name in _BY_CLASS), "the AWS SDK failed")
    return f"{said} ({names[0]})"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_of_sdk(error: BaseException) -> bool:
    return any(kind.__module__.partition(".")[0] == "botocore" for kind in type(error).__mro__)
