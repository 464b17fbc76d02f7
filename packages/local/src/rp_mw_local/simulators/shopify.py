"""Shopify's Admin GraphQL API as documented and observed: most refusals come with HTTP 200.

Facts reproduced: a cost block on every reply; THROTTLED and ACCESS_DENIED inside a 200; `errors` as a string on
401; tokens of the client-credentials grant living 24 hours; a retired version served by the oldest supported one,
told only by a header; loose name matching; names that are not unique; an unknown filter ignored with a warning;
orders older than 60 days absent; pages by cursor; plain lists cut to `first` without a word.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.selection import Field, SelectionError, UndefinedFieldError, parse_selection, project
from rp_mw_local.simulators.server import Request, Response, Simulator, html_response, json_response
from rp_mw_local.simulators.shopify_orders import HORIZON_DAYS, Orders, parse_search

SUPPORTED_VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
TOKEN_LIFE_SECONDS = 86_399
MAXIMUM_AVAILABLE, RESTORE_RATE = 2000.0, 100.0
_UNAUTHORIZED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
_PROTECTED = "[API] This app is not approved to use protected customer data. See https://shopify.dev for more details."
_DENIED = "This app is not approved to access the Customer object. See https://shopify.dev for more details."


class ShopifySimulator(Simulator):
    """The shop. Own fault kinds: throttled, access_denied (data and errors), scope_missing, internal_error, max_cost,
    shop_inactive, protected_data (403), rate_limited (429, "2.0"), security_block (430), bad_gateway (HTML 502),
    not_found, not_permitted and not_installed (token endpoint).

    Switches: loose_names, horizon_days, grant (False refuses the token endpoint's credentials).
    """

    name = "shopify"

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        static_token: str | None = None,
        now_epoch_ms: Callable[[], int] | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(now_epoch_ms, port)
        self.client_id = client_id
        self.client_secret = client_secret
        self.static_token = static_token
        self.orders = Orders()
        self.tokens: dict[str, int] = {}

    def default_switches(self) -> dict[str, Any]:
        """As an unapproved custom app sees a shop."""
        return {"loose_names": True, "horizon_days": HORIZON_DAYS, "grant": True}

    def state(self) -> Any:
        """Orders and how many tokens are out."""
        return {"orders": self.orders.orders, "tokens": len(self.tokens)}

    def forget(self) -> None:
        """No orders, no tokens."""
        self.orders = Orders()
        self.tokens = {}

    def expire_tokens(self) -> None:
        """Lets every token given out be past its life."""
        with self.lock:
            self.tokens = dict.fromkeys(self.tokens, 0)

    def seed(self, contents: Any) -> Any:
        """{"orders": [{"id", "name", "email", ...}]}, see `shopify_orders.order_json`; {"expire_tokens": true}."""
        with self.lock:
            if contents.get("expire_tokens"):
                self.expire_tokens()
            added = [self.orders.add(order, self.now_epoch_ms()) for order in contents.get("orders", [])]
            return {"orders": [order["id"] for order in added]}

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The token endpoint or one GraphQL call."""
        with self.lock:
            match request.segments:
                case ("admin", "oauth", "access_token") if request.method == "POST":
                    return self._grant(request, fault)
                case ("admin", "api", version, "graphql.json") if request.method == "POST":
                    return self._graphql(request, version, fault)
            return html_response(404, "Not Found")

    def _grant(self, request: Request, fault: Fault | None) -> Response:
        if fault is not None:
            error = {"not_permitted": "shop_not_permitted", "not_installed": "app_not_installed"}.get(fault.kind)
            return json_response(400, {"error": error}) if error else _transport_fault(fault)
        form = {key: values[-1] for key, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        is_right = form.get("client_id") == self.client_id and form.get("client_secret") == self.client_secret
        if form.get("grant_type") != "client_credentials" or not is_right or not self.switches["grant"]:
            return json_response(400, {"error": "invalid_client"})
        token = f"sim_{secrets.token_hex(16)}"
        self.tokens[token] = self.now_epoch_ms() + TOKEN_LIFE_SECONDS * 1000
        return json_response(
            200, {"access_token": token, "scope": "read_orders,read_customers", "expires_in": TOKEN_LIFE_SECONDS}
        )

    def _graphql(self, request: Request, version: str, fault: Fault | None) -> Response:
        headers = {
            "X-Shopify-API-Version": version if version in (*SUPPORTED_VERSIONS, "unstable") else SUPPORTED_VERSIONS[0],
            "x-request-id": f"sim-{len(self.requests) + 1}",
        }
        if fault is not None and fault.kind not in _GRAPHQL_FAULTS:
            return _transport_fault(fault)
        if not self._is_token_valid(request.headers.get("x-shopify-access-token", "")):
            return json_response(401, {"errors": _UNAUTHORIZED}, headers)
        if fault is not None and fault.kind != "access_denied":
            return json_response(200, _GRAPHQL_FAULTS[fault.kind], headers)
        return json_response(200, self._execute(request, is_denied=fault is not None), headers)

    def _is_token_valid(self, token: str) -> bool:
        return (self.static_token is not None and token == self.static_token) or self.tokens.get(
            token, 0
        ) > self.now_epoch_ms()

    def _execute(self, request: Request, *, is_denied: bool) -> Any:
        try:
            body = request.json()
            selected = parse_selection(body["query"], body.get("variables") or {})
            return self._result(selected, is_denied=is_denied)
        except UndefinedFieldError as error:
            return {"errors": [{"message": f"Field '{error}' doesn't exist", "extensions": {"code": "undefinedField"}}]}
        except (SelectionError, ValueError, KeyError, TypeError) as error:
            return {"errors": [{"message": f"syntax error: {error}", "extensions": {"code": "parseError"}}]}

    def _result(self, selected: list[Field], *, is_denied: bool) -> Any:
        values: dict[str, Any] = {}
        warnings: list[Any] = []
        denied: list[Any] = []
        for field in selected:
            value, searched = self._resolve(field)
            warnings += searched
            if is_denied:
                denied += _deny_customers(value, field.alias)
            values[field.alias] = project(value, field.fields)
        result: dict[str, Any] = {"data": values, "extensions": {"cost": _cost(22, 7)}}
        if warnings:
            result["extensions"]["search"] = warnings
        if denied:
            result["errors"] = denied
        return result

    def _resolve(self, field: Field) -> tuple[Any, list[Any]]:
        if field.name == "orders":
            return self._search(field)
        if field.name == "order":
            return self._shown(self.orders.find(str(field.arguments.get("id")))), []
        if field.name == "shop":
            return {"name": "Simulated shop", "myshopifyDomain": "simulated.example"}, []
        if field.name == "currentAppInstallation":
            return {"accessScopes": [{"handle": "read_orders"}, {"handle": "read_customers"}]}, []
        raise UndefinedFieldError(field.name)

    def _search(self, field: Field) -> tuple[Any, list[Any]]:
        text = str(field.arguments.get("query") or "")
        search = parse_search(text)
        first = int(field.arguments.get("first") or 50)
        found = self.orders.search(
            search,
            self.now_epoch_ms(),
            horizon_days=int(self.switches["horizon_days"]),
            is_name_loose=bool(self.switches["loose_names"]),
        )
        start = _position_after(field.arguments.get("after"), found)
        shown = found[start : start + first]
        page = {"hasNextPage": len(found) > start + first, "endCursor": _cursor(shown[-1]) if shown else None}
        nodes = [self._shown(order) for order in shown]
        warnings = (
            [{"path": [field.alias], "query": text, "parsed": {}, "warnings": list(search.warnings)}]
            if search.warnings
            else []
        )
        return {"pageInfo": page, "nodes": nodes, "edges": [{"node": node} for node in nodes]}, warnings

    @staticmethod
    def _shown(order: dict[str, Any] | None) -> dict[str, Any] | None:
        return dict(order) if order is not None else None


def _cursor(order: dict[str, Any]) -> str:
    return f"after-{order['legacyResourceId']}"


def _position_after(cursor: str | None, found: list[dict[str, Any]]) -> int:
    """Where the page after a cursor begins; raises ValueError for a cursor of another search."""
    return 0 if cursor is None else [_cursor(order) for order in found].index(cursor) + 1


def _deny_customers(value: Any, alias: str) -> list[Any]:
    """Blanks what an unapproved app may not see and says so by path."""
    if value is None:
        return []
    nodes = value.get("nodes", [value])
    errors = []
    for index, node in enumerate(nodes):
        path: list[Any] = [alias, "nodes", index] if "nodes" in value else [alias]
        for name in ("customer", "email", "phone"):
            node[name] = None
            errors.append({"message": _DENIED, "path": [*path, name], "extensions": {"code": "ACCESS_DENIED"}})
    return errors


def _cost(requested: int, actual: int | None, available: float = MAXIMUM_AVAILABLE - 7) -> Any:
    status = {"maximumAvailable": MAXIMUM_AVAILABLE, "currentlyAvailable": available, "restoreRate": RESTORE_RATE}
    return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}


_SCOPE_MESSAGE = "Access denied for orders field. Required access: `read_orders` access scope."
_GRAPHQL_FAULTS: dict[str, Any] = {
    "access_denied": None,
    "throttled": {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
        ],
        "extensions": {"cost": _cost(152, None, 51.0)},
    },
    "scope_missing": {
        "errors": [
            {
                "message": _SCOPE_MESSAGE,
                "path": ["orders"],
                "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "read_orders"},
            }
        ],
        "data": {"orders": None},
    },
    "internal_error": {
        "errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "sim"}}]
    },
    "shop_inactive": {"errors": [{"message": "Shop inactive", "extensions": {"code": "SHOP_INACTIVE"}}]},
    "max_cost": {
        "errors": [
            {
                "message": "Query cost is 2003",
                "extensions": {"code": "MAX_COST_EXCEEDED", "cost": 2003, "maxCost": 1000},
            }
        ]
    },
}


def _transport_fault(fault: Fault) -> Response:
    if fault.kind == "rate_limited":
        headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
        return json_response(429, {"errors": "Exceeded 2 calls per second for api client."}, headers)
    if fault.kind == "security_block":
        return html_response(430, "Shopify Security Rejection")
    if fault.kind == "bad_token":
        return json_response(401, {"errors": _UNAUTHORIZED})
    if fault.kind == "not_found":
        return json_response(404, {"errors": "Not Found"})
    if fault.kind == "protected_data":
        return json_response(403, {"errors": _PROTECTED})
    if fault.kind == "inactive":
        return json_response(fault.status or 402, {"errors": "Unavailable Shop"})
    return html_response(fault.status or 502, "Bad Gateway")
