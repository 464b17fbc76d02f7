"""National numbers: social security, tax, identity, passport, licence and patient numbers.

Numbers that carry a check digit are proved with python-stdnum's module of their country; the others need a word that
says what they are, or a shape nothing else has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from rp_mw_shared.redaction.context_words import ContextWords

# Scanners read a digit as a letter that looks like it.
_SSN = re.compile(r"(?<![\w-])[0-9OoIlBSZ]{3}([- .])[0-9OoIlBSZ]{2}\1[0-9OoIlBSZ]{4}(?![\w]|-\w)")
_EIN = re.compile(r"\d{2}-\d{7}")
_CODE = re.compile(r"(?<![\w-])(?=[A-Za-z]{0,12}[-./ ]?\d)[A-Za-z0-9]{1,90}+(?:[-./ ][A-Za-z0-9]{1,72}+){0,6}(?![\w])")
_NINO = re.compile(
    r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D](?![A-Za-z0-9])", re.IGNORECASE
)
_TOKEN = re.compile(r"(?<![\w.-])(?=[A-Za-z.+-]{0,8}\d)[A-Za-z0-9][A-Za-z0-9.+-]{7,17}(?![\w-])")
_MRN = re.compile(r"(?<!\w)MRN[-: #]{1,3}\d{4,12}(?!\w)", re.IGNORECASE)
_SINGAPORE = "sg.nric"  # no module of stdnum's: see _is_nric
# Source: Singapore's Immigration & Checkpoints Authority does not publish it; the weights and letters are the commonly
# used ones, which real cards satisfy. M: a foreigner's number given out since 2022.
_NRIC_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
_NRIC_LETTERS = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
_NRIC_OFFSETS = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}
# Shape -> module of stdnum that can prove it. Only shapes with letters or a length few other numbers have.
_LETTERED = (
    (re.compile(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", re.IGNORECASE), "it.codicefiscale"),
    (re.compile(r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", re.IGNORECASE), "mx.curp"),
    (re.compile(r"\d{8}-?[A-Z]", re.IGNORECASE), "es.dni"),
    (re.compile(r"[XYZ]-?\d{7}-?[A-Z]", re.IGNORECASE), "es.nie"),
    (re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", re.IGNORECASE), "in_.pan"),
    (re.compile(r"\d{6}[-+A]\d{3}[0-9A-Y]", re.IGNORECASE), "fi.hetu"),
    (re.compile(r"\d{3}\.\d{3}\.\d{3}-\d{2}"), "br.cpf"),
    (re.compile(r"[STFGM]\d{7}[A-Z]", re.IGNORECASE), _SINGAPORE),
)
_GROUPED = (
    (re.compile(r"\d{4}[ -]\d{4}[ -]\d{4}"), "in_.aadhaar"),
    (re.compile(r"\d{3}[ -]\d{3}[ -]\d{3}"), "ca.sin"),
    (re.compile(r"\d{3} \d{3} \d{4}"), "gb.nhs"),
    (re.compile(r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"), "fr.nir"),
    (re.compile(r"\d{6}[-+]\d{4}|\d{8}-\d{4}"), "se.personnummer"),
)
_CUE_CHARS = 40
_MIN_CUED_DIGITS = 4


def find_lettered_ids(plain: str, context: ContextWords) -> Iterator[tuple[int, int, str]]:
    """Yield ids that hold letters: by shape, by check digit, or by the word before them."""
    for pattern in (_SSN, _NINO, _MRN):
        for match in pattern.finditer(plain):
            if sum(char.isdigit() for char in match.group()) >= 5:
                yield match.start(), match.end(), "national_id"
    for token in _TOKEN.finditer(plain):
        value = token.group()
        if any(pattern.fullmatch(value) and _is_proved(module, value) for pattern, module in _LETTERED):
            yield token.start(), token.end(), "national_id"
    for end, kind in zip(context.ends, context.kinds, strict=True):
        if kind == "id":
            yield from _after_cue(plain, end)


def _after_cue(plain: str, position: int) -> Iterator[tuple[int, int, str]]:
    """Yield the first code with enough digits shortly after the word that announces it."""
    for match in _CODE.finditer(plain, position, min(len(plain), position + _CUE_CHARS + 40)):
        if match.start() - position > _CUE_CHARS or "\n\n" in plain[position : match.start()]:
            return
        piece = _first_code(match)
        if piece:
            yield *piece, "national_id"
            return


def _first_code(match: re.Match[str]) -> tuple[int, int] | None:
    """Return the part of a run of words and numbers from its first digit's word on, None with too few digits."""
    words = list(re.finditer(r"[A-Za-z0-9\-./]+", match.group()))
    numbered = [word for word in words if any(char.isdigit() for char in word.group())]
    if sum(char.isdigit() for word in numbered for char in word.group()) < _MIN_CUED_DIGITS:
        return None
    return match.start() + numbered[0].start(), match.start() + numbered[-1].end()


def is_national_id(value: str, digits: str, before: str | None) -> bool:
    """Tell whether a run of digits is a national number, given the kind of the context word before it."""
    if before == "id" and len(digits) >= _MIN_CUED_DIGITS:
        return True
    if (_SSN.fullmatch(value) and "-" in value) or (_EIN.fullmatch(value) and before != "phone"):
        return True
    if before in {"order", "invoice", "tracking", "phone", "card"}:
        return False
    return any(pattern.fullmatch(value) and _is_proved(module, value) for pattern, module in _GROUPED)


def _is_nric(value: str) -> bool:
    """Whether a Singapore NRIC or FIN (prefix, seven digits, letter) has the letter its digits ask for."""
    prefix, digits, letter = value[0].upper(), value[1:8], value[8].upper()
    total = _NRIC_OFFSETS[prefix] + sum(
        int(digit) * weight for digit, weight in zip(digits, _NRIC_WEIGHTS, strict=True)
    )
    return _NRIC_LETTERS[prefix][total % 11] == letter


def _is_proved(module: str, value: str) -> bool:
    if module == _SINGAPORE:
        return _is_nric(value)
    return bool(import_module(f"stdnum.{module}").is_valid(value))
