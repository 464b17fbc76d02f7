"""Names: where words or the layout say that one follows, by the list of names, and known values; best effort.

Known values are the customer's own name, address, e-mail and phone, masked wherever and however they are written.

The list ("Carmen Ruiz called") needs no word around that says a name follows. A capitalised word that is only a name
counts alone; one that is a plain word, a place or a brand too ("Rose", "Chase") counts beside another name; an unknown
capitalised word beside a listed name is the rest of that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

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


Found = tuple[int, int, str]
Word = re.Match[str]

_WORD = r"[A-Z][A-Za-z\u00c0-\u024f]{0,30}(?:'[A-Za-z]{1,20})?(?:-[A-Z][a-z]{1,20})?"
_PARTICLE = r"(?:van|de|der|den|von|la|le|da|dos|del|di|do|ten|ter|bin|al|el|zu|af) "
_RUN = re.compile(rf"(?<![\w@/.&-])(?<!\w['’]){_WORD}(?:\.? (?:{_PARTICLE}){{0,2}}{_WORD}){{0,3}}(?![\w@/-]|\.\w)")
_PART = re.compile(_WORD)
_LOWER = re.compile(r"(?<![\w@/.-])[a-z]{4,30}(?![\w@/-]|\.\w)")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;>\n\"(]\s{0,3})$")
_MIN_SHOUTED_CHARS = 4
_ALL = ("names", "first_names", "also_words")
_ACTS = re.compile(
    r" (?:is|was|has|had|will|would|said|says|told|asked|wrote|called|shouted|sent|promised|replied|helped|answered"
    r"|assured|refused|never|just)\b"
)
_LIST = re.compile(rf"(?<![\w@/.&-]){_WORD}(?:, {_WORD}){{0,6}},? (?:and|und|et|y|e|ed|en|&) {_WORD}(?![\w@/-])")
_LOWER_PAIR = re.compile(r"(?<![\w@/.-])[a-z]{4,20} [a-z]{4,20}(?![\w@/-]|\.\w)")
_ADDRESSED = re.compile(
    rf"(?:^"
    rf"|\n)[ \t>]{{0,4}}(?P<name>{_WORD}(?: {_WORD}\.?){{1,3}})[ \t]{{0,3}}\n(?:[^\n]{{0,60}}\n){{0,3}}[^\n]{{0,40}}"
    r"(?:\[ADDRESS\]|\[PHONE\])"
)
_LOWER_LINE = re.compile(r"(?:^|\n)[ \t>]{0,4}(?P<name>[a-z]{3,20} [a-z]{3,20})[ \t]{0,3}(?=\n|$)")
_STARRED = re.compile(r"(?<![\w*])[A-Z]\*{2,20}(?: [A-Z]\*{2,20}){0,3}(?![\w*])")
_HAN = "\u3040-\u30ff\u4e00-\u9fff"
_HAN_PAIR = re.compile(rf"(?<![{_HAN}])[\u4e00-\u9fff]{{1,4}}[ \u3000][\u4e00-\u9fff]{{1,4}}(?![{_HAN}])")


@cache
def _listed(part: str) -> frozenset[str]:
    """Return a part of person_names.json: `names`, `first_names` or `also_words`."""
    stored = json.loads((Path(__file__).parent / "person_names.json").read_text("utf-8"))
    return frozenset(" ".join(stored[part]).split())


def find_listed_names(plain: str) -> Iterator[Found]:
    """Yield (start, end, "person_name") in a folded text for runs of capitalised words that hold a listed name."""
    known: set[str] = set()
    runs = [list(_PART.finditer(plain, run.start(), run.end())) for run in _RUN.finditer(plain)]
    for words in runs:
        for start, end, kind in _named(plain, words):
            yield start, end, kind
            known.update(_PART.findall(plain[start:end]))
    for word in (word for words in runs for word in words if _bare(word.group()) in known):
        if not _is_plain(word) and len(_bare(word.group())) > 2:
            yield word.start(), word.start() + len(_bare(word.group())), "person_name"
    yield from _unusual(plain)


def _unusual(plain: str) -> Iterator[Found]:
    """Yield names in lower case on a line of their own, with stars for letters, or in Han characters."""
    for line in _LOWER_LINE.finditer(plain):
        words = line.group("name").split()
        if all(_is_any_of(word, _ALL) for word in words) and any(_is_any_of(word, ("names",)) for word in words):
            yield line.start("name"), line.end("name"), "person_name"
    for pair in _LOWER_PAIR.finditer(plain):
        if all(word in _listed("names") for word in pair.group().split()):
            yield pair.start(), pair.end(), "person_name"
    yield from _enumerated(plain)
    for block in _ADDRESSED.finditer(plain) if "[" in plain else ():
        if not any(_is_plain(word) for word in _PART.finditer(block.group("name")) if len(word.group()) > 1):
            yield block.start("name"), block.end("name"), "person_name"
    for pattern in (_STARRED, _HAN_PAIR):
        for match in pattern.finditer(plain):
            yield match.start(), match.end(), "person_name"


def _enumerated(plain: str) -> Iterator[Found]:
    """Yield all of "Eklund, Michael and Hodge" where one of them is a name."""
    for match in _LIST.finditer(plain):
        words = list(_PART.finditer(plain, match.start(), match.end()))
        if any(_is_name(plain, word) for word in words) and not any(_is_plain(word) for word in words):
            yield from ((word.start(), word.end(), "person_name") for word in words)


def find_possible_names(plain: str) -> Iterator[str]:
    """Yield what may be a name in an operator's line, also in lower case; better too much than too little."""
    for run in _RUN.finditer(plain):
        words = list(_PART.finditer(plain, run.start(), run.end()))
        for word in words:
            starts = bool(_SENTENCE_START.search(plain, max(0, word.start() - 4), word.start())) and len(words) == 1
            if not _is_plain(word) and not word.group().isupper() and (not starts or _may_be_name(word)):
                yield _bare(word.group())
    yield from (word.group() for word in _LOWER.finditer(plain) if word.group() in _listed("names"))


def _named(plain: str, words: list[Word]) -> Iterator[Found]:
    """Yield the parts of a run of capitalised words that are a name: from the first to the last word of each."""
    part: list[Word] = []
    for word in words:
        if _is_plain(word) and not (part and _is_initial(plain, word)):
            yield from _as_name(plain, part)
            part = []
        else:
            part.append(word)
    yield from _as_name(plain, part)


def _as_name(plain: str, part: list[Word]) -> Iterator[Found]:
    sure = [index for index, word in enumerate(part) if _is_name(plain, word)]
    if not sure:
        if not _is_likely(plain, part):
            return
        sure = [0]
    first = 0 if _may_be_name(part[0]) or not _starts_sentence(plain, part[0]) else sure[0]
    yield part[first].start(), part[-1].start() + len(_bare(part[-1].group())), "person_name"


def _is_likely(plain: str, part: list[Word]) -> bool:
    """Whether words that are all doubtful are a name together: two that may be, or a first name and what follows."""
    if len(part) < 2 or any(word.group().isupper() and len(word.group()) > 1 for word in part):
        return False
    possible = [word for word in part if _may_be_name(word) or _is_initial(plain, word)]
    return len(possible) == len(part) or _is_any_of(_bare(part[0].group()).lower(), ("first_names",))


def _is_initial(plain: str, word: Word) -> bool:
    return len(word.group()) == 1 and word.group() != "I" and plain[word.end() : word.end() + 1] in {".", " "}


def _starts_sentence(plain: str, word: Word) -> bool:
    return _SENTENCE_START.search(plain, max(0, word.start() - 4), word.start()) is not None


def _bare(word: str) -> str:
    return word.removesuffix("'s").rstrip("'")


def _is_plain(word: Word) -> bool:
    return _bare(word.group()).lower() in load_word_set("not_names") or word.group().lower() in load_word_set(
        "not_names"
    )


def _is_name(plain: str, word: Word) -> bool:
    """Whether a word is a name and nothing else where it stands; short words in capitals are abbreviations."""
    bare = _bare(word.group())
    if bare.isupper() and len(bare) < _MIN_SHOUTED_CHARS:
        return False
    if _is_any_of(bare.lower(), ("names",)):
        return True
    stands_as_one = not _starts_sentence(plain, word) or _ACTS.match(plain, word.end())
    return not bare.isupper() and bool(stands_as_one) and _is_any_of(bare.lower(), ("first_names",))


def _may_be_name(word: Word) -> bool:
    return _is_any_of(_bare(word.group()).lower(), _ALL)


def _is_any_of(word: str, parts: tuple[str, ...]) -> bool:
    return any(piece in _listed(part) for part in parts for piece in word.split("-"))
