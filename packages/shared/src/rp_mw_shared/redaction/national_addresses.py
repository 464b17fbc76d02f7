"""Cores of addresses as countries write them, also in lower case: what `addresses` then follows to its end.

Every repetition is bounded and starts at a word's start, so that each pattern is linear in the text.
"""

from __future__ import annotations

import re

_NOT_A_COUNT = (
    r"(?! ?(?:%|x\b|days?|weeks?|times?|hours?|months?|years?|items?|min|euro?s?|tag|woche|jours?|dias?|giorni|dagen))"
)
_CAPITALISED = r"[A-Z][\w'.-]{1,24}"
_HOUSE = r"House|Cottage|Vicarage|Farm|Farmhouse|Lodge|Barn|Hall|Mill|Manor|Rectory|Villa|Croft|Grange"
_LANE = r"Lane|Road|Street|Close|Avenue|Drive|Way|Hill|Green|Court|Row|Terrace"
_CJK = "\u3041-\u30ff\u4e00-\u9fff"

NATIONAL_CORES = tuple(
    re.compile(pattern)
    for pattern in (
        # calle mayor 5 · rua augusta 100
        rf"(?i)(?<!\w)(?:calle|c/|avenida|avda\.?|paseo|plaza|rua|travessa|largo|praca|estrada|viale|corso|piazza|vicolo)"
        rf" (?:[a-z'.-]{{1,20}},? ){{1,4}}\d{{1,4}}\b{_NOT_A_COUNT}",
        # via garibaldi 12, and no "via paypal 2 weeks ago"
        rf"(?<!\w)via (?!e-?mail|phone|sms|chat|dhl|ups|paypal|app"
        rf"|the\b)(?:[a-z']{{3,20}} ){{1,3}}\d{{1,4}}\b{_NOT_A_COUNT}(?! ago)",
        # 12 rue des lilas
        r"(?<![\w.,#$-])\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|boulevard|chemin|impasse|quai|allee) (?:(?:de|du|des"
        r"|de la|la|le) )?"
        r"(?:[dl]')?[a-z'-]{3,24}",
        # Am Alten Markt 7, 50667 Köln
        rf"(?<!\w)(?:Am|An der|An den|Auf der|Auf dem|Im|In der|In den|Zum|Zur|Unter den|Hinter der|Vor dem)"
        rf" (?:{_CAPITALISED} ){{1,2}}\d{{1,4}} ?[a-z]?\b(?=[ ,]{{1,2}}\d{{4,5}} [A-Z])",
        # 1017 GL Amsterdam
        rf"(?<![\w.,#$-])[1-9]\d{{3}} ?[A-Z]{{2}} {_CAPITALISED}",
        # 55 east 10th street
        r"(?i)(?<![\w.,#$-])\d{1,6} (?:(?:east|west|north|south|[ewns]\.?) )?\d{1,3}(?:st|nd|rd|th)"
        r"(?: (?:street|st|avenue|ave|road|rd|place|pl)\b)",
        # The Old Vicarage, Church Lane
        rf"(?<![\w'.-])(?:{_CAPITALISED} ){{1,3}}(?:{_HOUSE}),? (?:{_CAPITALISED} ){{1,3}}(?:{_LANE})\b",
        # H.No. 12-3-45 · Flat no 4B · Plot No: 7
        r"(?i)(?<!\w)(?:h\. ?no|house no|flat no|plot no|door no|d\. ?no|shop no)\.?:? ?\d[\w/-]{0,12}",
        # 東京都千代田区丸の内1-1-1
        rf"[{_CJK}]{{1,20}}[都道府県市区町村郡][{_CJK}]{{0,20}}\d{{1,4}}(?:[-\u2212丁目番地号]{{1,2}}\d{{0,4}}){{0,4}}",
    )
)
