"""Phone numbers: by their shape, by the words around them, and by libphonenumber's rules of the usual regions.

The library (120 ms to import, up to 3 ms for a number that is valid nowhere) is asked only where shape and words leave
it open, and about so many numbers of one text: a list of thousands would keep a stage busy.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rp_mw_shared.redaction.word_lists import load_words

_NANP = re.compile(r"(?:\+?1[ .\-]{0,2})?\(?[2-9]\d{2}\)?[ .\-]{1,3}\d{3}[ .\-]{1,2}\d{4}")
_LOCAL = re.compile(r"[2-9]\d{2}-\d{4}")
_INTERNATIONAL_PREFIX = re.compile(r"\(?\+|00[1-9\-. ]|011[ \-]")
_AREA_CODE = re.compile(r"\(0?\d{1,5}\)[ \-]?\d")
_EXTENSION = re.compile(r"[ ,;]{0,2}(?:x|ext|extn|extension|poste|durchwahl)\.?[ :#]{0,2}\d{1,7}(?!\d)", re.IGNORECASE)
_RIVALS = frozenset({"order", "invoice", "tracking", "card", "id", "bank", "dob"})


class Doubtful:
    """The numbers of one text that only the library can judge. Beyond MAX_ASKED different ones each counts as a phone:

    it is masked, and is nobody's order.
    """

    MAX_ASKED = 20

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def is_phone(self, value: str) -> bool:
        """Tell whether a number in national format is a phone's, as far as it is asked."""
        self._asked.add(value)
        return len(self._asked) > self.MAX_ASKED or is_valid_somewhere(value)


def is_phone(value: str, digits: str, before: str | None, after: str | None, doubtful: Doubtful) -> bool:
    """Tell whether a run of digits is a phone number, given the kinds of the context words around it."""
    if not 6 <= len(digits) <= 17:
        return before == "phone" and after is None and len(digits) >= 5
    if _INTERNATIONAL_PREFIX.match(value):
        return True
    if before == "phone":
        return True
    if before in _RIVALS:
        return bool(_NANP.fullmatch(value)) and "(" in value
    if _NANP.fullmatch(value) or _LOCAL.fullmatch(value) or (_AREA_CODE.match(value) and len(digits) >= 7):
        return True
    if after == "phone":
        return True
    return 8 <= len(digits) <= 13 and doubtful.is_phone(value)


def end_with_extension(plain: str, end: int) -> int:
    """Return where the number that ends at `end` ends with its extension, `end` itself without one."""
    match = _EXTENSION.match(plain, end)
    return match.end() if match else end


@lru_cache(maxsize=512)
def is_valid_somewhere(value: str) -> bool:
    """Tell whether a number in national format is a valid one of any usual region."""
    import phonenumbers

    for region in load_words("phone_regions"):
        try:
            parsed = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            return False
        if phonenumbers.is_valid_number_for_region(parsed, region):
            return True
    return False
