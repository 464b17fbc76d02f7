"""The checks that `expectations.yaml` names: each tells whether something holds of what came of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rp_mw_shared.messages.types import BY_EMAIL
from rp_mw_shared.redaction import redact
from rp_mw_worker.domain.entities import normalised_number
from rp_mw_worker.domain.model import Case, Decision
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES
from rp_mw_worker.domain.tags import Tag

_GOOD_NEWS = frozenset(
    {
        *("order_status_verified", "order_status_parcels_verified", "order_partly_shipped_verified"),
        *("order_out_for_delivery_verified", "order_ready_for_pickup_verified"),
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row. `first` is the decision on the message, `final` the one after a lookup, if one was asked for.

    `sure_first` and `sure_final` are the same with a classifier that is sure of an order question. `numbers` are the
    order numbers as the decision reads them; `reply` are the words of the final reply.
    """

    body: str
    case: Case
    numbers: tuple[str, ...]
    first: Decision
    final: Decision
    sure_first: Decision
    sure_final: Decision
    reply: str
    may_differ_in_blank_lines: bool = False


Values = tuple[str, ...]
Holds = Callable[[Outcome, Values], bool]


def clean_text(outcome: Outcome, values: Values) -> bool:
    """The customer's words are these, no more and no less."""
    got, wanted = outcome.case.text.strip(), values[0].strip()
    if outcome.may_differ_in_blank_lines:
        got, wanted = (re.sub(r"\n{2,}", "\n", text) for text in (got, wanted))
    return got == wanted


def no_text(outcome: Outcome, _: Values) -> bool:
    """Nothing was said."""
    return not outcome.case.text.strip()


def order_numbers(outcome: Outcome, values: Values) -> bool:
    """Exactly these order numbers are read."""
    return set(outcome.numbers) == {normalised_number(value) for value in values}


def masked(outcome: Outcome, values: Values) -> bool:
    """No letter or digit of the values is left to a model, wherever they stand."""
    return all(_places(outcome.body, value) <= _hidden(outcome.body) for value in values)


def kept(outcome: Outcome, values: Values) -> bool:
    """Nothing of the values is masked."""
    return not any(_places(outcome.body, value) & _hidden(outcome.body) for value in values)


def not_looked_up(outcome: Outcome, values: Values) -> bool:
    """No order is looked up by any of the values."""
    question = outcome.first.order_question
    return question is None or normalised_number(question.value) not in map(normalised_number, values)


def no_reply(outcome: Outcome, _: Values) -> bool:
    """No reply on the message, nor after a lookup."""
    return outcome.first.template_id is None and outcome.final.template_id is None


def no_reply_however_sure(outcome: Outcome, values: Values) -> bool:
    """No reply, even where the classifier is sure of an order question."""
    return (
        no_reply(outcome, values) and outcome.sure_first.template_id is None and outcome.sure_final.template_id is None
    )


def no_lookup(outcome: Outcome, _: Values) -> bool:
    """No order is looked up."""
    return outcome.first.order_question is None


def no_lookup_by_number(outcome: Outcome, _: Values) -> bool:
    """No order is looked up but by the sender's address."""
    question = outcome.first.order_question
    return question is None or question.by == BY_EMAIL


def no_lookup_however_sure(outcome: Outcome, values: Values) -> bool:
    """No order is looked up, even where the classifier is sure of an order question."""
    return no_lookup(outcome, values) and outcome.sure_first.order_question is None


def escalated(outcome: Outcome, _: Values) -> bool:
    """The ticket goes to the people of an escalation, for sure."""
    return Tag.ESCALATED.value in outcome.first.tags


def not_escalated(outcome: Outcome, _: Values) -> bool:
    """No escalation."""
    return Tag.ESCALATED.value not in outcome.first.tags


def human_requested(outcome: Outcome, _: Values) -> bool:
    """The wish for a person is seen."""
    return Tag.HUMAN_REQUESTED.value in outcome.first.tags


def no_human_request(outcome: Outcome, _: Values) -> bool:
    """No wish for a person is seen."""
    return Tag.HUMAN_REQUESTED.value not in outcome.first.tags


def tagged(outcome: Outcome, values: Values) -> bool:
    """The ticket gets all these tags."""
    return set(values) <= set(outcome.first.tags)


def intent(outcome: Outcome, values: Values) -> bool:
    """The leading intent is one of these."""
    return outcome.first.intent in values


def no_reply_in(outcome: Outcome, values: Values) -> bool:
    """No reply in any of these languages."""
    decisions = (outcome.first, outcome.final, outcome.sure_first, outcome.sure_final)
    return not any(one.template_id is not None and one.language in values for one in decisions)


def replies(outcome: Outcome, values: Values) -> bool:
    """The final reply is one of these templates."""
    return outcome.final.template_id in values


def replies_not(outcome: Outcome, values: Values) -> bool:
    """The final reply is none of these templates."""
    return outcome.final.template_id not in values


def no_good_news(outcome: Outcome, _: Values) -> bool:
    """Nobody is told that all is on its way."""
    return outcome.final.template_id not in _GOOD_NEWS


def no_order_facts(outcome: Outcome, _: Values) -> bool:
    """Nothing of an order is told: silence, an acknowledgement or a question."""
    return outcome.final.template_id not in ORDER_TEMPLATES


def order_facts(outcome: Outcome, _: Values) -> bool:
    """The order is the customer's, and is told."""
    return outcome.final.template_id in ORDER_TEMPLATES


def kept_open(outcome: Outcome, _: Values) -> bool:
    """The ticket is not closed."""
    return not outcome.final.close_ticket


def tracking_told(outcome: Outcome, _: Values) -> bool:
    """Every tracking number of the order is in the reply."""
    numbers = _tracking(outcome)
    return bool(numbers) and all(number in outcome.reply for number in numbers)


def tracking_not_told(outcome: Outcome, _: Values) -> bool:
    """No tracking number of the order is in the reply."""
    return not any(number in outcome.reply for number in _tracking(outcome))


def looks_up(outcome: Outcome, values: Values) -> bool:
    """The order of one of these numbers, or of any where none is named, is looked up."""
    question = outcome.first.order_question
    return question is not None and (not values or normalised_number(question.value) in values)


def looks_up_not(outcome: Outcome, values: Values) -> bool:
    """No order of these numbers is looked up."""
    return not looks_up(outcome, values)


def looks_up_at_most(outcome: Outcome, values: Values) -> bool:
    """No order is looked up but of these numbers; a lookup by the sender's address is of none."""
    question = outcome.first.order_question
    return question is None or question.by == BY_EMAIL or looks_up(outcome, values)


CHECKS: Mapping[str, Holds] = {
    check.__name__: check
    for check in (
        *(clean_text, no_text, order_numbers, masked, kept, not_looked_up, no_reply, no_reply_however_sure),
        *(
            no_lookup,
            no_lookup_by_number,
            no_lookup_however_sure,
            escalated,
            not_escalated,
            human_requested,
            no_human_request,
            tagged,
        ),
        *(intent, no_reply_in, replies, replies_not, no_good_news, no_order_facts, order_facts, kept_open),
        *(tracking_told, tracking_not_told, looks_up, looks_up_not, looks_up_at_most),
    )
}


def _tracking(outcome: Outcome) -> tuple[str, ...]:
    lookup = outcome.case.order_lookup
    order = lookup.order if lookup else None
    return tuple(parcel.number for parcel in order.tracking if parcel.number) if order else ()


def _places(body: str, value: str) -> set[int]:
    """Return where letters and digits of the value stand; a value that is not there would hold of anything."""
    starts = [match.start() for match in re.finditer(re.escape(value), body)]
    if not starts:
        raise ValueError("a value of the expectation is not in the row's text")
    return {start + offset for start in starts for offset, char in enumerate(value) if char.isalnum()}


def _hidden(body: str) -> set[int]:
    return {place for span in redact(body).spans for place in range(span.start, span.end)}
