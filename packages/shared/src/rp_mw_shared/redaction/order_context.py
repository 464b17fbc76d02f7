"""What tells an order number from any other: the words before and after it, and messages that are an answer's form.

"apt #1204", "card #4242", "case #…", "1500 units" are other numbers; "1001 thanks", "Mine is 10017.", a number with a
name below it are order numbers although no word says order.
"""

from __future__ import annotations

import re

_BEFORE_CHARS, _AFTER_CHARS = 40, 24
_OTHER_BEFORE = re.compile(
    r"(?<![^\W\d_])(?=[a-z])(?:apt|apartment|apto|unit|suite|ste|flat|room|floor|building|bldg|lot|gate|door|box|postfach|house"
    r"|case|ticket|claim|complaint|incident|request|inquiry|ref|reference|vorgang|vorgangsnummer|dossier"
    r"|card|karte|carte|tarjeta|carta|kaart|cartao|visa|mastercard|amex"
    r"|colou?r|farbe|couleur|kleur|cor|hex|pantone|sku|item|article|artikel|art|model|modell|modele|modelo|part|serial"
    r"|version|batch|size|page|step|option|question|chapter|extension|ext|flight|zip|zipcode|postcode|plz|cp|cap"
    r"|year|error|fehler|voucher|coupon|promo|code|pin|member|customer|account|kunde|kundennummer|client|post|room)"
    r"[\s.:,]{0,3}(?:(?:number|num|no|nr|n|code|id|ending|is|in|der)[\s.:]{1,3}){0,2}#?\s?$",
    re.IGNORECASE,
)
_OF_AN_ORDER = re.compile(r"(?:order|purchase|bestell\w*|commande|pedido|ordine|encomenda|confirmation)\W{0,3}$", re.I)
_UNIT_AFTER = re.compile(
    r"\s?(?:%|pieces|pcs|units?|items|copies|sets|boxes|stuck|stk|grams?|grammes|gramm|kg|kilos?|mg|ml|l|liters?|litres?"
    r"|mm|cm|m|meters?|metres?|inch|inches|ft|feet|miles|km|watts?|w|volts?|v|mah|gb|tb|dollars?|bucks|euros?|eur|usd"
    r"|gbp|pounds?|cents|people|employees|guests|times|days?|hours?|hrs?|minutes|mins|years?|kcal|points|followers"
    r"|\$|€|£)(?![\w-])",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"[$€£¥]\s?$")

_CODE = r"(?:[A-Za-z]{1,5}-)?\d{4,10}"
_OPENING = (
    r"(?:(?:hi|hello|hey|hallo|hola|bonjour|ciao|ola|ok|okay|sure|yes|ja|oui|si|sim|sorry|sorry about that|of course"
    r"|here you go|here it is|there you go|no problem|gerne|claro|certo"
    r"|thanks|thank you|danke|merci|gracias|grazie|dank je)[\s,.!:-]{0,4}){0,2}"
)
_SAYING = (
    r"(?:(?:(?:my|the|our|meine|mon|ma|mi|la mia|il mio|mijn|meu|minha)\s)?"
    r"(?:it|that|this|mine|number|numero|nummer|nr|no|num|es|c|ce|il|lo|das|dat|die|es el|e)"
    r"[\s.:']{0,3}(?:is|was|s|would be|ist|lautet|war|est|es|e|era)?[\s:=-]{0,3})"
)
_THANKS = (
    r"thanks|thank you|thx|ty|cheers|please|danke|vielen dank|bitte|merci|gracias|por favor|grazie|bedankt|dank je"
    r"|obrigado|obrigada|regards|kind regards|best|best regards"
)
_NAME = r"[A-Z][^\W\d_]{1,20}(?:[ -][A-Z][^\W\d_]{0,20}){0,2}"
_ANSWERS = (
    # a number and no more than thanks and a name after it
    re.compile(
        rf"\W{{0,4}}(?i:{_OPENING})(?i:{_SAYING})?#?(?P<code>{_CODE})(?!\w)[\s,.!;)*-]{{0,8}}"
        rf"(?:(?i:{_THANKS})(?: (?i:so much|a lot|very much|you))?[\s,.!]{{0,6}}){{0,2}}(?:{_NAME})?\W{{0,6}}"
    ),
    # said as one's own: what follows is another sentence
    re.compile(
        rf"\W{{0,4}}(?i:{_OPENING})(?i:(?:mine|it|that|number|nummer|numero|my number|the number|meine nummer|mi numero"
        rf"|mon numero|mijn nummer)\s?(?:is|was|ist|lautet|est|es|e|:|=)\s?)#?(?P<code>{_CODE})(?=[.,;!\s]|$)"
        rf"(?!\s[a-z])"
    ),
    re.compile(rf"\W{{0,4}}#?(?P<code>{_CODE})\s?[-–—,:]\s?(?i:ordered|placed|bought|bestellt|vom|from)\b"),
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MAX_ANSWER_CHARS = 120


def is_other_number(plain: str, start: int, end: int) -> bool:
    """Tell whether the words around say that the number in `plain` at start..end is not an order's."""
    before, after = plain[max(0, start - _BEFORE_CHARS) : start], plain[end : end + _AFTER_CHARS]
    if _UNIT_AFTER.match(after) or _CURRENCY_BEFORE.search(before):
        return True
    other = _OTHER_BEFORE.search(before)
    return other is not None and _OF_AN_ORDER.search(before[: other.start()]) is None


def find_answer(plain: str) -> tuple[int, int] | None:
    """Return where the number is in a short message that is an answer to `what is your number?`; None for any other."""
    if len(plain) > _MAX_ANSWER_CHARS:
        return None
    for pattern in _ANSWERS:
        match = pattern.match(plain) if pattern is not _ANSWERS[0] else pattern.fullmatch(plain)
        if match and not (_YEAR.fullmatch(match["code"]) and match["code"] != plain.strip("# .!\n")):
            span = match.span("code")
            return None if is_other_number(plain, *span) else span
    return None
