"""No digest in the tables can be tried out without the environment's salt; those kept before salting still count."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import replace

import pytest

from rp_mw_worker.domain.comments import WrittenText, body_digest, find_notes, is_digest_of, is_written, squeeze
from rp_mw_worker.domain.model import Author
from tests.fakes.helpdesk import SALT
from tests.fakes.worker_world import LIVE, WITH_NOTES, World, shipped_order

_HEX = re.compile(r"[0-9a-f]{12,64}")
AT = "2026-11-18T15:39:00Z"
NUMBERS = [f"{number}" for number in range(1000, 1100)]


def sha256(text: str) -> str:
    """What anybody can compute who has no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def digests_in(world: World) -> set[str]:
    """Every run of hex digits the tables hold."""
    return set(_HEX.findall(world.dump()))


def answered(number: str) -> tuple[World, str]:
    """A world where the customer got the answer about their order, and the words of that answer."""
    world = World()
    message_id = world.helpdesk.customer_writes("c1", f"Where is my order {number}?", email="ana@example.com")
    world.deliver(world.event("c1", message_id))
    for request in list(world.enrichment.requests.values()):
        world.deliver(world.result(request, shipped_order(name=f"#{number}")))
    (words,) = world.helpdesk.replies("c1")
    return world, words


def test_an_order_number_is_not_read_back_from_a_reply() -> None:
    """The words of a reply are a template and a number: whoever has the template needs a hundred tries."""
    world, words = answered("1042")
    assert "1042" in words
    kept = digests_in(world)
    tried = (sha256(squeeze(words.replace("1042", number))) for number in NUMBERS)
    assert not any(guess.startswith(digest) for guess, digest in itertools.product(tried, kept))


def test_an_order_number_is_not_read_back_from_a_message_without_an_id() -> None:
    """Its event is named by text and minute: both can be guessed, the salt cannot."""
    world = World()
    world.helpdesk.customer_writes("c1", "1042", email="ana@example.com")
    world.deliver(world.event("c1", None, text="1042", created_at=AT))
    bucket = int(world.clock.now_epoch_ms() // 60_000)
    tried = [sha256(f"{bucket + minute}\n{number}") for minute in range(-3, 4) for number in NUMBERS]
    (key,) = world.events()
    assert re.fullmatch(r"evt:rp:c1:[0-9a-f]{32}", key)
    assert not set(tried) & digests_in(world)


def test_two_environments_name_one_message_differently() -> None:
    """The salt is what the name depends on."""
    keys = set()
    for salt in (SALT, "another-salt"):
        world = World()
        world.deps = replace(world.deps, salt=salt)
        world.worker = world.new_worker(world.deps)
        world.helpdesk.customer_writes("c1", "1042", email="ana@example.com")
        world.deliver(world.event("c1", None, text="1042", created_at=AT))
        keys |= set(world.events())
    assert len(keys) == 2


def test_a_queue_message_is_not_guessed_from_its_fingerprint() -> None:
    """The fingerprint of a lookup's answer covers the order's name and contact."""
    world = World()
    message_id = world.helpdesk.customer_writes("c1", "I want to return this", email="ana@example.com")
    event = world.event("c1", message_id)
    world.deliver(event)
    body = world.record(event)["body"]
    assert sha256(body) not in {record.fingerprint for record in world.events().values()}
    assert len({record.fingerprint for record in world.events().values()}) == 1


def test_a_reply_of_a_plan_made_before_digests_were_salted_is_still_known() -> None:
    """A run that died under the older worker is completed, not answered again."""
    digest = sha256(squeeze("Your order is on its way"))[:32]
    written = [WrittenText("m1", squeeze("Where is it?"), Author.CUSTOMER)]
    sent = [*written, WrittenText("a1", squeeze("Your order is on its way"), Author.OPERATOR)]
    assert is_written(sent, "m1", digest, None, SALT) is True
    assert is_written(written, "m1", digest, None, SALT) is False
    assert is_digest_of(digest, "Your order is on its way", SALT)
    assert find_notes(sent, [digest], SALT) == {"a1"}


def test_a_note_is_known_again_by_its_salted_digest() -> None:
    """So our own note is never taken for a customer's next message."""
    world = World(policy=WITH_NOTES)
    world.flags.set(LIVE)
    message_id = world.helpdesk.customer_writes("c1", "I will file a chargeback", email="ana@example.com")
    world.deliver(world.event("c1", message_id))
    (digest,) = world.records.states["c1"]["notes"]
    written = world.helpdesk.load_ticket("c1").written
    assert len({comment.comment_id for comment in written if is_digest_of(digest, comment.text, SALT)}) == 1
    assert not any(sha256(comment.text).startswith(digest) for comment in written)


@pytest.mark.parametrize("salt", ["", "other"])
def test_a_digest_of_another_salt_is_no_proof(salt: str) -> None:
    """An empty salt is refused, another one does not match."""
    digest = body_digest("Hello", SALT)
    if not salt:
        with pytest.raises(ValueError, match="salt"):
            body_digest("Hello", salt)
    assert salt == "" or not is_digest_of(digest, "Hello", salt)
