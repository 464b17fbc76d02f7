"""Bank accounts, SWIFT codes and crypto wallets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rp_mw_shared.redaction.context_words import ContextWords
from rp_mw_shared.redaction.word_lists import load_word_set

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_SWIFT = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])", re.IGNORECASE)
_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[0-9a-fA-F]{40}|bc1[02-9ac-hj-np-z]{11,71}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![A-Za-z0-9])"
)
_MIN_IBAN_DIGITS = 8


def find_bank_accounts(plain: str, context: ContextWords) -> Iterator[tuple[int, int, str]]:
    """Yield IBANs (proved by their checksum, or shaped like one), announced SWIFT codes and crypto wallets."""
    for match in _IBAN.finditer(plain):
        if match.group()[:2].upper() in load_word_set("iban_countries"):
            yield from _trimmed_iban(plain, match)
    for end, kind in zip(context.ends, context.kinds, strict=True):
        if kind == "bank":
            for match in _SWIFT.finditer(plain, end, min(len(plain), end + 24)):
                if match.group().isupper():
                    yield match.start(), match.end(), "bank_account"
                    break
    for match in _WALLET.finditer(plain):
        if any(char.isdigit() for char in match.group()) and any(char.isalpha() for char in match.group()):
            yield match.start(), match.end(), "crypto_wallet"


def _trimmed_iban(plain: str, match: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the longest part, cut at blanks, that is an IBAN: words may follow a spaced one."""
    ends = [match.end(), *(match.start() + gap.start() for gap in re.finditer(r"[ -]", match.group()))][:1]
    cuts = sorted({match.start() + gap.start() for gap in re.finditer(" ", match.group())} | set(ends), reverse=True)
    for end in cuts:
        value = plain[match.start() : end]
        if _is_proved(value):
            yield match.start(), end, "iban"
            return
    for end in cuts:
        value = plain[match.start() : end]
        compact = value.replace(" ", "").replace("-", "")
        if len(compact) >= 15 and _has_iban_shape(value, compact):
            yield match.start(), end, "iban"
            return


def _has_iban_shape(value: str, compact: str) -> bool:
    """Whether an unproved value can hardly be anything else: mostly digits, and words do not end it."""
    digits = sum(char.isdigit() for char in compact)
    return (
        digits >= _MIN_IBAN_DIGITS
        and digits * 2 >= len(compact)
        and any(c.isdigit() for c in value.rsplit(" ", maxsplit=1)[-1])
    )


def _is_proved(value: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(value, check_country=False))
