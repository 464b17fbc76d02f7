"""Vendors that misbehave on every tenth request, drawn from the seed and the count; Shopify on its first one, too.

The first ticket and one in twenty cannot be read for as long as a run tries: that run fails, and a later one has to do
its work. Faults drawn one by one hardly ever outlast three tries, so they do not show what becomes of a failed run.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

from rp_mw_local.simulators.faults import Fault, FaultBook
from rp_mw_shared.clients.http import HttpPolicy

OUTAGE = "outage"
_ANY = (
    Fault("server_error", status=503),
    Fault("server_error", status=502),
    Fault("drop"),
    Fault("lost_answer"),
    Fault("cut_body"),
    Fault("slow", seconds=0.3),
)
_THROTTLED = (Fault("rate_limited"), Fault("rate_limited", retry_after="1"))
# A 200 that did nothing; only where the product looks whether it did. At added tags it looks once a process and every
# ten minutes, as a tenant that drops a name drops it always (record 0120): a silence by chance is believed.
_INERT = Fault("no_effect")
_OF_VENDOR = {"richpanel": (*_ANY, *_THROTTLED), "shopify": (*_ANY, Fault("throttled")), "openai": (*_ANY, *_THROTTLED)}
_LOOKED_AT = ("/send-message",)
# As many requests in a row as a run tries, from one of the first reads of a ticket on.
_OUT = Fault("server_error", status=503)
_OUTAGE_OF, _OUTAGE_PATH = "richpanel", "GET /v1/tickets/"
_SHARE_OF_OUTAGES = 0.05
_OUTAGE_REQUESTS, _LATEST_START = HttpPolicy().max_attempts, 4
# asked so seldom that a short run might meet no fault of it: the first request for each of its paths always does
_FIRST_IS_STRUCK = frozenset({"shopify"})


@dataclass(slots=True)
class RandomFaults(FaultBook):
    """Commits a fault on a `share` of the requests. The n-th request for a path always meets the same fate."""

    vendor: str = "richpanel"
    seed: int = 1
    share: float = 0.1
    asked: int = 0
    committed: Counter[str] = field(default_factory=Counter)
    _counts: Counter[str] = field(default_factory=Counter)
    _first_ticket: str = ""
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault to commit on this request, if any."""
        key = f"{method} {path}"
        with self._mutex:
            self.asked += 1
            self._counts[key] += 1
            if self._is_out(key, self._counts[key]):
                self.committed[OUTAGE] += 1
                return _OUT
            rng = random.Random(f"{self.seed} {key} {self._counts[key]}")
            is_certain = self._counts[key] == 1 and self.vendor in _FIRST_IS_STRUCK
            if rng.random() >= self.share and not is_certain:
                return None
            kinds = _OF_VENDOR[self.vendor]
            fault = rng.choice((*kinds, _INERT) if path.endswith(_LOOKED_AT) else kinds)
            self.committed[fault.kind] += 1
            return fault

    def _is_out(self, key: str, count: int) -> bool:
        """Whether the `count`-th request `key` falls into an outage of its ticket."""
        if self.vendor != _OUTAGE_OF or not key.startswith(_OUTAGE_PATH):
            return False
        self._first_ticket = self._first_ticket or key
        rng = random.Random(f"{self.seed} {OUTAGE} {key}")
        start = rng.randint(1, _LATEST_START)
        is_out = rng.random() < _SHARE_OF_OUTAGES or key == self._first_ticket
        return is_out and start <= count < start + _OUTAGE_REQUESTS
