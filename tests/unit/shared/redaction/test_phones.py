"""Phone numbers that only the library can tell: asked about a few, so that a list of thousands keeps nobody busy."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction import phones
from rp_mw_shared.redaction.redactor import find_spans
from rp_mw_worker.domain.entities import find_entities
from tests.fakes.blow_up import make_varied

LIST = make_varied("99999999, ", 4_000)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every number the library is asked about; it knows none."""
    found: list[str] = []

    def ask(value: str) -> bool:
        found.append(value)
        return False

    monkeypatch.setattr(phones, "is_valid_somewhere", ask)
    return found


def test_the_library_is_asked_about_a_few_numbers_of_a_text(asked: list[str]) -> None:
    """Each question about a number that is valid nowhere costs milliseconds; four hundred of them, a second."""
    find_entities(LIST)
    assert 0 < len(asked) <= phones.Doubtful.MAX_ASKED


def test_a_number_that_is_not_asked_about_is_masked_all_the_same(asked: list[str]) -> None:
    """The cap leaves nothing in the text, and makes no number somebody's order."""
    numbers = LIST.split(", ")[1:-1]
    spans = find_spans(LIST)
    masked = {LIST[span.start : span.end] for span in spans}
    assert len(numbers) > phones.Doubtful.MAX_ASKED and asked
    assert all(any(number in value for value in masked) for number in numbers)
    shops = find_entities(LIST, (r"(?<!\d)\d{8}(?!\d)",))
    orders = {entity.value for entity in shops if entity.type == "order_number"}
    assert orders <= set(numbers[: phones.Doubtful.MAX_ASKED + 1]) | {LIST[:8]}
