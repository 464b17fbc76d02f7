"""What the console reads beside decisions: queues, metrics, the vendors' budget; and the environment, kept open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rp_mw_ops.environment import LOCAL, Environment, open_environment
from rp_mw_ops.figures.budget import load_budget_use
from rp_mw_ops.figures.measures import load_measures, load_oldest
from rp_mw_ops.figures.period import utc_day
from rp_mw_shared.environments.running_locally import require_running
from rp_mw_shared.times import MS_PER_HOUR, parse_iso_ms

Json = dict[str, Any]
# what waits in a queue, for people: one of it, and several
QUEUE_WORDS = {
    "events": ("customer's message", "customers' messages"),
    "enrichment": ("question to the shop", "questions to the shop"),
}
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


def environment_source(name: str) -> Callable[[], Environment]:
    """Return what opens the environment on first use and keeps it; a local system started anew is opened anew."""
    opened: list[Environment] = []

    def require() -> Environment:
        if not opened or (name == LOCAL and opened[0].local != require_running()):
            opened[:] = [open_environment(name)]
        return opened[0]

    return require


class Queues:
    """One console's look at the queues; their addresses are asked for once."""

    def __init__(self) -> None:
        self._of: Environment | None = None
        self._urls: dict[tuple[str, bool], str] = {}

    def load(self, environment: Environment) -> list[Json]:
        """Return each queue's messages: waiting, in flight, dead."""
        if environment is not self._of:
            self._of, self._urls = environment, {}
        return [self._load_queue(environment, key) for key in environment.topology.queues]

    def _load_queue(self, environment: Environment, key: str) -> Json:
        waiting, in_flight = self._count(environment, key, dead_letters=False)
        dead = sum(self._count(environment, key, dead_letters=True))
        title = queue_words(key).capitalize()
        return {"queue": key, "title": title, "waiting": waiting, "in_flight": in_flight, "dead": dead}

    def _count(self, environment: Environment, key: str, *, dead_letters: bool) -> tuple[int, int]:
        name = (key, dead_letters)
        if name not in self._urls:
            self._urls[name] = environment.queue_url(key, dead_letters=dead_letters)
        sqs = environment.client("sqs")
        answer = sqs.get_queue_attributes(QueueUrl=self._urls[name], AttributeNames=list(_COUNTS))
        ready, delayed, held = (int(answer["Attributes"].get(count, 0)) for count in _COUNTS)
        return ready + delayed, held


def queue_words(key: str, number: int = 2) -> str:
    """Return what waits in a queue in words: of `number`, so that 1 is one of it."""
    one, several = QUEUE_WORDS.get(key, (f"message of {key}", f"messages of {key}"))
    return one if number == 1 else several


def load_metrics(environment: Environment, now: int) -> Json:
    """Return the measures of today (UTC) and of the last hour, and when queues' oldest messages were sent (epoch ms).

    `now` is epoch milliseconds.
    """
    return {
        "today": load_measures(environment, parse_iso_ms(utc_day(now)), now),
        "hour": load_measures(environment, now - MS_PER_HOUR, now),
        "oldest": load_oldest(environment, now),
    }


def load_budget(environment: Environment, now: int) -> Json:
    """Return the use of the helpdesk's budget."""
    return asdict(load_budget_use(environment, now))
