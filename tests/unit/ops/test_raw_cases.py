"""Cases with a raw body and an envelope: prepared by the worker's own functions, and nothing personal comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rp_mw_ops import case_preparation
from rp_mw_ops.case_reader import CaseError, parse_case
from rp_mw_ops.commands.decide import decide_lines
from rp_mw_worker.adapters.richpanel.ticket import MAX_COMMENTS
from rp_mw_worker.domain.entities import order_numbers
from rp_mw_worker.domain.model import Case
from tests.fakes.policy import load_policy

NOW = 1_795_550_400_000
QUOTED = "On Mon, Nov 23, 2026 at 3:00 PM Example Shop <help@shop.example> wrote:\n> Your order #2002 left us.\n"
FLAGS = {"automation_enabled": True, "automation_enabled_channels": ["email"], "rollout_stage": "tier2"}


def case(**given: Any) -> Case:
    """The case that a row describes."""
    return parse_case({"now": NOW, **given}, load_policy())


def seen_payload(monkeypatch: pytest.MonkeyPatch, **given: Any) -> Mapping[str, Any]:
    """What the worker's adapter gets to read of a row."""
    seen: list[Mapping[str, Any]] = []
    adapter = case_preparation.to_helpdesk_ticket

    def spy(payload: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(payload)
        return adapter(payload, *args, **kwargs)

    monkeypatch.setattr(case_preparation, "to_helpdesk_ticket", spy)
    case(**given)
    return seen[0]["ticket"]


def test_a_raw_body_loses_its_quotation() -> None:
    """What is quoted is neither text nor an order number of the case."""
    found = case(raw_text=f"Where is order #1001?\n\n{QUOTED}")
    assert found.text == "Where is order #1001?"
    assert order_numbers(found.entities) == ("1001",)


def test_clean_words_stay_as_they_are() -> None:
    """`text` is clean by the caller's word: it is not cleaned again."""
    assert "#2002" in case(text=f"Where is order #1001?\n\n{QUOTED}").text


def test_a_raw_html_body_is_read_as_html() -> None:
    """Tags and hidden parts are gone."""
    found = case(raw_text="<p>Where is <b>order 1001</b>?</p><div hidden>my lawyer</div>", raw_is_html=True)
    assert found.text == "Where is order 1001?"
    assert not found.screen_hits


def test_a_message_of_the_ticket_may_be_raw() -> None:
    """Each comment says for itself whether it is a body."""
    messages = [{"raw_text": f"First\n\n{QUOTED}"}, {"text": f"Second\n\n{QUOTED}"}]
    first, second = case(ticket={"messages": messages}).new_messages
    assert first.text == "First" and second.text.startswith("Second\n\nOn Mon")


def test_the_raw_body_is_the_customers_last_message() -> None:
    """The ticket's other messages stay; the agent's answer is not overwritten."""
    messages = [{"text": "Hello"}, {"author": "operator", "text": "How can we help?"}]
    found = case(raw_text="Where is 1001?", ticket={"messages": messages})
    assert [message.text for message in found.ticket.messages] == ["Where is 1001?", "How can we help?"]


def test_the_adapter_reads_the_envelope(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subject, sender and who a reply would go to stand where the helpdesk puts them."""
    ticket = {
        "subject": "Lost parcel",
        "sender_address": "ana@mail.example",
        "sender_name": "Ana",
        "recipient_address": "help@shop.example",
    }
    seen = seen_payload(monkeypatch, raw_text="Hello", ticket=ticket)
    assert seen["subject"] == "Lost parcel"
    assert seen["via"]["source"] == {"from": {"address": "ana@mail.example", "name": "Ana"}}
    assert seen["customer_profile"]["email"] == "help@shop.example"


def test_the_senders_address_is_a_contact() -> None:
    """It matches the order's contact, as in the worker."""
    one = case(raw_text="Hi", ticket={"sender_address": "Ana@Mail.example"})
    other = case(raw_text="Hi", ticket={"contacts": ["ana@mail.example"]})
    assert one.ticket.sender_contact_digests == other.ticket.sender_contact_digests != frozenset()


def test_the_worker_and_the_command_make_the_same_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one path: what the worker's step finds in the words is what the case holds."""
    made = case_preparation.to_case
    found: list[Case] = []

    def spy(*args: Any) -> Case:
        found.append(made(*args))
        return found[-1]

    monkeypatch.setattr(case_preparation, "to_case", spy)
    parsed = case(raw_text="Ich gehe zum Anwalt wegen Bestellung 1001", flags=FLAGS)
    of_worker = found[0]
    assert (parsed.text, parsed.entities, parsed.screen_hits, parsed.language) == (
        of_worker.text,
        of_worker.entities,
        of_worker.screen_hits,
        of_worker.language,
    )
    assert parsed.language == "de" and parsed.screen_hits


def test_the_case_may_say_the_language_itself() -> None:
    """Then the words are screened as that language's, and no detector is asked."""
    assert case(raw_text="Where is my order?", language="de").language == "de"


def test_classify_asks_the_embedded_model() -> None:
    """Only where the case wants it; a given classification counts otherwise."""
    given = {"intents": [{"label": "refund_request", "confidence": 0.9}]}
    text = "Where is my order?"
    assert case(raw_text=text, classification=given).classification.intents[0].label == "refund_request"
    asked = case(raw_text=text, classification=given, classify=True).classification
    assert asked.intents[0].label == "order_status_tracking" and asked.model_version


def test_the_cases_own_moment_counts() -> None:
    """A question in the air at the case's time is answered, however long ago that is: the number alone is no noise."""
    intents = [{"label": "order_status_tracking", "confidence": 0.93}]
    pending = {"kind": "awaiting_order_number", "message_id": "m", "intents": intents, "expires_at_epoch_ms": 9_000}
    early = parse_case(
        {"now": 5_000, "raw_text": "1001", "classify": True, "state": {"pending": pending}}, load_policy()
    )
    late = parse_case(
        {"now": 9_001, "raw_text": "1001", "classify": True, "state": {"pending": pending}}, load_policy()
    )
    assert early.classification.model_version == "recorded"
    assert early.classification.intents[0].confidence == 0.93
    assert late.classification.model_version != "recorded"


def test_a_ticket_the_worker_does_not_read_is_no_case() -> None:
    """It says why, in the worker's words."""
    with pytest.raises(CaseError, match="too many comments"):
        case(ticket={"messages": [{"text": "a"}] * (MAX_COMMENTS + 1)})


def test_the_result_has_languages_and_marks_and_no_address() -> None:
    """Nothing of the envelope comes back."""
    ticket = {
        "subject": "Parcel of Ana Diaz",
        "sender_address": "ana@mail.example",
        "sender_name": "Ana Diaz",
        "recipient_address": "help@shop.example",
    }
    row = {"now": NOW, "raw_text": "Where is my order?", "classify": True, "ticket": ticket, "flags": FLAGS}
    (result,) = decide_lines([json.dumps(row)], load_policy())
    assert (result["language"], result["reply_language"]) == ("en", "en")
    assert result["template_id"] == "ask_order_number"
    assert result["machine_marks"] == sorted(result["machine_marks"])
    shown = json.dumps(result)
    assert "Diaz" not in shown and "mail.example" not in shown and "shop.example" not in shown
