"""Plays the canary customer through the whole product in this process, and leaves what was kept in a folder.

    python -m tests.privacy.play FOLDER

The wiring, adapters, steps and tools are the product's own; AWS and the vendors answer in memory (`tests/faults`). Log
lines go to standard output, as in Lambda. Who started the process reads its output, its error output and every file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from rp_mw_local.http_target import full_payload
from rp_mw_ops.dead_letters.describing import describe_fully
from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.explanation import Story
from rp_mw_ops.report.formats import to_csv, to_html, to_json, to_text
from rp_mw_ops.report.lines import to_report_lines
from rp_mw_ops.turns import explain_lines
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.times import parse_iso_ms
from rp_mw_worker.domain.figures import add_up
from tests.faults.front_door import post
from tests.faults.outside import inside, installed
from tests.faults.printing import say
from tests.faults.stories import order, webhook, write
from tests.faults.switchboard import Switchboard
from tests.faults.world import AUDIT, SALT, STATES, World
from tests.privacy import operator
from tests.privacy.customer import ATTACHMENT, EMAIL, NAME, ORDER, PHONE, RETURN_TEXT, STREET, TEXT, TRACKING, WORDS

DISPUTE = f"I will file a chargeback with my bank. {TEXT}"
ASKS = TEXT.replace(f" I live at {STREET}.", "")
AT = "2026-11-18T15:39:00Z"
# The kinds of `rp_mw_local.simulators.faults` and the helpdesk's own, each at reading and at writing; `slow` changes
# no byte. An error of the API is one kind with many a status; what is lost while it is sent is a matter of its own.
_LOST = (("drop", 0), ("lost_answer", 0))
_KINDS = (*_LOST, ("rate_limited", 429), ("server_error", 503), ("cut_body", 0), ("no_effect", 0))
_ERRORS = tuple(("error", status) for status in (400, 401, 403, 404, 409, 413, 422, 500))
FAULTS = (*product(_KINDS, ("GET", "PUT")), *product(_LOST, ("POST",)), *product(_ERRORS, ("PUT",)))


def main(folder: Path) -> None:
    """Play all stories, each in a world of its own, and write what each left."""
    with installed():
        for story in STORIES:
            world = World(Switchboard(is_silent=True))
            with inside(world):
                for _ in story(world):
                    world.settle()
                _tell(world)
            _leave(world, folder, story.__name__)
    operator.backtest(folder)


def routed_and_answered(world: World) -> Iterator[None]:
    """Tier 1, with private notes where the policy has them; then again, as a duplicate."""
    _comes_in(world, "c1", RETURN_TEXT)
    yield
    _comes_in(world, "c1", RETURN_TEXT)
    yield


def order_answered(world: World) -> Iterator[None]:
    """Parked, looked up by the enricher, answered with the tracking number."""
    tracking = {"company": "UPS", "number": TRACKING, "url": f"https://www.ups.com/track?n={TRACKING}"}
    order(world, ORDER.strip("#"), EMAIL, tracking=tracking, shipping_method=f"Standard to {NAME}")
    _comes_in(world, "c1", ASKS)
    yield


def escalated(world: World) -> Iterator[None]:
    """No model, a person."""
    _comes_in(world, "c1", DISPUTE)
    yield


def recorded_only(world: World) -> Iterator[None]:
    """Nothing is done, everything is decided."""
    world.flags["safe_mode"] = "true"
    _comes_in(world, "c1", RETURN_TEXT)
    yield


def model_asked(world: World) -> Iterator[None]:
    """By OpenAI, which answers, then refuses."""
    world.flags["classifier"] = "openai"
    _comes_in(world, "c1", RETURN_TEXT)
    yield
    world.openai.arm("refusal")
    _comes_in(world, "c2", RETURN_TEXT)
    yield


def known_by_text(world: World) -> Iterator[None]:
    """A webhook without a message id: its event is named by what it says."""
    write(world, "c1", WORDS, email=EMAIL, name=NAME)
    webhook(world, "c1", None, text=ORDER.strip("#"), created_at=AT, customer_email=EMAIL)
    yield


def helpdesk_fails(world: World) -> Iterator[None]:
    """In every way its simulator knows."""
    for number, ((kind, status), method) in enumerate(FAULTS):
        world.richpanel.arm(kind, status=status, on=f"{method} *")
        _comes_in(world, f"f{number}", RETURN_TEXT)
        yield
        world.richpanel.faults.clear()


def poison(world: World) -> Iterator[None]:
    """What can never be read goes to the dead-letter queue; the enricher's too."""
    for number, body in enumerate((TEXT, json.dumps({"type": TEXT, "version": 1}), "[" * 3_000 + TEXT)):
        world.events.send(body, "poison", f"poison-{number}")
    world.enrichment.send(json.dumps({"type": "enrichment_request", "version": 1, "lookup_value": TEXT}), "p", "p")
    yield


def refused_webhooks(world: World) -> Iterator[None]:
    """Not believed, not read."""
    post(world, {"ticket_id": "c9", "message_id": "m9", "text": TEXT, TEXT: EMAIL, "attachments": TEXT})
    yield


def settled_by_people(world: World) -> Iterator[None]:
    """A person answers with the customer's own words, tags the ticket with them and closes; the sweep reads it back."""
    _comes_in(world, "c1", RETURN_TEXT)
    yield
    answer = {"conversation_id": "c1", "text": f"Dear {NAME}, we wrote to {EMAIL}. {TEXT}"}
    world.richpanel.store.agent_writes(answer, world.clock.now_epoch_ms())
    ticket = world.richpanel.store.tickets["c1"]
    ticket.tags.append(f"mw-intent-{EMAIL}")
    ticket.status = "CLOSED"
    world.sweep()
    ticket.tags.pop()  # the agent's own, not ours
    yield


STORIES: tuple[Callable[[World], Iterator[None]], ...] = (
    *(routed_and_answered, order_answered, escalated, recorded_only, model_asked),
    *(known_by_text, helpdesk_fails, poison, refused_webhooks, settled_by_people),
)


def _comes_in(world: World, conversation: str, text: str) -> None:
    """The customer writes, and the helpdesk's webhook brings all of it to the ingress."""
    message = write(world, conversation, text, email=EMAIL, name=NAME, phone=PHONE, attachments=[{"url": ATTACHMENT}])
    told = {"text": text, "email": EMAIL, "phone": PHONE, "name": NAME, "channel": "livechat"}
    post(world, full_payload(conversation, message, told, AT))


def _tell(world: World) -> None:
    """What an operator's tool says of all this."""
    states = {key[0]: from_item(item) for key, item in world.tables.items[STATES].items()}
    rows = [from_stored(from_item(item)) for _, item in sorted(world.tables.items[AUDIT].items())]
    conversations = sorted({str(row["conversation_id"]) for row in rows})
    for conversation in conversations:
        mine = [row for row in rows if row["conversation_id"] == conversation]
        say("\n".join(explain_lines(Story(conversation, states.get(conversation), mine, {}))))
    for queue in (world.events_dlq, world.enrichment_dlq):
        for one in queue.messages:
            dead = DeadLetter(one.id, queue.name, one.body, one.group, "handle", attributes=one.attributes)
            say(json.dumps(describe_fully(dead, SALT), default=str))
    _report(rows)
    operator.work(world, conversations)


def _report(rows: list[dict[str, Any]]) -> None:
    """What the report says, in every format."""
    days = {
        day: add_up(row for row in rows if row.get("day") == day) for day in {row.get("day") for row in rows} if day
    }
    lines = to_report_lines(days, {"received": 1, "model_microdollars": 1}, parse_iso_ms(AT))
    say("\n".join(to_text("canary", lines)))
    say(to_csv(lines) + to_html("canary", lines) + json.dumps(to_json("", "", lines)))


def _leave(world: World, folder: Path, story: str) -> None:
    """Write what outlives the events: logs, tables, dead letters without their bodies, what vendors were asked."""
    say("\n".join(world.log_lines))
    kept: dict[str, Any] = {
        "tables": [[[str(key), item] for key, item in items.items()] for items in world.tables.items.values()],
        "dead_letters": [
            one.attributes for queue in (world.events_dlq, world.enrichment_dlq) for one in queue.messages
        ],
        "tags": [ticket.tags for ticket in world.richpanel.store.tickets.values()],
    }
    (folder / f"{story}.kept").write_text(json.dumps(kept, default=str, ensure_ascii=False), "utf-8")
    asked = "".join(str(request.body) for request in world.openai.requests)
    (folder / f"{story}.model").write_text(asked, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
