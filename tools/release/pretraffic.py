"""Before a version gets any traffic it answers a synthetic event that does nothing: settings, secrets, code, roles.

What CodeDeploy's BeforeAllowTraffic hook would ask from a function of its own, asked here without one.
"""

from __future__ import annotations

import json
from typing import Any

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
EVENTS: dict[str, tuple[dict[str, Any], ...]] = {"ingress": (HEALTH,), "worker": (NO_RECORDS, SWEEP_IN_DRY_RUN)}


def check_version(lambda_client: Any, service: str, function: str, version: str, consequence: str) -> None:
    """Invoke the version with its synthetic events; raises DeployError, which says the consequence, on a failure."""
    for event in EVENTS.get(service, (NO_RECORDS,)):
        answer = lambda_client.invoke(FunctionName=function, Qualifier=version, Payload=json.dumps(event).encode())
        body = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer or not _is_well(body):
            kind = body.get("errorType", "") if isinstance(body, dict) else ""
            raise DeployError(
                f"{function} version {version} fails a synthetic event ({kind or 'its answer is not well'}): "
                f"{consequence}; the log line start_failed or unexpected_error of that version says why"
            )
    print(f"{function}: version {version} answers its synthetic events")


def _is_well(body: Any) -> bool:
    """A health check answers 200, a batch of none has no failures, a sweep names what it found."""
    if not isinstance(body, dict):
        return False
    return body.get("statusCode", 200) == 200 and not body.get("batchItemFailures")
