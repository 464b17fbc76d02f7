"""The pure engine bound to one policy: what `process` asks of the domain, in one place.

The domain's modules are imported on first use; a duplicate or a poison message never pays for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rp_mw_shared.messages.types import BY_ID
from rp_mw_worker.domain.model import (
    Case,
    ConversationState,
    Decision,
    Entity,
    Flags,
    Intent,
    Mode,
    Ticket,
    TicketMessage,
)
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Policy

if TYPE_CHECKING:
    from rp_mw_worker.domain.interpretation import Reading
    from rp_mw_worker.domain.message_text import BodyText
    from rp_mw_worker.domain.proof import CodeRules

_ANY_ORDER = ("0",)
_LONGEST_VALUE = 1_000
MAX_MODEL_CHARS = 8_000  # the embedded model reads 2,000; redaction is the dearest stage


def _for_model(text: str) -> str:
    """Return the first MAX_MODEL_CHARS, cut where no value can go on, so that no half of one is left over.

    That is a blank, or, in a script that writes none, any character that no address or number is made of. What goes on
    for a thousand characters is no value: it is cut as it stands.
    """
    if len(text) <= MAX_MODEL_CHARS:
        return text
    for place in range(MAX_MODEL_CHARS, MAX_MODEL_CHARS - _LONGEST_VALUE, -1):
        if not (text[place].isascii() and text[place].isprintable()) or text[place] in " ,;":
            return text[:place]
    return text[:MAX_MODEL_CHARS]


class PolicyEngine:
    """Screen, entities, decision and words under one policy. Every method is pure."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def read_body(self, body: str) -> BodyText:
        """Return a comment's own words, and what was cut of it without a quotation's mark."""
        from rp_mw_worker.domain.message_text import read_body
        from rp_mw_worker.policy.mail_marks import load_mail_marks

        return read_body(body, load_mail_marks())

    def screen(self, text: str, language: str | None = BASE_LANGUAGE) -> frozenset[str]:
        """Return the names of the screen's categories that `text`, in `language`, has words of."""
        from rp_mw_worker.domain.screen import screen

        found = screen(text, self.policy.screen, language)
        return found if language in self.policy.screen.by_language else found | _further(text, language)

    def read_mail(self, ticket: Ticket, messages: Sequence[TicketMessage]) -> tuple[frozenset[str], list[str]]:
        """Return what the ticket's new messages are taken for, a machine's or a form's, and the words to be routed."""
        from rp_mw_worker.domain.machine_mail import read_mail

        return read_mail(ticket, messages, self.policy.machine)

    def sender_marks(self, **known: Any) -> frozenset[str]:
        """Return the marks of who a ticket comes from: see `machine_mail.find_sender_marks`."""
        from rp_mw_worker.domain.machine_mail import find_sender_marks

        return find_sender_marks(self.policy.machine, **known)

    def persons_own_sentences(self, text: str) -> str:
        """Return what the screen has to read of a machine's mail."""
        from rp_mw_worker.domain.machine_mail import persons_own_sentences

        return persons_own_sentences(text, self.policy.machine)

    def language(self, text: str, earlier: tuple[str, ...]) -> str | None:
        """Return the language of `text`, else of the newest of `earlier` texts that shows one; None for no telling."""
        from rp_mw_worker.domain.language import language_of_message
        from rp_mw_worker.policy.languages import detect_scores, load_common_words

        return language_of_message(text, load_common_words(), detect_scores, earlier)

    def is_escalated(self, hits: frozenset[str]) -> bool:
        """Tell whether the screen alone already forbids automation."""
        from rp_mw_worker.domain.screen import escalations

        return bool(escalations(hits, self.policy.screen))

    def entities(self, text: str) -> tuple[Entity, ...]:
        """Return what was found in the text: order numbers, tracking numbers, contacts, dates, products."""
        from rp_mw_worker.domain.entities import find_entities

        return tuple(find_entities(text, self.policy.settings.order_number_patterns, self.policy.product_words))

    def matters(self, text: str, entities: tuple[Entity, ...], language: str | None) -> frozenset[str]:
        """Return the kinds of matters that `text` speaks of: see `screen.find_matters`."""
        from rp_mw_worker.domain.screen import find_matters

        return find_matters(text, entities, self.policy.matters, language)

    def redact(self, text: str, known_values: tuple[str, ...]) -> str:
        """Return the text with numbered placeholders: all that a model may see."""
        from rp_mw_shared.redaction.redactor import to_model_text

        redacted, _ = to_model_text(_for_model(text), known_values)
        return redacted

    def decide(self, case: Case, reading: Reading | None = None) -> Decision:
        """Return the decision with its gate report; `reading` is what `understand` gave, where it is known."""
        from rp_mw_worker.domain.decide import decide

        return decide(case, self.policy, reading)

    def understand(self, case: Case) -> Reading:
        """Return what the customer means. It does not depend on the linked orders."""
        from rp_mw_worker.domain.interpretation import understand

        return understand(case, self.policy)

    def needs_linked_orders(self, case: Case, reading: Reading) -> bool:
        """Tell whether knowing the linked orders could change the decision: only then are they worth a call."""
        from rp_mw_worker.domain.codes import proof_for
        from rp_mw_worker.domain.proof import BY_LINK

        if case.ticket.linked_order_ids or reading.numbers:
            return False
        if case.order_lookup is None and not reading.rule.answers_with_order:
            return False
        if BY_LINK not in proof_for(case, self.policy).chosen_by:
            return False
        if case.order_lookup is not None:
            return case.order_lookup.outcome == "found" and case.order_lookup.by == BY_ID
        probe = replace(case, ticket=replace(case.ticket, linked_order_ids=_ANY_ORDER))
        return self.decide(probe, reading).order_question is not None

    def answered_flow(
        self, text: str, entities: tuple[Entity, ...], state: ConversationState, now_epoch_ms: int
    ) -> tuple[Intent, ...]:
        """Return the intents of the flow whose order number `text` is and nothing else; () for none."""
        from rp_mw_worker.domain.interpretation import find_answered_flow

        return find_answered_flow(text, entities, state, now_epoch_ms, self.policy)

    def says_only_answer(self, text: str, entities: tuple[Entity, ...]) -> bool:
        """Tell whether `text` is an order number or a masked code with nothing but fillers and a name."""
        from rp_mw_worker.domain.interpretation import says_only_answer

        return says_only_answer(text, entities, self.policy.filler_words)

    def is_overridden(self, case: Case) -> bool:
        """Tell whether somebody has moved the ticket away from the team it was last routed to."""
        from rp_mw_worker.domain.tags import ROUTE_PREFIX

        last_team = self.policy.settings.teams.get(case.state.last_route or "")
        routes = {tag for tag in case.ticket.tags if tag.startswith(ROUTE_PREFIX)}
        return last_team is not None and bool(routes) and f"{ROUTE_PREFIX}{last_team.slug}" not in routes

    def reply_text(self, decision: Decision, channel: str) -> str | None:
        """Return the decided reply's words, or None when no reply was decided; in stage draft they are an agent's."""
        from rp_mw_worker.domain.reply_text import render

        if decision.template_id is None:
            return None
        is_draft = decision.mode is Mode.DRAFT
        return render(
            decision.template_id, channel, decision.variables, self.policy, decision.language, is_draft=is_draft
        )

    def code_mail(self, code: str, language: str | None) -> tuple[str, str, str]:
        """Return subject, body and the ticket's own opening words of a one-time code's mail, in `language`."""
        from rp_mw_worker.domain.codes import CODE_MINUTES, CODE_VALUE, ORDER_CODE_MAIL
        from rp_mw_worker.domain.reply_text import EMAIL, render

        words = self.policy.templates_by_language[language]
        values = {CODE_VALUE: code, CODE_MINUTES: str(self.policy.settings.codes.minutes)}
        body = render(ORDER_CODE_MAIL, EMAIL, values, self.policy, language)
        subject = words.brand.get("code_subject") or words.brand["brand_name"]
        return subject, body, subject

    def may_mail(self, flags: Flags, channel: str) -> bool:
        """Tell whether these switches let a one-time code's mail out."""
        from rp_mw_worker.domain.codes import may_mail

        return may_mail(flags, channel, self.policy)

    def find_unfit_mail(self, body: str, case: Case) -> str | None:
        """Return what is wrong with a one-time code's mail about to leave, or None."""
        from rp_mw_worker.domain.codes import ORDER_CODE_MAIL
        from rp_mw_worker.domain.reply_text import find_unfit

        return find_unfit(body, ORDER_CODE_MAIL, "email", case.language, self.policy, case.flags.disabled_templates)

    def says_only_code(self, text: str) -> bool:
        """Tell whether `text` is a masked one-time code with nothing but fillers and a name."""
        from rp_mw_worker.domain.interpretation import says_only_code

        return says_only_code(text, self.policy.filler_words)

    def find_unfit(self, text: str, template_id: str, case: Case) -> str | None:
        """Return what is wrong with the bytes of a reply about to leave under the case's flags, or None."""
        from rp_mw_worker.domain.reply_text import find_unfit

        disabled = case.flags.disabled_templates
        return find_unfit(text, template_id, case.ticket.channel, case.language, self.policy, disabled)

    def replay_record(self, case: Case) -> dict[str, Any]:
        """Return what the decision was made from, without a word of the customer's, as a JSON object."""
        from rp_mw_worker.domain.replay_record import to_replay_record

        return to_replay_record(case, self.policy)

    def assignee(self, team: str) -> str | None:
        """Return the person a team's tickets are assigned to, or None where the route tag does it."""
        found = self.policy.settings.teams.get(team)
        return found.assignee_id if found else None

    @property
    def customer_limit(self) -> int:
        """Replies one customer may get in 24 hours, over all conversations."""
        return self.policy.settings.limits.max_replies_per_customer_24h

    @property
    def domain_limit(self) -> int:
        """Replies of one template in an hour to one sender domain."""
        return self.policy.machine.words.max_replies_per_domain_hour

    @property
    def code_rules(self) -> CodeRules:
        """The limits of one-time codes."""
        return self.policy.settings.codes

    @property
    def lookup_wait_ms(self) -> int:
        """How long a parked flow waits for its order."""
        return self.policy.settings.limits.order_lookup_wait_minutes * 60_000


def _further(text: str, language: str | None) -> frozenset[str]:
    """Return what the words of languages that are not served say."""
    from rp_mw_worker.domain.further_words import find_further
    from rp_mw_worker.policy.languages import load_further_words

    return find_further(text, load_further_words(), language)
