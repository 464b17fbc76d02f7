"""Names and ids of the account's tags: the API speaks of ids, tickets were seen to hold either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rp_mw_shared.clients.richpanel_lists import read_names
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError

MAX_AGE_SECONDS = 600.0
_RETRY_AFTER_SECONDS = 60.0


class TagDirectory:
    """Reads all pages of GET /tags when tags are first sent and every ten minutes.

    `load_page` answers one page's JSON, counted from 1. A read that fails leaves the names as they are.
    """

    def __init__(self, load_page: Callable[[int], Any], clock: Clock) -> None:
        self._load_page = load_page
        self._clock = clock
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._read_again_at = float("-inf")
        self._lock = threading.Lock()

    def to_ids(self, tags: Sequence[str]) -> list[str]:
        """Return the ids of the named tags; a tag the account does not know keeps its name."""
        self._refresh()
        return [self._ids.get(tag, tag) for tag in tags]

    def to_names(self, tags: Sequence[str]) -> list[str]:
        """Return the names of what a ticket holds for tags; what the account does not know stays as it is."""
        self._refresh()
        return [self._names.get(tag, tag) for tag in tags]

    def id_or_name(self, tag: str) -> str:
        """Return the tag's id as far as it is known already, else its name."""
        return self._ids.get(tag, tag)

    def unknown(self, tags: Sequence[str]) -> list[str]:
        """Return those of `tags` the account does not have, as far as is known already."""
        return [tag for tag in tags if tag not in self._ids]

    def require_missing(self, tags: Sequence[str]) -> list[str]:
        """Read the whole list again and return those of `tags` that are certainly not in it.

        Raises what stood in the way of reading it: a tag may only be made when it is known not to be there.
        """
        with self._lock:
            self._read()
        return self.unknown(tags)

    def known_names(self) -> Mapping[str, str]:
        """Return id to name as far as it is known already, without a call."""
        return self._names

    def _refresh(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if now < self._read_again_at:
                return
            try:
                self._read()
            except TransientError:
                self._read_again_at = now + _RETRY_AFTER_SECONDS
            except PermanentError:
                self._read_again_at = now + MAX_AGE_SECONDS

    def _read(self) -> None:
        self._names = read_names(self._load_page, "tags")
        # Of two tags of one name the older one counts: a person may have made the other.
        self._ids = {name: tag_id for tag_id, name in reversed(self._names.items())}
        self._read_again_at = self._clock.monotonic() + MAX_AGE_SECONDS
