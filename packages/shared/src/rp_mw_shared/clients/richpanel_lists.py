"""Reads a whole list of a Richpanel account (tags, teams, users), however it is keyed and paged.

a page says `next_page`: null     it is the last
a page names a next one           read it, unless this page brought nothing new
a page says nothing               go on while pages are as full as the smallest page size and bring something new

Source: Richpanel API reference, Pagination (`next_page` is an address; tags, teams and users are keyed `tag`, `team`
and `users`); seen in clients: `tags`, `teams`, `user`. The page size defaults to ten and is at most a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rp_mw_shared.errors import TransientError

PER_PAGE = 100
MAX_PAGES = 50
_SMALLEST_PAGE = 10
UNREADABLE, ENDLESS = "vendor_answer_unreadable", "list_endless"

LoadPage = Callable[[int], Any]


def page_query(page: int) -> dict[str, str]:
    """Return the query of one page, counted from 1."""
    return {"page": str(page), "per_page": str(PER_PAGE)}


def read_names(load_page: LoadPage, kind: str) -> dict[str, str]:
    """Return id to name of every entry; `kind` is `tags`, `teams` or `users`, `load_page` answers a page's JSON.

    Raises TransientError `vendor_answer_unreadable` for an answer without the list, `list_endless` after 50 pages.
    """
    found: dict[str, str] = {}
    for page in range(1, MAX_PAGES + 1):
        payload = load_page(page)
        entries, before = _entries(payload, kind), len(found)
        for entry in entries:
            found.setdefault(str(entry["id"]), str(entry.get("name", "")))
        if not _has_more(payload, len(entries), has_news=len(found) > before):
            return found
    raise TransientError(f"GET /{kind} does not end after {MAX_PAGES} pages", code=ENDLESS)


def _entries(payload: Any, kind: str) -> list[Mapping[str, Any]]:
    answer = payload if isinstance(payload, Mapping) else {}
    items = next((answer[key] for key in (kind, kind.removesuffix("s")) if isinstance(answer.get(key), list)), None)
    if items is None:
        raise TransientError(f"the answer to GET /{kind} holds no list", code=UNREADABLE)
    return [item for item in items if isinstance(item, Mapping) and item.get("id") is not None]


def _has_more(payload: Mapping[str, Any], entries: int, *, has_news: bool) -> bool:
    if "next_page" in payload:
        return payload["next_page"] is not None and has_news
    return entries >= _SMALLEST_PAGE and has_news
