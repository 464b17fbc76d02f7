"""Kinds of danger, requests for a person, and harmless words that were once read wrongly, in wordings of their own."""

from __future__ import annotations

import pytest

from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.screen import escalations, screen, wants_human
from rp_mw_worker.policy.loader import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy()


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        # somebody feels something since they used a product
        ("en", "my foot has been numb since i wore those boots", "product_safety"),
        ("de", "seit dem pulver ist mir ständig schwindelig", "product_safety"),
        ("fr", "j'ai des vertiges depuis vos gélules", "product_safety"),
        ("es", "mareos desde que uso el spray", "product_safety"),
        ("it", "ho l'orticaria dopo il sapone", "product_safety"),
        ("nl", "duizelig sinds dat drankje", "product_safety"),
        ("pt", "tontura depois do chá", "product_safety"),
        # something sharp where one eats
        ("en", "there was a needle in my muffin", "product_safety"),
        ("de", "eine nadel im muffin", "product_safety"),
        ("fr", "une aiguille dans le muffin", "product_safety"),
        ("es", "una aguja en la magdalena", "product_safety"),
        ("it", "un ago nel panino", "product_safety"),
        ("nl", "een naald in de taart", "product_safety"),
        ("pt", "uma agulha no bolo", "product_safety"),
        # it stuck in a throat, or nearly burned
        ("en", "a bead got stuck in her throat", "product_safety"),
        ("fr", "le tapis a failli prendre feu", "product_safety"),
        ("it", "per poco la tenda non andava in fiamme", "product_safety"),
        ("nl", "het scheelde weinig of de bank stond in brand", "product_safety"),
        # threats that name no deed
        ("en", "we know where u live", "harassment_threats"),
        ("de", "wir wissen wo ihr hockt", "harassment_threats"),
        ("fr", "faites attention en rentrant du travail", "harassment_threats"),
        ("it", "occhio quando uscite", "harassment_threats"),
        ("nl", "we weten waar jullie wonen", "harassment_threats"),
        ("pt", "sabemos onde a senhora mora", "harassment_threats"),
        ("en", "i wont be around by new year", "harassment_threats"),
        ("en", "dont want to wake up any longer", "harassment_threats"),
        # slurs: an abuse beside a people, in any served language
        ("de", "stinkende asylanten", "harassment_threats"),
        ("fr", "bande de sales juifs", "harassment_threats"),
        ("es", "putos gitanos", "harassment_threats"),
        ("it", "sporchi zingari", "harassment_threats"),
        ("nl", "smerige marokkanen", "harassment_threats"),
        ("pt", "ciganos nojentos", "harassment_threats"),
        # the bank does it
        ("en", "visa are looking into the payment", "chargeback_dispute"),
        ("de", "die bank dreht die zahlung zurück", "chargeback_dispute"),
        ("fr", "ma banque récupère la somme", "chargeback_dispute"),
        ("es", "el banco revierte el cobro", "chargeback_dispute"),
        ("it", "la banca sta controllando il pagamento", "chargeback_dispute"),
        ("nl", "mijn bank onderzoekt de aankoop", "chargeback_dispute"),
        ("pt", "o banco está a verificar o pagamento", "chargeback_dispute"),
        # goods that are not what they are sold as
        ("en", "the hologram isnt genuine", "fraud_suspected"),
        ("de", "die uhr ist ein plagiat", "fraud_suspected"),
        ("fr", "la montre est une imitation", "fraud_suspected"),
        ("es", "el reloj es una imitación", "fraud_suspected"),
        ("it", "l'orologio è contraffatto", "fraud_suspected"),
        ("nl", "het horloge is namaak", "fraud_suspected"),
        ("pt", "o relógio é falsificado", "fraud_suspected"),
        # a relative who judges or pleads, and gave advice
        ("en", "my aunt is a magistrate and told me my rights", "legal_threat"),
        ("de", "meine tante ist richterin und kennt die möglichkeiten", "legal_threat"),
        ("fr", "ma tante est magistrate, elle m'a dit quoi faire", "legal_threat"),
        ("es", "mi tía es magistrada y me aconseja", "legal_threat"),
        ("it", "mia zia è giudice e mi ha spiegato i diritti", "legal_threat"),
        ("nl", "mijn tante is rechter en zegt wat ik moet doen", "legal_threat"),
        ("pt", "minha tia é juíza e me disse o que fazer", "legal_threat"),
        # everything that is stored
        ("en", "i want to be forgotten", "privacy_request"),
        ("de", "löscht alles von mir", "privacy_request"),
        ("fr", "effacez tout sur moi", "privacy_request"),
        ("es", "eliminen todo lo mío", "privacy_request"),
        ("it", "eliminate tutto di me", "privacy_request"),
        ("nl", "gooi alles over mij weg", "privacy_request"),
        ("pt", "eliminem tudo sobre mim", "privacy_request"),
    ],
)
def test_danger_is_seen(language: str, text: str, label: str, policy: Policy) -> None:
    """However it is put."""
    assert label in escalations(screen(text, policy.screen, language), policy.screen)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "dont want a chatbot"),
        ("en", "is there someone i can ring and talk to"),
        ("en", "i prefer dealing with a human"),
        ("fr", "une personne peut-elle lire ma demande"),
        ("pt", "chama pro gerente"),
        ("en", "customer care agent"),
        ("en", "i dont want to talk to software"),
        ("de", "will nicht mit einem programm reden"),
        ("de", "service mitarbeiter"),
        ("fr", "avec qui puis je discuter"),
        ("fr", "conseiller service client"),
        ("es", "con quién puedo comunicarme"),
        ("es", "agente de servicio"),
        ("it", "con chi dovrei parlare"),
        ("it", "operatore servizio clienti"),
        ("nl", "met wie kan ik spreken"),
        ("nl", "medewerker support"),
        ("pt", "com quem devo falar"),
        ("pt", "atendente do suporte"),
    ],
)
def test_a_person_is_asked_for_without_being_danger(language: str, text: str, policy: Policy) -> None:
    """A question who one may talk to, what nobody wants to talk to, a bare role."""
    hits = screen(text, policy.screen, language)
    assert wants_human(hits, policy.screen)
    assert not escalations(hits, policy.screen)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        # English words that are everyday words of a language we serve
        ("it", "le sue misure vanno bene"),
        ("it", "il pacco fu consegnato ieri"),
        ("fr", "le rideau de douche est trop court"),
        ("nl", "de douche is te klein voor dit rek"),
        ("es", "la batería dura 40 kms"),
        # a French cat is a chat elsewhere
        ("it", "chat con operatore"),
        # colours, tools and places whose names sound of danger
        ("en", "is the parasol available in sand"),
        ("en", "does it come in burnt sienna"),
        ("en", "electric brushing head for the kit"),
        ("en", "ship it to the law firm at 4 Mill Street"),
        ("de", "rechnung an die kantine vom amtsgericht"),
        ("fr", "un coussin orange brûlé"),
        ("es", "máquina de humo para la fiesta"),
        ("it", "spara bolle per il giardino"),
        ("pt", "almofada cor laranja queimado"),
        # a lawyer or a firm that buys
        ("en", "our solicitor loved the notebook"),
        ("de", "meine anwältin braucht eine mappe in größe a4"),
        ("fr", "mon avocate cherche un sac noir"),
        ("es", "somos un despacho y queremos bolígrafos con logo"),
        ("it", "il nostro avvocato cerca una borsa uguale"),
        ("nl", "mijn advocaat zoekt een aktetas"),
        ("pt", "a minha advogada quer uma pasta igual"),
        # protection against a danger
        ("en", "does the plug have overheating protection"),
        ("de", "hat der akku einen überladeschutz"),
        ("fr", "le chargeur a-t-il une protection contre la surchauffe"),
        ("nl", "zit er een beveiliging tegen kortsluiting op de lader"),
        # where something can be read or changed
        ("en", "where do i read the privacy policy"),
        ("de", "wo finde ich die datenschutzhinweise"),
        ("es", "dónde modifico mis datos personales"),
        ("pt", "onde leio a política de privacidade"),
        # how one may pay
        ("en", "how can i pay with my bank"),
        ("nl", "mag ik via mijn bank betalen"),
        # idioms
        ("en", "i could murder a pizza"),
        ("en", "hit me back when it is in stock"),
        ("de", "ich brenne darauf ihn auszupacken"),
        ("es", "a ese precio es un robo, qué barato"),
        ("it", "a questo prezzo è un furto"),
        ("pt", "um golpe na carteira mas adorei"),
    ],
)
def test_harmless_words_are_left_alone(language: str, text: str, policy: Policy) -> None:
    """In the language they are written in."""
    assert not escalations(screen(text, policy.screen, language), policy.screen)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "may i collect the vase in person"),
        ("de", "ich möchte den tisch persönlich abholen"),
        ("fr", "je voudrais une tasse pour mon patron"),
        ("es", "¿puedo recogerlo en persona?"),
        ("it", "vorrei ritirare di persona"),
        ("nl", "ik wil het persoonlijk ophalen"),
        ("pt", "quero levantar em pessoa"),
    ],
)
def test_who_collects_in_person_asks_for_nobody(language: str, text: str, policy: Policy) -> None:
    """Nor who buys for a manager."""
    assert not wants_human(screen(text, policy.screen, language), policy.screen)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "who placed these orders with my card?"),
        ("en", "we film a documentary on shops like you"),
        ("de", "ich recherchiere für einen beitrag über ihren shop"),
        ("fr", "je prépare un sujet sur vos clients"),
        ("es", "voy a interponer una querella"),
        ("nl", "wij maken een reportage over jullie klachten"),
        ("pt", "o meu banco vai recuperar o dinheiro"),
        # what is excused beside it must not hide it
        ("en", "my lawyer loved the mug but will sue you over the lamp"),
        ("en", "where is your privacy policy, and delete my data"),
        ("de", "das ladegerät mit überladeschutz ist abgebrannt"),
        ("es", "puedo pagar con mi banco? no: el banco ya anuló el cobro, hay disputa"),
    ],
)
def test_danger_beside_harmless_words_is_seen(language: str, text: str, policy: Policy) -> None:
    """The press, a case, a card that was used; and what stands beside an excused word."""
    assert escalations(screen(text, policy.screen, language), policy.screen)
