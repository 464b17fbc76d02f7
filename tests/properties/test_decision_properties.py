"""What must hold for every decision, checked on generated cases against rules written down a second time here.

RP_MW_PROPERTY_CASES  how many cases (default 20,000)
RP_MW_PROPERTY_SEED   another run of cases; a failure names seed and number of its case
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_worker.domain import replay_order, replay_record
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.gates.report import GATE_NAMES
from rp_mw_worker.domain.model import Author, Case, Decision, Flags, Mode, RolloutStage
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import from_replay_record, to_replay_record
from rp_mw_worker.domain.reply_text import render
from tests.fakes.policy import load_policy
from tests.properties.case_generator import (
    DAY,
    DEADLINE_TEXTS,
    HUMAN_TEXTS,
    MINUTE,
    ORDER_TEMPLATES,
    SECOND_TEXTS,
    TIER0_LABELS,
    TIER0_TEXTS,
    URGENT_LABELS,
    WORDED_TEXTS,
    make_case,
)

CASES = int(os.environ.get("RP_MW_PROPERTY_CASES", "20000"))
SEED = int(os.environ.get("RP_MW_PROPERTY_SEED", "20261123"))
POLICY = load_policy()
NOBODY_PROVED = {"social", "tiktok", "phone", "unknown"}
THRESHOLDS = ("route", "uncertain", "tier1", "tier2")


@dataclass(frozen=True, slots=True)
class Decided:
    """A generated case with its decision."""

    number: int
    case: Case
    decision: Decision

    @property
    def name(self) -> str:
        """How to make this case again."""
        return f"make_case({SEED}, {self.number})"

    @property
    def may_answer(self) -> bool:
        """Whether a reply, or the lookup that leads to one, comes of it."""
        return self.decision.template_id is not None or self.decision.order_question is not None


@cache
def first_share() -> tuple[Decided, ...]:
    """The cases every property looks at, decided once."""
    return tuple(decided_cases(0, min(CASES, 20_000)))


def decided_cases(start: int, stop: int) -> Iterator[Decided]:
    """Decide the cases of a range."""
    for number in range(start, stop):
        case = make_case(SEED, number)
        yield Decided(number, case, decide(case, POLICY))


def labels_of(case: Case) -> set[str]:
    """Every label the classifier named."""
    return {intent.label for intent in case.classification.intents} | case.classification.risk_flags


def is_proven(case: Case) -> bool:
    """The deterministic match, written a second time, by channel: the contact, and which order is meant."""
    order, channel = case.order_lookup.order if case.order_lookup else None, case.ticket.channel
    if order is None or channel not in {"email", "sms", "whatsapp", "livechat"}:
        return False
    numbers = {entity.value for entity in case.entities if entity.type == "order_number"}
    if len(numbers) > 1 or (numbers and numbers != {order.name.lstrip("#")}):
        return False
    tails = {link.split("/")[-1] for link in case.ticket.linked_order_ids}
    is_linked = tails == {order.order_id.split("/")[-1]}
    is_by_address = case.order_lookup is not None and case.order_lookup.by == "customer_email" and not tails
    is_meant = len(numbers) == 1 or (channel == "email" and (is_linked or is_by_address))
    return is_meant and not case.ticket.sender_contact_digests.isdisjoint(order.contact_digests)


def has_moved(case: Case) -> bool:
    """Whether the carrier was seen with a parcel: a scan, or a time of one that has passed."""
    order = case.order_lookup.order if case.order_lookup else None
    if order is None:
        return False
    told = [(order.delivery_status, order.shipped_at_epoch_ms, None)]
    parcels = [(one.delivery_status, one.in_transit_at_epoch_ms, one.last_scan_at_epoch_ms) for one in order.parcels]
    return any(
        status in {"CARRIER_PICKED_UP", "IN_TRANSIT"}
        or any(at is not None and order.created_at_epoch_ms <= at <= case.now_epoch_ms for at in scans)
        for status, *scans in parcels or told
    )


def forbidden_by_setting(case: Case, template_id: str | None) -> bool:
    """Whether a flag, stage, channel, template or cooldown forbids this reply, written a second time."""
    flags, state = case.flags, case.state
    needed = RolloutStage.TIER2 if template_id is None or template_id in ORDER_TEMPLATES else RolloutStage.TIER1
    ages = [case.now_epoch_ms - reply.sent_at_epoch_ms for reply in state.auto_replies]
    is_for_agents = flags.rollout_stage is RolloutStage.DRAFT and flags.notes_are_private  # a note, no reply
    return (
        flags.safe_mode
        or not flags.automation_enabled
        or flags.problem is not None
        or (flags.rollout_stage < needed and not is_for_agents)
        or case.ticket.channel not in flags.automation_enabled_channels
        or template_id in flags.disabled_templates
        or sum(age < 24 * 60 * MINUTE for age in ages) >= 3
        or case.customer_replies_24h + (0 if _is_about_an_order(template_id) else case.unproved_replies_24h) >= 5
        or (bool(ages) and min(ages) < 10 * MINUTE and state.pending is None)
    )


def _is_about_an_order(template_id: str | None) -> bool:
    return template_id is None or template_id in ORDER_TEMPLATES


def check(decided: Decided) -> None:
    """Raise AssertionError, naming the case, when a rule is broken."""
    case, decision = decided.case, decided.decision
    assert decision.route_team in POLICY.settings.teams, decided.name
    assert sum(tag.startswith("route-") for tag in decision.tags) == 1, decided.name
    assert tuple(gate.gate for gate in decision.gates) == GATE_NAMES, decided.name
    if not decided.may_answer:
        return
    labels = labels_of(case)
    assert not labels & set(TIER0_LABELS), f"tier-0 intent: {decided.name}"
    assert not case.state.risk_flags, f"escalated before: {decided.name}"
    assert not any(text in case.text for text in TIER0_TEXTS), f"tier-0 word: {decided.name}"
    assert not any(text in case.text for text in HUMAN_TEXTS), f"a person was asked for: {decided.name}"
    assert "human_requested" not in labels, f"a person was asked for: {decided.name}"
    assert not forbidden_by_setting(case, decision.template_id), f"setting: {decided.name}"
    is_draft = case.flags.rollout_stage is RolloutStage.DRAFT
    assert decision.mode is (Mode.DRAFT if is_draft else Mode.LIVE), f"a reply in stage draft: {decided.name}"
    assert case.classification.failure is None and case.classification.intents, f"no classification: {decided.name}"
    assert case.ticket.is_open and case.text.strip(), f"closed or empty: {decided.name}"
    assert all(message.author is Author.CUSTOMER for message in case.new_messages), f"author: {decided.name}"
    assert not case.ticket.is_redirected, f"a Reply-To: {decided.name}"
    assert case.now_epoch_ms - case.received_at_epoch_ms <= 30 * MINUTE, f"too old: {decided.name}"
    assert not any(message.message_id == "late" for message in case.ticket.messages), f"answered since: {decided.name}"
    if case.state.pending is None:
        top = max(intent.confidence for intent in case.classification.intents)
        is_order_answer = decision.template_id in ORDER_TEMPLATES or decision.order_question is not None
        is_question = decision.template_id in {"ask_order_number", "ask_which_order", "order_number_unmatched"}
        is_worded = (is_order_answer or is_question) and any(text in case.text for text in WORDED_TEXTS)
        assert is_worded or top >= (0.70 if is_order_answer else 0.60), f"unsure: {decided.name}"
        assert not case.state.auto_replies, f"follow-up: {decided.name}"
    if decision.template_id in ORDER_TEMPLATES or decision.order_question:
        assert not labels & set(URGENT_LABELS), f"P0-P2 with tier 2: {decided.name}"
        assert not any(text in case.text for text in SECOND_TEXTS), f"a second matter run over: {decided.name}"
        assert case.ticket.channel not in NOBODY_PROVED, f"an order where nobody is proved: {decided.name}"
    check_reply(decided)


def check_reply(decided: Decided) -> None:
    """What goes to the customer says nothing of an order that is not proven theirs, and nothing of their own text."""
    case, decision = decided.case, decided.decision
    if decision.template_id is None:
        return
    assert decision.order_question is None, decided.name
    reply = render(decision.template_id, case.ticket.channel, decision.variables, POLICY)
    assert "${" not in reply and "<b>" not in reply and "evil" not in reply.lower(), decided.name
    order = case.order_lookup.order if case.order_lookup else None
    if decision.template_id in ORDER_TEMPLATES:
        assert decision.tier == 2 and is_proven(case), f"order fact without a match: {decided.name}"
        assert order is not None and case.now_epoch_ms - order.created_at_epoch_ms <= 90 * DAY, f"old: {decided.name}"
        assert "on its way" not in reply or has_moved(case), f"a label called on its way: {decided.name}"
        assert decision.claims or decision.template_id == "shipping_delay_verified", f"no claims: {decided.name}"
        assert not any("unproved" in claim for claim in decision.claims), f"unproved: {decided.name}"
    elif order is not None:
        secrets = (order.name, *(parcel.number for parcel in order.tracking if parcel.number))
        assert not any(secret in reply for secret in secrets), f"order fact in tier 1: {decided.name}"
    if decision.close_ticket:
        assert decision.template_id == "order_eta_no_tracking", decided.name
        assert not any(text in case.text for text in (*SECOND_TEXTS, *DEADLINE_TEXTS)), f"asked more: {decided.name}"


def test_every_rule_holds_for_every_generated_case() -> None:
    """No disclosure without a match, no reply against a tier-0 sign, an urgent intent, a flag or a cooldown."""
    answered: Counter[str | None] = Counter()
    for decided in first_share():
        check(decided)
        answered[decided.decision.template_id] += 1
    for start in range(20_000, CASES, 10_000):
        for decided in decided_cases(start, min(start + 10_000, CASES)):
            check(decided)
    assert sum(count for template, count in answered.items() if template) > len(first_share()) / 20, answered
    rarest = min(answered[template] for template in ORDER_TEMPLATES)
    assert rarest >= len(first_share()) / 200, f"the cases reach an order template {rarest} times: {answered}"


def test_what_strangers_were_told_never_costs_the_proved_customer_an_answer() -> None:
    """However many replies went to contacts that nobody proved: an order's answer, and its lookup, stay as they are."""
    answers = [decided for decided in first_share() if decided.decision.template_id in ORDER_TEMPLATES]
    assert len(answers) > len(first_share()) / 100
    for decided in answers:
        others = decide(replace(decided.case, unproved_replies_24h=99), POLICY)
        assert others == decided.decision, decided.name


@pytest.mark.parametrize(
    "switch",
    [
        {"safe_mode": True},
        {"automation_enabled": False},
        {"problem": "stale"},
        {"rollout_stage": RolloutStage.SHADOW},
        {"rollout_stage": RolloutStage.TAGS},
        {"automation_enabled_channels": frozenset()},
    ],
    ids=lambda switch: next(iter(switch)) + "=" + str(next(iter(switch.values()))),
)
def test_the_kill_switch_beats_everything(switch: dict[str, object]) -> None:
    """Whatever would have been answered is not, with any one switch thrown, and the team stays the same."""
    would_answer = [decided for decided in first_share() if decided.may_answer]
    assert would_answer
    for decided in would_answer:
        flags: Flags = replace(decided.case.flags, **switch)  # type: ignore[arg-type]
        stopped = decide(replace(decided.case, flags=flags), POLICY)
        assert stopped.template_id is None and stopped.order_question is None, decided.name
        assert not stopped.close_ticket and stopped.route_team == decided.decision.route_team, decided.name
        if "automation_enabled_channels" not in switch:
            assert stopped.mode is not Mode.LIVE, decided.name


def raised(name: str, value: float) -> Policy:
    """The policy with one threshold of every kind raised to `value` at least."""
    thresholds = POLICY.settings.thresholds
    changed = replace(thresholds, **{name: max(value, getattr(thresholds, name))})
    intents = {
        label: replace(
            rule,
            tier1_threshold=_raised(rule.tier1_threshold, value if name == "tier1" else 0),
            tier2_threshold=_raised(rule.tier2_threshold, value if name == "tier2" else 0),
        )
        for label, rule in POLICY.intents.items()
    }
    return replace(POLICY, intents=intents, settings=replace(POLICY.settings, thresholds=changed))


def _raised(own: float | None, value: float) -> float | None:
    return None if own is None else max(own, value)


def test_raising_a_threshold_never_adds_a_reply() -> None:
    """Under a stricter policy a case gets the same reply or none."""
    policies = [raised(name, value / 20) for name in THRESHOLDS for value in range(11, 21, 2)]
    for decided in first_share()[::4]:
        stricter = decide(decided.case, policies[decided.number // 4 % len(policies)])
        if stricter.template_id is not None:
            assert stricter.template_id == decided.decision.template_id, decided.name
        if stricter.order_question is not None:
            assert stricter.order_question == decided.decision.order_question, decided.name


def test_the_same_case_always_gives_the_same_decision() -> None:
    """Made again from its number, decided again, also by a policy that was read again: nothing differs."""
    again = load_policy()
    for decided in first_share()[::10]:
        assert decide(make_case(SEED, decided.number), again) == decided.decision, decided.name


def test_a_recorded_decision_can_be_made_again_without_personal_data() -> None:
    """The replay record leads to the same decision in everything but the order's own words, and stays small."""
    for decided in first_share()[::5]:
        record = to_replay_record(with_screen_hits(decided.case), POLICY)
        written = json.dumps(record, separators=(",", ":"))
        assert len(written) < 650, decided.name
        sentence = decided.case.text if " " in decided.case.text else "no sentence"
        for secret in ("1Z999AA", "TRK-555", "1001", "5001", "ana", "bob", sentence):
            assert f'"{secret}' not in written, f"{secret} in {decided.name}"
        again = decide(from_replay_record(json.loads(written)), POLICY)
        assert comparable(again) == comparable(decided.decision), decided.name


def test_a_flag_declared_later_is_recorded_and_replayed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag without a place of its own in the record is kept by name; what is no flag any more is left alone."""
    monkeypatch.setattr(replay_record, "_PLACED_FLAGS", ("safe_mode",))
    flags = Flags(automation_enabled_channels=frozenset({"sms", "email"}), classifier="cascade")
    case = replace(first_share()[0].case, flags=flags)
    record = to_replay_record(case, POLICY)
    assert record["ff"]["classifier"] == "cascade"
    record["ff"] = {"classifier": "cascade", "gone": "true"}
    assert from_replay_record(json.loads(json.dumps(record))).flags.classifier == "cascade"


def test_a_fact_added_later_is_recorded_and_replayed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A yes, no or number without a place of its own is kept by name, a text never."""
    placed = replay_order._PLACED_FACTS - {"is_test", "delivered_at_epoch_ms", "shipping_method"}
    monkeypatch.setattr(replay_order, "_PLACED_FACTS", placed)
    case = next(decided.case for decided in first_share() if decided.decision.template_id in ORDER_TEMPLATES)
    assert case.order_lookup is not None and case.order_lookup.order is not None
    order = replace(case.order_lookup.order, delivered_at_epoch_ms=7, shipping_method="Anna's courier")
    record = to_replay_record(replace(case, order_lookup=replace(case.order_lookup, order=order)), POLICY)
    assert record["o"][2]["more"] == {"delivered_at_epoch_ms": 7}
    record["o"][2]["more"] = {"delivered_at_epoch_ms": 7, "is_test": True, "gone": 1, "name": "not its own place"}
    again = from_replay_record(json.loads(json.dumps(record))).order_lookup
    assert again is not None and again.order is not None
    assert (again.order.delivered_at_epoch_ms, again.order.is_test) == (7, True)
    assert again.order.name != "not its own place"


def with_screen_hits(case: Case) -> Case:
    """The case as the worker makes it: screened."""
    from rp_mw_worker.domain.screen import screen

    return replace(case, screen_hits=case.screen_hits | screen(case.text, POLICY.screen))


def comparable(decision: Decision) -> tuple[object, ...]:
    """All of a decision that does not quote an order."""
    question = decision.order_question.by if decision.order_question else None
    gates = tuple((gate.gate, gate.allowed, gate.code) for gate in decision.gates)
    return (
        *(decision.route_team, decision.intent, decision.confidence, decision.tags, decision.mode, decision.tier),
        *(decision.template_id, decision.close_ticket, decision.reasons, question, gates, decision.note),
    )


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200), channel=st.sampled_from(["email", "livechat", "sms"]))
def test_no_text_of_a_customer_reaches_the_reply(text: str, channel: str) -> None:
    """Whatever is written, the reply to it is one of ours, word for word the same as to a harmless text."""
    base = make_case(SEED, next(d.number for d in first_share() if d.decision.template_id == "ask_order_number"))
    flags = replace(base.flags, automation_enabled_channels=frozenset({channel}))
    case = replace(base, text=text, flags=flags, ticket=replace(base.ticket, channel=channel))
    decision = decide(case, POLICY)
    if decision.template_id is not None:
        expected = render(decision.template_id, channel, dict(decision.variables), POLICY)
        assert set(decision.variables) <= {"outside_hours"}
        assert decision.template_id == "ask_order_number" and "order number" in expected
