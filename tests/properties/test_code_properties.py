"""What must hold of one-time codes, whatever is typed in whatever order: over the decision, and over whole dialogues.

RP_MW_PROPERTY_DIALOGUES=2000 python -m pytest tests/properties/test_code_properties.py
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_shared.flags.declared import RolloutStage
from rp_mw_shared.messages.types import OrderFacts
from rp_mw_worker.domain.codes import CODE_REPLIES, CODE_TEMPLATES, RIGHT, SPENT, WRONG, masked_codes, typed_codes
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Author, Case, CodeStanding, OrderLookup
from rp_mw_worker.domain.order_answer import ORDER_TEMPLATES
from rp_mw_worker.domain.reply_text import render
from tests.fakes.worker_world import LIVE, POLICY, World, shipped_order
from tests.properties.case_generator import TIER0_TEXTS, make_case

SEED = 14
CASES = int(os.environ.get("RP_MW_PROPERTY_CASES", "20000"))
DIALOGUES = int(os.environ.get("RP_MW_PROPERTY_DIALOGUES", "150"))
CODE = re.compile(r"<p>(\d{6})</p>")
TRACKING = "1Z5R89390357567127"
OWNER = "owner@example.com"
RULES = POLICY.settings.codes
OUTCOMES = ("not_found", "ambiguous", "failed")
_STANDINGS = [None] + [
    CodeStanding(outcome, *flags, 1)
    for outcome in (None, RIGHT, WRONG, SPENT)
    for flags in itertools.product((False, True), repeat=2)
]


def chat_case(number: int, code: CodeStanding | None) -> Case:
    """A generated case as a chat that asks for codes."""
    case = make_case(SEED, number)
    stage = RolloutStage.TIER2
    flags = replace(
        case.flags, chat_codes=True, rollout_stage=stage, automation_enabled_channels=frozenset({"livechat", "email"})
    )
    return replace(case, ticket=replace(case.ticket, channel="livechat"), flags=flags, code=code)


def test_no_order_fact_on_chat_without_a_code() -> None:
    """Number and contact together prove nothing there, and a code is never spoken of where nothing may be said."""
    told = Counter(check_chat(number, random.Random(number).choice(_STANDINGS)) for number in range(CASES))
    assert min(told[template] for template in CODE_REPLIES) > CASES / 1_000, told
    assert sum(told[template] for template in ORDER_TEMPLATES) > CASES / 1_000, told


def check_chat(number: int, code: CodeStanding | None) -> str | None:
    """Raise AssertionError when a chat's decision breaks a rule; return its template."""
    case = chat_case(number, code)
    decision = decide(case, POLICY)
    if decision.template_id in ORDER_TEMPLATES:
        assert code is not None and code.is_proof, number
    if decision.template_id in CODE_REPLIES:
        said = render(decision.template_id, "livechat", dict(decision.variables), POLICY)
        order = case.order_lookup.order if case.order_lookup is not None else None
        assert order is None or order.name not in said, number
        assert not case.state.risk_flags and not any(text in case.text for text in TIER0_TEXTS), number
        assert all(message.author is Author.CUSTOMER for message in case.new_messages), number
    if decision.code is not None:
        assert decision.template_id in CODE_REPLIES and (code is None or code.may_issue), number
    return decision.template_id


def test_the_words_do_not_depend_on_what_the_shop_answers() -> None:
    """Found or not, another's or one's own: the same template, the same values, the same tags."""
    asked = 0
    for number in range(CASES // 5):
        case = replace(chat_case(number, None), order_lookup=OrderLookup("order_name", "found", _order_of(number)))
        found = decide(case, POLICY)
        outcome = OUTCOMES[number % len(OUTCOMES)]
        other = decide(replace(case, order_lookup=OrderLookup("order_name", outcome)), POLICY)
        assert (found.template_id, found.variables, found.tags) == (other.template_id, other.variables, other.tags), (
            number
        )
        asked += found.template_id in CODE_REPLIES
    assert asked > CASES / 5_000


def _order_of(number: int) -> OrderFacts | None:
    lookup = make_case(SEED, number).order_lookup
    return lookup.order if lookup is not None and lookup.order is not None else shipped_order(OWNER)


@given(
    text=st.text(max_size=60), digits=st.from_regex(r"[0-9]{6}", fullmatch=True), gap=st.sampled_from(["", " ", "-"])
)
def test_a_code_is_found_wherever_it_stands_and_nothing_of_it_is_left(text: str, digits: str, gap: str) -> None:
    """Also among other words and numbers; what is masked is what is read."""
    written = f"{text} {digits[:3]}{gap}{digits[3:]} {text}"
    assert digits in typed_codes(written)
    masked = masked_codes(written)
    assert typed_codes(masked) == () and f" {digits[:3]}{gap}{digits[3:]} " not in masked


# -- whole dialogues --------------------------------------------------------------------------------------------------

_CHATS = ("c1", "c2", "c3")
_STEPS = st.tuples(
    st.sampled_from(["ask", "ask unknown", "right", "right", "wrong", "wrong", "other's", "again", "wait", "nothing"]),
    st.sampled_from(_CHATS),
    st.sampled_from([1, 20, 200, 310]),
)


@dataclass
class Dialogue:
    """Three visitors, one order; `codes` are those mailed for each chat with their times, newest last."""

    world: World = field(default_factory=lambda: World(policy=POLICY))
    codes: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    proved: set[str] = field(default_factory=set)
    last: Any = None
    tries: int = 0

    def __post_init__(self) -> None:
        self.world.flags.set(replace(LIVE, chat_codes=True))

    def play(self, step: tuple[str, str, int]) -> None:
        """Take one step."""
        what, chat, seconds = step
        self.world.clock.advance(seconds)
        if what == "again" and self.last is not None:
            self.world.deliver(self.last, receive_count=2)
        elif what in {"ask", "ask unknown"}:
            self._say(chat, f"Where is my order #{1001 if what == 'ask' else 9009}?")
        elif what in {"right", "wrong", "other's"}:
            self._type(chat, what)

    def _type(self, chat: str, what: str) -> None:
        own, others = self.codes.get(chat, []), [code for other in _CHATS for code in self.codes.get(other, [])]
        known = (own if what == "right" else others)[-1:] or [("000000", 0)]
        code = known[0][0] if what != "wrong" else f"{(int(known[0][0]) + 1) % 1_000_000:06d}"
        now = self.world.clock.now_epoch_ms()
        if own and own[-1][0] == code and now < own[-1][1] + RULES.minutes * 60_000:
            self.proved.add(chat)
        self.typed.append(code)
        self._say(chat, code)

    def _say(self, chat: str, text: str) -> None:
        world, before = self.world, set(self.world.enrichment.requests)
        mails = len(world.helpdesk.mails_to(OWNER))
        message_id = world.helpdesk.customer_writes(chat, text, channel="messenger", email=f"visitor@{chat}.example")
        self._deliver(world.event(chat, message_id, customer_email=f"visitor@{chat}.example"))
        for request_id in set(world.enrichment.requests) - before:
            request = world.enrichment.requests[request_id]
            order = shipped_order(OWNER) if request.lookup_value == "1001" else None
            self._deliver(world.result(request, order, order_address=OWNER if order else None))
        for mail in world.helpdesk.mails_to(OWNER)[mails:]:
            found = CODE.search(mail)
            assert found is not None
            self.codes.setdefault(chat, []).append((found[1], world.clock.now_epoch_ms()))

    def _deliver(self, message: Any) -> None:
        self.last = message
        self.world.deliver(message)


@settings(max_examples=DIALOGUES, deadline=None)
@given(steps=st.lists(_STEPS, min_size=3, max_size=14))
def test_no_dialogue_gets_an_order_without_its_code_and_none_is_kept(steps: list[tuple[str, str, int]]) -> None:
    """Facts only where the chat's own code was typed in time; bounded mails; no code in a table, a log or a model."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        dialogue = Dialogue()
        for step in steps:
            dialogue.play(step)
    world = dialogue.world
    for chat in _CHATS:
        if chat in world.helpdesk.store.tickets and chat not in dialogue.proved:
            assert TRACKING not in str(world.helpdesk.replies(chat)), steps
    mails = [at for codes in dialogue.codes.values() for _, at in codes]
    assert len(mails) <= RULES.max_per_order_24h, steps
    assert all(len(codes) <= RULES.max_per_conversation_24h for codes in dialogue.codes.values()), steps
    assert sum(len(codes) for codes in dialogue.codes.values()) == len(world.helpdesk.mails_to(OWNER)), steps
    for item in world.records.codes.values():
        assert len(item["tries"]) <= RULES.tries, steps
    kept = world.dump() + str(world.records.codes) + out.getvalue() + str(world.classifiers.asked)
    secrets = {code for codes in dialogue.codes.values() for code, _ in codes} | set(dialogue.typed) - {"000000"}
    for secret in secrets:
        assert not re.search(rf"(?<![0-9a-f]){secret}(?![0-9a-f])", kept), (secret, steps)


def test_the_names_of_the_templates_are_the_replies_and_the_mail() -> None:
    """What holds for all of them names all of them."""
    assert set(CODE_TEMPLATES) > CODE_REPLIES
    assert all(first != second for first, second in pairwise(CODE_TEMPLATES))
