"""What the words around a number say it is: "order 1001", "card ending", "my phone is".

All context words of a text are found in one pass; a number then asks for the nearest one before it, in its own
sentence and on its own line or the one before.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_BEFORE_CHARS = 48
_AFTER_CHARS = 28
_SENTENCE_END = re.compile(r"[.!?]\s")

# One alternative per kind. Words only, so that the whole is linear; the longest wording of a kind comes first.
_KINDS = {
    "dob": r"date of birth|birth ?date|birthday|\bdob\b|d\.o\.b|\bborn\b",
    "secret": r"pass ?word|passcode|passphrase|\bpwd\b|\bapi[ _-]?key|access[ _-]?token|auth[ _-]?token|secret[ _-]?key"
    r"|client[ _-]?secret|\bbearer\b|\botp\b|one[ -]time (?:code|pass)|verification code|security code|\bcvv2?\b"
    r"|\bcvc\b"
    r"|\bpin\b(?: code)?(?! ?code of)",
    "bank": r"account (?:number|no|num|#)|acct|routing|sort code|\bswift\b|\bbic\b|bank account|\bifsc\b|\ba/c\b"
    r"|kontonummer|bankleitzahl|\bblz\b|\brib\b|numero de (?:compte|cuenta|conta)|numero di conto"
    r"|rekeningnummer|\biban\b|\bbsb\b",
    "id": r"\bssn\b|social security|social insurance|national insurance|\bnino\b|aadhaa?r|passport"
    r"|driver'?s?'? ?licen[cs]e"
    r"|driving licen[cs]e|licen[cs]e (?:number|no)|national id|\bid card|identity (?:card|number)"
    r"|(?<!order )(?<!purchase )(?<!invoice )(?<!trans )(?<!action )\bid ?(?:number|no\b|#)"
    r"|tax ?(?:payer)? ?(?:id|number|no)|\btin\b|\bein\b|\bitin\b|\bvat\b|\bpan\b|\bsin\b|\bcpf\b|\bdni\b|\bnie\b"
    r"|\bmrn\b|medical record|codice fiscale|reisepass|\bpass(?:nummer|nr)|\bausweis|personalausweis|fuhrerschein"
    r"|steuer-?(?:id|nummer"
    r"|identifikationsnummer)|passeport"
    r"|carte d'identite|permis de conduire|numero fiscal|pasaporte|carn[eé]t de (?:identidad|conducir)|\bnif\b|\bcuit\b"
    r"|passaport[eo]|carta d'identita|patente di guida|partita iva|paspoort|identiteitskaart|rijbewijs"
    r"|cartao de cidadao"
    r"|bilhete de identidade|carta de conducao|\bcnh\b|\brg\b|\bnric\b|\bfin\b(?: (?:number|no))|\beori\b|\bpccc\b"
    r"|customs (?:id|code|number)"
    r"|(?:personal )?customs clearance code|\bbsn\b|\bpesel\b|personnummer|\bcurp\b|\bnhs\b",
    "card": r"(?:(?:credit|debit|gift|bank) )?cards?\b(?: (?:number|no|ending))?|\bvisa\b|master ?card|\bamex\b"
    r"|maestro",
    "tracking": r"track(?:ing|ed|er)?\b|\bawb\b|waybill|consignment|parcel|package|shipment|\bups\b|\busps\b"
    r"|\bfedex\b|\bdhl\b"
    r"|\bdpd\b|\bhermes\b|\bevri\b|\byodel\b|\bontrac\b|purolator|canada post|royal mail|courier|carrier",
    "invoice": r"\binvoices?\b|\bbills?\b|receipt|\binv\b",
    "order": r"\borders?\b|\bpurchases?\b|\bord\b|confirmation (?:number|code)|reference (?:number|code)",
    "phone": r"\b(?:tele)?phones?\b|\btel\b|\bmobile\b|\bcell(?:phone|ular)?\b|\bfax\b|\bcall(?:ed|ing|s)?\b"
    r"|\bring\b|\btext\b"
    r"|\bsms\b|whats ?app|\bcontact\b|\breach\b|\bdial(?:led|ling)?\b|\bdesk\b|\boffice\b|\blandline\b|\bhome\b"
    r"|\bwork\b"
    r"|call ?back|hotline|helpline|viber|telegram|signal|\bm:|\bt:|\bp:",
}
_WORDS = re.compile(
    # every alternative begins with a letter: at any other place none is tried
    "(?<![A-Za-z])(?=[a-z])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items()) + ")",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ContextWords:
    """The context words of one folded text, in order."""

    plain: str
    starts: list[int]
    ends: list[int]
    kinds: list[str]

    def before(self, position: int, max_chars: int = _BEFORE_CHARS) -> str | None:
        """Return the kind of the nearest one that ends at most `max_chars` before `position` on the same line."""
        index = bisect_right(self.ends, position) - 1
        if index < 0 or position - self.ends[index] > max_chars:
            return None
        between = self.plain[self.ends[index] : position]
        return None if "\n" in between.rstrip("\n ") or _SENTENCE_END.search(between, 1) else self.kinds[index]

    def after(self, position: int, max_chars: int = _AFTER_CHARS) -> str | None:
        """Return the kind of the first one that starts at most `max_chars` after `position` on the same line."""
        index = bisect_right(self.starts, position - 1)
        if index >= len(self.starts) or self.starts[index] - position > max_chars:
            return None
        return None if "\n" in self.plain[position : self.starts[index]] else self.kinds[index]

    def inside(self, start: int, end: int) -> bool:
        """Tell whether one lies between `start` and `end`: then it is words and a number, not a code."""
        index = bisect_right(self.starts, start - 1)
        return index < len(self.starts) and self.ends[index] <= end


def find_context_words(plain: str) -> ContextWords:
    """Return all context words of a folded text."""
    found = [(match.start(), match.end(), match.lastgroup or "") for match in _WORDS.finditer(plain)]
    return ContextWords(
        plain, [start for start, _, _ in found], [end for _, end, _ in found], [kind for _, _, kind in found]
    )
