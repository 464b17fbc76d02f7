"""Street addresses: a core that can hardly be anything else, and the town, state and postcode that follow it.

core ("12 Main Street", "Rue de Rivoli 4", "P.O. Box 9", "Apt. 5", "SW1A 1AA", or words such as "ship to")
  + tail, word by word: units, capitalised names, state codes, postcodes, over at most five lines
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rp_mw_shared.redaction.national_addresses import NATIONAL_CORES
from rp_mw_shared.redaction.word_lists import load_word_set

_NUMBER = r"\d{1,6}(?:[-/]\d{1,4})?[A-Za-z]?"
_CAPITALISED = r"[^\W\d_a-z][\w'.’-]{0,24}+"
_STRONG = r"Street|Avenue|Road|Boulevard|Lane|Drive|Court|Highway|St|Ave|Rd|Blvd|Ln|Dr|Ct|Hwy|Pkwy|Parkway"
_SUFFIX = (
    rf"{_STRONG}|Circle|Cir|Way|Place|Pl|Square|Sq|Terrace|Ter|Trail|Trl|Crescent|Cres|Close|Loop|Alley|Row|Walk|Grove"
    r"|Mews|Run|Pike|Path|Ridge|View|Creek|Cliffs?|Dale|Hills?|Manor|Park|Point|Bend|Cove|Crossing|Expressway|Freeway"
    r"|Gardens?|Glens?|Greens?|Heights|Island|Isle|Junction|Keys?|Knolls?|Lake|Landing|Locks?|Lodge|Meadows?|Mills?"
    r"|Mount|Motorway|Mountains?|Orchard|Oval|Pass|Pines|Plains?|Plaza|Ports?|Prairie|Ramp|Ranch|River|Roads|Shoals?"
    r"|Shores?|Springs?|Spur|Station|Stream|Summit|Trace|Track|Turnpike|Union|Valley|Viaduct|Villages?|Ville|Vista"
    r"|Esplanade"
)
_LOWER_SUFFIX = r"street|avenue|ave|road|rd|boulevard|blvd|lane|court|highway|crescent|terrace"
_ENDING = (
    r"(?:stra(?:ss|ß)e|str\.|strasse|vej|gade|gatan?|v[aä]gen|veien|vegen|gate|alle|allee|straat|laan|weg|plein|gracht"
    r"|dreef|kade|singel|steeg|katu|tie|polku|kuja|platz|gasse|ring|damm|ufer|hove|erf|kroken|bakken|stigen|grand"
    r"|vagen)"
)
_PREFIX = (
    r"(?:ul\.|al\.|os\.|pl\.|Rue|Avenue|Boulevard|Bd\.?|Quai|Impasse|Chemin|Place|Via|Viale|Piazza|Corso|Vicolo|Strada"
    r"|Calle|C/|Avenida|Avda\.?|Av\.|Paseo|Plaza|Carrera|Camino|Cuesta|Rua|Travessa|Largo|Praça|Estrada|Jalan|Jl\.)"
)
_ROMANCE = r"rue|avenue|av\.|boulevard|bd|place|quai|chemin|all[ée]e|impasse|calle|via|rua|viale|cours"
_CORES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w.,#$€£-]){_NUMBER},? (?:{_CAPITALISED} ){{0,5}}(?:{_SUFFIX})\b\.?(?! ?\()",
        rf"(?<![\w.,#$€£-])\d{{1,6}}[A-Za-z]? (?!(?:days?|hours?|minutes?|mins?|weeks?|months?|years?|miles?|km|of"
        rf"|and|to)\b)"
        rf"(?:[a-z][a-z'.]{{2,20}} ){{1,2}}(?:{_LOWER_SUFFIX})\b\.?",
        rf"(?<![\w'.’-])(?:{_CAPITALISED} ){{1,3}}(?:Street|Avenue|Road|Boulevard)\b",
        rf"(?<!\w){_PREFIX} (?:[\w'.’-]{{1,24}} ){{0,5}}[\w'.’-]{{1,24}},? \d{{1,5}}[A-Za-z]?\b",
        rf"(?<![\w.,#$€£-])\d{{1,4}}(?: ?(?:bis|ter|[A-D]))?,? (?i:{_ROMANCE}) (?:(?:d[aeou]|des|l[ae]s?|del|della)"
        rf" ){{0,3}}(?:[ld]['’])?{_CAPITALISED}(?: {_CAPITALISED}){{0,2}}",
        rf"(?<![\w.,#$€£-])\d{{3,6}} (?:{_CAPITALISED} ){{1,4}}(?:u\.|rkp\.|ter|ut) ?\d{{1,4}}\b\.?",
        rf"(?<![\w.,#$€£-])\d{{3,6}} (?:{_CAPITALISED} ){{1,4}}\d{{1,5}}[A-Za-z]?\b",
        r"\b(?i:P\.? ?O\.? ?Box|Postfach|Casilla|Apartado)\.? ?#?\d{1,7}\b",
        r"(?i)\b(?:PSC|CMR|Unit) \d{1,6},? Box \d{1,6}\b(?:\s{1,3}(?:APO|FPO|DPO),? (?:AA|AE|AP) \d{5}\b)?",
        r"(?i)\b(?:APO|FPO|DPO),? (?:AA|AE|AP) \d{5}\b",
        rf"\b(?:USNS|USNV|USS|USCGC) {_CAPITALISED}",
        rf"(?<![\w.,#$€£-])\d{{2,6}} \d{{1,5}} (?:{_CAPITALISED}[ ,]?){{1,4}}",
        r"\b[Tt]he corner of [^\n,;]{3,60}",
        r"\b(?i:apartment|apt|suite|ste|flat|unit)\b\.? ?(?:#|no\.? ?)?\d{1,6}[A-Za-z]?\b",
        rf"(?<![\w'.’-])(?:{_CAPITALISED} ?){{1,3}},? (?:[A-Z]{{2}}),? \d{{5}}(?:-\d{{4}})?\b",
        r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b",
    )
)
# A word and a house number; only then is the word's ending looked at.
_WORD_AND_NUMBER = re.compile(r"(?<!\w)(?P<street>[^\W\d_]{4,40}\.?),? \d{1,5}(?:[A-Za-z]|-\d{1,3})?\b")
_STREET_ENDING = re.compile(rf"[^\W\d_]{{2,36}}(?i:{_ENDING})")
_POSTCODE = re.compile(
    r"\b(?:zip|post|postal|pin|plz)[ -]?(?:code)?\b[ \t]{0,3}(?:is|:|="
    r"|-)?[ \t]{0,3}(?P<code>[A-Za-z]{0,3}\d[\w]{1,7}(?:[ -]\w{2,4})?)(?!\w)",
    re.IGNORECASE,
)
_PLACE_CUE = re.compile(
    r"\b(?:address(?:es)?(?:, here they are|with| is| to| are| as| at)?|lives?|lived|living|located|meeting"
    r"|ship(?:ped|ping)?|send|sent"
    r"|deliver(?:ed|y)?|mail(?:ed)?|return(?:ed)?|moved?|moving|taxi|refers|office is|home is|street (?:is|name)"
    r"|side of|where"
    r"|location|meet \w{2,10} at|it's|residence|resides?|User)\b"
    r"(?: (?:it|this|them|my|the|order|package|parcel|statement|card|items?)\b){0,2}"
    r"(?:[ \t]{0,3}:|(?: (?:in|at|on|to|with|of)\b){1,2}(?: the)?)?[ \t\n]{1,8}",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?P<gap>[ \t]{0,12}+(?:,?[ \t]{0,4}+(?:\\?\n[ \t>]{0,12}+)?+|,)[ \t]{0,4}+,?[ \t]{0,4}+)(?P<word>[^\s,]{1,40})"
)
_UNIT = re.compile(r"(?i:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|box|no|nr)\.?$|#\w")
_POSTAL = re.compile(
    r"\d{3,6}(?:-\d{3,4})?|\d{2}-\d{3}|[A-Z]{1,2}-?\d{3,6}|[A-Z]\d[A-Z]|\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]?|\d[A-Z]{2}"
)
_MAX_WORDS, _MAX_LINES = 16, 5
_MAX_LEFT_WORDS = 6
_CAPITALISED_BEFORE = re.compile(rf"(?<!\S){_CAPITALISED} $")


def find_addresses(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "street_address") in a folded text; spans may overlap."""
    if any(char.isdigit() for char in plain) or "Street" in plain:
        left = right = -1
        for start, end in _cores(plain):
            if left <= start and end <= right:  # inside the tail of the one before
                continue
            left, right = _left_end(plain, start), _tail_end(plain, end)
            yield left, right, "street_address"
        for match in _POSTCODE.finditer(plain):
            yield match.start("code"), match.end("code"), "street_address"
        for cue in _PLACE_CUE.finditer(plain):
            end = _tail_end(plain, cue.end())
            if _is_place(plain[cue.end() : end]):
                yield cue.end(), end, "street_address"


def _cores(plain: str) -> Iterator[tuple[int, int]]:
    for core in (*_CORES, *NATIONAL_CORES):
        for match in core.finditer(plain):
            start = _without_stop_words(plain, match.start(), match.end())
            if start < match.end():
                yield start, match.end()
    for match in _WORD_AND_NUMBER.finditer(plain):
        if _STREET_ENDING.fullmatch(match.group("street")):
            yield _capitalised_before(plain, match.start()), match.end()


def _capitalised_before(plain: str, start: int) -> int:
    """Return where up to three capitalised words right before `start` begin."""
    for _ in range(3):
        before = _CAPITALISED_BEFORE.search(plain, max(0, start - 30), start)
        if before is None or before.group().strip().lower() in load_word_set("not_address_words"):
            break
        start = before.start()
    return start


def _is_place(text: str) -> bool:
    """Whether what follows a cue has a house number or postcode and a name."""
    words = re.findall(r"[\w'.-]+", text)
    numbers = sum(word.strip(".")[:1].isdigit() for word in words)
    names = sum(word[:1].isupper() and len(word) > 2 for word in words)
    digits = sum(char.isdigit() for char in text)
    return bool(numbers and names) and len(words) >= 2 and digits >= 2


def _without_stop_words(plain: str, start: int, end: int) -> int:
    """Return where the core begins once plain words at its head are left out."""
    if plain.startswith("the corner", start):
        return start
    for word in re.finditer(r"\S+", plain[start:end]):
        if word.group().strip(".,'").lower() not in load_word_set("not_address_words"):
            return start + word.start()
    return end


def _left_end(plain: str, start: int) -> int:
    """Return where the address begins: at the first number among the capitalised words right before the core."""
    leftmost = start
    words = list(re.finditer(r"\S+", plain[max(0, start - 120) : start]))
    base = max(0, start - 120)
    for word in reversed(words[-_MAX_LEFT_WORDS:]):
        text = word.group().strip(",>")
        gap = plain[base + word.end() : start] if word is words[-1] else ""
        if gap.strip(" \t\n>,") or "\n\n" in gap or (text.endswith((":", ".", "?", "!")) and not text[:1].isdigit()):
            break
        if re.fullmatch(r"\d{1,6}[A-Za-z]?\.?", text):
            leftmost = base + word.start()
        elif not text[:1].isupper() or text.lower() in load_word_set("not_address_words"):
            break
    return leftmost


def _tail_end(plain: str, position: int) -> int:
    """Return where the town, unit, state and postcode after `position` end; `position` when there are none."""
    end, lines = position, 0
    for _ in range(_MAX_WORDS):
        token = _TOKEN.match(plain, position)
        if token is None:
            break
        lines += token.group("gap").count("\n")
        word = token.group("word")
        bare = word.rstrip(".;!?")
        if lines > _MAX_LINES or not _may_belong(plain, token, bare):
            break
        position = token.end()
        if bare.lower() not in load_word_set("address_particles") or bare == "nan":
            end = token.start("word") + len(bare)
        if word != bare and not _UNIT.match(word) and not _is_abbreviation(plain, word, position):
            break
    return end


def _is_abbreviation(plain: str, word: str, position: int) -> bool:
    """Whether the full stop after a word belongs to it: a short word, or a lower-case or numbered continuation."""
    following = plain[position : position + 2].strip()
    return word.endswith(".") and (len(word) <= 4 or following[:1].isdigit())


@cache
def _ending_words() -> frozenset[str]:
    """Return the plain words that end an address."""
    return load_word_set("not_address_words") - load_word_set("address_particles")


def _may_belong(plain: str, token: re.Match[str], bare: str) -> bool:
    if len(bare) == 2 and bare.isalpha() and bare.isupper():
        return True
    if not bare or bare.endswith(":") or bare.lower() in _ending_words():
        return False
    if bare[0].isdigit():
        is_short = sum(char.isdigit() for char in bare) <= 6 and not re.match(
            r" ?\d{3}[ -]\d{3}", plain[token.end("word") :][:10]
        )
        return is_short and "@" not in bare
    if _UNIT.match(bare) or _POSTAL.fullmatch(bare):
        return True
    return bare[0].isupper() or bare.strip("(")[:1].isupper() or bare.lower() in load_word_set("address_particles")
