"""Speaks AWS's JSON protocol to one service: what an SDK client does for the ingress' two calls, at half its cost.

Signature, credentials, reading of errors and the rules of trying again are botocore's own; connections are urllib3's.
`tests/contract/test_aws_json.py` holds it to the real client of the same botocore, byte for byte.
Sources: AWS General Reference, "Signature Version 4"; Smithy, "AWS JSON 1.0 protocol" and "AWS JSON 1.1 protocol".
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.retries import quota, standard
from urllib3.exceptions import HTTPError

from rp_mw_shared.errors import TransientError

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from urllib3 import HTTPConnectionPool

_rules: Any = standard  # the stubs know neither all of its classes nor what its checkers take


class AwsRefusedError(Exception):
    """The service refused the call; the text is AWS's error code, and nothing else of the answer is kept."""


class Endpoint(NamedTuple):
    """One service of AWS: signing name, region, address, what its operations' names begin with, how often it is tried.

    `headers` go with every request, the protocol's among them.
    """

    service: str
    region: str
    url: str
    target_prefix: str
    headers: Mapping[str, str]
    max_attempts: int


class _Request(NamedTuple):
    """As much of botocore's AWSRequest as the signer uses: to make a whole one costs half of a signature."""

    url: str
    body: bytes
    headers: dict[str, str]
    context: dict[str, Any]
    method: str = "POST"
    params: None = None


class _Answer(NamedTuple):
    """An HTTP response as botocore's rules read it."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class AwsJson:
    """Calls operations of one service over the kept connections of `pool`; `credentials` renew themselves."""

    def __init__(self, endpoint: Endpoint, pool: HTTPConnectionPool, credentials: Credentials) -> None:
        self.endpoint = endpoint
        self._pool = pool
        self._credentials = credentials
        self._host = urlsplit(endpoint.url).netloc.removesuffix(f":{pool.ConnectionCls.default_port}")
        self._retries, self._quota = _standard_retries(endpoint)

    def call(self, operation: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Return the JSON object that was answered, after as many tries as the SDK's standard mode makes.

        Raises TransientError `aws_unavailable`, its cause the connection's error or an AwsRefusedError; a success that
        is no JSON object has none.
        """
        body = json.dumps(arguments).encode()
        context: dict[str, Any] = {}  # what botocore's rules remember between the tries of one call
        attempt = 1
        while True:
            answer, error = self._try(operation, body)
            if answer is not None and answer.status_code < 301:
                self._quota.release_retry_quota(context, answer)
                return _require_object(answer.body)
            delay_seconds, refused = self._judge(answer, error, attempt, context)
            if delay_seconds is None:
                raise TransientError("AWS did not do what was asked", code="aws_unavailable") from error or refused
            time.sleep(delay_seconds)
            attempt += 1

    def _try(self, operation: str, body: bytes) -> tuple[_Answer | None, HTTPError | None]:
        try:
            headers = self._signed_headers(operation, body)
            response = self._pool.urlopen("POST", "/", body, headers, redirect=False, decode_content=False)
        except HTTPError as error:
            return None, error
        return _Answer(response.status, response.headers, response.data), None

    def _signed_headers(self, operation: str, body: bytes) -> dict[str, str]:
        endpoint = self.endpoint
        headers = {"X-Amz-Target": f"{endpoint.target_prefix}.{operation}", **endpoint.headers, **_trace_header()}
        headers["Host"] = self._host
        request = _Request(endpoint.url, body, headers, {})
        # frozen: a renewal between two reads would sign with half of each
        frozen = self._credentials.get_frozen_credentials()
        signer: Any = SigV4Auth(frozen, endpoint.service, endpoint.region)
        signer.add_auth(request)
        del headers["Host"]  # the connection writes it first
        headers["Content-Length"] = str(len(body))
        return headers

    def _judge(
        self, answer: _Answer | None, error: HTTPError | None, attempt: int, context: dict[str, Any]
    ) -> tuple[float | None, AwsRefusedError | None]:
        """Return how long to wait for the next try, None for no more, and what AWS said."""
        parsed = None if answer is None else _parse_error(answer)
        delay_seconds = self._retries.needs_retry(
            response=None if answer is None else (answer, parsed),
            attempts=attempt,
            operation=None,
            caught_exception=error,
            request_dict={"context": context},
        )
        return delay_seconds, None if parsed is None else AwsRefusedError(parsed["Error"]["Code"])


def _standard_retries(endpoint: Endpoint) -> tuple[Any, Any]:
    """Return the SDK's standard mode, and its budget of tries.

    Left out are the rules that read a service's model: none of our two calls has such.
    """
    adapter = _rules.RetryEventAdapter()
    throttling = _rules.ThrottlingErrorDetector(adapter)
    budget = _rules.RetryQuotaChecker(quota.RetryQuota(), throttling)
    checkers = [
        _rules.TransientRetryableChecker(transient_exception_cls=HTTPError),
        _rules.ThrottledRetryableChecker(),
        _rules.ThrottlingStatusCodeChecker(),
    ]
    checker = _WithinAttempts(_rules.MaxAttemptsChecker(endpoint.max_attempts), _rules.OrRetryChecker(checkers))
    backoff = _rules.ExponentialBackoff(service_name=endpoint.service, throttling_detector=throttling)
    return _rules.RetryHandler(_rules.RetryPolicy(checker, backoff), adapter, budget), budget


class _WithinAttempts(NamedTuple):
    """botocore's own conjunction of these two also asks for a service's model."""

    attempts: Any
    checker: Any

    def is_retryable(self, context: object) -> bool:
        """Return whether there is a try left and a reason for it."""
        return bool(self.attempts.is_retryable(context) and self.checker.is_retryable(context))


def _parse_error(answer: _Answer) -> dict[str, Any]:
    from botocore.parsers import create_parser

    parser: Any = create_parser("json")
    return dict(parser.parse(answer._asdict(), None))


def _require_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        # Without a cause: the parser's error would carry what was answered, a secret perhaps.
        raise TransientError("AWS answered no JSON object", code="aws_unavailable") from None
    return parsed


def _trace_header() -> dict[str, str]:
    """Return what AWS follows an event by and finds loops with, in Lambda. Source: botocore, recursion detection."""
    trace_id = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace_id or "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return {}
    return {"X-Amzn-Trace-Id": quote(trace_id, safe="-=;:+&[]{}\"',")}
