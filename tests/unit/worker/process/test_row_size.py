"""A decision's row costs one write unit, in the table and in the index of its day, and nothing of it is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.flags.declared import Flags, RolloutStage
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_worker.adapters.records_items import to_audit_values
from rp_mw_worker.adapters.records_memory import MemoryRecords
from rp_mw_worker.domain.model import Classification, Intent
from rp_mw_worker.ports import Finish
from tests.fakes.recording import recording
from tests.fakes.worker_tables import item_bytes
from tests.fakes.worker_world import LIVE, NOON, POLICY, WITH_NOTES, World, shipped_order

ONE_UNIT = 1024
DAY_MS = 86_400_000
# As long as mail Message-IDs get in practice: 76 characters.
CONVERSATION = "<CAJ7kq-Xw9Zb0+3f8hQyT6rVn2LmPpEeUuSsDdGgHhJjKk-0123456789ab@mail.gmail.com>"
QUESTION = "Where is my order? It should have been here by now"
THREE_INTENTS = Classification(
    (
        Intent("order_status_tracking", 0.9712),
        Intent("shipping_delay_not_shipped", 0.0183),
        Intent("pre_purchase_question", 0.0091),
    ),
    model_version="1.6.0",
)
Row = dict[str, Any]
OWNER, TYPED = "ana@example.com", "<code>"
# Every flag that a row may have to tell, and with the codes' mail on.
CODES = replace(LIVE, chat_codes=True, notes_are_private=True)
DRAFTING = replace(CODES, rollout_stage=RolloutStage.DRAFT)


@dataclass
class Written(MemoryRecords):
    """The tables in memory, and each row of the audit trail as it was handed over and as it is stored."""

    rows: list[tuple[Row, Row]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def finish(self, finish: Finish) -> None:
        """Keep the row, and go on."""
        keys = {"conversation_id": finish.audit.conversation_id, "ts_action_id": finish.audit.ts_action_id}
        self.rows.append((finish.audit.values | keys, to_item(to_audit_values(finish.audit, finish.now))))
        super().finish(finish)


def parcel(number: int) -> ParcelFacts:
    """One on its way, each with times of its own."""
    at = NOON - 3 * DAY_MS + number * 7_654_321
    tracking = (TrackingFacts("UPS", f"1Z5R8939035756712{number}"),)
    return ParcelFacts("IN_TRANSIT", at, at + 3_333_333, None, NOON + 2 * DAY_MS + 17, at + 5_555_555, tracking)


def order(parcels: int, **fields: Any) -> OrderFacts:
    """An order in `parcels` parcels, by a method with a long title."""
    told = {"parcels": tuple(map(parcel, range(parcels))), "shipping_method": "Expedited International Priority Mail"}
    return shipped_order(**(told | fields))


def unsent(**fields: Any) -> OrderFacts:
    """An order that waits for its goods."""
    waits: Row = {
        "fulfillment_status": "UNFULFILLED",
        "delivery_status": None,
        "tracking": (),
        "waits_as": "back_order",
    }
    return shipped_order(shipped_at_epoch_ms=None, **(waits | fields))


def handled(*told: tuple[str, dict[str, Any]], facts: OrderFacts, flags: Flags = LIVE) -> Written:
    """Each message comes in by mail or chat, and each order asked for is answered; every flow ends."""
    world, written = World(policy=WITH_NOTES if flags.rollout_stage is RolloutStage.DRAFT else POLICY), Written()
    world.flags.set(flags)
    world.deps = replace(world.deps, records=written)
    world.records, world.worker = written, world.new_worker(world.deps)
    world.classifiers.rules = {"where is": THREE_INTENTS, "dónde": THREE_INTENTS}
    with recording():
        for text, contents in told:
            fields = {"channel": "email"} | contents
            words = text.replace(TYPED, newest_code(world))
            message_id = world.helpdesk.customer_writes(CONVERSATION, words, **fields)
            world.deliver(world.event(CONVERSATION, message_id))
            for request in tuple(world.enrichment.requests.values()):
                world.deliver(world.result(request, facts, order_address=OWNER if request.with_address else None))
            world.enrichment.requests.clear()
            world.clock.advance(240)
    return written


def newest_code(world: World) -> str:
    """What the owner reads in the newest mail; nothing without one."""
    mails = world.helpdesk.mails_to(OWNER)
    return re.findall(r"<p>(\d{6})</p>", mails[-1])[0] if mails else ""


LINKED = {"linked_order_id": "5551001"}
CHAT = {"channel": "livechat"}
ASKED, ON_CHAT = "Where is my order #1001? It should have been here by now", {"channel": "messenger"}
VERIFIED, PARCELS = "order_status_verified", "order_status_parcels_verified"
# By kind: the template of its last row, and how it came to be.
KINDS: dict[str, tuple[str | None, Callable[[], Written]]] = {
    "one parcel": (VERIFIED, lambda: handled((QUESTION, LINKED), facts=order(1))),
    "two parcels": (PARCELS, lambda: handled((QUESTION, LINKED), facts=order(2))),
    "three parcels": (PARCELS, lambda: handled((QUESTION, LINKED), facts=order(3))),
    "order known as a whole": (VERIFIED, lambda: handled((QUESTION, LINKED), facts=order(0))),
    "number and deadline": (
        VERIFIED,
        lambda: handled(("Where is my order #1001? I need it by Saturday.", LINKED), facts=order(1)),
    ),
    "waits for its goods": ("order_waiting_verified", lambda: handled((QUESTION, LINKED), facts=unsent())),
    "second matter": (
        None,
        lambda: handled((f"{QUESTION}. And do you sell blue shoes? I would like a refund.", LINKED), facts=order(2)),
    ),
    "second matter, remembered until the number came": (
        None,
        lambda: handled(
            ("Where is my order? I would like a refund if it is late, or a gift card.", CHAT),
            ("1001", CHAT),
            facts=order(2),
        ),
    ),
    "somebody else's order": (
        "ask_order_number",
        lambda: handled((QUESTION, LINKED), facts=order(2, contact_digests=("0" * 32,))),
    ),
    "code sent": ("order_code_sent", lambda: handled((ASKED, ON_CHAT), facts=order(3), flags=CODES)),
    "code wrong": (
        "order_code_wrong",
        lambda: handled((ASKED, ON_CHAT), ("999 99x 123456", ON_CHAT), facts=order(3), flags=CODES),
    ),
    "five parcels": (PARCELS, lambda: handled((QUESTION, LINKED), facts=order(5))),
    "order proved by a code": (
        PARCELS,
        lambda: handled((ASKED, ON_CHAT), (f"the code is {TYPED}", ON_CHAT), facts=order(3), flags=CODES),
    ),
    "draft of an order": (PARCELS, lambda: handled((ASKED, LINKED), facts=order(3), flags=DRAFTING)),
    "draft withheld for want of a code": (None, lambda: handled((ASKED, ON_CHAT), facts=order(3), flags=DRAFTING)),
    "language without templates": (
        None,
        lambda: handled(("Hola, ¿dónde está mi pedido #1001? Gracias", LINKED), facts=order(1)),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_one_write_unit(kind: str) -> None:
    """As DynamoDB counts, with what the indexes need: so is the row's place in the index of its day."""
    template, make = KINDS[kind]
    rows = make().rows
    assert rows[-1][0].get("template") == template
    assert not template or "verified" not in template or rows[-1][0]["claims"]
    for told, stored in rows:
        assert item_bytes(stored) <= ONE_UNIT, f"{told.get('outcome')}: {item_bytes(stored)} bytes"


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_read_as_it_was_handed_over(kind: str) -> None:
    """Nothing that explain, replay, figures or search read is lost on its way through the table."""
    _, make = KINDS[kind]
    for told, stored in make().rows:
        read = from_stored(from_item(stored))
        assert {name: read.pop(name) for name in ("done_at", "expires_at")}
        assert read.pop("day", told["ts_action_id"][:10]) == told["ts_action_id"][:10]
        assert read == told


def test_the_second_matter_names_what_it_is() -> None:
    """So the kind above is the one it says."""
    _, make = KINDS["second matter, remembered until the number came"]
    assert any("second_matter" in gate for gate in make().rows[-1][0]["gates_blocked"])
