"""What would have to change for a reply: for every gate that blocked, who could change it and how.

Beside that the recorded case is decided again with every switch open: then one sees whether the switches were all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rp_mw_ops.audit_trail import Row
from rp_mw_ops.turns import why_no_reply
from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.reasons import by_weight, find_reason
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import ReplayError, from_replay_record

_PERSON = "nothing: a person has to answer this"
_STAGE = "rp-mw promote {stage}, when the stage before has proved itself"
_SHOP = "the order's own state, in the shop"
_WAIT = "time: it passes by itself"
_POLICY = "the policy: see docs/changing-it.md, and try it with rp-mw replay"
_REMEDIES: dict[str, str] = {
    **dict.fromkeys(("tier0_word", "tier0_intent", "product_safety", "escalated_before", "human_requested"), _PERSON),
    **dict.fromkeys(("possible_escalation", "urgent_intent_present", "contact_form", "attachment_only"), _PERSON),
    **dict.fromkeys(("written_by_machine", "machine_among", "no_text"), "nothing: a machine is never answered"),
    **dict.fromkeys(("agent_replied", "agent_active", "follow_up", "asked_before", "ticket_closed"), _PERSON),
    **dict.fromkeys(("newer_message", "message_too_old"), "nothing: a reply would be too late"),
    **dict.fromkeys(("cooldown_interval", "cooldown_conversation", "cooldown_customer", "cooldown_domain"), _WAIT),
    "no_text": "nothing: there is nothing to answer",
    "maybe_machine": "something that shows that a person wrote",
    "hands_off": "the hands-off tag, or the list of excluded senders",
    "author_unknown": "the helpdesk would have to say who wrote (docs/webhook.md)",
    "safe_mode": "rp-mw flags set safe_mode false",
    "automation_off": "rp-mw resume",
    **dict.fromkeys(("flags_unreadable", "flag_missing", "flag_malformed"), "the flags: rp-mw doctor says which"),
    "stage_shadow": _STAGE.format(stage="tags"),
    "stage_too_low": _STAGE.format(stage="tier1 (or tier2 for order facts)"),
    "notes_unproved": "rp-mw doctor --probe-notes TICKET, on a test ticket",
    "channel_off": "rp-mw flags set automation_enabled_channels with this channel added",
    "template_disabled": "rp-mw flags set disabled_templates without this template",
    **dict.fromkeys(("template_missing", "tier_ceiling", "language_template_missing", "language_not_served"), _POLICY),
    "template_broken": "the template or the fact in it: rp-mw policy check",
    "language_unknown": "more words of the customer's",
    **dict.fromkeys(("confidence_low", "uncertain", "needs_triage", "no_intents", "unknown_label"), _POLICY),
    "model_failure": "the model's vendor, or rp-mw flags set classifier embedded",
    "no_order_number": "the customer gives an order's number, or an agent links the order",
    "several_orders": "the customer names one order",
    **dict.fromkeys(("order_not_found", "number_mismatch"), "the customer gives the order's own number"),
    "contact_mismatch": "the customer writes from the order's own address",
    **dict.fromkeys(("order_lookup_failed", "order_lookup_needed"), "the shop's answer: rp-mw doctor looks at it"),
    "order_lookup_not_asked": "what blocks beside it: the shop is asked only where a reply could follow",
    **dict.fromkeys(("order_incomplete", "order_cancelled", "order_refunded", "order_unpaid", "order_on_hold"), _SHOP),
    **dict.fromkeys(("order_delivered", "order_label_only", "order_partly_shipped", "delivery_problem"), _SHOP),
    **dict.fromkeys(("order_is_test", "delayed_order", "claim_unproved", "order_old", "method_unknown"), _SHOP),
    **dict.fromkeys(("second_matter", "no_order_words", "no_intent_words", "third_party"), _PERSON),
    "message_unseen": "the helpdesk would have to show the message in its ticket",
    "recipient_uncertain": "the customer writes from the address where the answer should go",
    **dict.fromkeys(("code_tries_used", "code_limit"), _PERSON),
    **dict.fromkeys(("code_needed", "code_wrong"), "the customer types the code that went to the order's own address"),
    "code_withheld": "rp-mw flags: disabled_templates without the codes' templates, email among the channels, tier2",
    "nobody_proved": "what proves a customer on this channel: proof in channels.yaml",
    **dict.fromkeys(("no_order_of_address", "several_of_address"), "the customer gives the order's number"),
    "matched_by_code": "nothing: it is no obstacle",
    "matched_sender_address": "nothing: it is no obstacle",
    "acknowledgement_off": "acknowledgements in settings.yaml",
    "reply_unfit": "the template or the fact in it: rp-mw policy check",
}
# what a code without a line of its own needs, by the ten of its weight (rp_mw_shared.reasons): a new switch, order fact
_REMEDY_OF_FAMILY = {7: "the switch that the reason names: rp-mw flags set", 5: _SHOP}
_UNKNOWN = "see what the reason says"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why one decision had no reply: (code, sentence, what would have to change), and what open switches would give.

    `with_open_switches` is a template, an order lookup, `no reply`, or None where the row holds no record to decide by.
    """

    is_replied: bool
    obstacles: tuple[tuple[str, str, str], ...]
    with_open_switches: str | None


def find_remedy(code: str) -> str:
    """Return who could change what, for one reason code; one of a newer worker's may have none."""
    return _REMEDIES.get(code) or _REMEDY_OF_FAMILY.get(find_reason(code).weight // 10, _UNKNOWN)


def find_why_not(row: Row, policy: Policy) -> WhyNot:
    """Return it for a row of audit_trail; obstacles stand the weightiest first."""
    reply = str((row.get("actions") or {}).get("rp_reply", ""))
    codes = by_weight(why_no_reply(row))
    obstacles = tuple((code, find_reason(code).sentence, find_remedy(code)) for code in codes)
    return WhyNot(reply.startswith("done"), obstacles, _with_open_switches(row, policy))


def why_not_lines(found: WhyNot) -> list[str]:
    """Return it for people."""
    if found.is_replied:
        return ["it was answered: there is nothing to change"]
    lines = []
    for _, sentence, remedy in found.obstacles:
        lines += [f"- {sentence}", f"  would have to change: {remedy}"]
    if not lines:
        lines = ["no gate blocked: the reply was planned, and what became of it is above"]
    if found.with_open_switches is not None:
        lines.append(f"with every switch open, today's policy says: {found.with_open_switches}")
    return lines


def to_json(found: WhyNot) -> dict[str, Any]:
    """Return it for programs."""
    obstacles = [
        {"code": code, "sentence": sentence, "would_have_to_change": remedy}
        for code, sentence, remedy in found.obstacles
    ]
    return {"replied": found.is_replied, "obstacles": obstacles, "with_open_switches": found.with_open_switches}


def _with_open_switches(row: Row, policy: Policy) -> str | None:
    try:
        case = from_replay_record(dict(row["replay"]))
    except (KeyError, ReplayError):
        return None
    decision = decide(replace(case, flags=open_flags(chat_codes=case.flags.chat_codes)), policy)
    if decision.order_question is not None:
        return "the order would be looked up first"
    return f"template {decision.template_id}" if decision.template_id else "no reply"
