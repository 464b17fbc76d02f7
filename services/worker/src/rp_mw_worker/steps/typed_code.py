"""What a one-time code typed on a chat comes to. Imported only in a conversation that has one.

The code is masked before anything else reads the message. A try is written down, under the message's name and on
condition that nobody wrote meanwhile, before anything is decided: a message has one try, however often it is delivered.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace

from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.code_digests import code_digest, order_of_code
from rp_mw_worker.domain.codes import (
    CodeRecord,
    is_code_asked,
    is_spent,
    masked_codes,
    may_issue,
    outcome_of,
    tried,
    typed_codes,
)
from rp_mw_worker.domain.entities import order_numbers
from rp_mw_worker.domain.model import Author, CodeStanding, Flags, TicketMessage
from rp_mw_worker.domain.records import event_digest
from rp_mw_worker.steps.context import LoadedEvent, TicketReading

_SAVE_TRIES = 3
_EARLIER_MESSAGES = 50


def read_code(deps: Dependencies, loaded: LoadedEvent, reading: TicketReading, flags: Flags) -> TicketReading:
    """Return the reading with every code masked, and with what a typed one comes to; raises TransientError."""
    now = deps.clock.now_epoch_ms()
    record = deps.records.load_code(reading.seen.ticket.conversation_id, now)
    asked = record.asked if record is not None else ""

    def is_asked_number(digits: str) -> bool:
        return hmac.compare_digest(salted_hash(digits, deps.salt), asked)

    typed = _typed(reading, is_asked_number)
    by = event_digest(reading.messages[-1].message_id)
    is_asked = is_code_asked(flags, reading.seen.ticket.channel, deps.engine.policy)
    if record is not None and typed and is_asked and _is_customers(reading):
        record = _try(deps, record, typed, by)
    standing = _standing(deps, loaded, reading, record, by if typed and is_asked else None)
    number = _find_number(deps, reading, asked) if record is not None and _is_proved(deps, record) else None
    return replace(_masked(reading, is_asked_number), code=standing, proved_number=number)


def _typed(reading: TicketReading, is_number: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for one in reading.messages for code in typed_codes(one.text, is_number)))


def _is_customers(reading: TicketReading) -> bool:
    """Only the ticket's own customer has tries: nobody in copy, and no message that the ticket does not show."""
    return all(message.author is Author.CUSTOMER for message in reading.messages)


def _try(deps: Dependencies, record: CodeRecord, typed: tuple[str, ...], by: str) -> CodeRecord:
    """Write the try down. Several codes in one message are one wrong try."""
    for _ in range(_SAVE_TRIES):
        now = deps.clock.now_epoch_ms()
        mine = code_digest(typed[0], record.conversation_id, record.made_for, deps.salt)
        is_same = hmac.compare_digest(mine, record.digest) and len(typed) == 1
        after = tried(record, by, is_same=is_same, now_epoch_ms=now, rules=deps.engine.code_rules)
        if after is record or deps.records.save_code(after, record.version, now):
            log(LogEvent.CODE_TRIED, outcome=outcome_of(after, by, deps.engine.code_rules))
            return after
        kept = deps.records.load_code(record.conversation_id, now)
        if kept is None:
            break
        record = kept
    raise TransientError("the one-time code changes too fast", code="code_contended")


def _standing(
    deps: Dependencies, loaded: LoadedEvent, reading: TicketReading, record: CodeRecord | None, tried_by: str | None
) -> CodeStanding:
    rules, now = deps.engine.code_rules, deps.clock.now_epoch_ms()
    order = reading.lookup.order if reading.lookup is not None else None
    is_proof = (
        record is not None
        and order is not None
        and _is_proved(deps, record)
        and hmac.compare_digest(record.order, order_of_code(order.order_id, deps.salt))
    )
    attempt = outcome_of(record, tried_by, rules) if record is not None and tried_by is not None else None
    left = max(0, rules.tries - len(record.tries)) if record is not None else 0
    return CodeStanding(attempt, is_proof, may_issue(record, event_digest(loaded.event_id), now, rules), left)


def _is_proved(deps: Dependencies, record: CodeRecord) -> bool:
    return is_spent(record, deps.engine.code_rules) and deps.clock.now_epoch_ms() < record.proved_until_epoch_ms


def _find_number(deps: Dependencies, reading: TicketReading, asked: str) -> str | None:
    """Return the order number that the code was asked for with: it is kept as a digest, and stands in the ticket."""
    texts = [one.text for one in reading.seen.ticket.messages if one.author is Author.CUSTOMER][-_EARLIER_MESSAGES:]
    for text in (*texts, reading.seen.ticket.subject):
        for number in order_numbers(deps.engine.entities(text)):
            if hmac.compare_digest(salted_hash(number, deps.salt), asked):
                return number
    return None


def _masked(reading: TicketReading, is_number: Callable[[str], bool]) -> TicketReading:
    """Return the reading without a code anywhere in what customers wrote."""

    def mask(message: TicketMessage) -> TicketMessage:
        if message.author is Author.OPERATOR:
            return message
        texts = (masked_codes(text, is_number) for text in (message.text, message.doubtful, message.with_notices))
        text, doubtful, with_notices = texts
        return replace(message, text=text, doubtful=doubtful, with_notices=with_notices)

    seen = reading.seen
    ticket = replace(seen.ticket, messages=tuple(map(mask, seen.ticket.messages)))
    return replace(reading, seen=replace(seen, ticket=ticket), messages=tuple(map(mask, reading.messages)))
