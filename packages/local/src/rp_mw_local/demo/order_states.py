"""The part of the story about what an order may be doing: each state is told as what it is, and as nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rp_mw_local.demo.scenario_runner import ScenarioRunner


@dataclass(frozen=True, slots=True)
class StateStory:
    """One order of the shop, who asks for it, and what the reply has to say and must not."""

    name: str
    title: str
    order: str
    email: str
    says: tuple[str, ...]
    never: tuple[str, ...]


_MOVING = ("on its way", "left us")
STATES = (
    StateStory(
        *("label", "A label without a scan is being prepared, not on its way", "#1011", "mia@example.com"),
        says=("being prepared", "not scanned"),
        never=_MOVING,
    ),
    StateStory(
        *("out", "Out for delivery is told as the carrier shows it", "#1012", "nils@example.com"),
        says=("out for delivery",),
        never=("as delivered",),
    ),
    StateStory(
        *("pickup", "An order to be picked up gets no delivery date", "#1013", "olga@example.com"),
        says=("ready for pickup",),
        never=("reach you by", *_MOVING),
    ),
    StateStory(
        *("delivered", "A delivered order is told with its day and the steps, and a person looks", "#1014"),
        email="pete@example.com",
        says=("as delivered", "delivered on", "colleague"),
        never=_MOVING,
    ),
    StateStory(
        *("partly", "Of a partly shipped order each parcel is told by its own state", "#1015", "quin@example.com"),
        says=("delivered on", "on its way", "rest of the order has not been sent"),
        never=(),
    ),
    StateStory(
        *("back-order", "A back-order has no date", "#1016", "rosa@example.com"),
        says=("has not been sent yet", "back-order"),
        never=("reach you by", *_MOVING),
    ),
)


def told_state(story: StateStory, runner: ScenarioRunner) -> None:
    """Ask for the order by its number and hold the one reply against the state."""
    text = f"Hello, could you tell me where my order {story.order} is?"
    asked = runner.ask(text, email=story.email, name=story.email.partition("@")[0].title())
    replies = runner.replies(asked.conversation_id)
    runner.expect("exactly one reply", len(replies) == 1)
    said = " ".join(replies)
    for words in story.says:
        runner.expect(f"it says: {words}", words in said)
    for words in story.never:
        runner.expect(f"it does not say: {words}", words not in said)
    runner.expect("it says that it is automatic", "automatic reply" in said)
    runner.outcome.summary = story.says[0]


def state_scenarios() -> tuple[tuple[str, str, Callable[[ScenarioRunner], None]], ...]:
    """Return each state as a scenario: name, title, and what to play."""
    return tuple((story.name, story.title, partial(told_state, story)) for story in STATES)
