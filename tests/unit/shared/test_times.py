"""Points in time are read in every form the outside has for them, and written in one."""

from __future__ import annotations

import pytest

from rp_mw_shared.times import parse_epoch_ms, parse_iso_ms, to_utc_text

MOMENT = 1_795_408_143_445


@pytest.mark.parametrize(
    ("value", "epoch_ms"),
    [
        ("2026-11-23T04:29:03.445Z", MOMENT),
        ("2026-11-23T05:29:03.445+01:00", MOMENT),
        ("2026-11-23T04:29:03.445", MOMENT),
        (str(MOMENT), MOMENT),
        (MOMENT, MOMENT),
        ("1795408143", MOMENT - 445),
        (1_795_408_143, MOMENT - 445),
        (1_795_408_143.445, MOMENT),
    ],
)
def test_every_form_of_one_moment_is_read(value: str | float, epoch_ms: int) -> None:
    """Text without a zone is UTC; a bare number is seconds or milliseconds by its size."""
    assert parse_epoch_ms(value) == epoch_ms


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "{{created_at}}"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """By both readers."""
    for parse in (parse_epoch_ms, parse_iso_ms):
        with pytest.raises(ValueError):
            parse(text)


def test_digits_alone_are_no_text_of_a_time() -> None:
    """A number where a text is due is a mistake of the other side, not a year."""
    with pytest.raises(ValueError):
        parse_iso_ms(str(MOMENT))


@pytest.mark.parametrize("epoch_ms", [0, 999, MOMENT, MOMENT + 55])
def test_what_is_written_is_read_again(epoch_ms: int) -> None:
    """To the millisecond."""
    assert parse_iso_ms(to_utc_text(epoch_ms)) == epoch_ms


def test_texts_sort_as_their_times_do() -> None:
    """They are sort keys of the audit trail."""
    moments = [MOMENT, MOMENT + 55, MOMENT + 555, MOMENT + 1_000, MOMENT + 86_400_000]
    assert sorted(map(to_utc_text, moments)) == [to_utc_text(moment) for moment in moments]
    assert to_utc_text(MOMENT) == "2026-11-23T04:29:03.445Z"
