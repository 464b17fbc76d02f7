"""Judges the tickets in several processes and gives the outcomes in order; a few tickets are in memory at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from rp_mw_ops.backtest.outcome import Outcome, make_judge
from rp_mw_ops.backtest.ticket import ExportedTicket

TICKETS_AT_A_TIME = 64

_judge: Callable[[ExportedTicket], Outcome] | None = None


def judge_all(
    tickets: Iterable[ExportedTicket], teams: Mapping[str, str], processes: int | None = None
) -> Iterator[Outcome]:
    """Yield each ticket's outcome, in order. `teams` as in `make_judge`; `processes`: by default one for each core."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        yield from map(make_judge(teams), tickets)
        return
    stream = iter(tickets)
    waiting: deque[Future[list[Outcome]]] = deque()
    with ProcessPoolExecutor(count, get_context("spawn"), _start, (teams,)) as pool:
        while True:
            while len(waiting) < 2 * count and (some := list(islice(stream, TICKETS_AT_A_TIME))):
                waiting.append(pool.submit(_judge_some, some))
            if not waiting:
                return
            yield from waiting.popleft().result()


def _start(teams: Mapping[str, str]) -> None:
    global _judge  # noqa: PLW0603  # one judge a process: it holds the model
    _judge = make_judge(teams)


def _judge_some(tickets: list[ExportedTicket]) -> list[Outcome]:
    assert _judge is not None
    return [_judge(ticket) for ticket in tickets]
