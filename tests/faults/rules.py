"""What must hold when a schedule is over, told from the vendors, the queues and the tables alone.

1  final       every accepted message is completed, covered by a later one, or in a DLQ; nothing is under way
2  once        at most one reply for each customer message, as many as the ledger says were sent, never in a wrong place
3  facts       no reply holds anything of another conversation's order, none of an order that is not the sender's
4  marks       tags and assignee are those of the last decision; the tags say truly whether a reply went out
5  tables      B and C agree with A and with what the helpdesk saw; versions count one by one
6  order       a conversation never goes back to an older message
7  doubt       a try whose end is unknown ends done, tried once more after proof, or with a person
8  switch      no reply leaves after the switch was thrown, and none without a look after every wait that said on
9  codes      at most one mail for each message that asks, a code stands nowhere but in its mail and where it was typed
10 drafts      in stage draft no byte reaches a customer; at most one draft a message, and the ledger and tags say so
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.domain.drafts import DRAFT_INTRODUCTION
from rp_mw_worker.domain.figures import OUTCOME, OUTCOME_ENDING
from rp_mw_worker.domain.outcomes import DECISION_ENDING
from tests.faults.expressions import Item
from tests.faults.stories import ASSIGNED_TEAM, ASSIGNEE, Story, mailed_codes
from tests.faults.world import AUDIT, EVENTS, SALT, STATES, World

_TAG_CREATION, _MAKING_A_TAG = "act:rp_create_tag:", "_create_missing>_create_once"
_SLUG_OF_ASSIGNED = "returns-admin"
assert ASSIGNED_TEAM.lower().replace(" ", "-") == _SLUG_OF_ASSIGNED


@dataclass(frozen=True, slots=True)
class Facts:
    """The end of a schedule in plain values."""

    world: World
    story: Story
    events: dict[str, dict[str, Any]]
    actions: dict[str, dict[str, Any]]
    states: dict[str, dict[str, Any]]
    audit: list[dict[str, Any]]
    replies: dict[str, list[str]]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """The rows of the audit trail but those that the sweep read back from closed tickets."""
        return [row for row in self.audit if row.get("kind") != "outcome"]


def facts_of(world: World, story: Story) -> Facts:
    """Return what is left when the queues are empty."""
    items = [from_item(item) for item in world.tables.items[EVENTS].values()]
    replies: dict[str, list[str]] = {}
    for delivery in world.richpanel.store.deliveries:
        if delivery.reached_customer and not world.richpanel.store.tickets[delivery.conversation_id].is_opened_by_api:
            replies.setdefault(delivery.conversation_id, []).append(delivery.body)
    return Facts(
        world,
        story,
        {item["event_id"]: item for item in items if item["event_id"].startswith("evt:")},
        {item["event_id"]: item for item in items if item["event_id"].startswith("act:")},
        _by_key(world.tables.items[STATES].values(), "conversation_id"),
        [from_stored(from_item(item)) for item in world.tables.items[AUDIT].values()],
        replies,
    )


def _by_key(items: Any, name: str) -> dict[str, dict[str, Any]]:
    plain: list[dict[str, Any]] = [from_item(item) for item in _typed(items)]
    return {str(item[name]): item for item in plain}


def _typed(items: Any) -> Iterator[Item]:
    yield from items


def broken_rules(world: World, story: Story) -> list[str]:
    """Return every promise that does not hold; empty for a good end."""
    facts = facts_of(world, story)
    checks = (_final, _once, _facts_disclosed, _marks, _drafts, _tables, _audit, _logs, _codes)
    return [*dict.fromkeys(world.witness.problems), *(problem for check in checks for problem in check(facts))]


def _final(facts: Facts) -> Iterator[str]:
    world = facts.world
    for queue in (world.events, world.enrichment):
        if queue.messages:
            yield f"final: {len(queue.messages)} messages are still in {queue.name}"
    for key, event in facts.events.items():
        if event["status"] == "claimed" and not _has_dead_letter(facts, _conversation_of(facts, key)):
            yield f"final: {key} is still claimed"
    dead = {message.body for message in world.events_dlq.messages}
    for message in world.events.accepted:
        if message.body in dead:
            continue
        problem = _unhandled(facts, message.body)
        if problem:
            yield problem
    yield from _dead_without_reason(facts)


def _conversation_of(facts: Facts, key: str) -> str:
    """Return the conversation of an event's key; a result's is the one that waits."""
    if key.startswith("evt:rp:"):
        return key.split(":")[2]
    request = key.rpartition(":")[2]
    bodies = (json.loads(message.body) for message in facts.world.enrichment.accepted if request in message.body)
    return next((str(body["conversation_id"]) for body in bodies), "")


def _unhandled(facts: Facts, text: str) -> str | None:
    """Return what is missing for an accepted message that is not in the DLQ."""
    if "conversation_id" not in text:
        return "final: a message nobody can read is neither in the DLQ nor anywhere else"
    body: dict[str, Any] = json.loads(text)
    if body["type"] == "enrichment_result":
        event = facts.events.get(f"evt:enr:{body['request_id']}")
        return None if event and event["status"] == "completed" else f"final: result {body['request_id']} is not done"
    if "event_id" in body:
        event = facts.events.get(body["event_id"])
        is_done = event is not None and event["status"] in {"completed", "quarantined"}
        return None if is_done else f"final: accepted event {body['event_id']} is not done"
    ticket = facts.world.richpanel.store.tickets[body["conversation_id"]]
    written = [comment.id for comment in ticket.comments if comment.is_operator is False]
    done = [one for one in written if f"evt:rp:{ticket.id}:{one}" in facts.events]
    return None if done else f"final: nothing of {ticket.id} was handled for a minimal payload"


def _dead_without_reason(facts: Facts) -> Iterator[str]:
    """What a function puts into a DLQ says why. What SQS moved does not: then the last delivery was never answered."""
    for queue in (facts.world.events_dlq, facts.world.enrichment_dlq):
        for message in queue.messages:
            if not message.attributes.get("reason") and not message.was_left_unanswered:
                yield f"final: a message in {queue.name} has no reason"


def _once(facts: Facts) -> Iterator[str]:
    sent = Counter({conversation: len(texts) for conversation, texts in facts.replies.items()})
    for conversation, count in sent.items():
        if conversation not in facts.world.richpanel.store.tickets:
            yield f"once: a reply to {conversation}, which is no conversation"
        # A link that the helpdesk refuses to name is no link: then the order's number is asked for.
        is_link_refused = _was_struck(facts, "reject worker richpanel.get_order")
        limit = facts.story.replies.get(conversation, 0) + is_link_refused
        if count > limit:
            yield f"once: {count} replies in {conversation}, at most {limit} are right"
        done, unsure = _replies_in_ledger(facts, conversation)
        if not done <= count <= done + unsure:
            yield f"idempotency: {count} replies were sent in {conversation}, {done} are done and {unsure} unknown"
        slots = facts.states.get(f"customer:{_digest_of(conversation)}", {}).get("auto_replies", [])
        if count > len(slots):
            yield f"conversation_state: {count} replies to the customer of {conversation}, {len(slots)} are counted"
        for text, times in Counter(facts.replies[conversation]).items():
            if times > 1:
                yield f"once: the same reply {times} times in {conversation}: {text[:40]}"
    for conversation in facts.world.richpanel.store.tickets:
        done, _ = _replies_in_ledger(facts, conversation)
        if done > sent[conversation]:
            yield f"idempotency: {done} replies are done in {conversation}, {sent[conversation]} were sent"
    for conversation, notes in Counter(_notes(facts)).items():
        if notes > _customer_messages(facts, conversation):
            yield f"once: {notes} notes in {conversation}"


def _digest_of(conversation: str) -> str | None:
    return contact_digest(f"{conversation}@example.com", SALT)


def _notes(facts: Facts) -> Iterator[str]:
    for ticket in facts.world.richpanel.store.tickets.values():
        for comment in ticket.comments:
            if not comment.public:
                yield ticket.id


def _customer_messages(facts: Facts, conversation: str) -> int:
    ticket = facts.world.richpanel.store.tickets[conversation]
    return sum(comment.is_operator is False and comment.public for comment in ticket.comments)


def _replies_in_ledger(facts: Facts, conversation: str) -> tuple[int, int]:
    """Return how many replies the idempotency table calls done, and how many it is not sure of."""
    found = Counter(
        item["status"] for key, item in facts.actions.items() if key.startswith(f"act:rp_reply:{conversation}:")
    )
    return found["done"], found["unknown"] + found["attempting"]


def _facts_disclosed(facts: Facts) -> Iterator[str]:
    for conversation, texts in facts.replies.items():
        for shop_order in facts.world.shopify.orders.orders:
            number = shop_order["legacyResourceId"].removeprefix("555")
            is_theirs = shop_order["email"] == f"{conversation}@example.com" or _has_typed_a_code(facts, conversation)
            if not is_theirs and any(f"1Z5R8939035{number}" in text or f"#{number}" in text for text in texts):
                yield f"facts: a reply in {conversation} names order {number}, which is not theirs"


def _has_typed_a_code(facts: Facts, conversation: str) -> bool:
    written = facts.world.richpanel.store.tickets[conversation].comments
    codes = mailed_codes(facts.world)
    return any(comment.is_operator is False and code in comment.body for comment in written for code in codes)


def _codes(facts: Facts) -> Iterator[str]:
    codes = mailed_codes(facts.world)
    if len(codes) > facts.story.mails or len(codes) != len(set(codes)):
        yield f"codes: {len(codes)} mails, at most {facts.story.mails} are right"
    found = Counter(item["status"] for key, item in facts.actions.items() if key.startswith("act:rp_code:"))
    # a 200 that did nothing is taken for a mail: nobody but the customer notices, who then gets a person
    taken = len(codes) + sum(" no_effect " in struck for struck in facts.world.board.struck)
    if not found["done"] <= taken or len(codes) > found["done"] + found["unknown"] + found["attempting"]:
        yield f"idempotency: {len(codes)} codes were mailed, {found['done']} are done and {found['unknown']} unknown"
    for item in facts.states.values():
        if len(item.get("tries", ())) > 3:
            yield f"codes: {len(item['tries'])} tries"
    kept = json.dumps([facts.events, facts.actions, facts.states, facts.audit, facts.world.log_lines], default=str)
    for code in codes:
        if re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", kept):
            yield "codes: a code is kept in a table or a log line"


def _marks(facts: Facts) -> Iterator[str]:
    names = facts.world.richpanel.store.tags
    is_silent = _is_dry(facts)
    for ticket in _customers_tickets(facts):
        state = facts.states.get(ticket.id)
        tags = [*dict.fromkeys(names.get(tag, tag) for tag in ticket.tags)]  # the same tag by id and by name is one
        if is_silent:
            # switches that cannot be read stop automation, never routing: a dry run that nobody can see is none
            if (ticket.tags or ticket.assignee_id) and not _was_struck(facts, " ssm."):
                yield f"marks: {ticket.id} was touched in a dry run"
            continue
        if state is None or "last_message_id" not in state or _has_dead_letter(facts, ticket.id):
            continue
        yield from _wrong_tags(facts, ticket.id, tags, state)
        expected = ASSIGNEE if f"route-{_SLUG_OF_ASSIGNED}" in tags else None
        if _was_struck(facts, "reject worker richpanel.put_assignee"):
            continue
        was_assigned = any(
            row["route"] == ASSIGNED_TEAM for row in facts.decisions if row["conversation_id"] == ticket.id
        )
        if ticket.assignee_id != expected and not (expected is None and was_assigned):
            yield f"marks: {ticket.id} is assigned to {ticket.assignee_id}, not to {expected}"


def _customers_tickets(facts: Facts) -> list[Any]:
    return [one for one in facts.world.richpanel.store.tickets.values() if not one.is_opened_by_api]


def _is_dry(facts: Facts) -> bool:
    return facts.story.flags.get("rollout_stage") == "shadow" or facts.story.flags.get("safe_mode") == "true"


def _was_struck(facts: Facts, what: str) -> bool:
    return any(what in struck for struck in facts.world.board.struck)


def _was_tag_refused(facts: Facts) -> bool:
    """Whether the vendor refused to create a tag, which then stays unknown: it fails itself, and not the event."""
    return any("reject worker richpanel.put @" in one and "_create_once" in one for one in facts.world.board.struck)


def _wrong_tags(facts: Facts, conversation: str, tags: list[str], state: dict[str, Any]) -> Iterator[str]:
    routes = [tag for tag in tags if tag.startswith("route-")]
    intents = [tag for tag in tags if tag.startswith("mw-intent-")]
    slug = state["last_route"].lower().replace(" ", "-").replace("/", "-")
    wanted, shown = [f"route-{slug}", f"mw-intent-{state['last_intent']}", "mw-processed"], [*routes, *intents]
    shown += ["mw-processed"] if "mw-processed" in tags else []
    if shown != wanted and not (_was_tag_refused(facts) and set(shown) <= set(wanted)):
        yield f"marks: {conversation} carries {tags}, decided was {slug} for {state['last_intent']}"
    done, unsure = _replies_in_ledger(facts, conversation)
    sent = len(facts.replies.get(conversation, []))
    if (done and "mw-auto-replied" not in tags) or ("mw-auto-replied" in tags and not sent):
        yield f"marks: {conversation} says {tags}, and {done} replies are done and {sent} sent"
    if unsure and "mw-send-unknown" not in tags:
        yield f"doubt: a reply in {conversation} is unknown and no person is told"


def _drafts(facts: Facts) -> Iterator[str]:
    if facts.story.flags.get("rollout_stage") != "draft":
        return
    store = facts.world.richpanel.store
    for delivery in store.deliveries:
        if delivery.reached_customer or delivery.via != "note":
            yield f"drafts: the customer of {delivery.conversation_id} may see what came by {delivery.via}"
    for ticket in store.tickets.values():
        if any(comment.public and comment.is_operator is not False for comment in ticket.comments):
            yield f"drafts: a comment of ours in {ticket.id} is public"
        there = sum(DRAFT_INTRODUCTION in comment.body for comment in ticket.comments)
        if there > facts.story.drafts:
            yield f"drafts: {there} drafts in {ticket.id}, {facts.story.drafts} are right"
        prefix = f"act:rp_draft:{ticket.id}:"
        found = Counter(item["status"] for key, item in facts.actions.items() if key.startswith(prefix))
        if not found["done"] <= there <= found["done"] + found["unknown"] + found["attempting"]:
            yield f"idempotency: {there} drafts are in {ticket.id}, the ledger says {dict(found)}"
        tags = {store.tags.get(tag, tag) for tag in ticket.tags}
        if "mw-drafted" in tags and not there:
            yield f"marks: {ticket.id} says that there is a draft"


def _has_dead_letter(facts: Facts, conversation: str) -> bool:
    dead = (message.body for message in facts.world.events_dlq.messages)
    return any(f'"conversation_id":"{conversation}"' in body for body in dead)


def _tables(facts: Facts) -> Iterator[str]:
    for ticket in _customers_tickets(facts):
        state = facts.states.get(ticket.id)
        if _has_dead_letter(facts, ticket.id):
            continue
        theirs = [comment.id for comment in ticket.comments if comment.is_operator is False and comment.public]
        if state is None:
            if not (_is_dry(facts) and _was_struck(facts, " torn worker dynamodb.Batch")):
                yield f"conversation_state: nothing is known of {ticket.id}"
            continue
        if state.get("last_message_id") != theirs[-1]:
            last = state.get("last_message_id")
            yield f"conversation_state: {ticket.id} stands at {last}, its last message is {theirs[-1]}"
        if state.get("pending", {}).get("kind") == "awaiting_order":
            yield f"final: {ticket.id} still waits for an order"
        done, unsure = _replies_in_ledger(facts, ticket.id)
        kept = len(state.get("auto_replies", []))
        if not done <= kept <= done + unsure:
            told = f"{done} are done and {unsure} unknown"
            yield f"conversation_state: {kept} replies are remembered for {ticket.id}, {told}"
    for key, item in facts.actions.items():
        if item["status"] != "attempting" or facts.world.events_dlq.messages:
            continue
        # Whoever needs the tag next looks into the account's list, and makes it if it is not there.
        if not (key.startswith(_TAG_CREATION) and _was_struck(facts, _MAKING_A_TAG)):
            yield f"idempotency: {key} is still attempting"
    for name, count in Counter(facts.world.richpanel.store.tags.values()).items():
        if count > 1:
            yield f"once: the account has the tag {name} {count} times"


def _audit(facts: Facts) -> Iterator[str]:
    """Every decided event has its one row, and every row its event.

    A run without side effects claims nothing, so it may decide beside another one: both rows say what was decided.
    Of a run that acts there is one row. So there is of a recorded plan, whatever ended its event: the run that claimed
    it may have acted, and its row says so, though another run has handled the message since.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    yield from _outcomes(facts, {row["ts_action_id"] for row in facts.decisions})
    for row in facts.decisions:
        rows.setdefault(row["ts_action_id"].split("#")[1], []).append(row)
    may_be_torn = any(_was_struck(facts, f" {kind} worker dynamodb.Batch") for kind in ("torn", "partial"))
    for key, event in facts.events.items():
        theirs = rows.pop(_digest(key), [])
        if event["status"] != "completed":
            continue
        outcome = json.loads(event["result"]).get("outcome")
        acting = [row for row in theirs if row["outcome"] == "completed" and row["mode"] != "dry_run"]
        is_decided = outcome in {"completed", "parked"}
        wants_acting = outcome == "completed" and event["mode"] != "dry_run"
        if wants_acting:
            has_enough = len(acting) == 1
        elif _has_acting_plan(event):
            has_enough = len(theirs) == 1
        else:
            has_enough = bool(theirs) == is_decided and not acting
        # all three tables of such an event are one call, not one write: a process that dies before it repeats a
        # throttled part leaves a final event without it. Nobody was told anything.
        has_enough |= may_be_torn and not wants_acting and not theirs
        if not has_enough:
            yield f"audit_trail: {len(theirs)} rows for {key}, {len(acting)} of them acting; it ended {outcome}"
    known = set(map(_digest, facts.events))
    for digest in {row["ts_action_id"].split("#")[1] for row in facts.audit} - known:
        yield f"audit_trail: a row of an event the ledger does not know ({digest})"


def _outcomes(facts: Facts, decisions: set[str]) -> Iterator[str]:
    """What a closed ticket came to stands beside its decision; a row of another kind is none the worker writes."""
    for row in facts.audit:
        if row.get("kind") == OUTCOME and _decision_of(row) not in decisions:
            yield f"audit_trail: an outcome without its decision ({row['ts_action_id']})"
        elif row.get("kind", OUTCOME) != OUTCOME:
            yield f"audit_trail: a row of kind {row['kind']}"


def _decision_of(row: dict[str, Any]) -> str:
    return str(row["ts_action_id"]).partition(f"{OUTCOME_ENDING}#")[0] + DECISION_ENDING


def _has_acting_plan(event: dict[str, Any]) -> bool:
    """Tell whether a run claimed the event with a plan to carry out."""
    return bool(event.get("plan")) and json.loads(event["plan"])["mode"] != "dry_run"


def _digest(event_id: str) -> str:
    import hashlib

    return hashlib.sha256(event_id.encode()).hexdigest()[:12]


def _logs(facts: Facts) -> Iterator[str]:
    """Nothing unforeseen: a function that raises, or an error the product has no name for."""
    for line in facts.world.log_lines:
        if '"message":"unexpected_error"' in line:
            found = json.loads(line)
            yield f"unforeseen: {found.get('exception_name')} at {found.get('place')}"
