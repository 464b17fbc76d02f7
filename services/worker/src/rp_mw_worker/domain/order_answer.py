"""What is to be said about an order that is the customer's own: which template with which values, or why nothing.

This chooses the answer that fits the facts; `claims.prove` then holds every claim of it against them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.reasons import Reason
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.claims import Said
from rp_mw_worker.domain.delivery_window import find_method
from rp_mw_worker.domain.evidence import LATE_FACTS, Evidence, collect, survey
from rp_mw_worker.domain.order_obstacles import find_obstacle
from rp_mw_worker.domain.order_words import OrderWords
from rp_mw_worker.domain.parcels import ARRIVED, WITHOUT_SCAN, ParcelState
from rp_mw_worker.domain.policy import BASE_LANGUAGE, LOCAL_DELIVERY, PICKUP, Policy

STATUS = "order_status_verified"
PARCELS = "order_status_parcels_verified"
PARTLY = "order_partly_shipped_verified"
OUT_FOR_DELIVERY = "order_out_for_delivery_verified"
ATTEMPTED = "order_delivery_attempted_verified"
READY = "order_ready_for_pickup_verified"
DELIVERED = "order_delivered_verified"
COLLECTED = "order_collected_verified"
PREPARING = "order_preparing_verified"
PICKUP_PREPARING = "order_pickup_preparing_verified"
LOCAL = "order_local_delivery_verified"
WAITING = "order_waiting_verified"
DIGITAL = "order_digital_verified"
ETA = "order_eta_no_tracking"
DELAY = "shipping_delay_verified"
ORDER_TEMPLATES = (
    *(STATUS, PARCELS, PARTLY, OUT_FOR_DELIVERY, ATTEMPTED, READY, DELIVERED, COLLECTED),
    *(PREPARING, PICKUP_PREPARING, LOCAL, WAITING, DIGITAL, ETA, DELAY),
)


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """`template_id` None: no reply, and `reason` says why. `delayed`: answered, and a person follows up.

    `said` are the statements in the variables, `evidence` the facts that both rest on.
    """

    template_id: str | None
    reason: Reason
    variables: dict[str, str] = field(default_factory=dict)
    delayed: bool = False
    said: tuple[Said, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)


def answer_about(
    order: OrderFacts,
    now_epoch_ms: int,
    policy: Policy,
    language: str | None = BASE_LANGUAGE,
    *,
    is_called_late: bool = False,
) -> OrderAnswer:
    """Return the reply the order's facts allow, its days in the words of `language`, or the reason for none.

    `is_called_late`: the customer calls the order late, stuck or lost, which rules out good news.
    """
    obstacle = find_obstacle(order, survey(order, now_epoch_ms, policy), now_epoch_ms, policy)
    if obstacle is not None:
        return OrderAnswer(None, obstacle)
    evidence = collect(order, now_epoch_ms, policy, is_called_late=is_called_late)
    words = OrderWords(order, evidence, policy, language)
    template_id, reason = _choose(order, evidence, now_epoch_ms, policy)
    if template_id is None:
        return OrderAnswer(None, reason)
    variables, said = words.values_for(template_id)
    return OrderAnswer(template_id, reason, variables, template_id == DELAY, said, evidence)


Choice = tuple[str | None, Reason]


def _choose(order: OrderFacts, evidence: Evidence, now_epoch_ms: int, policy: Policy) -> Choice:
    if not order.requires_shipping:
        return DIGITAL, Reason.OK
    states = evidence.states
    if order.fulfillment_status == "PARTIALLY_FULFILLED":
        return _choose_partly(evidence)
    if states and set(states) <= ARRIVED:
        one_way = {frozenset({ParcelState.COLLECTED}): COLLECTED, frozenset({ParcelState.DELIVERED}): DELIVERED}
        return one_way.get(frozenset(states), PARCELS), Reason.ORDER_DELIVERED
    if len(states) == 1 and states[0] is ParcelState.READY_FOR_PICKUP:
        return READY, Reason.OK
    if len(states) == 1 and states[0] is ParcelState.ATTEMPTED:
        return ATTEMPTED, Reason.OK
    if evidence.find(*LATE_FACTS):
        return DELAY, Reason.DELAYED_ORDER
    if len(states) > 1:
        return PARCELS, Reason.OK
    if states and states[0] not in WITHOUT_SCAN:
        return (OUT_FOR_DELIVERY if states[0] is ParcelState.OUT_FOR_DELIVERY else STATUS), Reason.OK
    return _choose_unsent(order, evidence, now_epoch_ms, policy)


def _choose_partly(evidence: Evidence) -> Choice:
    """The rest has no parcel yet; what became of the parcels there are is told of each."""
    if evidence.find(*LATE_FACTS):
        return DELAY, Reason.DELAYED_ORDER
    return (PARTLY, Reason.ORDER_PARTLY_SHIPPED) if evidence.parcels else (None, Reason.ORDER_INCOMPLETE)


def _choose_unsent(order: OrderFacts, evidence: Evidence, now_epoch_ms: int, policy: Policy) -> Choice:
    """Nobody has seen it move: what is said depends on the way it is to come."""
    method = find_method(order, policy)
    is_ticked_off = bool(evidence.states) or order.fulfillment_status == "FULFILLED"
    if method is not None and method.kind in {PICKUP, LOCAL_DELIVERY} and is_ticked_off:
        return None, Reason.ORDER_INCOMPLETE  # done in the shop's eyes; whether it changed hands nobody says
    if order.waits_as is not None or order.fulfillment_status == "SCHEDULED":
        return (None, Reason.ORDER_INCOMPLETE) if is_ticked_off else (WAITING, Reason.OK)
    if method is None:
        is_new = now_epoch_ms - order.created_at_epoch_ms < policy.settings.limits.unknown_method_days * MS_PER_DAY
        return (None, Reason.METHOD_UNKNOWN) if is_new else (DELAY, Reason.DELAYED_ORDER)
    if method.kind == PICKUP:
        return PICKUP_PREPARING, Reason.OK
    if method.kind == LOCAL_DELIVERY:
        return LOCAL, Reason.OK
    if evidence.states == (ParcelState.LABEL,):
        return PREPARING, Reason.ORDER_LABEL_ONLY
    has_window = evidence.find("promised_window", "carrier_estimate") is not None
    return (ETA, Reason.OK) if has_window else (DELAY, Reason.DELAYED_ORDER)
