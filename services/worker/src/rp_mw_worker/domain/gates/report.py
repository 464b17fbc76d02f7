"""All gates in the order they are shown, and the report of what each one says."""

from __future__ import annotations

from rp_mw_worker.domain.gates import message, reply
from rp_mw_worker.domain.gates.reply import Gate, GateInput
from rp_mw_worker.domain.model import GateResult

# `deterministic_match` and `order_context` are what a lookup settles.
GATES: tuple[Gate, ...] = (
    reply.kill_switch,
    message.hands_off,
    message.written_by_machine,
    message.person_evident,
    message.contact_form,
    message.recipient_certain,
    reply.rollout_stage,
    reply.channel_enabled,
    reply.template_enabled,
    reply.language,
    message.escalation,
    message.escalated_before,
    message.tier,
    message.priority_mix,
    message.classification,
    message.confidence,
    message.order_wording,
    message.second_matter,
    message.intent_wording,
    reply.deterministic_match,
    reply.order_context,
    reply.claims_proved,
    reply.cooldown_interval,
    reply.cooldown_conversation,
    reply.cooldown_customer,
    reply.agent_replied_last,
    reply.author_known,
    reply.ticket_open,
    reply.has_words,
    reply.follow_up,
    reply.human_requested,
    reply.message_age,
    reply.not_superseded,
    reply.business_hours,
    reply.acknowledgement,
    reply.rendering,
)
GATE_NAMES = tuple(gate.__name__ for gate in GATES)


def check_gates(given: GateInput) -> tuple[GateResult, ...]:
    """Return every gate's result, in the order of `GATES`."""
    results = []
    for gate in GATES:
        allowed, reason, detail = gate(given)
        results.append(GateResult(gate.__name__, allowed, reason.value, detail))
    return tuple(results)
