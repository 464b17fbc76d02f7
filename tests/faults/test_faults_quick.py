"""The quick form of the fault schedules, and the schedules that once showed a defect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.explore import flips_at_waits, parse_schedule, play, undisturbed
from tests.faults.outside import installed
from tests.faults.run import explore, quick_schedules
from tests.faults.selftest import ROOT, load_mutations
from tests.faults.stories import STORIES, Story
from tests.faults.switchboard import points_of

ONCE_BROKEN = (
    "minimal payload | 13:intrude_before 19:reject 27:reject 45:flip",  # a tag that the vendor refuses to create
    # Secrets Manager's own timeout carries no response, and was taken for an error nobody foresaw
    "tier 1, chat | 3:lose",
    # the records of a parked flow were written, their answer was lost: deciding again forgot our own question
    "number asked and given | 22:lose",
    # an answer's run died, and the flow expired before the next delivery: its recorded plan was not carried out
    "somebody else's order | 9:kill_before 11:error 23:kill_before 31:kill_before 38:kill_before 40:refuse 50:twice",
    "somebody else's order | 1:stall_after 6:down 16:kill_before 29:kill_after 32:throttle",
    # the helpdesk took the tags and its answer was lost, then the ticket could not be read back
    "tier 1, e-mail | 14:lose 22:stall_after",
    # a takeover decided on an order question that the recorded plan did not ask: the state waited for an order in vain
    "tier 2, tracked | 1:lose 5:kill_after",
    "number asked and given | 18:lose 21:kill_after",
    # the order answer came after its flow's expiry and was dropped: no delivery was left to handle the message
    "order not found | 7:stall_after 11:kill_before 13:lose 15:down 22:twice "
    "28:kill_before 32:refuse 37:reject 38:kill_before",
    "tier 2, tracked | 8:refuse 15:throttle 19:kill_before 23:refuse",
    # a final record whose answer was lost was taken back, while the queue's second delivery had acknowledged it
    "tier 2, tracked | 7:lose 8:intrude_before",
    # two deaths and an outage used up the deliveries: SQS moves the messages itself, and gives no reason
    "two messages at once | 2:down 9:kill_before 12:kill_after 14:kill_after",
    # a parked decision and one that acted: both rows stay
    "order not found | 0:kill_after 3:flip 7:stall_after",
    # the state was written, the reply's end was not: the reply stayed "attempting" for ever
    "tier 1, chat | 19:torn",
    # died as it was about to make a tag that the next run did not need: whoever needs it next looks into the list
    "tier 1, chat | 17:reject 22:kill_after",
    # a run acted and lost the conversation's state to another one: it ended as covered, against its own audit row
    "two messages at once | 3:kill_before 6:flip 12:lose 19:reject 28:intrude_after 37:intrude_before",
    # the same, and it dies before its records: the team was set, and no row said by what decision
    "two messages at once | 3:kill_before 6:flip 12:lose 19:reject 28:stall_after 29:kill_before",
)


@pytest.fixture(scope="module", autouse=True)
def outside() -> Iterator[None]:
    """Nothing of this module reaches the real world outside."""
    with installed():
        yield


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_an_undisturbed_story_replies_exactly_as_often_as_it_says(story: Story) -> None:
    """Without faults everything holds: otherwise the schedules would prove nothing."""
    assert undisturbed(story).problems == []


@pytest.mark.parametrize("schedule", ONCE_BROKEN)
def test_a_schedule_that_once_broke_a_promise_holds_now(schedule: str) -> None:
    """Each defect the schedules found stays found."""
    assert play(parse_schedule(schedule)).problems == []


def test_the_switch_thrown_during_a_wait_stops_the_reply_after_it() -> None:
    """Automation is on when the call begins; a 429 makes it wait, and meanwhile somebody switches it off."""
    schedules = list(flips_at_waits((next(story for story in STORIES if story.name == "tier 1, chat"),)))
    assert len(schedules) >= 8
    ends = [play(schedule) for schedule in schedules]
    assert [(str(played.schedule), played.problems) for played in ends if played.problems] == []
    assert any("flip worker clock.sleep" in struck and "send_reply" in struck for one in ends for struck in one.struck)


def test_a_schedule_runs_the_same_twice() -> None:
    """A seed is enough to see a violation again."""
    first, second = (play(parse_schedule("number asked and given | seed 12")) for _ in range(2))
    assert [crossing.name for crossing in first.crossings] == [crossing.name for crossing in second.crossings]
    assert first.struck == second.struck


def test_a_story_crosses_tables_queues_switches_secrets_and_vendors() -> None:
    """The points come from the wiring: every kind of client is among them."""
    story = next(story for story in STORIES if story.name == "tier 2, tracked")
    points = " ".join(points_of(undisturbed(story).crossings))
    for service in ("dynamodb.", "sqs.", "ssm.", "secretsmanager.", "richpanel.", "shopify."):
        assert service in points, service


@pytest.mark.slow
def test_no_fault_anywhere_breaks_a_promise() -> None:
    """The quick form: thousands of schedules, at least 100 points, no violation."""
    tally = explore(quick_schedules())
    assert [(str(played.schedule), played.problems) for played in tally.violations[:5]] == []
    assert len(tally.points) >= 100
    assert tally.schedules >= 1000


def test_every_mutation_still_fits_the_sources() -> None:
    """At least fifteen deliberate breakages, each pattern in its file exactly once."""
    mutations = load_mutations()
    assert len(mutations) >= 15
    for mutation in mutations:
        assert mutation.applied((ROOT / mutation.file).read_text(encoding="utf-8")) != ""
