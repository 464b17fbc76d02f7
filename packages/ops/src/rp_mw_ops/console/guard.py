"""Who may ask: this machine's browser, with the key of this run, and for a change with the run's token as well.

A page of another site can make a browser ask here, by a name of its own that it lets point to this machine. So the
Host must be ours and the browser must not say that another site asks. The key comes with the address that the command
prints and stays in a cookie that no script can read; the token is told to the page alone and goes into a header that
no other site can set. Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ADDRESS = "127.0.0.1"
MAX_TARGET_CHARS = 4096
TOKEN_HEADER = "X-Console-Token"
_OWN_SITES = ("same-origin", "none")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Source: W3C Content Security Policy Level 3; W3C Trusted Types
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
}


@dataclass(frozen=True, slots=True)
class Access:
    """One run's secrets, and the port that it serves on."""

    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def url(self) -> str:
        """Where it answers, without the key."""
        return f"http://{ADDRESS}:{self.port}/"

    @property
    def cookie(self) -> str:
        """The cookie's name: a browser keeps cookies by host, whatever the port."""
        return f"rp_mw_console_{self.port}"


class Guard:
    """Lets a request through to `app`, or answers it; and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, *, access: Access, is_read_only: bool) -> None:
        self._app = app
        self._access = access
        self._is_read_only = is_read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer: ASGIApp = self._entrance(scope) or self._refusal(scope, headers) or self._app

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].decode().lower() not in _LOWER]
                message["headers"] = kept + [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            await send(message)

        await answer(scope, receive, send_guarded)

    def _entrance(self, scope: Scope) -> Response | None:
        """Take the key out of the address that the command printed, and put it into the browser's cookie."""
        given = QueryParams(scope["query_string"]).get("key")
        if (
            scope["path"] != "/"
            or given is None
            or not self._is_key(given)
            or not self._is_our_host(Headers(scope=scope))
        ):
            return None
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(self._access.cookie, given, httponly=True, samesite="strict")
        return answer

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return what is refused before anything is read."""
        if not self._is_our_host(headers):
            return _problem(421, f"this is not the host that was asked for; open {self._access.url}")
        if len(scope["path"]) + len(scope["query_string"]) > MAX_TARGET_CHARS:
            return _problem(414, "the address is too long")
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES and scope["path"] != "/":
            return _problem(403, "another site may not ask here")
        if scope["path"].startswith("/assets/"):
            return None
        cookies = cookie_parser(headers.get("cookie", ""))
        if not self._is_key(cookies.get(self._access.cookie, "")):
            return _problem(401, "open the address that `rp-mw console` printed: it holds the key of this run")
        return self._refused_change(headers) if scope["method"] not in ("GET", "HEAD") else None

    def _refused_change(self, headers: Headers) -> Response | None:
        if self._is_read_only:
            return _problem(403, "this console only reads: it was started with --read-only")
        origin = headers.get("origin")
        if origin is not None and f"{origin}/" not in self._urls():
            return _problem(403, "another site may not ask here")
        if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._access.token.encode()):
            return _problem(403, "the page is of another run of the console: open it anew")
        if headers.get("content-type") != "application/json":
            return _problem(415, "a change is asked for as JSON")
        return None

    def _is_key(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._access.key.encode())

    def _is_our_host(self, headers: Headers) -> bool:
        return [f"http://{host}/" for host in headers.getlist("host")] in [[url] for url in self._urls()]

    def _urls(self) -> tuple[str, str]:
        return self._access.url, f"http://localhost:{self._access.port}/"


_LOWER = frozenset(name.lower() for name in _HEADERS)


def _problem(status: int, text: str) -> Response:
    return JSONResponse({"problem": text}, status)
