"""People of the shop: they take open tickets, answer, sometimes move one to another team, and close it.

They keep their own count of what they did, which is the truth that measured agreement is held to.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from rp_mw_local.simulators.richpanel_tickets import Ticket, Tickets

_ANSWER_MS = 60_000


class Agents:
    """They move a share `noise` (0 to 1) of tickets away, drawn by `seed` alone.

    `route_tags` are the tags of all teams. `kept` and `moved` count tickets by the tag they were found with.
    """

    def __init__(self, store: Tickets, route_tags: Sequence[str], *, noise: float, seed: int = 1) -> None:
        self.kept: Counter[str] = Counter()
        self.moved: Counter[str] = Counter()
        self._store = store
        self._route_tags = tuple(route_tags)
        self._noise = noise
        self._random = random.Random(seed)  # noqa: S311  # plays people, guards nothing

    def work(self, now: int) -> None:
        """Answer and close every open ticket that shows exactly one team; `now` is epoch milliseconds."""
        for ticket in self._store.tickets.values():
            routes = [tag for tag in ticket.tags if tag in self._route_tags]
            if ticket.status == "OPEN" and len(routes) == 1:
                self._settle(ticket, routes[0], now)

    def _settle(self, ticket: Ticket, route: str, now: int) -> None:
        if self._random.random() < self._noise:
            others = [tag for tag in self._route_tags if tag != route]
            ticket.tags = [tag for tag in ticket.tags if tag != route] + [self._random.choice(others)]
            self.moved[route] += 1
        else:
            self.kept[route] += 1
        self._store.add(ticket, "agent-2", "We have looked into it.", now + _ANSWER_MS, is_operator=True)
        ticket.status = "CLOSED"
