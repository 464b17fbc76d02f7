"""Every reason a decision can give: one closed set. Gates report one each; a decision lists those that shaped it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The codes. Values are stored and shown, so one is never reused for another meaning."""

    OK = "ok"  # the gate found nothing against a reply
    NOT_NEEDED = "not_needed"  # the gate's question does not arise for this kind of reply

    # kill switch
    SAFE_MODE = "safe_mode"  # the flag safe_mode is on: decide and record only
    AUTOMATION_OFF = "automation_off"  # the flag automation_enabled is off
    FLAGS_UNREADABLE = "flags_unreadable"  # flags missing, malformed, stale or unreadable: fail closed

    # rollout and settings
    STAGE_SHADOW = "stage_shadow"  # the environment only watches
    STAGE_TOO_LOW = "stage_too_low"  # the rollout has not reached this tier
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
