"""Names: other people's, best effort, where the words before or the layout say that a name follows; and known values.

Known values are the customer's own name, address, e-mail and phone, masked wherever and however they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rp_mw_shared.redaction.lookalikes import fold
from rp_mw_shared.redaction.word_lists import load_word_set

_NAME = r"[A-Z\u00c0-\u024f][\w'’*-]{0,30}\.?"
_NAMES = rf"{_NAME}(?: {{1,2}}(?:(?:van|de|der|den|von|la|le|da|dos|del|bin|al|el|St)\.? {{1,2}}){{0,2}}{_NAME}){{0,3}}"
_LABELLED = re.compile(
    r"(?:(?i:\b(?:my|her|his|the|their|card ?holder'?s?|full|first|last|sur|given|middle|patient|contact|account"
    r"|billing"
    r"|customer)[ _]?(?:full |first |last |sur)?name(?:'s| is| was)?|\bname ?[:=]|\bname\" ?:|\bnamed|\bname=)"
    r"|\b(?i:employee(?: record)?|patient|attn|attention|customer|user(?: profile)?|to|from|cc|recipient|passenger"
    r"|account holder|cardholder|sincerely|regards|cheers|kind regards|best regards|best wishes|yours truly) ?[:,]"
    r"|\b(?:Patient|Customer|Employee|CC:?|Dear|Hi|Hello|Hey))[ \t\"':=\n]{1,4}"
    rf"(?P<name>{_NAMES})"
)
_TITLED = re.compile(
    rf"\b(?i:mr|mrs|ms|miss|mx|dr|prof|sir|madam|mme|herr|frau|señor|señora)\b\.? {{1,2}}(?P<name>{_NAMES})"
)
_SELF = re.compile(
    rf"\b(?:(?i:i am|i'm|this is|it's|call me|calls me|ask for|speak to|speak with"
    rf"|attention of))\s(?P<name>{_NAME} {_NAME})"
)
# The same introductions in German, French, Spanish, Italian, Dutch and Portuguese, and relations in seven languages.
_INTRODUCED = re.compile(
    r"(?<![A-Za-z])(?=[A-Za-z])(?i:mein name(?: ist)?|ich hei(?:ss|\u00df)e|name(?: ist)? ?:|je m'appelle"
    r"|mon nom est|me llamo|mi nombre es|mi chiamo"
    r"|il mio nome e|mijn naam is|ik heet|meu nome e|chamo-me|me chamo|auf den namen|au nom de|a nombre de|a nome di"
    r"|op naam van|em nome de|in the name of|under the name|signed (?:for )?by|spoke (?:to|with)|talk(?:ed"
    r"|ing) (?:to|with)"
    r"|dealt with|your (?:colleague|agent|rep|driver)|agent|colleague|advisor|adviser|nombre|nom|nome|naam"
    r"|your name|last name|first name|surname|name'?s?(?: is)?)[?]?[ \t\"':=,\n]{1,4}"
    rf"(?P<name>{_NAMES})"
)
_RELATED = re.compile(
    r"(?<![A-Za-z])(?=[A-Za-z])(?i:(?:my|his|her|our) (?:mother|father|mom|mum|dad|sister|brother|wife|husband|son"
    r"|daughter|friend|partner"
    r"|fiance|fiancee|girlfriend|boyfriend|aunt|uncle|cousin|niece|nephew|grandma|grandmother|grandfather|neighbou?r|boss"
    r"|assistant|roommate|kid|child|baby|boy|girl|guardian|grandson|granddaughter|in-law|doctor"
    r"|lawyer)(?:'s name)?|mein(?:e|er|em)? (?:mutter|vater|schwester|bruder|frau|mann|sohn|tochter|freund|freundin"
    r"|nachbar|nachbarin)|m(?:a|on) (?:mere|pere|s(?:oe|\u0153)ur|frere|femme|mari|fils|fille|ami|amie|voisin|voisine)"
    r"|mi (?:madre|padre|hermana|hermano|mujer|esposa|marido|hijo|hija|amigo|amiga|vecino|vecina|pareja)"
    r"|mi(?:a|o) (?:madre|padre|sorella|fratello|moglie|marito|figlio|figlia|amico|amica|vicino|vicina)"
    r"|mijn (?:moeder|vader|zus|broer|vrouw|man|zoon|dochter|vriend|vriendin|buurman|buurvrouw)"
    r"|m(?:inha|eu) (?:mae|pai|irma|irmao|mulher|esposa|marido|filho|filha|amigo|amiga|vizinho|vizinha))"
    r"(?:,| is| ist| est| es| e|:)? "
    rf"(?P<name>{_NAMES})"
)
_TITLED_ABROAD = re.compile(
    r"(?<![A-Za-z])(?:Herrn?|Frau|Mme|Mlle|M\.|Monsieur|Madame|Sr\.|Sra\.|Srta\.|Senor|Senora|Don|Dona|Sig\.(?:ra)?|Signora?|Signor"
    r"|Dott\.(?:ssa)?|dhr\.|mevr\.|mw\.|Meneer|Mevrouw|Senhora?|Dra?\.|Hallo|Liebe[rs]?|Bonjour|Salut|Cher|Chere|Hola|Querid[oa]"
    r"|Estimad[oa]|Ciao|Gentile|Car[oa]|Beste|Geachte|Ola|Prezad[oa])(?: (?:Herr|Frau|Dr\.))? {1,2}"
    rf"(?P<name>{_NAMES})"
)
_SIGNED_ABROAD = re.compile(
    r"(?=[A-Za-z])(?i:(?:gr(?:u|\u00fc)(?:ss|\u00df)en?|gruessen?|vg|lg|mfg|danke|cordialement|merci|bien a vous"
    r"|salutations|saludos|gracias|atentamente"
    r"|un saludo|saluti|grazie|cordialmente|groet(?:en|jes)?|vriendelijke groet|bedankt|mvg|atenciosamente|cumprimentos"
    r"|obrigad[oa]|abraco|thx|ta|xx?|regards|thanks|cheers|wishes|sincerely|best"
    r"|yours))[,.!]?(?:[ \t]{0,3}\n{1,2}[ \t]{0,3}|,? )"
    rf"(?P<name>{_NAMES})[ \t.]*(?=\n|$)"
)
_ADDED = re.compile(
    rf"(?<![A-Za-z])(?i:add|remove|invite|(?:send|sent|deliver|delivered|forward|give|gave|handed) (?:(?:it|this"
    rf"|that|them|the \w{1, 16}) )?to) (?P<name>{_NAME} {_NAME})"
    r"(?= (?:as|from|to|at|on)\b|[.,!?]?[ \t]{0,3}(?:\n|$))"
)
_LABELLED_LOWER = re.compile(
    r"(?:^|\n)[ \t]{0,4}(?i:name|full name|first name|last name|nombre|nom|nome|naam|cardholder"
    r"|recipient)[ \t]{0,2}:[ \t]{1,8}"
    r"(?P<name>[a-z]{2,20}(?: [a-z]{1,20}\.?){0,3})[ \t]{0,3}(?=\n|$)"
)
_LETTERS = re.compile(r"[^\W\d_]{3,30}")
_CASED = r"[A-Z][a-z\u00c0-\u024f]{2,20}"
_CALLED = re.compile(rf"(?<![A-Za-z])(?i:calls? me|i'm|i am) (?P<name>{_CASED})(?=[ \t]{{0,2}}(?:[.,!\n]|$))")
_LOWER_SELF = re.compile(
    r"\bmy (?:full |first |last )?name(?:'s| is) (?P<name>[a-z]{2,20}(?: [a-z]{2,20})?)\b", re.IGNORECASE
)
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thank you|regards|best|cheers|sincerely|love|yours))[,.!]?[ \t]{0,3}\n{1,2}[ \t]{0,3}"
    rf"(?P<name>{_NAMES})[ \t]*(?=\n|$)"
)
_PATTERNS = (
    *(_LABELLED, _TITLED, _SELF, _SIGNED, _LOWER_SELF),
    *(_CALLED, _INTRODUCED, _RELATED, _TITLED_ABROAD, _SIGNED_ABROAD, _LABELLED_LOWER, _ADDED),
)
_MAX_VALUES, _MAX_VALUE_CHARS = 64, 400
_MIN_PART_CHARS = 3
_MIN_PHONE_DIGITS = 7
_PIECE = re.compile(r"\w+")
_GLUE = r"[\W_]{0,3}"


def find_names(plain: str, addresses: tuple[str, ...] = ()) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "person_name") in a folded text; a name found once is found wherever it stands.

    `addresses` are the e-mail addresses of the text: jane.doe@... says that Jane and Doe are names.
    """
    words = {part for address in addresses for part in _names_in_address(address)}
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            start, end = _without_plain_words(plain, match.start("name"), match.end("name"))
            if start < end:
                yield start, end, "person_name"
                words.update(
                    word for word in _LETTERS.findall(plain[start:end]) if word[0].isupper() or pattern is _LOWER_SELF
                )
    for word in _LETTERS.finditer(plain) if words else ():
        if word.group() in words and word.group().lower() not in load_word_set("not_names"):
            yield word.start(), word.end(), "person_name"


def _names_in_address(address: str) -> Iterator[str]:
    """Yield the words of the local part as a name is written; a local part of one word says too little."""
    parts = re.split(r"[^A-Za-z]+", re.split(r"@|%40", address)[0])
    telling = [part.capitalize() for part in parts if len(part) > 2]
    if len(telling) > 1:
        yield from telling


def _without_plain_words(plain: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a possible name before the first word that is certainly none."""
    not_names, last = load_word_set("not_names"), start
    for word in re.finditer(r"[^\s]+", plain[start:end]):
        bare = word.group().strip(".,'\"’").lower()
        if bare.removesuffix("'s") in not_names or bare in not_names:
            break
        last = start + word.end()
    while last > start and plain[last - 1] in ".,'’":
        last -= 1
    return start, last


def find_known_values(plain: str, known_values: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, type) for every known value, or telling part of one, in a folded text."""
    for kind, pattern in _patterns(known_values):
        for match in pattern.finditer(plain):
            yield match.start(), match.end(), kind


@lru_cache(maxsize=8)
def _patterns(known_values: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found: list[tuple[str, re.Pattern[str]]] = []
    for value in known_values[:_MAX_VALUES]:
        plain = fold(value[:_MAX_VALUE_CHARS].strip()).plain
        if len(_PIECE.findall(plain)) and len(plain) >= _MIN_PART_CHARS:
            found.extend(_patterns_of(plain))
    return tuple(found)


def _patterns_of(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    digits = re.sub(r"\D", "", plain)
    if "@" in plain:
        yield "email", re.compile(re.escape(plain), re.IGNORECASE)
        local = plain.partition("@")[0]
        if len(local) >= 5 and local.lower() not in load_word_set("names_that_are_words"):
            yield "email", _whole(re.escape(local), re.IGNORECASE)
    elif len(digits) >= _MIN_PHONE_DIGITS and not re.search(r"[A-Za-z]", plain):
        national = digits[-10:] if len(digits) > 10 else digits.lstrip("0") or digits
        yield "phone", re.compile(r"(?<!\d)\+?\d{0,4}[\W_]{0,3}" + _GLUE.join(national) + r"(?!\d)")
    elif digits:
        yield from _address_patterns(plain)
    else:
        yield from _name_patterns(plain)


def _name_patterns(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    pieces = _PIECE.findall(plain)
    if len(pieces) > 1:
        yield "person_name", _whole(_GLUE.join(map(re.escape, pieces)), re.IGNORECASE)
        yield "person_name", _whole(_GLUE.join(map(re.escape, reversed(pieces))), re.IGNORECASE)
    for piece in pieces:
        if len(piece) < _MIN_PART_CHARS and piece.isascii():
            continue
        if piece.lower() in load_word_set("names_that_are_words"):
            yield "person_name", _whole(f"(?:{piece.capitalize()}|{piece.upper()})", re.NOFLAG)
        else:
            yield "person_name", _whole(re.escape(piece), re.IGNORECASE)


def _address_patterns(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The whole address, then its lines: the line with the house number, the postcode, the town."""
    yield "street_address", _whole(_GLUE.join(map(re.escape, _PIECE.findall(plain))), re.IGNORECASE)
    for line in re.split(r"[,;\n]+", plain):
        pieces = _PIECE.findall(line)
        text = "".join(pieces)
        if len(text) >= 4 and text.lower() not in load_word_set("common_address_words"):
            yield "street_address", _whole(_GLUE.join(map(re.escape, pieces)), re.IGNORECASE)
            telling = [
                piece
                for piece in pieces
                if len(piece) >= 5 and piece.lower() not in load_word_set("common_address_words")
            ]
            for piece in telling:
                yield "street_address", _whole(re.escape(piece), re.IGNORECASE)


def _whole(pattern: str, flags: int | re.RegexFlag) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){pattern}(?:(?='s)|(?![^\W_]))", flags)
