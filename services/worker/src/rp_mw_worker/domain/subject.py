"""A ticket's subject where it is the customer's: it is read for what its words say, and for the order it names."""

from __future__ import annotations

from dataclasses import replace

from rp_mw_worker.domain.entities import ORDER_NUMBER
from rp_mw_worker.domain.model import Author, Entity, Ticket


def customers_subject(ticket: Ticket) -> str:
    """Return the subject, "" where the shop began the conversation and so chose it."""
    began = ticket.messages[0].author if ticket.messages else Author.UNKNOWN
    return "" if began is Author.OPERATOR else ticket.subject.strip()


def with_subject_numbers(
    entities: tuple[Entity, ...], of_subject: tuple[Entity, ...], text_chars: int
) -> tuple[Entity, ...]:
    """Return the entities of the text and, where it names no order, the order numbers of the subject.

    A number of the subject stands at the text's end and is empty there: it has no place in the text.
    """
    if any(entity.type == ORDER_NUMBER for entity in entities):
        return entities
    numbers = (entity for entity in of_subject if entity.type == ORDER_NUMBER)
    return (*entities, *(replace(entity, start=text_chars, end=text_chars) for entity in numbers))
