"""What can be told of a conversation before its first decision: no row holds its id until then.

The ledger takes an event when it is decided, under the message's id, so a message that is still being tried is only in
its queue; one that was tried in vain is a dead letter.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from rp_mw_ops.dead_letters.describing import find_conversation, in_sentences
from rp_mw_ops.dead_letters.opening import open_dead_letters
from rp_mw_ops.dead_letters.port import DeadLetter, read_dead_letters
from rp_mw_ops.dead_letters.redrive import MAX_READ
from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.measures import load_measures
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.sqs.sender import count_waiting
from rp_mw_shared.times import MS_PER_HOUR

_VENDORS = {"richpanel": "Richpanel", "shopify": "Shopify", "openai": "OpenAI"}


@dataclass(slots=True)
class Undecided:
    """What waits, what failed within the hour, and the dead letters; None is what could not be read.

    `own` are the dead letters of the conversation itself.
    """

    waiting: int | None = None
    dead: int | None = None
    failed_calls: dict[str, int] | None = None
    own: list[DeadLetter] = field(default_factory=list)


def load_undecided(environment: Environment, conversation_id: str, now: int) -> Undecided:
    """Return what is known besides the rows; `now` is epoch ms. What cannot be read is left out."""
    found = Undecided()
    with suppress(RpMwError), mapped_aws_errors("AWS"):
        sqs, keys = environment.client("sqs"), list(environment.topology.queues)
        found.waiting = sum(count_waiting(sqs, environment.queue_url(key)) for key in keys)
        queues = [open_dead_letters(environment, key) for key in keys]
        found.dead = sum(queue.count() for queue in queues)
        dead_letters = [one for queue in queues for one in read_dead_letters(queue, MAX_READ)]
        found.own = [one for one in dead_letters if find_conversation(one) == conversation_id]
    with suppress(RpMwError), mapped_aws_errors("AWS"):
        measures = load_measures(environment, now - MS_PER_HOUR, now)
        found.failed_calls = {name: measures[f"{vendor}_errors"] for vendor, name in _VENDORS.items()}
    return found


def undecided_words(found: Undecided, dead_letters: str = "dead letters") -> str:
    """Return it as sentences; `dead_letters` is what the reader calls them."""
    if found.own:
        told = in_sentences(found.own[0])
        return f"A message of it could not be handled ({found.own[0].id}). {told['sentence']} {told['next_step']}"
    counts = {
        "messages that wait or are in work": found.waiting,
        "calls that failed within the hour": _calls_in_words(found.failed_calls),
        dead_letters: found.dead,
    }
    listed = ", ".join(f"{name}: {count}" for name, count in counts.items() if count is not None)
    return f"A message that is still being tried has no row yet{f' ({listed})' if listed else ''}."


def _calls_in_words(failed: dict[str, int] | None) -> str | None:
    if failed is None:
        return None
    return " and ".join(f"{count} of {name}" for name, count in failed.items() if count) or "0"
