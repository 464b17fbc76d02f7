"""Names and ids of the account's tags: the API speaks of ids, tickets were seen to hold either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError

MAX_AGE_SECONDS = 600.0
_RETRY_AFTER_SECONDS = 60.0


class TagDirectory:
    """Reads GET /tags when tags are first sent and every ten minutes; a failed read leaves names as they are."""

    def __init__(self, get_tags: Callable[[], Any], clock: Clock) -> None:
        self._get_tags = get_tags
        self._clock = clock
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._read_again_at = float("-inf")
        self._lock = threading.Lock()

    def to_ids(self, tags: Sequence[str]) -> list[str]:
        """Return the ids of the named tags; a tag the account does not know keeps its name."""
        self._refresh()
        return [self._ids.get(tag, tag) for tag in tags]

    def id_or_name(self, tag: str) -> str:
        """Return the tag's id as far as it is known already, else its name."""
        return self._ids.get(tag, tag)

    def unknown(self, tags: Sequence[str]) -> list[str]:
        """Return those of `tags` the account does not have."""
        return [tag for tag in tags if tag not in self._ids]

    def known_names(self) -> Mapping[str, str]:
        """Return id to name as far as it is known already, without a call."""
        return self._names

    def forget(self) -> None:
        """Make the next `to_ids` read the list again: tags were just created."""
        self._read_again_at = float("-inf")

    def _refresh(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if now < self._read_again_at:
                return
            try:
                payload = self._get_tags()
            except (TransientError, PermanentError):
                self._read_again_at = now + _RETRY_AFTER_SECONDS
                return
            self._read_again_at = now + MAX_AGE_SECONDS
            listed = payload.get("tag", payload.get("tags")) if isinstance(payload, Mapping) else None
            entries = [entry for entry in listed or [] if isinstance(entry, Mapping)]
            self._names = {
                str(entry["id"]): str(entry["name"]) for entry in entries if "id" in entry and "name" in entry
            }
            self._ids = {name: tag_id for tag_id, name in self._names.items()}
