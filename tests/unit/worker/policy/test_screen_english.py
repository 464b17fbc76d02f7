"""English: requests for a person by kind, what only looks like one, and harmless uses of hot words.

The wordings were written apart from the word lists.
"""

from __future__ import annotations

import pytest

from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.screen import escalations, is_at_peace, screen, wants_human
from rp_mw_worker.policy.loader import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy()


@pytest.mark.parametrize(
    "text",
    [
        # to speak with somebody, whatever he is called
        "gimme a human m8",
        "Would you kindly let me speak with whoever runs the returns desk",
        "Need to talk to the head of customer service about order two.",
        "let me talk 2 some1",
        "no more bots i want to chat with a lady like last time",
        # handed on, raised with somebody
        "Please transfer me to the billing department.",
        "I have tried the help page and the bot, now I'd like to be passed on to a colleague.",
        "Let me through to someone on your side",
        "I would like to raise this with a senior member of staff.",
        "Escalate this please.",
        # rung or written to by somebody
        "Would you be able to arrange a callback this afternoon?",
        "my gran hates typing, can one of your lot phone her",
        "Please ask Dave in dispatch to ring me",
        "Could your accounts lady drop me a line herself please",
        "I wish to be contacted by your complaints manager.",
        "get ur boss on the phone",
        "Is there a number where someone picks up?",
        # no machine
        "Why am I arguing with software? I want an employee.",
        "I only speak to people, not programs.",
        "how do i bypass the bot",
        "I insist on a human decision, not an automated one.",
        "this ai is driving me mad",
        # whether anybody is there
        "Any human about?",
        "Is there a soul on the other end of this?",
        "Are there any humans left at your firm?",
        "Is anyone actually monitoring this inbox? If so please reply yourself.",
        # a role alone
        "team leader",
        "sum1 please",
        "ring me",
    ],
)
def test_a_request_for_a_person_is_seen(text: str, policy: Policy) -> None:
    """By kinds of wording, not by sentence."""
    assert wants_human(screen(text, policy.screen, "en"), policy.screen)


@pytest.mark.parametrize(
    "text",
    [
        # told of somebody, or somebody of the customer's own
        "I talked to a lady in the shop last week and she said the lamp was in stock.",
        "I got a reply from your agent, thanks, all fine now.",
        "I need to speak to my manager before I order the desks.",
        "Please send the parcel to my manager instead.",
        "Can I transfer my gift card to somebody else?",
        "I need the parcel to be handed to a neighbour.",
        # the driver
        "Can the driver call me when he is close?",
        "Please ask the courier to ring me before delivery.",
        # goods
        "Is the doll a real person or a cartoon figure?",
        "I don't want a robot vacuum any more, can I return it?",
        "Does the baby monitor let me speak to my child?",
        "A human sized teddy, do you have one?",
        "Is a person of 190 cm ok on this bike?",
        "I need a gift for someone with a sense of humour.",
        "Can you tell me whether the supervisor vest comes in XL?",
        "How do I reach the battery in this clock?",
        "Do I have to give a phone number at the checkout?",
        # an order
        "can i get the full refund on the lamp?",
        "When will somebody deliver my sofa?",
        "Is there anyone who has the size 12 in stock?",
    ],
)
def test_what_looks_like_a_request_for_a_person_is_none(text: str, policy: Policy) -> None:
    """Whoever tells of a person asks for none."""
    assert not wants_human(screen(text, policy.screen, "en"), policy.screen)


@pytest.mark.parametrize(
    "text",
    [
        "Does the electric shock dog collar need charging?",
        "What voltage does the fence energiser use, and is the shock adjustable?",
        "Will the explosive flavour hot sauce be back?",
        "The Fraud by Zadie Smith, is it in paperback?",
        "Do you have a book on consumer law?",
        "Which data protection folder do you recommend for an office?",
        "Does the GDPR compliant shredder take staples?",
        "Is the wallet RFID blocking against theft?",
        "Your prices are criminally good, I have ordered again!",
        "Is the fake blood washable from clothes?",
        "Do you have hospital slippers for my dad? Size 10.",
        "Is there a get well card for someone in hospital?",
        "I want a sympathy card for a friend whose dog died, do you have one?",
        "The shipping was bomb, thanks!",
        "Can the pirate pistol be painted?",
        "The chilli oil is lethal in the best way, two more please!",
    ],
)
def test_a_hot_word_of_goods_or_praise_is_harmless(text: str, policy: Policy) -> None:
    """Goods, titles, presents and figures of speech."""
    assert not escalations(screen(text, policy.screen, "en"), policy.screen)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Does the shock collar come in red? Ours burned my dog's neck.", "product_safety"),
        ("Do you sell cards? My son is in hospital because of your heater.", "product_safety"),
        ("Is it in paperback? My solicitor will write about the last one.", "legal_threat"),
        ("Is your shop GDPR compliant? Delete my data.", "privacy_request"),
        ("Is your shop in Main Street? I am coming with a knife.", "harassment_threats"),
        ("Do you sell fire blankets? Your last toaster set the kitchen alight.", "product_safety"),
        ("Lovely dress, but the zip tore my skin open.", "product_safety"),
        ("My card shows three payments I know nothing about.", "fraud_suspected"),
        ("The perfume is a fake.", "fraud_suspected"),
        ("Your driver shoved my wife against the wall.", "harassment_threats"),
        ("I have had it with life.", "harassment_threats"),
    ],
)
def test_danger_beside_the_same_words_is_seen(text: str, label: str, policy: Policy) -> None:
    """What excuses goods excuses nothing that happened."""
    assert label in escalations(screen(text, policy.screen, "en"), policy.screen)


def test_a_question_of_what_goods_are_made_of_is_peaceful(policy: Policy) -> None:
    """Measures, materials and formats ask after goods."""
    assert is_at_peace("Is the tennis court net 12 metres?", policy.screen, "en")
    assert not is_at_peace("Is the net 12 metres? The last one collapsed.", policy.screen, "en")
