"""A machine is never answered, a form's message goes to a person, and no loop of machines goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rp_mw_shared.flags.model import open_flags
from rp_mw_worker.domain.machine_rules import MachineRules
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.tags import Tag
from tests.fakes.worker_world import POLICY, World, says

OOO = "I am out of the office until Monday. For urgent matters please write to my colleague about order #1001."
ACK = (
    "Thanks for your message! Our store hours are 9 to 5. Where is your order? Track it at our site. We'll reply soon."
)


def handle(world: World, conversation_id: str, text: str, **contents: Any) -> None:
    """Write a message as somebody and handle it."""
    message = world.helpdesk.customer_writes(conversation_id, text, **contents)
    event = world.event(conversation_id, message, customer_email=contents.get("email", "ana@example.com"))
    assert world.deliver(event) == 0


def with_machine(**changes: Any) -> Policy:
    """The policy with other words of machine_marks.yaml."""
    return replace(POLICY, machine=MachineRules(replace(POLICY.machine.words, **changes)))


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("ana@firm.example", "Automatic reply: Your order #1001", OOO),
        ("noreply@ups.example", "Your package is on its way", "Track order #1001 to see where it is."),
        ("mailer-daemon@mail.example", "Undelivered Mail Returned to Sender", "Order #1001: user unknown (550 5.1.1)"),
        ("bounce+7@crm.example", "Thanks", ACK),
        ("+15550101", "", "Liked “Your order #1001 left our warehouse”"),
    ],
)
def test_a_machine_gets_no_reply_and_no_lookup(sender: str, subject: str, text: str) -> None:
    """However sure the classifier is; one read and one update of tags is all that is called."""
    world = World()
    world.classifiers.default = says("order_status_tracking", 0.99)
    handle(world, "c1", text, email=sender, subject=subject)
    assert world.helpdesk.replies("c1") == []
    assert world.enrichment.requests == {}
    assert Tag.MACHINE in world.tags("c1")
    assert world.helpdesk.calls == ["load_ticket", "add_tags"]


def test_a_machines_mail_is_not_shown_to_a_paid_model() -> None:
    """What routes it is the embedded classifier."""
    world = World()
    world.flags.set(open_flags(automation_enabled_channels=frozenset({"email"}), classifier="openai"))
    handle(world, "c1", OOO, subject="Automatic reply: order")
    assert [name for name, _ in world.classifiers.asked] == ["embedded"]


def test_a_machine_is_assigned_to_nobody_and_gets_no_note() -> None:
    """Each would be a call more."""
    noted = replace(POLICY, settings=replace(POLICY.settings, private_notes=True))
    world = World(policy=noted)
    handle(world, "c1", OOO, subject="Automatic reply: order")
    assert world.helpdesk.notes("c1") == []


def test_a_models_tier_0_does_not_count_in_a_machines_mail() -> None:
    """A newsletter that speaks of lawsuits threatens nobody."""
    world = World()
    world.classifiers.default = says("legal_threat", 0.99)
    handle(
        world, "c1", "The new law on lawsuits explained. View in browser. Unsubscribe here.", email="news@law.example"
    )
    assert Tag.MACHINE in world.tags("c1")
    assert Tag.ESCALATED not in world.tags("c1")


def test_what_somebody_says_for_themselves_still_escalates() -> None:
    """An absence note may hold a threat; a notice's words are nobody's."""
    world = World()
    threat = "My lawyer will sue you over order #1001. "
    handle(world, "c1", threat + OOO, subject="Automatic reply: order", email="ana@firm.example")
    assert {Tag.MACHINE, Tag.ESCALATED} <= set(world.tags("c1"))
    assert world.helpdesk.replies("c1") == []


def test_a_persons_question_beside_a_machines_message_gets_a_person() -> None:
    """The reply would reach the machine too, but the customer is not taken for one."""
    world = World()
    world.helpdesk.customer_writes("c1", "Where is my order #1001?")
    handle(world, "c1", "Automatic reply: " + OOO)
    assert world.helpdesk.replies("c1") == []
    assert Tag.MACHINE not in world.tags("c1")


def test_two_autoresponders_facing_each_other_end_after_one_reply_of_ours() -> None:
    """The other side answers each reply from a new address in a new conversation."""
    world = World()
    handle(world, "c0", "I would like to return the blue mug please", email="bounce+0@crm.example")
    for number in range(1, 8):
        handle(world, f"c{number}", ACK, email=f"bounce+{number}@crm.example")
    sent = [delivery for delivery in world.helpdesk.store.deliveries if delivery.reached_customer]
    assert len(sent) == 1


def test_a_loop_that_no_mark_shows_ends_by_the_hours_limit() -> None:
    """Replies of one template to one domain are few; a day later, or to another domain, they go out again."""
    world = World()
    for number in range(9):
        handle(world, f"c{number}", "I would like to return the mug please", email=f"user{number}@unknown-crm.example")
    assert len(world.helpdesk.store.deliveries) == POLICY.machine.words.max_replies_per_domain_hour
    handle(world, "other", "I would like to return the mug please", email="ana@elsewhere.example")
    assert len(world.helpdesk.replies("other")) == 1
    world.clock.advance(3_601)
    handle(world, "later", "I would like to return the mug please", email="user@unknown-crm.example")
    assert len(world.helpdesk.replies("later")) == 1


def test_no_address_is_kept() -> None:
    """The tables hold a digest of the domain at most."""
    world = World()
    handle(world, "c1", "I would like to return the mug please", email="user@unknown-crm.example")
    assert "unknown-crm" not in world.dump()
    assert len(world.helpdesk.replies("c1")) == 1


@pytest.mark.parametrize("excluded", ["robot@partner.example", "@partner.example"])
def test_an_excluded_sender_is_left_alone(excluded: str) -> None:
    """Nothing but the record: no reply, no tag."""
    world = World(policy=with_machine(excluded_senders=(excluded,)))
    world.helpdesk.senders = replace(world.helpdesk.senders, find_marks=world.deps.engine.sender_marks)
    handle(world, "c1", "I would like to return the blue mug please", email="robot@partner.example")
    assert world.tags("c1") == []
    assert world.helpdesk.calls == ["load_ticket"]
    assert len(world.audit_rows("c1")) == 1


def test_a_hands_off_tag_stops_everything_but_the_record() -> None:
    """Also what the screen finds; the row in the audit trail says why."""
    world = World()
    message = world.helpdesk.customer_writes("c1", "Where is my order #1001?")
    world.helpdesk.store.tickets["c1"].tags.append("mw-hands-off")
    assert world.deliver(world.event("c1", message)) == 0
    assert world.tags("c1") == ["mw-hands-off"]
    assert world.helpdesk.calls == ["load_ticket"]
    assert "hands_off" in str(world.audit_rows("c1"))


FORM = "You received a new message from your online store's contact form.\n\nName:\nAna\n\nEmail:\n{}\n\nBody:\n{}"


def test_a_forms_message_is_routed_by_its_words_and_answered_by_a_person() -> None:
    """The robot's address would get the reply, so nobody but a person answers."""
    world = World()
    text = FORM.format("ana@example.com", "I would like to return the blue mug")
    handle(world, "c1", text, email="mailer@shopify.com", subject="New customer message on November 23, 2026")
    assert world.helpdesk.replies("c1") == []
    assert {"mw-intent-return_request", "route-returns-admin"} <= set(world.tags("c1"))
    assert Tag.MACHINE not in world.tags("c1")


def test_a_form_is_answered_where_the_reply_goes_to_its_very_address() -> None:
    """The helpdesk is told the customer's address as recipient."""
    world = World()
    text = FORM.format("ana@example.com", "I would like to return the blue mug")
    handle(world, "c1", text, email="ana@example.com", subject="New customer message on November 23, 2026")
    assert len(world.helpdesk.replies("c1")) == 1


def test_the_address_in_a_form_proves_no_order() -> None:
    """Anybody can type it."""
    world = World()
    text = FORM.format("ana@example.com", "Where is my order #1001?")
    handle(world, "c1", text, email="ana@example.com", subject="New customer message on November 23, 2026")
    assert world.enrichment.requests == {}
    assert world.helpdesk.replies("c1") == []
