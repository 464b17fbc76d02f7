"""Every national number of the tables is proved by its own rule, and a wrong one is not."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction import redact
from rp_mw_shared.redaction.national_ids import _GROUPED, _LETTERED, _is_proved

# One valid value a row. Source: the examples of python-stdnum's modules; Singapore: the usual example numbers.
VALID = {
    "it.codicefiscale": "RCCMNL83S18D969H",
    "mx.curp": "BOXW310820HNERXN09",
    "es.dni": "54362315K",
    "es.nie": "X2482300W",
    "in_.pan": "ACUPA7085R",
    "fi.hetu": "131052-308T",
    "br.cpf": "390.533.447-05",
    "sg.nric": "S1234567D",
    "in_.aadhaar": "2341 2341 2346",
    "ca.sin": "123 456 782",
    "gb.nhs": "943 476 5870",
    "fr.nir": "2 95 10 99 126 111 93",
    "se.personnummer": "880320-0016",
}
NRIC_AND_FIN = ("S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K")


def test_the_values_are_those_of_the_tables() -> None:
    """A row that is added needs a value here."""
    assert set(VALID) == {module for _, module in (*_LETTERED, *_GROUPED)}


@pytest.mark.parametrize(("pattern", "module"), [*_LETTERED, *_GROUPED])
def test_a_valid_value_is_proved_and_masked(pattern: object, module: str) -> None:
    """The shape lets the value through, its rule proves it, and no word around it is needed."""
    value = VALID[module]
    assert pattern.fullmatch(value)  # type: ignore[attr-defined]
    assert _is_proved(module, value)
    assert [span.type for span in redact(f"here you go {value} bye").spans] == ["national_id"]


@pytest.mark.parametrize("value", NRIC_AND_FIN)
def test_singapores_letter_is_checked(value: str) -> None:
    """Each prefix has its own letters; another letter is no number of theirs."""
    assert _is_proved("sg.nric", value)
    wrong = value[:-1] + ("A" if value[-1] != "A" else "B")
    assert not _is_proved("sg.nric", wrong)
