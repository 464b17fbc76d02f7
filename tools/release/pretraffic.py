"""Before a version gets any traffic Lambda says which bytes it holds, and it answers an event that does nothing.

What CodeDeploy's BeforeAllowTraffic hook would ask from a function of its own, asked here without one.
"""

from __future__ import annotations

import json
from typing import Any

from tools.release.releases import Release
from tools.release.terraform import DeployError

NO_RECORDS: dict[str, Any] = {"Records": []}  # makes every client and reads every setting, handles nothing
HEALTH = {
    "version": "2.0",
    "routeKey": "GET /v1/health",
    "rawPath": "/v1/health",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/v1/health"}},
    "isBase64Encoded": False,
}
SWEEP_IN_DRY_RUN = {"source": "rp-mw.sweep", "dry_run": True}  # asks Richpanel for open tickets, queues none
# How a sweep ends that came as far as it could, and those of its reasons (rp_mw_shared.reasons) that are
# the vendor's: no version would do better. A refused key, and what is not named here, stop it.
SWEPT = frozenset({"finished", "more_pages", "paced", "out_of_time"})
OUTAGES = frozenset(
    {"vendor_unavailable", "vendor_unreachable", "vendor_throttled", "circuit_open", "rate_limited", "budget_contended"}
)
# Some accounts may not list tickets, and live by the webhook alone.
WITHOUT_A_LIST = frozenset({"list_forbidden"})
EVENTS: dict[str, tuple[dict[str, Any], ...]] = {"ingress": (HEALTH,), "worker": (NO_RECORDS, SWEEP_IN_DRY_RUN)}


def check_bytes(lambda_client: Any, function: str, version: str, release: Release, consequence: str) -> None:
    """Compare the version's CodeSha256 with the release's digest; raises DeployError, which says the consequence."""
    held = lambda_client.get_function_configuration(FunctionName=function, Qualifier=version)["CodeSha256"]
    if held != release.sha256_base64:
        raise DeployError(
            f"{function} version {version} holds other bytes ({held}) than releases.json names ({release.version}, "
            f"{release.sha256_base64}): {consequence}; deploy that release, or check out the releases.json that was "
            "deployed"
        )


def check_version(lambda_client: Any, service: str, function: str, version: str, consequence: str) -> None:
    """Invoke the version with its synthetic events; raises DeployError, which says the consequence, on a failure."""
    for event in EVENTS.get(service, (NO_RECORDS,)):
        answer = lambda_client.invoke(FunctionName=function, Qualifier=version, Payload=json.dumps(event).encode())
        body = json.loads(answer["Payload"].read() or b"null")
        if problem := _problem(event, body, is_error="FunctionError" in answer):
            raise DeployError(
                f"{function} version {version} fails a synthetic event ({problem}): {consequence}; "
                "the log line start_failed, unexpected_error or sweep_finished of that version says why"
            )
        if body.get("outcome") in OUTAGES | WITHOUT_A_LIST:
            print(f"{function}: version {version} could not be tried against Richpanel ({body['outcome']})")
    print(f"{function}: version {version} answers its synthetic events")


def _problem(event: dict[str, Any], body: Any, *, is_error: bool) -> str:
    """What is wrong with an answer; empty for one that is well, or that an outage of the vendor explains.

    A health check answers 200, a batch of none has no failures, a sweep ends as sweeps do.
    """
    told = body if isinstance(body, dict) else {}
    if is_error or not told:
        return str(told.get("errorType") or "its answer is not well")
    if event is SWEEP_IN_DRY_RUN and told.get("outcome") not in SWEPT | OUTAGES | WITHOUT_A_LIST:
        return f"its sweep ends with {told.get('outcome', 'no outcome')}"
    is_well = told.get("statusCode", 200) == 200 and not told.get("batchItemFailures")
    return "" if is_well else "its answer is not well"
