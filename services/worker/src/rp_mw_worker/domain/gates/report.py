"""All gates in the order they are shown, and the report of what each one says."""

from __future__ import annotations

from rp_mw_worker.domain.gates import claims, conversation, matter, order, permission, sender, wording
from rp_mw_worker.domain.gates.gate_input import Gate, GateInput
from rp_mw_worker.domain.model import GateResult

# `deterministic_match` and `order_context` are what a lookup settles.
GATES: tuple[Gate, ...] = (
    permission.kill_switch,
    sender.hands_off,
    sender.written_by_machine,
    sender.person_evident,
    sender.contact_form,
    sender.recipient_certain,
    permission.rollout_stage,
    permission.channel_enabled,
    permission.template_enabled,
    permission.language,
    matter.escalation,
    matter.escalated_before,
    matter.tier,
    matter.priority_mix,
    matter.classification,
    matter.confidence,
    matter.order_wording,
    matter.second_matter,
    matter.intent_wording,
    order.deterministic_match,
    order.order_context,
    claims.claims_proved,
    conversation.cooldown_interval,
    conversation.cooldown_conversation,
    conversation.cooldown_customer,
    conversation.agent_replied_last,
    conversation.author_known,
    conversation.ticket_open,
    matter.has_words,
    conversation.follow_up,
    matter.human_requested,
    conversation.message_age,
    conversation.not_superseded,
    wording.business_hours,
    wording.acknowledgement,
    wording.rendering,
)
GATE_NAMES = tuple(gate.__name__ for gate in GATES)


def check_gates(given: GateInput) -> tuple[GateResult, ...]:
    """Return every gate's result, in the order of `GATES`."""
    results = []
    for gate in GATES:
        allowed, reason, detail = gate(given)
        results.append(GateResult(gate.__name__, allowed, reason.value, detail))
    return tuple(results)
