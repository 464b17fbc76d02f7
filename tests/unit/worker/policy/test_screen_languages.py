"""Words of further languages: files beside screen.yaml, looked up everywhere or in their own language only."""

from __future__ import annotations

from pathlib import Path

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.phrases import PhraseEntry, build_index, find_categories
from rp_mw_worker.domain.screen import screen
from rp_mw_worker.domain.screen_rules import ScreenRules
from rp_mw_worker.policy.loader import COMPILED_NAME, compile_policy, load_policy
from tests.fakes.policy import copy_policy

SWEDISH = """version: 1.0.0
language: sv
categories:
  legal:
    phrases: [stamning*]
    own_language: [ratten]
    harmless: [stamning smoothie]
typo_words: [stamning]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the tests' policy with a language it does not have."""
    copy_policy(tmp_path)
    (tmp_path / "screen.sv.yaml").write_text(SWEDISH, "utf-8")
    return tmp_path


@pytest.fixture
def rules(directory: Path) -> ScreenRules:
    """The words of that policy."""
    return load_policy(directory).screen


@pytest.mark.parametrize("language", ["en", "sv", None])
def test_a_word_of_another_language_is_found_beside_english(rules: ScreenRules, language: str | None) -> None:
    """A customer who mixes their language with English is read too, as is one whose language nobody knows."""
    assert screen("I asked my stamningen", rules, language) == {"legal"}


def test_a_single_word_is_not_looked_up_in_a_third_language(rules: ScreenRules) -> None:
    """It may mean something else there, as the Italian `crepato` and the French `trois` did."""
    assert screen("mein stamningen", rules, "de") == frozenset()


def test_a_word_that_is_harmless_elsewhere_is_found_in_its_own_language_only(rules: ScreenRules) -> None:
    """`ratten` are rats in German."""
    assert screen("ratten avgor", rules, "sv") == {"legal"}
    assert screen("ratten avgor", rules, "de") == screen("ratten avgor", rules) == frozenset()


def test_words_inside_a_harmless_phrase_do_not_count(rules: ScreenRules) -> None:
    """The same word outside of it still does."""
    assert screen("en stamning smoothie tack", rules, "sv") == frozenset()
    assert screen("en stamning smoothie till min stamning", rules, "sv") == {"legal"}


def test_typos_are_forgiven_in_the_text_s_own_language(rules: ScreenRules) -> None:
    """A typo of one language may be a word of another."""
    assert screen("min stamnimg", rules, "sv") == {"legal"}
    assert screen("min stamnimg", rules, "en") == frozenset()


def test_a_compiled_policy_holds_every_language(directory: Path) -> None:
    """A deployed worker reads the same words, and a changed language file makes the compiled one stale."""
    from_yaml = load_policy(directory)
    compile_policy(directory, directory / COMPILED_NAME)
    assert load_policy(directory) == from_yaml
    (directory / "screen.sv.yaml").write_text(SWEDISH.replace("stamning*", "notarie*"), "utf-8")
    assert screen("min stamning", load_policy(directory).screen, "en") == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("language: sv", "language: nb", "is not sv"),
        ("  legal:", "  law:", "is not in screen.yaml"),
        ("[ratten]", "[r*]", "is not a phrase"),
        ("    phrases", "    escalates_to: legal_threat\n    phrases", "belongs into screen.yaml"),
    ],
)
def test_a_mistake_in_a_language_file_is_named(directory: Path, old: str, new: str, said: str) -> None:
    """The same strict checks hold as for screen.yaml."""
    (directory / "screen.sv.yaml").write_text(SWEDISH.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_policy(directory)
    assert any(problem.startswith("screen.sv.yaml:") and said in problem for problem in caught.value.problems)


def test_a_stem_of_any_length_is_found() -> None:
    """German and Dutch write words of legal insurance in one piece, longer than any English one."""
    stem = "rechtsbijstandsverzekering"
    index = build_index([PhraseEntry("legal", f"{stem}*")], {})
    assert find_categories([(f"{stem}en",)], index, None, "") == {"legal"}
    assert find_categories([(stem[:-1],)], index, None, "") == set()
