"""What a soak does, drawn from one seed: who writes what, in which order it is posted, when something is done to us.

conversations start all through the run, so that first messages (the ones that are answered) meet every disturbance

|------------------------------- posts -------------------------------|
   x    x     x    x     x    x    x    x     x    x    x    x    x       a process is killed
                ?|?===== off ======|                                      the kill switch, questions before and after
                                         | redeploy
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.soak.canaries import Customer, customer

# what a conversation begins with, how often of a hundred, and how many replies are right at most: one in ten minutes,
# one more where the first was a question that the customer answers, none ever where people have to look at it
SCRIPTS = {
    "tracked": (34, 1),
    "untracked": (14, 1),
    "number given later": (14, 2),
    "somebody else's order": (8, 2),
    "return": (22, 1),
    "chargeback": (8, 0),
}
FIRST_SCRIPT = "tracked"
# what is asked just before and just after the switch is thrown: answered in one step, and nothing follows
ASKED_SCRIPT = "return"
_ASKED_BEFORE = 6
_ASKED_AFTER = 10
_SHARE_OF_COPIES = 0.2
_SHARE_OF_MINIMAL = 0.1
_SHARE_OF_BURSTS = 0.15
_POSTS_PER_KILL = 150
_POISON = 5
_FOLLOW_UPS = (
    "I want to exchange the blue mug for a green one, how does it work?",
    "Can I still change the delivery address?",
    "The lid of the box came damaged.",
    "Please cancel my subscription.",
    "The app does not let me log in any more.",
    "Do you ship to Norway, and what does it cost?",
    "My discount code is not accepted at the checkout.",
    "One of the two mugs is missing from the parcel.",
    "I was charged twice this month.",
    "Could a person please call me back?",
    "Thanks, that is all.",
)


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook: the first of a message (`is_copy` False, the customer writes it just before) or a repeat of it."""

    conversation: int
    position: int
    is_minimal: bool
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run; `texts` by conversation and position.

    Disturbances happen when so many posts are out; the switch is back on not before it was off for a while.
    `asked_before` and `asked_after` it was thrown are conversations of one message, posted beside `posts`.
    """

    seed: int
    customers: tuple[Customer, ...]
    scripts: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    posts: tuple[Post, ...]
    asked_before: tuple[Post, ...]
    asked_after: tuple[Post, ...]
    kills: tuple[tuple[int, str], ...]
    poison: tuple[int, ...]
    off_at: int
    on_at: int
    redeploy_at: int
    orders: tuple[dict[str, object], ...] = field(default=())

    def replies_allowed(self, conversation: int) -> int:
        """How many replies are right at most."""
        return SCRIPTS[self.scripts[conversation]][1]


def make_plan(seed: int, events: int, conversations: int, kills: int | None = None) -> Plan:
    """Returns the plan of a seed; the same seed gives the same plan."""
    rng = random.Random(seed)
    weights = [weight for weight, _ in SCRIPTS.values()]
    # every script once, the others drawn
    scripts = [*SCRIPTS, *rng.choices([*SCRIPTS], weights, k=max(0, conversations - len(SCRIPTS)))][:conversations]
    asked = [
        Post(conversations + number, 0, is_minimal=False, is_copy=False)
        for number in range(_ASKED_BEFORE + _ASKED_AFTER)
    ]
    customers = tuple(customer(seed, number) for number in range(conversations + len(asked)))
    posts = _posts(rng, events, conversations)
    # the message that is posted alone, before anything else, asks for an order: every run asks Shopify (FIRST_SCRIPT)
    opening, first = scripts.index(FIRST_SCRIPT), posts[0].conversation
    scripts[opening], scripts[first] = scripts[first], scripts[opening]
    scripts += [ASKED_SCRIPT] * len(asked)
    counts = [0] * len(customers)
    for post in [*posts, *asked]:
        counts[post.conversation] += not post.is_copy
    texts = tuple(
        tuple(_text(rng, customers, scripts[number], number, position) for position in range(count))
        for number, count in enumerate(counts)
    )
    total = len(posts)
    kill_count = max(2, total // _POSTS_PER_KILL) if kills is None else kills
    return Plan(
        seed=seed,
        customers=customers,
        scripts=tuple(scripts),
        texts=texts,
        posts=posts,
        asked_before=tuple(asked[:_ASKED_BEFORE]),
        asked_after=tuple(asked[_ASKED_BEFORE:]),
        kills=_kills(rng, total, kill_count),
        poison=tuple(sorted(rng.sample(range(total), _POISON))),
        off_at=int(total * 0.34),
        on_at=int(total * 0.58),
        redeploy_at=int(total * 0.62),
        orders=tuple(_order(one, script) for one, script in zip(customers, scripts, strict=True)),
    )


def _kills(rng: random.Random, total: int, count: int) -> tuple[tuple[int, str], ...]:
    """The moments, and whom it meets: four in five the worker, the others the enricher."""
    moments = sorted(rng.sample(range(int(total * 0.03), int(total * 0.97)), count))
    return tuple((moment, "enricher" if number % 5 == 1 else "worker") for number, moment in enumerate(moments))


def _posts(rng: random.Random, events: int, conversations: int) -> tuple[Post, ...]:
    """All posts in order: a conversation's messages one after the other, sometimes in a burst, copies after them."""
    timed: list[tuple[float, int, Post]] = []
    for conversation in range(conversations):
        count = events // conversations + (conversation < events % conversations)
        start = rng.uniform(0, 0.8)
        gaps = [0.0 if rng.random() < _SHARE_OF_BURSTS else rng.expovariate(1) for _ in range(count)]
        scale, moment = rng.uniform(0.1, 1 - start) / max(1.0, sum(gaps)), start
        for position in range(count):
            timed.append((moment, position, Post(conversation, position, rng.random() < _SHARE_OF_MINIMAL, False)))
            moment += gaps[position] * scale
    for moment, position, post in rng.sample(timed, int(events * _SHARE_OF_COPIES)):
        copy = Post(post.conversation, post.position, rng.random() < 0.5, True)
        timed.append((moment + rng.choice((0.0, rng.uniform(0, 0.02))), position, copy))
    timed.sort(key=lambda entry: (entry[0], entry[1], entry[2].is_copy))
    return tuple(post for _, _, post in timed)


def _text(rng: random.Random, customers: tuple[Customer, ...], script: str, number: int, position: int) -> str:
    one = customers[number]
    if position == 0:
        return f"{_opening(customers, script, number)} Regards, {one.words}."
    if script == "number given later" and position == 1:
        return f"My order number is #{one.order}. {one.words}."
    personal = f" I am {one.name}, {one.email}, call {one.phone}, card {one.card}. I live at {one.street}."
    return f"{rng.choice(_FOLLOW_UPS)} {one.words}.{personal if rng.random() < 0.3 else ''}"


def _opening(customers: tuple[Customer, ...], script: str, number: int) -> str:
    one, other = customers[number], customers[(number + 1) % len(customers)]
    return {
        "tracked": f"Hi, where is my order #{one.order}?",
        "untracked": f"Hello, when will my order #{one.order} arrive? I have no tracking yet.",
        "number given later": "Hi, where is my order? I am waiting for my parcel.",
        "somebody else's order": f"Hi, where is my order #{other.order}?",
        "return": "I want to return my jacket, how does it work?",
        "chargeback": "I will file a chargeback with my bank.",
    }[script]


def _order(one: Customer, script: str) -> dict[str, object]:
    order: dict[str, object] = {"id": one.order_id, "name": f"#{one.order}", "email": one.email}
    if script == "untracked":
        return order | {"created_days_ago": 1, "shipping_method": "Standard"}
    tracking = {"company": "UPS", "number": one.tracking, "url": f"https://tracking.example/{one.tracking}"}
    return order | {"created_days_ago": 4, "shipped_days_ago": 2, "tracking": tracking}
