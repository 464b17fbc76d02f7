"""Peer: the helpdesk calls of a worker as one would write it: one event, one pass, the shop asked in between.

It does what such workers do well: it reads the ticket and the linked order once, proves its reply by reading the ticket
back, keeps the account's tag list in memory, adds tags instead of replacing them, and remembers events it has finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx2


class ConventionalWorker:
    """Handles one event of each kind against `base_url`."""

    def __init__(self, base_url: str, api_key: str, author_id: str) -> None:
        self._client = httpx2.Client(base_url=f"{base_url}/v1", headers={"x-richpanel-key": api_key}, trust_env=False)
        self._author_id = author_id
        self._finished: set[str] = set()

    def handle(self, event_id: str, conversation_id: str, *, reply: str | None, close: bool, note: str | None) -> None:
        """Read, answer where there is an answer, tag, set the status, and leave a note where there is none."""
        if event_id in self._finished:
            return
        path = f"/tickets/{quote(conversation_id, safe='')}"
        ticket = self._ask("GET", path)["ticket"]
        self._ask("GET", f"/order/{quote(conversation_id, safe='')}")
        if reply is not None:
            self._reply(path, ticket, reply)
        self._ask("PUT", f"{path}/add-tags", {"tags": ["mw-processed", "route-sales"]})
        if reply is not None:
            self._ask("PUT", path, {"ticket": {"status": "CLOSED" if close else "OPEN"}})
        if note is not None:
            self._ask("PUT", path, {"ticket": {"comment": {"body": note, "sender_type": "operator", "public": False}}})
        self._finished.add(event_id)

    def _reply(self, path: str, ticket: Mapping[str, Any], reply: str) -> None:
        if ticket["via"]["channel"] == "email":
            self._ask("PUT", f"{path}/send-message", {"body": reply, "author_id": self._author_id})
        else:
            comment = {"body": reply, "sender_type": "operator", "public": True}
            self._ask("PUT", path, {"ticket": {"comment": comment}})
        shown = self._ask("GET", path)["ticket"]["comments"]
        if not any(reply in comment["body"] for comment in shown):
            raise RuntimeError("the reply is not in the ticket")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()
