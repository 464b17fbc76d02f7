"""What the console reads: the same as `rp-mw flags`, `explain` and `dlq list`, one reader at a time.

A look that fails in one part shows the others all the same, and says what is wrong with the one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rp_mw_ops.console.decisions import load_decisions
from rp_mw_ops.dead_letters.describing import describe
from rp_mw_ops.dead_letters.opening import find_salt, open_dead_letters
from rp_mw_ops.dead_letters.port import read_dead_letters
from rp_mw_ops.environment import LOCAL, Environment, open_environment
from rp_mw_ops.errors import find_complaint
from rp_mw_ops.explanation import event_line, headline, load_story, row_facts, row_time, state_lines
from rp_mw_ops.flags import load_flags, to_automation
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.environments.running_locally import require_running
from rp_mw_shared.errors import RpMwError

LOCAL_POLL_SECONDS = 2
# in AWS every look costs a scan
REMOTE_POLL_SECONDS = 30
MAX_DEAD_LETTERS = 100
Json = dict[str, Any]


class Reader:
    """Reads one environment; however many pages are open, it is read once per poll and by one thread at a time."""

    def __init__(self, require_environment: Callable[[], Environment], clock: Clock) -> None:
        self._require_environment = require_environment
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshot: Json | None = None
        self._fresh_until = float("-inf")

    def snapshot(self) -> Json:
        """Flags, queues and decisions, each `{"value": ...}` or `{"problem": text}`; raises when nothing runs."""
        with self._lock:
            if self._snapshot is None or self._clock.monotonic() >= self._fresh_until:
                self._snapshot = self._look(self._require_environment())
                self._fresh_until = self._clock.monotonic() + self._snapshot["poll_seconds"]
            return self._snapshot

    def conversation(self, conversation_id: str) -> Json:
        """What `rp-mw explain` says; raises NotFoundError for a conversation nobody knows."""
        with self._lock, mapped_aws_errors("AWS"):
            story = load_story(self._require_environment(), conversation_id)
        return {
            "id": story.conversation_id,
            "state": [line.strip() for line in state_lines(story.state)],
            "rows": [{"at": row_time(row), "headline": headline(row), "facts": row_facts(row)} for row in story.rows],
            "events": [event_line(event).strip() for event in story.events.values()],
        }

    def dead_letters(self) -> Json:
        """What `rp-mw dlq list` says. SQS shows a dead letter only by handing it out: it is given back at once."""
        with self._lock, mapped_aws_errors("AWS"):
            environment = self._require_environment()
            salt = find_salt(environment)
            queues = [open_dead_letters(environment, key) for key in environment.topology.queues]
            dead_letters = [
                dead_letter for queue in queues for dead_letter in read_dead_letters(queue, MAX_DEAD_LETTERS)
            ]
        return {"dead_letters": [describe(dead_letter, salt) for dead_letter in dead_letters]}

    def _look(self, environment: Environment) -> Json:
        now, name = self._clock.now_epoch_ms(), environment.topology.environment
        return {
            "environment": name,
            "at": now,
            "poll_seconds": LOCAL_POLL_SECONDS if name == LOCAL else REMOTE_POLL_SECONDS,
            "flags": _section(lambda: _load_switches(environment)),
            "queues": _section(lambda: [_load_queue(environment, key) for key in environment.topology.queues]),
            "decisions": _section(lambda: load_decisions(environment, now)),
        }


def environment_source(name: str) -> Callable[[], Environment]:
    """Opens the environment on first use and keeps it; a local system that was started anew is opened anew."""
    opened: list[Environment] = []

    def require() -> Environment:
        if not opened or (name == LOCAL and opened[0].local != require_running()):
            opened[:] = [open_environment(name)]
        return opened[0]

    return require


def _section(load: Callable[[], Any]) -> Json:
    try:
        with mapped_aws_errors("AWS"):
            return {"value": load()}
    except RpMwError as error:
        return {"problem": find_complaint(error)}


def _load_switches(environment: Environment) -> Json:
    flags = load_flags(environment)
    return {"flags": flags, "automation": to_automation({name: flag["value"] for name, flag in flags.items()})}


def _load_queue(environment: Environment, key: str) -> Json:
    waiting, in_flight = _count(environment, key, dead_letters=False)
    return {
        "queue": key,
        "waiting": waiting,
        "in_flight": in_flight,
        "dead": sum(_count(environment, key, dead_letters=True)),
    }


def _count(environment: Environment, key: str, *, dead_letters: bool) -> tuple[int, int]:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    url = environment.queue_url(key, dead_letters=dead_letters)
    found = environment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    ready, delayed, held = (int(found.get(name, 0)) for name in names)
    return ready + delayed, held
