"""OpenAI's Responses API: every way it was seen to answer or fail, and a watch on what it is sent.

Violations recorded (never the text itself): `store` not false, an e-mail address or phone number in the input,
`temperature` or `top_p` sent, a call without a schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.openai_answers import answer_for
from rp_mw_local.simulators.server import Request, Response, Simulator, html_response, json_response

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
_PHONE = re.compile(r"(?<![\w.-])\+?\d[\d\s().-]{7,}\d(?![\w-])")
_MINIMUM_PHONE_DIGITS = 9
_ERRORS: dict[str, tuple[int, str, str | None]] = {
    "bad_request": (400, "invalid_request_error", None),
    "bad_key": (401, "invalid_request_error", "invalid_api_key"),
    "forbidden": (403, "invalid_request_error", "unsupported_country_region_territory"),
    "no_model": (404, "invalid_request_error", "model_not_found"),
    "rate_limited": (429, "rate_limit_error", "rate_limit_exceeded"),
    "slow_down": (429, "requests", "slow_down"),
    "insufficient_quota": (429, "insufficient_quota", "insufficient_quota"),
    "credit_exhausted": (429, "insufficient_quota", "credit_balance_exhausted"),
    "spend_limit": (429, "insufficient_quota", "organization_spend_limit_exceeded"),
    "project_limit": (429, "insufficient_quota", "project_spend_limit_exceeded"),
    "usage_limit": (429, "insufficient_quota", "organization_usage_limit_exceeded"),
    "new_quota_code": (429, "insufficient_quota", "a_limit_of_next_year"),
    "billing_not_active": (429, "billing_not_active", "billing_not_active"),
    "billing_hard_limit": (400, "invalid_request_error", "billing_hard_limit_reached"),
    "request_timeout": (408, "timeout", None),
    "conflict": (409, "conflict_error", None),
    "internal_error": (500, "server_error", None),
    "overloaded": (503, "service_unavailable_error", "server_is_overloaded"),
}


# A guess at what thinking costs; the model's own default is medium.
REASONING_TOKENS = {"none": 0, "low": 500, "medium": 2_000, "high": 8_000, "xhigh": 15_000, "max": 20_000}
DEFAULT_EFFORT = "medium"


class OpenAISimulator(Simulator):
    """The model. Own fault kinds: refusal, truncated, truncated_empty, content_filter, failed, wrong_enum, wrong_type,
    html_200, broken_json, commentary, and the error rows: bad_request, bad_key, forbidden, no_model, rate_limited,
    slow_down, insufficient_quota, credit_exhausted, spend_limit, project_limit, usage_limit, new_quota_code,
    billing_not_active, billing_hard_limit, request_timeout, conflict, internal_error, overloaded (`retry_after` in
    seconds, or milliseconds with the suffix "ms").

    Switches: obeys_attacker, `scripted`: an object every answer is exactly equal to, and reasoning_tokens: what
    thinking costs by effort, out of `max_output_tokens`; where nothing is left the answer is cut before it begins.
    """

    name = "openai"

    def __init__(self, api_key: str, now_epoch_ms: Callable[[], int] | None = None, port: int = 0) -> None:
        super().__init__(now_epoch_ms, port)
        self.api_key = api_key

    def default_switches(self) -> dict[str, Any]:
        """An honest model."""
        return {"obeys_attacker": False, "scripted": None, "reasoning_tokens": dict(REASONING_TOKENS)}

    def state(self) -> Any:
        """The promises broken so far."""
        return {"violations": self.violations}

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """One call of the Responses API."""
        if request.method != "POST" or request.segments[-1:] != ("responses",):
            return _error(404, "invalid_request_error", None, {})
        headers = {
            "x-request-id": f"req_sim_{len(self.requests) + 1}",
            "openai-processing-ms": "1",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-reset-requests": "120ms",
        }
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(*_ERRORS["bad_key"], headers)
        try:
            body = request.json()
        except ValueError:
            return _error(*_ERRORS["bad_request"], headers)
        self._watch(body)
        return self._respond(body, fault, headers)

    def _watch(self, body: dict[str, Any]) -> None:
        given = json.dumps(body.get("input"), ensure_ascii=False)
        checks = {
            "store_not_false": body.get("store") is not False,
            "email_in_input": bool(_EMAIL.search(given)),
            "phone_in_input": any(
                sum(map(str.isdigit, found)) >= _MINIMUM_PHONE_DIGITS for found in _PHONE.findall(given)
            ),
            "sampling_parameter": "temperature" in body or "top_p" in body,
            "no_schema": _format(body).get("type") != "json_schema",
        }
        with self.lock:
            number = len(self.requests) + 1
            self.violations += [{"kind": kind, "request": number} for kind, is_broken in checks.items() if is_broken]

    def _respond(self, body: dict[str, Any], fault: Fault | None, headers: dict[str, str]) -> Response:
        kind = fault.kind if fault else ""
        if fault is not None and kind in _ERRORS:
            return _error(*_ERRORS[kind], headers | _retry_headers(fault))
        kind = kind or ("truncated_empty" if self._thinks_too_long(body) else "")
        if kind == "html_200":
            return html_response(200, "Welcome")
        answer = fault.answer if fault is not None and kind == "scripted" else self._answer(body)
        text = json.dumps(_spoilt(answer, kind))
        shown = _with_outcome(_envelope(body, text), kind)
        if kind == "broken_json":
            return Response(
                200, json.dumps(shown).encode()[:-20] + b"}", {"Content-Type": "application/json", **headers}
            )
        return json_response(200, shown, headers)

    def _thinks_too_long(self, body: dict[str, Any]) -> bool:
        effort = (body.get("reasoning") or {}).get("effort", DEFAULT_EFFORT)
        needed = self.switches["reasoning_tokens"].get(effort, 0)
        return bool(needed >= body.get("max_output_tokens", needed + 1))

    def _answer(self, body: dict[str, Any]) -> Any:
        if self.switches["scripted"] is not None:
            return self.switches["scripted"]
        given = body.get("input")
        text = given if isinstance(given, str) else " ".join(_texts(given))
        return answer_for(
            text, _format(body).get("schema", {}), is_obedient_to_attacker=bool(self.switches["obeys_attacker"])
        )


def _format(body: dict[str, Any]) -> dict[str, Any]:
    return dict((body.get("text") or {}).get("format") or {})


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for entry in node for text in _texts(entry)]
    if isinstance(node, dict):
        return _texts(node.get("content", node.get("text", "")))
    return [node] if isinstance(node, str) else []


def _spoilt(answer: Any, kind: str) -> Any:
    """The answer with its first label, or its first number, made impossible."""
    if kind not in {"wrong_enum", "wrong_type"}:
        return answer
    if isinstance(answer, dict):
        return {key: _spoilt(value, kind) for key, value in answer.items()}
    if isinstance(answer, list):
        return [_spoilt(value, kind) for value in answer]
    if kind == "wrong_enum" and isinstance(answer, str):
        return "not_a_label"
    if kind == "wrong_type" and isinstance(answer, float):
        return "very sure"
    return answer


def _envelope(body: dict[str, Any], text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "annotations": [], "text": text}]
    used = len(json.dumps(body)) // 4
    return {
        "id": "resp_sim",
        "object": "response",
        "created_at": 1_795_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": body.get("model", ""),
        "output": [
            {"type": "message", "id": "msg_sim", "role": "assistant", "status": "completed", "content": content}
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "store": body.get("store", True),
        "usage": {
            "input_tokens": used,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": len(text) // 4,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used + len(text) // 4,
        },
    }


def _with_outcome(shown: dict[str, Any], kind: str) -> dict[str, Any]:
    message = shown["output"][0]
    if kind == "refusal":
        message["content"] = [{"type": "refusal", "refusal": "I can't help with that."}]
    if kind in {"truncated", "truncated_empty", "content_filter"}:
        shown["status"] = "incomplete"
        shown["incomplete_details"] = {"reason": "content_filter" if kind == "content_filter" else "max_output_tokens"}
        message["status"] = "incomplete"
        message["content"][0]["text"] = message["content"][0]["text"][:-8]
    if kind == "truncated_empty":
        shown["output"] = [{"type": "reasoning", "id": "rs_sim", "summary": []}]
    if kind == "failed":
        shown |= {"status": "failed", "error": {"code": "server_error", "message": "The model failed."}, "output": []}
    if kind == "commentary":
        shown["output"].insert(0, {**message, "id": "msg_sim_0", "phase": "commentary"})
    return shown


def _error(status: int, kind: str, code: str | None, headers: dict[str, str]) -> Response:
    return json_response(
        status, {"error": {"message": "simulated", "type": kind, "param": None, "code": code}}, headers
    )


def _retry_headers(fault: Fault) -> dict[str, str]:
    if fault.retry_after is None:
        return {}
    if fault.retry_after.endswith("ms"):
        return {"retry-after-ms": fault.retry_after.removesuffix("ms")}
    return {"retry-after": fault.retry_after}
