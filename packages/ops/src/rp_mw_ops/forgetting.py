"""Erases what is kept of a conversation or a customer, and says what stays, where, and until when.

    audit_trail         the conversation's rows                        erased
    conversation_state  the conversation's items, the customer's item  erased, with their entries in the indexes
    idempotency         the events' items: ids and codes               30 days: no message is answered twice
    queues              a message on its way, a dead letter            4 and 14 days, or until handled
    backups, logs       recovery of tables; digests only               35 days; as long as lines are kept

The helpdesk's ticket and the shop's order are theirs: they are erased there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.audit_trail import FORGET, TABLE, OperatorAction, load_rows, write_operator_action
from rp_mw_ops.conversations import contacts_of, conversation_of
from rp_mw_ops.dead_letters.opening import open_dead_letters
from rp_mw_ops.dead_letters.port import DeadLetter, may_have_more, read_dead_letters
from rp_mw_ops.dead_letters.redrive import MAX_READ
from rp_mw_ops.environment import Environment
from rp_mw_ops.erasure_list import RECOVERY_DAYS
from rp_mw_ops.errors import NotFoundError
from rp_mw_ops.explanation import load_story
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.redaction.hashing import contact_digest, short_hash
from rp_mw_shared.times import SECONDS_PER_DAY
from rp_mw_worker.adapters.code_items import code_key
from rp_mw_worker.adapters.marks_dynamodb import PREFIXES
from rp_mw_worker.adapters.records_items import customer_key

AUDIT_PARTITION = "forget"
STATE = "conversation_state"
_DELETES_AT_ONCE = 25
_UNREAD = f", and perhaps more: SQS shows ten of a conversation, {MAX_READ:,} of a queue are read"
Key = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Traces:
    """What is kept of a subject: keys to erase by table, and how much stays where.

    `has_unread`: there may be dead letters that SQS did not hand out, so nobody knows whose they are.
    """

    keys: dict[str, list[Key]]
    events: int
    dead_letters: tuple[str, ...]
    has_unread: bool = False

    @property
    def count(self) -> int:
        """How many items are to be erased."""
        return sum(map(len, self.keys.values()))

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all is kept, as far as everything could be looked at."""
        return not (self.count or self.events or self.dead_letters or self.has_unread)


def find_traces(
    environment: Environment, conversation_ids: Sequence[str], customer_digests: Sequence[str] = (), *, salt: str
) -> Traces:
    """Return what is kept of the conversations, and of the customers whose digests are given, made with `salt`."""
    tables = environment.topology.tables
    keys: dict[str, list[Key]] = {TABLE: [], STATE: []}
    events = 0
    for conversation_id in conversation_ids:
        audit = tables[TABLE]
        keys[TABLE] += [
            {audit.partition_key: {"S": conversation_id}, str(audit.sort_key): {"S": str(row[str(audit.sort_key)])}}
            for row in load_rows(environment, conversation_id)
        ]
        for key in (conversation_id, code_key(conversation_id), *(f"{prefix}{conversation_id}" for prefix in PREFIXES)):
            keys[STATE] += _existing(environment, key)
        events += _count_events(environment, conversation_id)
    for digest in customer_digests:
        keys[STATE] += _existing(environment, customer_key(digest))
    whose = _Whose(frozenset(conversation_ids), frozenset(customer_digests), salt)
    return Traces(keys, events, *_find_dead_letters(environment, whose))


def erase(environment: Environment, traces: Traces) -> None:
    """Erase them; doing it again does nothing. Raises TransientError or PermanentError: some may be erased by then."""
    client = environment.client("dynamodb")
    for table, keys in traces.keys.items():
        name = environment.table(table)
        for start in range(0, len(keys), _DELETES_AT_ONCE):
            wanted = {name: [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _DELETES_AT_ONCE]]}
            while wanted:
                with mapped_aws_errors("dynamodb"):
                    wanted = client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]


def record(environment: Environment, subject: str, salt: str, facts: dict[str, Any], at_epoch_ms: int) -> str:
    """Write that it was done into the audit trail, with the subject's digest only, and return that digest."""
    digest = short_hash(subject, salt)
    action = OperatorAction(AUDIT_PARTITION, FORGET, f"forget#{digest}", at_epoch_ms, {"subject": digest, **facts})
    write_operator_action(environment, action)
    return digest


def what_stays(environment: Environment, traces: Traces) -> list[dict[str, Any]]:
    """Return what is out of reach, why, and in how many days it is gone at the latest."""
    topology = environment.topology
    idempotency, queue = topology.tables["idempotency"], topology.queues["events"]
    return [
        {
            "what": f"{traces.events} events in {idempotency.name}: ids and codes",
            "why": "they keep a message from being answered twice",
            "days": idempotency.ttl_days,
        },
        {
            "what": f"{len(traces.dead_letters)} dead letters" + (_UNREAD if traces.has_unread else ""),
            "why": "an event is not lost: send them back (rp-mw dlq redrive ID), or let them expire",
            "days": queue.dlq_retention_seconds // SECONDS_PER_DAY,
        },
        {
            "what": "messages on their way",
            "why": "one that is handled now writes anew: run this again when the ticket is at rest",
            "days": queue.retention_seconds // SECONDS_PER_DAY,
        },
        {
            "what": "backups of the tables",
            "why": "nobody can take single items out of them: after a restore, rp-mw forget --reapply",
            "days": RECOVERY_DAYS,
        },
        {"what": "log lines", "why": "they hold digests, which nobody can turn back", "days": None},
        {
            "what": "the ticket and the order",
            "why": "they are Richpanel's and Shopify's: erase them there",
            "days": None,
        },
    ]


def _count_events(environment: Environment, conversation_id: str) -> int:
    try:
        return len(load_story(environment, conversation_id).events)
    except NotFoundError:
        return 0


def _existing(environment: Environment, key: str) -> list[Key]:
    spec = environment.topology.tables[STATE]
    wanted = {spec.partition_key: {"S": key}}
    found = environment.client("dynamodb").get_item(
        TableName=spec.name,
        Key=wanted,
        ProjectionExpression="#key",
        ExpressionAttributeNames={"#key": spec.partition_key},
        ConsistentRead=True,
    )
    return [wanted] if "Item" in found else []


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose dead letters are looked for: of these conversations, or with a contact of one of these digests."""

    conversation_ids: frozenset[str]
    customer_digests: frozenset[str]
    salt: str

    def is_theirs(self, dead_letter: DeadLetter) -> bool:
        """Whether it is theirs. Of a customer whose messages all died no decision names the conversation."""
        if conversation_of(dead_letter) in self.conversation_ids:
            return True
        return any(contact_digest(one, self.salt) in self.customer_digests for one in contacts_of(dead_letter))


def _find_dead_letters(environment: Environment, whose: _Whose) -> tuple[tuple[str, ...], bool]:
    """Return the ids of theirs, and whether there may be some that could not be read."""
    found: list[str] = []
    has_unread = False
    for key in environment.topology.queues:
        queue = open_dead_letters(environment, key)
        seen = read_dead_letters(queue, MAX_READ)
        found += [dead_letter.id for dead_letter in seen if whose.is_theirs(dead_letter)]
        has_unread |= may_have_more(queue, seen, MAX_READ)
    return tuple(found), has_unread
