"""All new messages together have a cap: beyond it an event costs no more than at it, because nobody reads them on."""

from __future__ import annotations

import pytest

from rp_mw_worker.steps.make_decision import MAX_NEW_TEXT_CHARS
from tests.fakes.blow_up import make_varied
from tests.fakes.call_count import count_calls
from tests.fakes.worker_world import World

MESSAGES = 40


def calls_of_event(chars: int) -> tuple[int, list[object]]:
    """How many calls an event takes whose customer wrote 40 messages of so many characters, and how it ended."""
    world = World()
    for number in range(MESSAGES):
        text = f"{number} {make_varied('zzzzzz ', chars)}"[:chars]
        message = world.helpdesk.customer_writes("c1", text, channel="livechat")
    event = world.event("c1", message)
    calls = count_calls(lambda: world.deliver(event))
    return calls, [(record.result or {}).get("outcome") for record in world.events().values()]


@pytest.mark.parametrize("chars", [900, 2_000, 18_000])
def test_an_event_beyond_the_cap_takes_no_more_calls_than_one_at_it(chars: int) -> None:
    """Whether just beyond it or twenty times."""
    at_cap = MAX_NEW_TEXT_CHARS // MESSAGES - 1
    calls_of_event(at_cap)  # loads once what is loaded once
    allowed, read = calls_of_event(at_cap)
    assert read == ["completed"]
    calls, left = calls_of_event(chars)
    assert left == ["new_messages_too_long"]
    assert calls <= allowed
