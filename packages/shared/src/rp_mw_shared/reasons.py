"""Every reason code of the product in words: the note for a colleague, `rp-mw` and the console all read this table.

A row is (code, weight, sentence). The heavier reason is told first: from 90 an escalation, 80 a doubt about what a
customer got, 70 a switch, 60 the people and the ticket, 50 the order, 40 the words, 30 the policy, 20 a vendor, 10
the transport, 0 no obstacle. A sentence stands by itself and holds nothing of a customer's.

`Reason` is the closed set of a decision's: gates report one each; a decision lists those that shaped it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Reason(StrEnum):
    """A decision's codes. Values are stored and shown, so one is never reused for another meaning."""

    OK = "ok"  # the gate found nothing against a reply
    NOT_NEEDED = "not_needed"  # the gate's question does not arise for this kind of reply

    # kill switch
    SAFE_MODE = "safe_mode"  # the flag safe_mode is on: decide and record only
    AUTOMATION_OFF = "automation_off"  # the flag automation_enabled is off
    FLAGS_UNREADABLE = "flags_unreadable"  # flags missing, malformed, stale or unreadable: fail closed

    # rollout and settings
    STAGE_SHADOW = "stage_shadow"  # the environment only watches
    STAGE_TOO_LOW = "stage_too_low"  # the rollout has not reached this tier
    NOTES_UNPROVED = "notes_unproved"  # stage draft, and no probe has proved that notes are private in this account
    CHANNEL_OFF = "channel_off"  # automation is not enabled on this channel
    TEMPLATE_DISABLED = "template_disabled"  # an operator switched this template off
    TEMPLATE_MISSING = "template_missing"  # the intent has no reply template
    LANGUAGE_UNKNOWN = "language_unknown"  # nothing tells which language the customer writes in
    LANGUAGE_NOT_SERVED = "language_not_served"  # the shop has no words in the customer's language
    LANGUAGE_TEMPLATE_MISSING = "language_template_missing"  # this reply is not there in the customer's language
    CLAIM_UNPROVED = "claim_unproved"  # the reply would say something that no fact of the order proves
    ACKNOWLEDGEMENT_OFF = "acknowledgement_off"  # the reply neither asks nor informs, and the shop sends no such ones
    TEMPLATE_BROKEN = "template_broken"  # a value does not fit the template: a person answers instead

    REPLY_UNFIT = "reply_unfit"  # the reply's bytes hold what may not leave: a strange link, markup, a blank unfilled

    # what the message is about
    TIER0_WORD = "tier0_word"  # the screen found an escalation word
    TIER0_INTENT = "tier0_intent"  # a classifier named a tier-0 intent or risk
    ESCALATED_BEFORE = "escalated_before"  # an earlier message here was a tier-0 case, or asked for a person
    TIER_CEILING = "tier_ceiling"  # the intent does not allow a reply of this tier
    URGENT_INTENT_PRESENT = "urgent_intent_present"  # a P0 to P2 intent appears: no tier-2 reply
    NO_ORDER_WORDS = "no_order_words"  # no word speaks of an order: whatever a classifier makes of it
    NO_INTENT_WORDS = "no_intent_words"  # no word speaks of what a tier-1 reply would ask about
    SECOND_MATTER = "second_matter"  # something else is in the message that the reply does not cover
    CONFIDENCE_LOW = "confidence_low"  # below the threshold of this tier
    MODEL_FAILURE = "model_failure"  # no classification to rely on
    UNKNOWN_LABEL = "unknown_label"  # the classifier named a label the policy does not have

    # the order
    MATCHED_LINKED_ORDER = "matched_linked_order"  # (a) the one linked order, and the contact
    MATCHED_NUMBER_AND_CONTACT = (
        "matched_number_and_contact"  # (b) number given, and the sender's contact is the order's
    )
    MATCHED_SENDER_ADDRESS = "matched_sender_address"  # (c) the one open order of the address the answer goes to
    MATCHED_BY_CODE = "matched_by_code"  # (d) number given, and the code that went to the order's own address
    CODE_NEEDED = "code_needed"  # on this channel a one-time code has to prove the customer
    CODE_WRONG = "code_wrong"  # the code typed is not the one, or its time is over
    CODE_TRIES_USED = "code_tries_used"  # no try is left for the code: a person takes over
    CODE_LIMIT = "code_limit"  # this conversation, order or address had its codes of 24 hours
    CODE_WITHHELD = "code_withheld"  # a code's mail is off, by its template, the channel email or stage draft
    NOBODY_PROVED = "nobody_proved"  # nothing on this channel proves a customer
    NO_ORDER_OF_ADDRESS = "no_order_of_address"  # the shop shows no order of the sender's address
    SEVERAL_OF_ADDRESS = "several_of_address"  # the sender's address has several orders that could be meant
    RECIPIENT_UNCERTAIN = "recipient_uncertain"  # a Reply-To names another address than wrote
    NO_ORDER_NUMBER = "no_order_number"  # nothing links the message to an order
    SEVERAL_ORDERS = "several_orders"  # more than one order could be meant
    ORDER_NOT_FOUND = "order_not_found"  # the shop shows no order of that number
    NUMBER_MISMATCH = "number_mismatch"  # the shop's order bears another number than the customer gave
    CONTACT_MISMATCH = "contact_mismatch"  # the order belongs to somebody else's contact
    ORDER_LOOKUP_NEEDED = "order_lookup_needed"  # the order has to be looked up before this can be answered
    ORDER_LOOKUP_NOT_ASKED = "order_lookup_not_asked"  # it was not looked up, because no reply could follow
    ORDER_LOOKUP_FAILED = "order_lookup_failed"  # the shop gave no usable answer
    ORDER_INCOMPLETE = "order_incomplete"  # facts the reply needs are missing or not understood
    ORDER_OLD = "order_old"  # ordered months ago: what the shop still shows of it is no answer
    METHOD_UNKNOWN = "method_unknown"  # how it is shipped is not known, and it is too new to call it late
    ORDER_IS_TEST = "order_is_test"  # a test order of the shop
    ORDER_CANCELLED = "order_cancelled"  # cancelled: a person explains
    ORDER_REFUNDED = "order_refunded"  # refunded in part or whole, or voided
    ORDER_UNPAID = "order_unpaid"  # payment pending, partial or expired
    ORDER_DELIVERED = "order_delivered"  # the carrier says delivered, the customer asks where it is: told, and a person
    ORDER_LABEL_ONLY = "order_label_only"  # a label exists, and nothing shows that the parcel has left: being prepared
    ORDER_PARTLY_SHIPPED = "order_partly_shipped"  # some items shipped, some not: each parcel by its own state
    ORDER_ON_HOLD = "order_on_hold"  # held, declined, restocked or with nothing left to fulfil
    DELIVERY_PROBLEM = "delivery_problem"  # the carrier reports a failed or waiting delivery

    # how often, when, who
    COOLDOWN_INTERVAL = "cooldown_interval"  # our last reply here is too recent
    COOLDOWN_CONVERSATION = "cooldown_conversation"  # this conversation had its replies of 24 hours
    COOLDOWN_CUSTOMER = "cooldown_customer"  # this customer had their replies of 24 hours
    COOLDOWN_DOMAIN = "cooldown_domain"  # this template had its replies of the hour to the sender's domain: a loop?
    ANSWERS_OUR_QUESTION = "answers_our_question"  # exempt: the customer gave the number we asked for
    FOLLOW_UP = "follow_up"  # the customer writes again after our own reply
    ASKED_BEFORE = "asked_before"  # we asked for the number already and it led nowhere
    AGENT_REPLIED = "agent_replied"  # the last word is an operator's
    AGENT_ACTIVE = "agent_active"  # a person is in this conversation
    THIRD_PARTY = "third_party"  # the words are not the ticket's own customer's: copied in, merged, forwarded
    MESSAGE_UNSEEN = "message_unseen"  # the ticket does not show the message: it may be nobody's
    AUTHOR_UNKNOWN = "author_unknown"  # the helpdesk does not say who wrote the last message
    TICKET_CLOSED = "ticket_closed"  # nobody expects an answer there
    WRITTEN_BY_MACHINE = "written_by_machine"  # sender, subject and words say that no person wrote it
    MACHINE_AMONG = "machine_among"  # one of several new messages is a machine's: a reply would reach it
    MAYBE_MACHINE = "maybe_machine"  # something speaks for a machine and nothing for a person: a person looks
    CONTACT_FORM = "contact_form"  # a person's words in a robot's envelope: a person answers
    HANDS_OFF = "hands_off"  # the sender is excluded, or a tag keeps us away: nothing is done but the record
    ATTACHMENT_ONLY = "attachment_only"  # a file and no words
    NO_TEXT = "no_text"  # no words at all
    HUMAN_REQUESTED = "human_requested"  # the customer asked for a person
    MESSAGE_TOO_OLD = "message_too_old"  # the event is older than a reply may be late
    OUTSIDE_HOURS = "outside_hours"  # nobody is at work: the reply may say so
    NEWER_MESSAGE = "newer_message"  # a later customer message was handled already

    # routing
    UNCERTAIN = "uncertain"  # routed, but barely
    NEEDS_TRIAGE = "needs_triage"  # too unsure to route by intent
    PRODUCT_SAFETY = "product_safety"  # somebody was hurt, or a product may hurt somebody
    POSSIBLE_ESCALATION = "possible_escalation"  # a faint tier-0 signal: no reply, usual team
    DELAYED_ORDER = "delayed_order"  # late, without movement, or called so by the customer: a person follows up


class ReasonWords(NamedTuple):
    """What a code says to a person, and how early among several."""

    sentence: str
    weight: int


_ROWS: tuple[tuple[str, int, str], ...] = (
    # escalations
    ("tier0_word", 99, "The message holds a word that is never answered by a machine, so a person has to answer."),
    ("product_safety", 98, "Somebody was hurt, or a product may hurt somebody."),
    ("tier0_intent", 97, "The message may be about a matter that is never answered by a machine."),
    ("escalated_before", 95, "An earlier message here was escalated, or asked for a person."),
    ("possible_escalation", 94, "There is a faint sign of a matter that is never answered by a machine."),
    ("human_requested", 92, "The customer asked for a person."),
    # doubt about what the customer got, or what became of the ticket
    ("outcome_unknown", 88, "A call was sent and its answer never came, so it may or may not have taken effect."),
    ("not_proven", 88, "Nothing proves that the reply reached the customer, and it is not sent again."),
    ("reply_unproven", 87, "It is not yet known whether the reply went out, so the ticket is looked at again."),
    ("unknown", 86, "It is not known whether the action took effect."),
    ("plan_differs", 85, "What is known now leads to another answer than the one that was planned."),
    ("not_closed", 82, "The helpdesk did not close the ticket."),
    ("not_assigned", 82, "The helpdesk did not assign the ticket."),
    ("tags_not_applied", 82, "The helpdesk took the tags and did not keep them."),
    ("tag_unknown", 82, "The helpdesk does not know one of the tags."),
    ("tag_being_made", 81, "A tag was new to the helpdesk and was being made."),
    ("blocked", 80, "The action was refused."),
    # switches
    ("safe_mode", 79, "The switch safe_mode is on, so decisions are only recorded."),
    ("automation_off", 78, "Automatic replies are switched off (automation_enabled)."),
    ("flags_unreadable", 77, "The switches could not be read, so nothing is answered."),
    ("flag_missing", 77, "A switch is missing, so nothing is answered."),
    ("flag_malformed", 77, "A switch holds a value that it cannot have, so nothing is answered."),
    ("stage_shadow", 76, "The rollout is in shadow, so decisions are only recorded."),
    ("stage_too_low", 75, "The rollout has not reached replies of this kind."),
    ("notes_unproved", 75, "No probe has proved that notes are private here, so no draft is written."),
    ("channel_off", 74, "Automatic replies are not switched on for this channel."),
    ("template_disabled", 73, "This reply is switched off (disabled_templates)."),
    # people, machines and the ticket
    ("third_party", 69, "The words are somebody else's than the ticket's own customer's."),
    ("message_unseen", 69, "The ticket does not show the message, so it may be nobody's."),
    ("recipient_uncertain", 66, "A reply would go to another address than the one that wrote."),
    ("hands_off", 69, "The sender is excluded, or a tag keeps us away from the ticket."),
    ("written_by_machine", 68, "No person wrote the message."),
    ("machine_among", 67, "One of the new messages is a machine's, and a reply would reach it."),
    ("maybe_machine", 66, "A machine may have written the message, and nothing shows that a person did."),
    ("contact_form", 66, "The message came through a form, so its sender is not known for sure."),
    ("agent_replied", 65, "A colleague wrote last."),
    ("agent_active", 65, "A colleague is in this conversation."),
    ("author_unknown", 64, "The helpdesk does not say who wrote the last message."),
    ("ticket_closed", 64, "The ticket is closed."),
    ("newer_message", 63, "A later message of the customer was handled already."),
    ("message_too_old", 63, "The message is older than a reply may be late."),
    ("follow_up", 62, "The customer writes again after our automatic reply."),
    ("asked_before", 62, "We asked for the order number before, and it led nowhere."),
    ("cooldown_interval", 61, "Our last automatic reply here is too recent."),
    ("cooldown_conversation", 61, "This conversation had all its automatic replies of 24 hours."),
    ("cooldown_customer", 61, "This customer had all their automatic replies of 24 hours."),
    ("cooldown_domain", 61, "This reply went to the sender's domain too often within an hour."),
    # the order
    ("claim_unproved", 59, "The reply would say something that no fact of the order proves."),
    ("code_tries_used", 60, "The customer typed wrong one-time codes until no try was left."),
    ("code_wrong", 59, "The one-time code typed is not the one that was made, or its time is over."),
    ("code_limit", 59, "This conversation, order or address had all its one-time codes of 24 hours."),
    ("code_withheld", 59, "No code is mailed: its template or the channel email is off, or the stage is draft."),
    ("code_needed", 58, "On this channel a one-time code has to prove the customer first."),
    ("code_contended", 16, "The one-time code of this conversation was written by several runs at once."),
    ("nobody_proved", 59, "Nothing on this channel proves who the sender is, so no order is told."),
    ("several_of_address", 57, "The sender's address has more than one order that could be meant."),
    ("no_order_of_address", 57, "The shop shows no open order of the sender's address."),
    ("order_old", 56, "The order is months old, so what the shop still shows of it is no answer."),
    ("method_unknown", 52, "It is not known how the order is shipped, and it is too new to call it late."),
    ("contact_mismatch", 59, "The order belongs to another contact than the sender's."),
    ("number_mismatch", 58, "The order found has another number than the customer gave."),
    ("several_orders", 57, "More than one order could be meant."),
    ("order_not_found", 57, "The shop shows no order of that number."),
    ("no_order_number", 56, "The message names no order, and none is linked to the ticket."),
    ("order_cancelled", 55, "The order is cancelled."),
    ("order_refunded", 55, "The order is refunded, in part or whole, or its payment is voided."),
    ("order_unpaid", 55, "The order is not fully paid."),
    ("order_delivered", 54, "The carrier says that the order is delivered."),
    ("delivery_problem", 54, "The carrier reports a failed or waiting delivery."),
    ("order_partly_shipped", 53, "Some items of the order are shipped, and some are not."),
    ("order_label_only", 53, "There is a shipping label, and nothing shows that the parcel has left."),
    ("order_on_hold", 53, "The order is held, or there is nothing to ship."),
    ("delayed_order", 53, "The order is delayed, or its delivery date cannot be told."),
    ("order_is_test", 52, "It is a test order of the shop."),
    ("order_incomplete", 51, "Facts of the order that a reply needs are missing or not understood."),
    ("order_lookup_failed", 51, "The shop gave no usable answer about the order."),
    ("lookup_failed", 51, "The shop gave no usable answer about the order."),
    ("lookup_expired", 51, "The order was asked for, and no answer came in time."),
    ("failed", 51, "The lookup failed."),
    ("ambiguous", 51, "More than one order fits, so nothing is said about any."),
    ("not_found", 51, "The shop shows no such order."),
    ("order_lookup_not_asked", 50, "The order was not looked up, because no reply could follow."),
    ("order_lookup_needed", 50, "The order has to be looked up first."),
    # words and intents
    ("second_matter", 49, "The message holds a second matter that the reply does not cover."),
    ("no_order_words", 48, "No word of the message speaks of an order."),
    ("no_intent_words", 48, "No word of the message speaks of what the reply would ask about."),
    ("urgent_intent_present", 49, "Something more urgent is in the message too."),
    ("attachment_only", 48, "The message is a file without words."),
    ("no_text", 48, "The message has no words."),
    ("needs_triage", 47, "It is not clear what the message is about."),
    ("uncertain", 46, "The team was chosen with little certainty."),
    ("confidence_low", 46, "It is not certain enough what the message is about."),
    ("model_failure", 45, "Nothing tells what the message is about: the classifier gave no answer."),
    ("no_intents", 45, "The classifier named no intent."),
    ("unknown_label", 45, "The classifier named an intent that the policy does not have."),
    ("new_messages_too_long", 48, "The new messages are too long to be read by a machine."),
    ("ticket_too_many_comments", 48, "The ticket has too many comments to be read by a machine."),
    ("cpu_budget_spent", 47, "Reading the message takes more work than one message may."),
    ("language_unknown", 44, "Nothing tells which language the customer writes in."),
    ("language_not_served", 44, "The shop has no replies in the customer's language."),
    ("language_template_missing", 43, "This reply does not exist in the customer's language."),
    # the policy
    ("reply_unfit", 35, "The finished reply holds what may not leave: a strange link, markup or a blank."),
    ("acknowledgement_off", 33, "The reply would neither ask nor inform, and the shop sends no such ones."),
    ("tier_ceiling", 34, "The policy allows no reply of this kind for this topic."),
    ("template_missing", 33, "The policy has no reply for this."),
    ("template_broken", 33, "A value does not fit the reply's text."),
    ("classifier_unknown", 32, "The switch classifier names a classifier that does not exist."),
    # the model's and the shop's answers
    ("model_timeout", 26, "The model did not answer in time."),
    ("model_unavailable", 26, "The model could not be reached."),
    ("model_circuit_open", 26, "The model has not been answering, so it is not asked for a while."),
    ("model_throttled", 26, "The model's vendor asks us to slow down."),
    ("model_quota", 26, "The account at the model's vendor has no credit left."),
    ("model_unauthorized", 26, "The model's vendor refused our key."),
    ("model_not_found", 26, "The model's vendor does not have the model that is set."),
    ("model_bad_request", 26, "The model's vendor refused the request."),
    ("model_failed", 26, "The model failed."),
    ("model_refused", 26, "The model refused to answer."),
    ("model_incomplete", 26, "The model's answer was cut off."),
    ("model_answer_invalid", 26, "The model's answer could not be used."),
    ("invalid_lookup_value", 24, "What should be looked up is no order name or id."),
    ("unknown_status", 24, "The shop uses a status that this version does not know."),
    ("malformed_order", 24, "The shop's order lacks a field that is never empty."),
    ("access_denied", 24, "Our app may not read a field of the order."),
    ("search_not_understood", 24, "The shop ignored part of the search, so its hits mean nothing."),
    ("query_refused", 24, "The shop did not accept the query."),
    ("query_too_costly", 24, "The query costs more than the shop allows."),
    ("shop_inactive", 24, "The shop is frozen, locked or unpaid."),
    ("shop_not_found", 24, "There is no shop at the address that is set."),
    ("security_block", 24, "The shop's protection refused the request."),
    ("credential_refused", 24, "The shop refused our credential, also after it was renewed."),
    ("vendor_unavailable", 22, "The vendor is not answering."),
    ("vendor_unreachable", 22, "The vendor could not be reached."),
    ("vendor_throttled", 22, "The vendor asks us to slow down."),
    ("vendor_unauthorized", 22, "The vendor refused our key."),
    ("vendor_answer_unreadable", 22, "The vendor's answer could not be read."),
    ("vendor_answer_too_large", 22, "The vendor's answer was too large to be read."),
    ("vendor_answer_too_deep", 22, "The vendor's answer was nested too deeply to be read."),
    ("circuit_open", 22, "The vendor has not been answering, so it is not asked for a while."),
    ("order_link_unreadable", 22, "The helpdesk answers everything but which order is linked."),
    ("ticket_not_found", 22, "The helpdesk has no such ticket."),
    ("list_forbidden", 22, "The helpdesk does not let our key list tickets."),
    ("list_endless", 22, "The helpdesk's list does not end."),
    ("rate_limited", 21, "The share of the helpdesk's calls is used up, so this has to wait."),
    ("budget_contended", 21, "Others took from the budget of calls at the same moment each time."),
    ("conversation_flood", 21, "The conversation has so many messages at once that reading it has to wait."),
    # the transport: why a message waited, was returned to the queue or is a dead letter
    ("retries_exhausted", 19, "It failed for longer than the retries last."),
    ("process_died", 19, "Each of its runs ended without an answer: killed, or out of time."),
    ("moved_by_sqs", 19, "SQS moved it after its last delivery."),
    ("schema_invalid", 18, "A field is missing or has a wrong value, so the message cannot be read."),
    ("schema_version_unknown", 18, "The message has a version that the consumer does not read."),
    ("message_type_unknown", 18, "Nobody knows messages of this type."),
    ("message_type_unexpected", 18, "The message came into a queue that is not for its type."),
    ("out_of_time", 16, "The function's time ran out."),
    ("lease_held", 16, "Another run has the event."),
    ("lease_lost", 16, "The run was held up for so long that another one may have the event."),
    ("reply_slot_contended", 16, "Several replies to this customer were begun at once."),
    ("dynamodb_throttled", 15, "The tables ask us to slow down."),
    ("dynamodb_unavailable", 15, "The tables did not answer."),
    ("dynamodb_refused", 15, "A table refused the request."),
    ("dynamodb_answer_invalid", 15, "A table's answer was not whole."),
    ("ssm_answer_invalid", 15, "The answer about the switches was not whole."),
    ("aws_unavailable", 15, "AWS did not do what was asked."),
    ("ssm_unavailable", 15, "The switches' store did not answer."),
    ("ssm_refused", 15, "The switches' store refused the request."),
    ("sqs_unavailable", 15, "The queue did not answer."),
    ("sqs_refused", 15, "The queue refused the request."),
    ("queue_refused", 15, "The queue refused the request."),
    ("message_not_visible", 15, "The queue had the message away from us already."),
    ("secret_unreadable", 15, "A secret could not be read."),
    ("configuration", 14, "A setting is wrong or missing."),
    ("transient", 14, "It failed in a way that may pass."),
    ("permanent", 14, "It failed in a way that does not pass."),
    ("error", 14, "It failed."),
    ("covered", 12, "An earlier run read this message together with its own."),
    ("coalesced", 12, "The ticket was read after this message came, together with others."),
    ("superseded", 12, "Nobody waits for this answer any more."),
    ("not_a_customer", 12, "The message is a colleague's or a note."),
    ("gone", 12, "The helpdesk has no such ticket any more."),
    ("trashed", 12, "The ticket lies in the bin or among the spam."),
    # the webhook: why a request was refused or ignored
    ("request_refused", 11, "The request was refused."),
    ("unauthorized", 11, "The credential is missing or not valid."),
    ("malformed_body", 11, "The body is not valid JSON in UTF-8."),
    ("not_an_object", 11, "The body is not a JSON object."),
    ("too_deep", 11, "The body is nested too deeply."),
    ("duplicate_key", 11, "The body repeats a key."),
    ("forbidden_character", 11, "The body holds a character that is not allowed."),
    ("invalid_number", 11, "The body holds a number that is not finite."),
    ("missing_ticket_id", 11, "The ticket id is missing or empty."),
    ("ambiguous_ticket_url", 11, "The ticket id is an address without one clear id in it."),
    ("unrendered_template", 11, "A variable of the HTTP Target was not filled in."),
    ("invalid_field", 11, "A field has the wrong type or length."),
    ("method_not_allowed", 11, "The method is not allowed at this path."),
    ("body_too_large", 11, "The body is too large."),
    ("unsupported_media_type", 11, "The content type is not JSON in UTF-8."),
    ("internal_error", 11, "A defect of ours."),
    ("secret_unavailable", 11, "The webhook's secret could not be read."),
    ("queue_unavailable", 11, "The queue did not take the message."),
    ("operator_message", 10, "A colleague wrote the message."),
    ("bot_message", 10, "An automation of the helpdesk wrote the message."),
    ("note", 10, "It is a private note."),
    ("own_echo", 10, "It is our own reply."),
    # no obstacle: what a gate or a lookup found in order
    ("outside_hours", 2, "Nobody is at work."),
    ("matched_linked_order", 1, "The ticket's one linked order is the sender's."),
    ("matched_number_and_contact", 1, "The number given and the sender's contact fit the order."),
    ("answers_our_question", 1, "The customer gave the number that we asked for."),
    ("matched_by_code", 1, "The one-time code that went to the order's own address was typed here."),
    ("matched_sender_address", 0, "The order is the only open one of the address that the answer goes to."),
    ("found", 0, "The order was found."),
    ("not_needed", 0, "The question does not arise."),
    ("ok", 0, "There is nothing against a reply."),
)
REASONS: Mapping[str, ReasonWords] = MappingProxyType(
    {code: ReasonWords(sentence, weight) for code, weight, sentence in _ROWS}
)
# where nothing may be answered there is no reply's template and no tier either: these say nothing beside another reason
_CONSEQUENCES = frozenset({"template_missing", "tier_ceiling"})
# the one family of codes whose members come from outside: HTTP statuses
_VENDOR_STATUS = re.compile(r"vendor_status_([1-5][0-9]{2})")


def find_reason(code: str) -> ReasonWords:
    """Return a code's words; one of a newer version is shown as it is, and told after those that are known."""
    status = _VENDOR_STATUS.fullmatch(code)
    if status:
        return ReasonWords(f"The vendor refused the request with status {status[1]}.", 22)
    return REASONS.get(code) or ReasonWords(f"The reason is {code.replace('_', ' ')}.", 3)


def by_weight(codes: Iterable[str]) -> list[str]:
    """Return the codes once each, the heaviest first; equals keep their order."""
    return sorted(dict.fromkeys(codes), key=lambda code: -find_reason(code).weight)


def in_words(codes: Iterable[str]) -> list[str]:
    """Return the codes' sentences, the heaviest first, each once; what only follows from others is told alone."""
    ordered = by_weight(codes)
    telling = [code for code in ordered if code not in _CONSEQUENCES] or ordered
    return list(dict.fromkeys(find_reason(code).sentence for code in telling))
