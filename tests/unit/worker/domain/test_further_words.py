"""Tier-0 words in languages that are not served: a person reads them at once, and nobody is answered."""

from __future__ import annotations

import pytest

from rp_mw_worker.domain.further_words import find_further, to_further_words
from rp_mw_worker.domain.screen import escalations
from rp_mw_worker.policy.languages import load_further_words
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.policy import load_policy

ENGINE = PolicyEngine(load_policy())
DANGER = [
    ("Если не ответите, я обращусь к своему адвокату.", "legal"),
    ("Мне больше не хочется ничего, хочу умереть", "self_harm"),
    ("Я больше не хочу жить.", "self_harm"),
    ("Фен загорелся прямо в руках!", "product_safety"),
    ("Якщо не повернете гроші, піду до суду", "legal"),
    ("対応がなければ弁護士に連絡します。", "legal"),
    ("もう生きていたくないです。", "self_harm"),
    ("ドライヤーから火が出て火傷しました", "product_safety"),
    ("再不退款我就去法院告你们", "legal"),
    ("吹風機爆炸了，我的手燙傷", "product_safety"),
    ("환불 안 해주면 변호사를 통해 소송하겠습니다", "legal"),
    ("Hårtorken exploderade och jag fick brännskador på handen", "product_safety"),
    ("Jag kontaktar min advokat om ni inte svarar", "legal"),
    ("Hvis I ikke svarer, går jeg til min advokat", "legal"),
    ("Lampen tok fyr og jeg måtte på legevakt", "product_safety"),
    ("Jeśli nie oddacie pieniędzy, idę do sądu i zgłaszam to na policję", "legal"),
    ("Suszarka wybuchła i poparzyła mi rękę", "product_safety"),
    ("Paramı iade etmezseniz avukatım sizinle görüşecek", "legal"),
]
HARMLESS = [
    "Здравствуйте, пожалуйста, скажите, где моя посылка?",
    "ご担当者様、注文した商品はいつ届きますか。",
    "请问人工皮革的包什么时候有货？可以砍价吗？",
    "신발을 사기 위해 문의드립니다. 언제 배송되나요?",
    "Hej, när kommer mitt paket fram? Hälsningar Lars",
    "Hej, hvornår kommer min pakke? Jeg har ventet i to uger",
    "Dzień dobry, kiedy dotrze moja paczka? Czekam od tygodnia",
    "Merhaba, siparişim ne zaman gelecek? İki haftadır bekliyorum",
]


@pytest.mark.parametrize(("text", "category"), DANGER)
def test_danger_is_seen_in_languages_that_are_not_served(text: str, category: str) -> None:
    """It escalates, as in a served language."""
    hits = ENGINE.screen(text, ENGINE.language(text, ()))
    assert category in hits
    assert escalations(hits, ENGINE.policy.screen)


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_questions_do_not_escalate(text: str) -> None:
    """The usual greetings and questions have none of the words."""
    assert not ENGINE.screen(text, ENGINE.language(text, ()))


def test_served_languages_do_not_read_the_lists() -> None:
    """Their words are in the screen's own files; nothing more is loaded for them."""
    load_further_words.cache_clear()
    ENGINE.screen("Jag kontaktar min advokat", "en")
    assert load_further_words.cache_info().currsize == 0


def test_every_list_names_categories_of_the_screen() -> None:
    """A misspelt one would never escalate."""
    categories = ENGINE.policy.screen.categories
    assert {name for patterns in load_further_words().patterns.values() for name in patterns} <= set(categories)


def test_two_parts_stand_in_one_sentence() -> None:
    """`..` stands for a few words, not for another sentence."""
    words = to_further_words({"sv": {"chargeback": ("stoppa .. betalning",)}})
    assert find_further("Jag vill stoppa min betalning", words, "sv") == {"chargeback"}
    assert not find_further("Jag vill stoppa. Min betalning gick", words, "sv")
    assert not find_further("Stoppa " + "x" * 41 + " betalning", words, "sv")


def test_a_word_begins_where_a_word_begins() -> None:
    """`arn` is no part of another word, where blanks part words."""
    words = to_further_words({"sv": {"legal": ("arn ",)}, "ja": {"legal": ("弁護士",)}})
    assert not find_further("Barn och garn", words, "sv")
    assert find_further("私の弁護士です", words, "ja") == {"legal"}
