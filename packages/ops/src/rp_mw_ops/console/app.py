"""The console's routes.

GET  / and a page's name       the page
GET  /assets/...               its style, scripts and chart library
GET  /api/session, now, decisions, figures, story, failed, reports
GET  /api/stream               server-sent events: one for each version of what is known, and a beat
POST /api/search               by id, order number or address: in the body, so that no history keeps it
POST /api/switch, /api/redrive
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from rp_mw_ops.console import actions, views
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.guard import Access, Guard
from rp_mw_ops.console.lines import FACETS
from rp_mw_ops.console.reports import reports_view
from rp_mw_ops.environment import GUARDED, Environment, find_actor
from rp_mw_ops.errors import NotFoundError, UsageError, find_complaint
from rp_mw_ops.printing import to_plain
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError

ASSETS = Path(__file__).parent / "assets"
PAGES = ("/", "/live", "/conversation", "/failed", "/switches", "/reports")
MAX_BODY_BYTES = 16_384
MAX_ID_CHARS = 998  # a mail's Message-ID is one line. Source: RFC 5322, section 2.1.1
_LOOK_SECONDS = 0.2
_BEAT_SECONDS = 3.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Console:
    """Everything one run of the console serves: `who` acts, `ticket_url` is the helpdesk's page with `{id}`.

    `sent` are the ids in their queues of the failed messages that this run sent back.
    """

    environment: str
    require_environment: Callable[[], Environment]
    feed: Feed
    access: Access
    clock: Clock
    who: str
    is_read_only: bool = False
    ticket_url: str | None = None
    reports: Path | None = None
    sent: set[str] = field(default_factory=set)


def build_app(console: Console) -> Starlette:
    """Return the application."""
    feed, require = console.feed, console.require_environment

    def session(request: Request) -> Json:
        del request
        return {
            "environment": console.environment,
            "token": console.access.token,
            "read_only": console.is_read_only,
            "confirm": console.environment in GUARDED,
            "who": console.who,
            "poll_seconds": feed.poll_seconds,
        }

    def story(request: Request) -> Json:
        conversation_id = require_id(request)
        link = views.ticket_link(console.ticket_url, conversation_id)
        return views.story_view(require(), conversation_id, console.clock.now_epoch_ms()) | {"link": link}

    def acts() -> str:
        return find_actor(require(), console.who)

    def redrive(asked: Json) -> Json:
        return actions.send_back(require(), asked, who=acts(), clock=console.clock, sent=console.sent)

    def search(asked: Json) -> Json:
        return views.search_view(require(), str(asked.get("text", ""))[:MAX_ID_CHARS], console.clock.now_epoch_ms())

    reads: dict[str, Callable[[Request], Json]] = {
        "session": session,
        "now": lambda _: views.now_view(feed),
        "decisions": lambda request: views.decisions_view(feed, request.query_params.get("day", ""), _filters(request)),
        "figures": lambda _: views.figures_view(feed),
        "story": story,
        "failed": lambda _: views.failed_view(require(), console.sent),
        "reports": lambda _: reports_view(feed, console.reports),
    }
    changes: dict[str, Callable[[Json], Json]] = {
        "search": search,
        "switch": lambda asked: actions.change_switch(require(), asked, who=acts()),
        "redrive": redrive,
    }
    return Starlette(
        routes=[
            *(Route(page, _page) for page in PAGES),
            *(Route(f"/api/{name}", _reading(feed, read)) for name, read in reads.items()),
            *(Route(f"/api/{name}", _changing(feed, change), methods=["POST"]) for name, change in changes.items()),
            Route("/api/stream", _streaming(feed)),
            Mount("/assets", StaticFiles(directory=ASSETS)),
        ],
        exception_handlers={404: _nowhere},
        middleware=[Middleware(Guard, access=console.access, is_read_only=console.is_read_only)],
    )


async def _page(_: Request) -> Response:
    return FileResponse(ASSETS / "index.html", media_type="text/html; charset=utf-8")


async def _nowhere(request: Request, _: Exception) -> Response:
    """Say that there is nothing here: to a person with the way back."""
    if request.url.path.startswith(("/api", "/assets")):
        return PlainTextResponse("Not Found", 404)
    return FileResponse(ASSETS / "nowhere.html", 404, media_type="text/html; charset=utf-8")


def _reading(feed: Feed, read: Callable[[Request], Json]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        feed.look()
        return await run_in_threadpool(_answer, lambda: read(request))

    return endpoint


def _changing(feed: Feed, change: Callable[[Json], Json]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        feed.look()
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return JSONResponse({"problem": "that is too long"}, 413)
        return await run_in_threadpool(_answer, lambda: change(_parse(body)))

    return endpoint


def _streaming(feed: Feed) -> Callable[[Request], Any]:
    async def events() -> AsyncIterator[str]:
        told, silent_seconds = -1, 0.0
        while True:
            feed.look()
            if feed.version != told or silent_seconds >= _BEAT_SECONDS:
                told, silent_seconds = feed.version, 0.0
                yield f"data: {json.dumps(views.now_view(feed), default=to_plain)}\n\n"
            await asyncio.sleep(_LOOK_SECONDS)
            silent_seconds += _LOOK_SECONDS

    async def endpoint(_: Request) -> Response:
        return StreamingResponse(events(), media_type="text/event-stream")

    return endpoint


def _answer(do: Callable[[], Json]) -> Response:
    """Do it; what a person can put right is said, and of a defect only its kind: its words may name a customer."""
    try:
        return _json(200, do())
    except UsageError as error:
        return _json(400, {"problem": str(error)})
    except NotFoundError as error:
        return _json(404, {"problem": str(error)})
    except RpMwError as error:
        return _json(503, {"problem": find_complaint(error)})
    except Exception as error:  # noqa: BLE001 - the handler's edge: the page says so and goes on asking
        return _json(500, {"problem": f"a defect of the console ({type(error).__name__})"})


def _json(status: int, value: Json) -> Response:
    return Response(json.dumps(value, default=to_plain), status, media_type="application/json")


def _parse(body: bytes) -> Json:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError("the request is no JSON") from error
    if not isinstance(asked, dict):
        raise UsageError("the request is no JSON object")
    return asked


def require_id(request: Request) -> str:
    """Return the conversation that a request names; raises UsageError for none or more than one."""
    ids = request.query_params.getlist("id")
    if len(ids) != 1 or not ids[0] or len(ids[0]) > MAX_ID_CHARS or not ids[0].isprintable():
        raise UsageError("give one conversation's id")
    return ids[0]


def _filters(request: Request) -> dict[str, frozenset[str]]:
    given = request.query_params
    return {facet: frozenset(given.getlist(facet)) for facet in FACETS if facet in given}
