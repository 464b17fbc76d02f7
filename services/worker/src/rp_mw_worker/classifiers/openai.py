"""Asks OpenAI what a redacted text is about, and turns every way that can fail into a reason code.

    failure code            what happened                                                       asked again at once
    model_refused           the model declined                                                  no
    model_incomplete        the answer was cut (tokens, content filter, other)                  no
    model_failed            the response's own status is failed or cancelled                    no
    model_answer_invalid    not the schema: wrong label, wrong type, no JSON, a proxy's page,   no
                            no end in sight, nested too deep, a status nobody documented
    model_throttled         429, the rate                                                       once, if there is time
    model_quota             the account's money or quota, by code or by type, at any 4xx        no: a person must act
    model_bad_request       400, other 4xx, a redirect: a defect of ours or the configuration   no
    model_unauthorized      401, 403                                                            no: a person must act
                            401 of a key that worked before: it was rotated                     once, with the new key
    model_not_found         404: the model is gone                                              no: a person must act
    model_unavailable       408, 409, 5xx, no connection, cut body                              once, if there is time
    model_timeout           the deadline came first                                             no
    model_circuit_open      it has not been answering: no call is made for a while              -

No exception's text is logged: a validation error quotes the answer, an authentication error part of the key.
Source: OpenAI Python SDK 3.54, Responses API; outcomes as observed against the SDK.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clock import Clock, find_deadline
from rp_mw_shared.errors import RpMwError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.classifiers.openai_schema import MAX_INTENTS, answer_type, delimited, instructions
from rp_mw_worker.domain.model import Classification, Intent

if TYPE_CHECKING:
    from openai import OpenAI

VENDOR = "openai"
_OPERATION = "classify"
_MIN_SECONDS = 0.2
# The SDK takes 1.2 s of CPU to load: seconds on a cold or busy machine.
_MOST_LOADING_SECONDS = 20.0
_MOST_TOKENS = 10_000_000
# What the SDK and the reading of its objects raise on an answer of another shape, or one nested 100,000 deep.
_UNREADABLE = (ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError)
# As codes and as types: new codes appear under the type `insufficient_quota`. Source: OpenAI error guide and reports.
_QUOTA = frozenset(
    {
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_BY_STATUS = {401: "model_unauthorized", 403: "model_unauthorized", 404: "model_not_found"}
# These pass by themselves. Source: the SDK's own rule for retries.
_PASSING_STATUSES = frozenset({408, 409})
_WORTH_ANOTHER_TRY = frozenset({"model_throttled", "model_unavailable"})
# These say that the vendor is not there; everything else is an answer.
_COUNTS_AGAINST_VENDOR = frozenset({"model_unavailable", "model_timeout"})


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Which model and how: prices are US dollars per million tokens."""

    model: str
    effort: str = "none"
    max_output_tokens: int = 400
    input_usd: float = 0.0
    output_usd: float = 0.0
    backoff_seconds: float = 0.5


class _Failed(Exception):
    """`tokens` are what an answer that is of no use has cost all the same: in and out.

    `is_worth_another_try`: the same call may succeed after `wait_seconds`.
    """

    def __init__(
        self,
        code: str,
        wait_seconds: float | None = None,
        tokens: tuple[int, int] = (0, 0),
        *,
        is_worth_another_try: bool | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.wait_seconds = wait_seconds
        self.tokens = tokens
        is_passing = code in _WORTH_ANOTHER_TRY
        self.is_worth_another_try = is_passing if is_worth_another_try is None else is_worth_another_try


class OpenAIClassifier:
    """The `Classifier` port over the Responses API. `make_client` is called when a call is certain, and once a key.

    `forget_key` is called when the key is refused, so that the next `make_client` reads it anew.
    """

    def __init__(
        self,
        make_client: Callable[[], OpenAI],
        clock: Clock,
        breaker: CircuitBreaker,
        definitions: Mapping[str, str],
        options: ModelOptions,
        forget_key: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_client = make_client
        self._forget_key = forget_key
        self._has_key_worked = False
        self._clock = clock
        self._breaker = breaker
        self._options = options
        self._labels = tuple(definitions)
        self._instructions = instructions(definitions)
        self._responses: Any = None
        self._answer_type: Any = None
        self._lock = threading.Lock()
        # One worker: a call that outlives its deadline is left behind with its thread, and the pool is replaced.
        self._pool: ThreadPoolExecutor | None = None

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Return the model's intents, or a Classification with `failure` set; never later than `deadline`.

        The first call loads the SDK. That time is not the model's: it moves `deadline`, at most to the run's own.
        """
        until = self._clock.monotonic() + 8.0 if deadline is None else deadline
        try:
            return self._classify(text, until, subject)
        except _Failed as failed:
            log(LogEvent.VENDOR_FAILED, vendor=VENDOR, operation=_OPERATION, error_code=failed.code)
            used_in, used_out = failed.tokens
            return Classification(
                classifier=VENDOR,
                model_version=self._options.model,
                failure=failed.code,
                input_tokens=used_in,
                output_tokens=used_out,
            )

    def _classify(self, text: str, deadline: float, subject: str) -> Classification:
        deadline = self._load(deadline)
        try:
            return self._try(text, deadline, subject)
        except _Failed as failed:
            wait = self._options.backoff_seconds if failed.wait_seconds is None else failed.wait_seconds
            has_time = self._clock.monotonic() + wait + _MIN_SECONDS < deadline
            if not failed.is_worth_another_try or not has_time:
                raise
            log(LogEvent.VENDOR_RETRIED, vendor=VENDOR, operation=_OPERATION, error_code=failed.code, attempt=1)
            self._clock.sleep(wait)
        return self._try(text, deadline, subject)

    def _load(self, deadline: float) -> float:
        """Load the SDK on first use and return the deadline moved by the time that took.

        Where it cannot be loaded in time, or without a key, the call after it meets the same failure and counts it.
        """
        if self._responses is not None:
            return deadline
        started, run_end = self._clock.monotonic(), find_deadline()
        latest = deadline + _MOST_LOADING_SECONDS
        latest = latest if run_end is None else min(latest, max(run_end, deadline))
        try:
            self._open_pool().submit(self._open_responses).result(timeout=max(latest - started, 0.0))
        except FutureTimeoutError:
            self._abandon_pool()
            return deadline
        except RpMwError:
            return deadline
        return min(deadline + self._clock.monotonic() - started, latest)

    def _try(self, text: str, deadline: float, subject: str) -> Classification:
        try:
            self._breaker.before_call()
        except TransientError as error:
            raise _Failed("model_circuit_open") from error
        metric(Metric.VENDOR_REQUESTS, Vendor=VENDOR)
        started = self._clock.monotonic()
        try:
            response = self._call(text, deadline, subject)
        except _Failed as failed:
            self._count_failure(failed)
            raise
        self._breaker.succeeded()
        self._has_key_worked = True
        duration_ms = (self._clock.monotonic() - started) * 1000
        metric(Metric.VENDOR_LATENCY, duration_ms, Vendor=VENDOR)
        log(LogEvent.VENDOR_ANSWERED, vendor=VENDOR, operation=_OPERATION, status=200, duration_ms=duration_ms)
        try:
            return self._read(response)
        except _UNREADABLE:
            raise _Failed("model_answer_invalid") from None

    def _count_failure(self, failed: _Failed) -> None:
        metric(Metric.VENDOR_ERRORS, Vendor=VENDOR)
        if failed.code in _COUNTS_AGAINST_VENDOR:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        if failed.code in {"model_throttled", "model_quota"}:
            metric(Metric.VENDOR_THROTTLED, Vendor=VENDOR)

    def _call(self, text: str, deadline: float, subject: str) -> Any:
        """Make the call in a thread of its own: the SDK's timeout counts per read, and this one is for all of it."""
        left = deadline - self._clock.monotonic()
        if left < _MIN_SECONDS:
            raise _Failed("model_timeout")
        pool = self._open_pool()
        future = pool.submit(self._send, text, left, subject)
        try:
            return future.result(timeout=left)
        except FutureTimeoutError:
            self._abandon_pool()
            raise _Failed("model_timeout") from None

    def _send(self, text: str, seconds: float, subject: str) -> Any:
        try:
            responses = self._open_responses()
        except RpMwError as error:
            raise _Failed("model_unauthorized") from error
        import openai
        from pydantic import ValidationError

        try:
            return responses.parse(
                model=self._options.model,
                instructions=self._instructions,
                input=[{"role": "user", "content": delimited(text)}],
                text_format=self._answer_type,
                store=False,
                reasoning={"effort": self._options.effort},
                max_output_tokens=self._options.max_output_tokens,
                safety_identifier=subject,
                timeout=seconds,
            )
        except openai.AuthenticationError:
            raise self._refused_key() from None
        except openai.APIError as error:
            raise _to_failed(error) from None
        except openai.OpenAIError:
            raise _Failed("model_failed") from None
        except ValidationError as error:
            raise _Failed(_code_of_invalid(error)) from None
        except _UNREADABLE:
            raise _Failed("model_answer_invalid") from None

    def _refused_key(self) -> _Failed:
        """Drop client and key. A key that worked before was rotated, so the new one is worth a call at once."""
        with self._lock:
            self._responses = None
            was_rotated, self._has_key_worked = self._has_key_worked, False
        self._forget_key()
        return _Failed("model_unauthorized", 0.0, is_worth_another_try=was_rotated)

    def _read(self, response: Any) -> Classification:
        used_in, used_out = used = self._count_tokens(getattr(response, "usage", None))
        if response.status in {"failed", "cancelled"}:
            raise _Failed("model_failed", tokens=used)
        if response.status == "incomplete":
            raise _Failed("model_incomplete", tokens=used)
        if _is_refusal(response):
            raise _Failed("model_refused", tokens=used)
        answer = response.output_parsed
        if answer is None or response.status != "completed":
            raise _Failed("model_answer_invalid", tokens=used)
        best: dict[str, float] = {}
        for intent in answer.intents:
            best[intent.label] = max(best.get(intent.label, 0.0), float(intent.confidence))
        if not best:
            raise _Failed("model_answer_invalid", tokens=used)
        ranked = sorted(best.items(), key=lambda pair: -pair[1])[:MAX_INTENTS]
        return Classification(
            intents=tuple(Intent(label, round(confidence, 4)) for label, confidence in ranked),
            risk_flags=frozenset(answer.risk_flags),
            classifier=VENDOR,
            model_version=self._options.model,
            input_tokens=used_in,
            output_tokens=used_out,
        )

    def _count_tokens(self, usage: Any) -> tuple[int, int]:
        used_in, used_out = (_to_count(getattr(usage, name, 0)) for name in ("input_tokens", "output_tokens"))
        options = self._options
        metric(Metric.TOKENS_IN, used_in, Vendor=VENDOR)
        metric(Metric.TOKENS_OUT, used_out, Vendor=VENDOR)
        cost = (used_in * options.input_usd + used_out * options.output_usd) / 1_000_000
        metric(Metric.MODEL_COST, cost, Vendor=VENDOR)
        return used_in, used_out

    def _open_responses(self) -> Any:
        # Typed Any: the SDK knows models and efforts only as literals of its own release.
        with self._lock:
            if self._responses is None:
                self._answer_type = answer_type(self._labels)
                # the SDK loads most of itself when this is first asked for
                self._responses = self._make_client().responses
            return self._responses

    def _open_pool(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        return self._pool

    def _abandon_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None


def _to_count(value: Any) -> int:
    """Return a number of tokens, 0 for anything that cannot be one: the SDK passes on what the vendor wrote."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if is_count else 0


def _to_failed(error: Any) -> _Failed:
    import openai

    if isinstance(error, openai.APITimeoutError):
        return _Failed("model_timeout")
    if not isinstance(error, openai.APIStatusError):
        return _Failed("model_unavailable" if isinstance(error, openai.APIConnectionError) else "model_answer_invalid")
    status = error.status_code
    if {error.code, error.type} & _QUOTA:
        return _Failed("model_quota")
    if status == 429:
        return _Failed("model_throttled", _wait(error))
    if status >= 500 or status in _PASSING_STATUSES:
        return _Failed("model_unavailable", _wait(error))
    return _Failed(_BY_STATUS.get(status, "model_bad_request"))


def _wait(error: Any) -> float | None:
    from rp_mw_shared.clients.headers import find_retry_after_seconds

    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return find_retry_after_seconds(headers, 0)


def _code_of_invalid(error: Any) -> str:
    """Tell a cut answer from a wrong one: JSON that ends too early is one pydantic could not even read."""
    kinds = {problem["type"] for problem in error.errors(include_url=False, include_input=False, include_context=False)}
    return "model_incomplete" if kinds == {"json_invalid"} else "model_answer_invalid"


def _is_refusal(response: Any) -> bool:
    return any(
        getattr(part, "type", "") == "refusal"
        for item in response.output
        for part in (getattr(item, "content", None) or [])
    )
