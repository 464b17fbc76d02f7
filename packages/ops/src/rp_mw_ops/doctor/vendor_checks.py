"""What is outside AWS: the webhook, the helpdesk's account, the shop's app, and the model."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from rp_mw_ops.doctor.checked import Checked, State, good, judged
from rp_mw_ops.drift.account import open_vendor
from rp_mw_ops.drift.checks import LISTS, LOCAL_GAPS, UNSEEN, find_drift, find_needs
from rp_mw_ops.drift.reading import load_account, load_secret, load_settings
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.errors import OpsError
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clock import Clock
from rp_mw_shared.observability.metrics import NAMESPACE, Metric
from rp_mw_worker.domain.policy import Policy

# how the ingress lets somebody in. Source: rp_mw_ingress.domain.authentication
HMAC_MODE = "hmac"
TOKEN_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER = "X-Middleware-Token", "X-Signature", "X-Timestamp"
CALL_SECONDS = 10.0
CHANNEL_DAYS = 14
_REFUSALS = (400, 401, 403, 404, 429)
# an operator's message: the ingress lets it in and ignores it. Source: rp_mw_ingress.domain.direction
_IGNORED_MESSAGE = {"ticket_id": "rp-mw-doctor", "is_operator": True}
_SCOPES_QUERY = "{ shop { name } currentAppInstallation { accessScopes { handle } } }"
# what the order query reads. Source: docs/deploy.md; read_all_orders: Shopify access scopes, orders older than 60 days
_SCOPES = ("read_orders",)
_OLDER_ORDERS = "read_all_orders"


def check_webhook(environment: Environment, clock: Clock) -> Iterator[Checked]:
    """Refused without what proves the sender, let in with it; the ingress ignores the message, so nothing is queued."""
    url = _webhook_url(environment)
    if url is None:
        to_do = f"make deploy ENV={environment.name} SERVICE=ingress"
        yield Checked("webhook", State.FINDING, "there is no API of the ingress", to_do)
        return
    base, _, path = url.partition("/v1/")
    body = json.dumps(_IGNORED_MESSAGE).encode()
    kind, proof = _webhook_proof(environment, body, clock)
    for name, sent, wanted in ((f"without its {kind}", {}, 401), (f"with its {kind}", proof, 200)):
        http = open_vendor("webhook", base, {"content-type": "application/json"} | sent, clock)
        status = _status(http, f"/v1/{path}", body)
        to_do = "runbook, Auth failures" if wanted == 200 else "anybody may post: look at AUTH_MODE of the ingress"
        yield judged(f"webhook {name}", status == wanted, f"answers {status}", to_do)


def _webhook_proof(environment: Environment, body: bytes, clock: Clock) -> tuple[str, dict[str, str]]:
    """What the ingress asks for as it is set, and the headers that hold it; none where the secret has none."""
    fields = load_secret(environment, "webhook")
    if load_settings(environment, "ingress").get("AUTH_MODE") != HMAC_MODE:
        token = fields.get("token_current")
        return "token", {TOKEN_HEADER: token} if token else {}
    key, timestamp = (fields.get("hmac_secret") or "").strip(), str(clock.now_epoch_ms() // 1000)
    signature = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return "signature", {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature} if key else {}


def check_helpdesk(environment: Environment, policy: Policy, clock: Clock) -> Iterator[Checked]:
    """The key is let in, and the account has the tags, teams and agents that the policy names."""
    settings = load_settings(environment, "worker")
    drift = find_drift(
        find_needs(policy, settings.get("RICHPANEL_AUTHOR_ID")), load_account(environment, settings, clock)
    )
    for kind in LISTS:
        if kind in drift.unread:
            yield Checked(f"helpdesk's {kind}s", State.UNREAD, drift.unread[kind], "see what it says")
            continue
        missing = [one.need.name for one in drift.missing if one.need.kind == kind]
        gaps = LOCAL_GAPS if environment.name == LOCAL else frozenset()
        yield _judge_list(f"helpdesk's {kind}s", missing, drift.checked[kind], gaps)
    for unseen in UNSEEN:
        yield Checked("helpdesk", State.HINT, f"not visible through the API: {unseen}")


def _judge_list(part: str, missing: list[str], checked: int, gaps: frozenset[str]) -> Checked:
    """Judge one list of the account; what is missing on purpose (`gaps`, in the local system) is no finding."""
    said, names = f"{checked - len(missing)} of {checked} there", ", ".join(missing)
    if missing and gaps.issuperset(missing):
        told = f"{said}; the local helpdesk leaves out {names} on purpose, for rp-mw drift to find"
        return Checked(part, State.HINT, told)
    return judged(part, not missing, said, f"make them in Richpanel: {names} (rp-mw drift)")


def check_channels(environment: Environment, clock: Clock) -> Iterator[Checked]:
    """Tickets of the last days whose channel's name the policy lacks: they are never answered."""
    if environment.name == LOCAL:
        return
    end = datetime.fromtimestamp(clock.now_epoch_ms() / 1000, UTC)
    found = environment.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=Metric.UNKNOWN_CHANNELS.value[0],
        Dimensions=[{"Name": "Env", "Value": environment.name}, {"Name": "Service", "Value": "worker"}],
        StartTime=end - timedelta(days=CHANNEL_DAYS),
        EndTime=end,
        Period=86_400,
        Statistics=["Sum"],
    )
    count = int(sum(point["Sum"] for point in found["Datapoints"]))
    to_do = "look at the tickets' channels in Richpanel and add their names to policy/channels.yaml"
    yield judged("channels nobody knows", count == 0, f"{count} tickets in {CHANNEL_DAYS} days", to_do)


def check_shop(environment: Environment, clock: Clock) -> Iterator[Checked]:
    """The app is let in, may read orders, and speaks the version that is set."""
    settings = load_settings(environment, "enricher")
    base, version = settings.get("SHOPIFY_BASE_URL", ""), settings.get("SHOPIFY_API_VERSION", "")
    token = _shop_token(environment, base, clock)
    http = open_vendor("shopify", base, {"x-shopify-access-token": token, "content-type": "application/json"}, clock)
    try:
        answer = http.request(
            "POST",
            f"/admin/api/{version}/graphql.json",
            operation="doctor",
            idempotent=True,
            body={"query": _SCOPES_QUERY},
            accept=_REFUSALS,
            total_seconds=CALL_SECONDS,
        )
    finally:
        http.close()
    yield judged(
        "shop's app", answer.status == 200, f"answers {answer.status}", "put a valid credential into its secret"
    )
    if answer.status != 200:
        return
    spoken = answer.headers.get("x-shopify-api-version", version)
    to_do = (
        f"Shopify answers {version} with {spoken}: set SHOPIFY_API_VERSION in config/topology.yaml to a supported one"
    )
    yield judged("shop's API version", spoken == version, spoken, to_do)
    granted = _scopes(answer.json())
    missing = [scope for scope in _SCOPES if scope not in granted]
    yield judged(
        "shop's scopes", not missing, ", ".join(sorted(granted)) or "none", f"grant the app {', '.join(missing)}"
    )
    if _OLDER_ORDERS not in granted:
        yield Checked("shop's older orders", State.HINT, f"without {_OLDER_ORDERS} only orders of 60 days are found")
    prefix, suffix = (_affix(settings, f"SHOPIFY_ORDER_NAME_{which}") for which in ("PREFIX", "SUFFIX"))
    told = f"orders are called {prefix}1001{suffix}: compare with the shop, Settings, General"
    yield Checked("shop's order names", State.HINT, told)


def _affix(settings: Mapping[str, str], name: str) -> str:
    """Return what stands before or after an order's number; the settings' word for nothing is `none`."""
    value = settings.get(name, "")
    return "" if value == "none" else value


def check_model(environment: Environment, classifier: str, clock: Clock) -> Iterator[Checked]:
    """The model's vendor lets the key in and has the model; the embedded classifier needs neither."""
    if classifier == "embedded":
        yield good("model", "not needed: the switch classifier says embedded")
        return
    settings = load_settings(environment, "worker")
    key, model = load_secret(environment, "openai").get("api_key") or "", settings.get("OPENAI_MODEL", "")
    http = open_vendor("openai", settings.get("OPENAI_BASE_URL", ""), {"authorization": f"Bearer {key}"}, clock)
    status = _status(http, f"/models/{quote(model, safe='')}")
    to_do = {401: "put a valid key into its secret", 404: "the account does not have this model"}.get(
        status, "see status page"
    )
    yield judged(
        "model",
        status == 200,
        f"{model}: answers {status}",
        f"{to_do}; until then: rp-mw flags set classifier embedded",
    )


def _webhook_url(environment: Environment) -> str | None:
    if environment.local is not None:
        return str(environment.local["webhook_url"])
    name = environment.topology.functions["ingress"].name
    apis = environment.client("apigatewayv2").get_apis()["Items"]
    return next((f"{api['ApiEndpoint']}/v1/richpanel/events" for api in apis if api["Name"] == name), None)


def _status(http: VendorHttp, path: str, body: bytes | None = None) -> int:
    try:
        answer = http.request(
            "POST" if body else "GET",
            path,
            operation="doctor",
            idempotent=True,
            body=body,
            accept=_REFUSALS,
            total_seconds=CALL_SECONDS,
        )
        return answer.status
    finally:
        http.close()


def _shop_token(environment: Environment, base: str, clock: Clock) -> str:
    fields = load_secret(environment, "shopify")
    if fields.get("access_token"):
        return str(fields["access_token"])
    form = {"grant_type": "client_credentials"} | {
        name: fields.get(name) or "" for name in ("client_id", "client_secret")
    }
    http = open_vendor("shopify", base, {"content-type": "application/x-www-form-urlencoded"}, clock)
    try:
        answer = http.request(
            "POST",
            "/admin/oauth/access_token",
            operation="doctor_token",
            idempotent=True,
            body=urlencode(form).encode(),
            accept=_REFUSALS,
            total_seconds=CALL_SECONDS,
        )
    finally:
        http.close()
    token = answer.json().get("access_token") if answer.status == 200 else None
    if not token:
        raise OpsError(f"the shop grants no token (it answers {answer.status}): put valid credentials into its secret")
    return str(token)


def _scopes(answer: Any) -> frozenset[str]:
    data = answer.get("data") if isinstance(answer, dict) else None
    installed = (data or {}).get("currentAppInstallation") or {}
    return frozenset(str(scope.get("handle")) for scope in installed.get("accessScopes") or [])
