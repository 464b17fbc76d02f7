"""A message that asks after goods or praises, and complains of nothing: its hot words are harmless, until it complains.

The wordings were written apart from the word lists.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rp_mw_worker.domain.interpretation import understand
from rp_mw_worker.domain.model import Case, Classification, ConversationState, Flags, Intent, Ticket
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.screen import escalations, is_at_peace, screen, wants_human
from rp_mw_worker.policy.loader import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy()


def labels(text: str, language: str | None, policy: Policy) -> frozenset[str]:
    """Return what the words alone escalate."""
    return escalations(screen(text, policy.screen, language), policy.screen)


# A title, a profession, a name, an address, goods, a figure of speech, somebody else's matter of long ago.
PEACEFUL = [
    ("en", "Do you stock the Rumpole of the Bailey barrister box set on DVD?"),
    ("en", "I'm a court clerk and looking for a sturdy date stamp, which one lasts?"),
    ("en", "My surname is Killer-Jones, could you spell it right on the label?"),
    ("en", "Is the robber costume in stock for a ten year old?"),
    ("en", "The jug fell off the table, nobody hurt and not a scratch, brilliant quality!"),
    ("en", "Ages ago my cousin went to a tribunal over a sofa. With you lot never a problem, is there a loyalty card?"),
    ("de", "Habt ihr den Roman „Das Landgericht“ auch gebunden?"),
    ("de", "Ich arbeite bei einem Notar und suche zehn Ordner in Rot, gibt es Mengenrabatt?"),
    ("de", "Führen Sie das Räuberkostüm auch für Erwachsene?"),
    ("de", "Mir ist die Kanne runtergefallen, niemand verletzt, kein Kratzer. Tolle Qualität!"),
    ("fr", "Avez-vous le film « Le Procès » en coffret ?"),
    ("fr", "Je travaille chez un notaire et je cherche vingt chemises cartonnées, vous faites une remise ?"),
    ("fr", "Vous vendez le déguisement de voleur en taille 8 ans ?"),
    ("fr", "Mon mari a fait tomber le vase, personne n'est blessé, tout est intact, bravo pour l'emballage"),
    ("es", "¿Tenéis la novela «El juez de la frontera» en tapa dura?"),
    ("es", "Trabajo en una notaría y busco veinte carpetas, ¿hacéis descuento?"),
    ("es", "¿Venden el disfraz de ladrón para adultos?"),
    ("it", "Avete il romanzo «Il tribunale dei piccoli» in tascabile?"),
    ("it", "Lavoro da un notaio e cerco venti cartelline, fate sconti per quantità?"),
    ("it", "Mi è caduto il vaso, nessuno si è fatto male e non c'è un graffio, complimenti!"),
    ("nl", "Hebben jullie het boek 'De rechter van Gent' als pocket?"),
    ("nl", "Ik werk bij een notaris en zoek twintig mappen, is er korting bij grote aantallen?"),
    ("nl", "Verkopen jullie het boevenpak ook voor volwassenen?"),
    ("pt", "Vocês têm o livro «O tribunal das flores» em capa dura?"),
    ("pt", "Trabalho num cartório e procuro vinte pastas, fazem desconto por quantidade?"),
    ("pt", "Vendem a fantasia de ladrão para adultos?"),
]


@pytest.mark.parametrize(("language", "text"), PEACEFUL)
def test_a_hot_word_in_a_peaceful_message_is_harmless(language: str, text: str, policy: Policy) -> None:
    """Whoever asks after goods is no danger for a word of it."""
    assert not labels(text, language, policy)


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "Do you have the mug in blue? My solicitor will write to you about the last one.", "legal_threat"),
        ("en", "Do you sell spare cords? The old one caught fire.", "product_safety"),
        ("en", "Lovely colours. The handle came off and burnt my hand.", "product_safety"),
        ("en", "Which rope holds 80 kg? I don't want to live any more.", "harassment_threats"),
        ("en", "Is the kettle still in stock? I want my money back or see you in court.", "legal_threat"),
        ("de", "Gibt es den Topf noch? Mein Anwalt meldet sich wegen des alten.", "legal_threat"),
        ("de", "Habt ihr Ersatzkabel? Das alte hat Feuer gefangen.", "product_safety"),
        ("de", "Tolle Qualität, aber meine Tochter hat sich am Griff verbrannt.", "product_safety"),
        ("fr", "Vous avez d'autres couleurs ? Mon avocat vous écrira pour la première.", "legal_threat"),
        ("fr", "Vous vendez des câbles ? L'ancien a pris feu.", "product_safety"),
        ("es", "¿Tenéis más tallas? Mi abogado os escribirá por la primera.", "legal_threat"),
        ("es", "¿Venden cables sueltos? El viejo se prendió fuego.", "product_safety"),
        ("it", "Avete altri colori? Il mio avvocato vi scriverà per il primo.", "legal_threat"),
        ("it", "Vendete cavi di ricambio? Quello vecchio ha preso fuoco.", "product_safety"),
        ("nl", "Hebben jullie andere maten? Mijn advocaat schrijft jullie over de eerste.", "legal_threat"),
        ("nl", "Verkopen jullie losse snoeren? Het oude vloog in brand.", "product_safety"),
        ("pt", "Vocês têm outras cores? O meu advogado vai escrever por causa da primeira.", "legal_threat"),
        ("pt", "Vendem cabos avulsos? O antigo pegou fogo.", "product_safety"),
    ],
)
def test_danger_beside_a_question_about_goods_is_seen(language: str, text: str, label: str, policy: Policy) -> None:
    """One grievance takes the peace back."""
    assert label in labels(text, language, policy)


def test_a_grievance_of_any_language_takes_the_peace_back(policy: Policy) -> None:
    """People mix languages; peace is told in the message's own alone."""
    assert is_at_peace("Do you stock the blue one?", policy.screen, "en")
    assert not is_at_peace("Do you stock the blue one? Mein Anwalt schreibt euch.", policy.screen, "en")
    assert not is_at_peace("Do you stock the blue one?", policy.screen, "de")
    assert not is_at_peace("Do you stock the blue one?", policy.screen, None)


@pytest.mark.parametrize(
    ("text", "is_danger"),
    [
        ('I ordered the novel "The Last Bailiff" and the audiobook "Suing Santa".', False),
        ('Der Film "Die Bombe im Keller" lief gestern.', False),
        ('You are "fraudsters", all of you.', True),
        ('The book arrived torn. "See you in court", as they say.', True),
    ],
)
def test_a_title_in_quotation_marks_is_nobodys_own_word(text: str, is_danger: bool, policy: Policy) -> None:
    """Only right after what has a title."""
    assert bool(labels(text, "de" if "Film" in text else "en", policy)) is is_danger


def _case(text: str, language: str, classification: Classification) -> Case:
    return Case(
        ticket=Ticket("c", "email", is_open=True, messages=()),
        classification=classification,
        state=ConversationState("c"),
        flags=Flags(),
        now_epoch_ms=0,
        received_at_epoch_ms=0,
        text=text,
        language=language,
    )


def _found(confidence: float, classifier: str = "embedded") -> Classification:
    intents = (Intent("pre_purchase_question", 0.5), Intent("product_safety", confidence))
    return Classification(intents, frozenset({"product_safety"}), classifier)


PLAIN_QUESTION = "Does the lantern come with a lid in size L?"


@pytest.mark.parametrize(
    ("text", "classification", "is_danger"),
    [
        (PLAIN_QUESTION, _found(0.35), False),
        (PLAIN_QUESTION, _found(0.7), True),
        (PLAIN_QUESTION, _found(0.35, "openai"), True),
        (PLAIN_QUESTION, _found(0.35, "cascade"), True),
        ("The lantern is odd.", _found(0.35), True),
        (f"{PLAIN_QUESTION} The first one is broken.", _found(0.35), True),
    ],
)
def test_the_own_models_doubt_counts_where_there_is_no_peace(
    text: str, classification: Classification, is_danger: bool, policy: Policy
) -> None:
    """A faint tier 0 of the embedded model routes no question about goods, and forbids its reply all the same."""
    reading = understand(_case(text, "en", classification), policy)
    assert reading.certain_escalation is is_danger
    assert reading.escalation_intents == {"product_safety"}


def test_the_subject_may_complain_too(policy: Policy) -> None:
    """A grievance in the subject takes the peace back."""
    case = _case(PLAIN_QUESTION, "en", _found(0.35))
    complaining = replace(case, ticket=replace(case.ticket, subject="Formal complaint about your shop"))
    assert "product_safety" in understand(complaining, policy).labels


def test_a_person_asked_for_stays_where_the_models_doubt_goes(policy: Policy) -> None:
    """Only tier 0 is doubted."""
    found = replace(_found(0.35), risk_flags=frozenset({"product_safety", "human_requested"}))
    assert understand(_case(PLAIN_QUESTION, "en", found), policy).human_requested


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        # something melts, and what drips hits somebody
        ("en", "the knob melts on the gas ring", "product_safety"),
        ("en", "hot wax splashed onto my wrist from the holder", "product_safety"),
        ("en", "those clogs hurt my ankles badly", "product_safety"),
        ("en", "going to hurt him tonight", "harassment_threats"),
        # nobody would miss them
        ("en", "no one would notice if i was not here", "harassment_threats"),
        ("de", "keiner würde merken wenn ich weg bin", "harassment_threats"),
        ("fr", "personne ne remarquerait si je disparaissais", "harassment_threats"),
        ("es", "nadie notaría si desaparezco", "harassment_threats"),
        ("it", "nessuno noterebbe se sparissi", "harassment_threats"),
        ("nl", "niemand zou mij missen", "harassment_threats"),
        ("pt", "ninguém notaria se eu desaparecesse", "harassment_threats"),
        # an editorial office asks
        ("de", "Hier die Redaktion Verbrauchermagazin, wir haben Fragen zu Ihren Zuschriften", "legal_threat"),
        ("nl", "redactie consumentenzaken, graag uw reactie voor de uitzending", "legal_threat"),
        # a child with a parent's card, written without marks
        ("fr", "jai 10 ans jai pris le tel de papa pour commander", "fraud_suspected"),
        ("de", "hallo bin 11 und hab mit der karte von mama gekauft", "fraud_suspected"),
    ],
)
def test_danger_that_was_missed_is_seen(language: str, text: str, label: str, policy: Policy) -> None:
    """Kinds of a set that nobody had seen."""
    assert label in labels(text, language, policy)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Could somebody phone me tomorrow morning? 0161 496 0000"),
        ("en", "I'd prefer to talk it through over the phone, typing is hard for me"),
        ("en", "Your chatbot goes round in circles, can a colleague have a look?"),
        ("de", "Könnte mich jemand heute Nachmittag anrufen?"),
        ("de", "Ihr Bot dreht sich im Kreis, wen erreiche ich am Telefon"),
        ("fr", "Quelqu'un peut-il me téléphoner demain matin ?"),
        ("fr", "Je préfère qu'on m'explique au téléphone, un conseiller par exemple"),
        ("es", "¿Podría llamarme alguien mañana por la tarde?"),
        ("es", "El asistente no resuelve nada, ¿hay algún agente que me atienda?"),
        ("it", "Qualcuno può richiamarmi domani mattina?"),
        ("it", "Il bot non capisce, c'è un collega che guarda la mia pratica?"),
        ("nl", "Kan iemand mij morgen bellen?"),
        ("nl", "Ik bespreek het liever telefonisch met een adviseur"),
        ("pt", "Alguém pode ligar-me amanhã de manhã?"),
        ("pt", "O robô não entende, há algum colega que me atenda?"),
    ],
)
def test_who_wants_to_be_called_asks_for_a_person(language: str, text: str, policy: Policy) -> None:
    """A call back, a talk by telephone, a colleague instead of the robot."""
    hits = screen(text, policy.screen, language)
    assert wants_human(hits, policy.screen)
    assert not escalations(hits, policy.screen)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Will the driver call before delivery?"),
        ("de", "Ruft der Fahrer vor der Lieferung an?"),
        ("fr", "Le livreur appelle avant de passer ?"),
        ("es", "¿El repartidor llama antes de la entrega?"),
        ("it", "Il corriere chiama prima della consegna?"),
        ("nl", "Belt de bezorger voordat hij komt?"),
        ("pt", "O estafeta liga antes de entregar?"),
        ("it", "Mi chiamo Carla, il pacco è in viaggio?"),
        ("es", "Me llamo Carla, ¿dónde está mi pedido?"),
    ],
)
def test_a_driver_who_calls_is_no_request_for_a_person(language: str, text: str, policy: Policy) -> None:
    """Nor is a name."""
    assert not wants_human(screen(text, policy.screen, language), policy.screen)
