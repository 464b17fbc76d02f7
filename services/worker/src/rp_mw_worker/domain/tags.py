"""Every tag we put on a ticket: one closed set; the prefixes' endings come from the policy and the message."""

from __future__ import annotations

from enum import StrEnum

INTENT_PREFIX = "mw-intent-"
ROUTE_PREFIX = "route-"
LANGUAGE_PREFIX = "mw-language-"  # of a message that is not in the shop's first language, by ISO 639-1
UNKNOWN_LANGUAGE = "und"  # Source: ISO 639-2, undetermined


class Tag(StrEnum):
    """The fixed tags."""

    PROCESSED = "mw-processed"  # we saw the latest message
    ROUTING_APPLIED = "mw-routing-applied"  # the route tag is meant to be acted on (stage tags or later)
    UNCERTAIN = "mw-uncertain"  # routed, but barely
    NEEDS_MANUAL_TRIAGE = "mw-needs-manual-triage"  # too unsure to route by intent
    NEEDS_TRIAGE = "mw-needs-triage"  # the classifier gave nothing to go by
    MODEL_FAILURE = "mw-model-failure"  # the classifier failed
    ESCALATED = "mw-escalated"  # a tier-0 word or intent
    SAFETY = "mw-safety"  # somebody was hurt, or a product may hurt somebody
    POSSIBLE_ESCALATION = "mw-possible-escalation"  # a faint tier-0 signal
    HUMAN_REQUESTED = "mw-human-requested"  # the customer wants a person
    ORDER_LOOKUP_FAILED = "mw-order-lookup-failed"  # the shop gave no usable answer
    ATTACHMENT_ONLY = "mw-attachment-only"  # a file and no words
    TOO_LARGE = "mw-too-large"  # too large, too deep or too many comments to be read: a person reads it
    MACHINE = "mw-machine"  # no person wrote it: no reply, no lookup
    CODE_MAIL = "mw-code-mail"  # the ticket of a one-time code's mail: nothing is done there by us
    DELAYED_ORDER = "mw-delayed-order"  # answered, and a person follows up
    AUTO_REPLIED = "mw-auto-replied"  # we are about to answer
    DRAFTED = "mw-drafted"  # a private note holds a reply that an agent may send
    REPLY_BLOCKED = "mw-reply-blocked"  # the planned reply was stopped at the last moment
    SEND_UNKNOWN = "mw-send-unknown"  # we cannot tell whether our reply arrived


class AgentTag(StrEnum):
    """Tags that people of the shop put on a ticket to say what was wrong with it; we only read them."""

    WRONG_REPLY = "mw-wrong-reply"  # our reply did not fit
    FALSE_CLAIM = "mw-false-claim"  # our reply told something untrue
    ANSWERED_MACHINE = "mw-answered-machine"  # our reply went to a machine
