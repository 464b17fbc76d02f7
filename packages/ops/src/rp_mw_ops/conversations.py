"""Which conversation is meant: its id, or the digest that a log line and a dead letter show, or a dead letter's id."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rp_mw_ops.dead_letters.opening import find_salt, open_dead_letters
from rp_mw_ops.dead_letters.port import DeadLetter, read_dead_letters
from rp_mw_ops.dead_letters.redrive import MAX_READ
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.explanation import Story, load_story
from rp_mw_ops.finding import open_days
from rp_mw_shared.clock import Clock
from rp_mw_shared.redaction.hashing import short_hash
from rp_mw_shared.times import MS_PER_DAY, to_utc_text

# a short salted hash, and the id that SQS gives a message
_DIGEST = re.compile(r"h[0-9a-f]{12}")
_DEAD_LETTER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# the fields of the queue messages in which a contact may stand in plain
_CONTACTS = ("customer_email", "customer_phone", "lookup_value", "order_address")


def load_meant(environment: Environment, name: str, clock: Clock) -> Story:
    """Return the story of the conversation that `name` is the id, digest or dead letter of; raises NotFoundError."""
    try:
        return load_story(environment, name)
    except NotFoundError:
        if not (_DIGEST.fullmatch(name) or _DEAD_LETTER_ID.fullmatch(name)):
            raise
    found = find_by_dead_letter(environment, name) or find_by_decision(environment, name, clock)
    if found is None:
        raise NotFoundError(
            f"no conversation is known by {name}: it is neither a dead letter's (rp-mw dlq list) nor one that was "
            f"decided on in the last {environment.topology.tables['audit_trail'].ttl_days} days"
        )
    return load_story(environment, found)


def find_by_dead_letter(environment: Environment, name: str) -> str | None:
    """Return the id of the conversation of a dead letter, by the dead letter's id or the conversation's digest."""
    salt = find_salt(environment)
    for key in environment.topology.queues:
        for dead_letter in read_dead_letters(open_dead_letters(environment, key), MAX_READ):
            conversation_id = conversation_of(dead_letter)
            if conversation_id is None:
                continue
            digest = short_hash(conversation_id, salt) if salt else None
            if name in (dead_letter.id, dead_letter.live_id, digest):
                return conversation_id
    return None


def find_by_decision(environment: Environment, digest: str, clock: Clock) -> str | None:
    """Return the id of the conversation of that digest among the days' decisions, the latest day first."""
    salt = find_salt(environment)
    if salt is None or not _DIGEST.fullmatch(digest):
        return None
    return next((one for one in decided_on(environment, clock) if short_hash(one, salt) == digest), None)


def decided_on(environment: Environment, clock: Clock) -> Iterator[str]:
    """Yield the ids of the conversations with a decision, the latest day first; one may come on several days."""
    days, now = open_days(environment), clock.now_epoch_ms()
    for past in range(environment.topology.tables["audit_trail"].ttl_days + 1):
        day = to_utc_text(now - past * MS_PER_DAY)[: len("2026-11-29")]
        yield from dict.fromkeys(str(row["conversation_id"]) for row in days.load_rows(day))


def conversation_of(dead_letter: DeadLetter) -> str | None:
    """Return the id of the conversation that a dead letter is of, None for one that names none."""
    found = _body_of(dead_letter).get("conversation_id")
    return found if isinstance(found, str) and found else None


def contacts_of(dead_letter: DeadLetter) -> list[str]:
    """Return what stands in a dead letter where addresses and phones are, believed to be neither."""
    found = map(_body_of(dead_letter).get, _CONTACTS)
    return [value for value in found if isinstance(value, str)]


def _body_of(dead_letter: DeadLetter) -> dict[str, Any]:
    try:
        body = json.loads(dead_letter.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
