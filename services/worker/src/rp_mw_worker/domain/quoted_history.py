"""Finds the quoted history in a comment's lines, and cuts nothing without evidence.

    marked by a mail program (`>`, an HTML quotation)     -> history, line by line
    an introduction that stands before a quotation        -> only the introduction goes with it
    an introduction no person types, a block of headers   -> history to the end of the comment

What stands after or between marked lines is the customer's, and so is everything else. `MailMarks` are the phrases that
mail programs and companies add to a customer's words, ready to be compared with a line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rp_mw_worker.domain.html_text import Line

MAX_LINE_CHARS = 400  # of a line that is compared with anything
_APP = "{}"
_MAX_SIGNATURE_CHARS = 160
_MODEL = re.compile(
    r"\{\}(?:[\s,-]{0,2}(?:\{\}|\(?[a-z]?\d[\w.]*+\)?|pro|max|plus|ultra|mini|air|lite|note|edge|app|smartphone|5g)(?!\w)){1,6}"
)
_LINK = re.compile(r"<[^<>\s]{1,300}>|\(?https?://[^\s<>]{1,300}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class MailMarks:
    """The phrases of mail_marks.yaml, folded. A phrase is no evidence by itself: see who uses it."""

    introduction_verbs: tuple[str, ...]
    own_words: frozenset[str]
    address_words: frozenset[str]
    header_labels: Mapping[str, str]
    dividers: frozenset[str]
    reply_above: frozenset[str]
    app_signatures: frozenset[str]
    notices: tuple[str, ...]
    banners: tuple[str, ...]
    titles: frozenset[str]
    app_names: re.Pattern[str]


def fold(text: str) -> str:
    """Return `text` without case and accents, with plain apostrophes: as phrases are kept and compared."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFD", text).casefold().replace("’", "'").replace("‘", "'")
    return "".join(char for char in letters if unicodedata.category(char) not in {"Mn", "Cf"})


def to_mail_marks(lists: Mapping[str, Iterable[str]]) -> MailMarks:
    """Return the marks of the lists of mail_marks.yaml, each a name and its phrases. Raises KeyError without a list."""
    folded = {name: tuple(fold(phrase.strip()) for phrase in phrases) for name, phrases in lists.items()}
    labels = {
        label: name.removeprefix("header_")
        for name in ("header_other", "header_to", "header_date", "header_sent", "header_subject", "header_from")
        for label in folded[name]
    }
    apps = sorted(folded["apps"], key=len, reverse=True)
    return MailMarks(
        introduction_verbs=folded["introduction_verbs"],
        own_words=frozenset(folded["own_words"]),
        address_words=frozenset(folded["address_words"]),
        header_labels=labels,
        dividers=frozenset(folded["dividers"]),
        reply_above=frozenset(folded["reply_above"]),
        app_signatures=frozenset(folded["app_signatures"]),
        notices=(*folded["notices"], *folded["footers"]),
        banners=folded["banners"],
        titles=frozenset(folded["titles"]),
        app_names=re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, apps))})"),
    )


def words_of(folded: str) -> set[str]:
    """Return the words of a folded line."""
    return set(_WORD.findall(folded))


def has_own_words(folded: str, marks: MailMarks) -> bool:
    """Tell whether a folded line has a word of one who speaks of himself."""
    return not marks.own_words.isdisjoint(words_of(folded))


def is_app_signature(line: str, marks: MailMarks) -> bool:
    """Tell whether the whole line is a mail app's advertisement of itself: `Sent from my iPhone`."""
    if len(line) > _MAX_SIGNATURE_CHARS:
        return False
    plain = _LINK.sub(" ", fold(line)).replace("*", "").replace("[", "").replace("]", "")
    with_apps = marks.app_names.sub(_APP, plain)
    if _APP not in with_apps:
        return False
    bare = " ".join(_MODEL.sub(_APP, with_apps).strip(" .-_·|<>()").split())
    return bare in marks.app_signatures


_MAX_WRAPPED_LINES = 4  # an introduction is wrapped over so many
_MAX_INTRODUCTION_CHARS = 300
_MAX_REST_CHARS = 120
_MAX_HEADER_LINES = 10
_ENOUGH_HEADER_EVIDENCE = 2
_MANY_HEADERS = 4
_NEAR = 3
_MAX_LOOKS = 300

_YEAR = r"(?<!\d)(?:19|20)\d\d(?!\d)"
_DATE = re.compile(
    rf"{_YEAR}\s?[-/.年년]\s?\d{{1,2}}|(?<!\d)\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?(?:\d\d){{1,2}}(?!\d)"
    rf"|(?<!\d)\d{{1,2}}(?!\d)\D{{1,20}}{_YEAR}|{_YEAR}\D{{1,12}}(?<!\d)\d{{1,2}}(?!\d)"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時点]\s?\d\d(?!\d)")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,190}")
_ENDS = (":", "：")
_DIVIDER_MARKS = " \t-_=#*—–>~"
_RULE = re.compile(r"\s{0,8}[>*]?\s?(?:_{5,}|-{5,}|={5,}|—{3,})\s{0,8}")
_LABELLED = re.compile(r"[>\s*]{0,8}([^\W\d][^:：]{0,24}?)\s{0,3}\*?\s?[:：]\*?(.*)", re.DOTALL)
_INNER_LABEL = re.compile(r"(?<=\s)([^\W\d_]{1,16})\s?[:：](?=\s)")
_MARK = re.compile(r"\s{0,40}>")


class History(NamedTuple):
    """The parts of a comment, by line number. `own`: the customer's. `unmarked`: history no mail program marked."""

    own: list[int]
    unmarked: list[int]


def find_history(lines: Sequence[Line], marks: MailMarks) -> History:
    """Return which lines are the customer's, and which are history without a mark; what is marked is in neither."""
    return _Search(lines, marks).run()


def is_marked(line: Line) -> bool:
    """Tell whether a mail program marked the line as a quotation."""
    return line.is_quoted or _MARK.match(line.text) is not None


class _Search:
    """One walk over the lines; each is looked at a bounded number of times."""

    def __init__(self, lines: Sequence[Line], marks: MailMarks) -> None:
        self.lines, self.marks = lines, marks
        self.marked = {number for number, line in enumerate(lines) if is_marked(line)}
        self.next_text = _next_with_text(lines)
        self.cut: set[int] = set()
        self.looks = 0

    def run(self) -> History:
        has_words = False
        for number, line in enumerate(self.lines):
            if number in self.cut or not line.text.strip():
                continue
            if self._is_end_of_introduction(number) and self._take_introduction(number, has_words):
                continue
            if number not in self.marked and self._starts_headers(number, line.in_history) and has_words:
                self._cut_rest(number)
            elif number not in self.marked:
                has_words = True
        numbers = range(len(self.lines))
        own = [number for number in numbers if number not in self.marked and number not in self.cut]
        return History(own, sorted(self.cut - self.marked))

    # --- introductions ---

    def _is_end_of_introduction(self, number: int) -> bool:
        text = self.lines[number].text.rstrip()
        if len(text) > MAX_LINE_CHARS or (number in self.marked and not self._is_split_mark(number)):
            return False
        return text.endswith(_ENDS) or self._ends_with_verb(fold(text))

    def _is_split_mark(self, number: int) -> bool:
        """`> wrote:` is no quotation but the end of a wrapped `<address> wrote:`."""
        line = self.lines[number]
        rest = fold(line.text).strip("> :\uff1a")
        return not line.is_quoted and rest in self.marks.introduction_verbs

    def _ends_with_verb(self, folded: str) -> bool:
        return folded.rstrip(" :：-–—.").endswith(self.marks.introduction_verbs)

    def _take_introduction(self, end: int, has_words: bool) -> bool:
        """Cut an introduction that ends here, if it is one; the quotation after it is marked or becomes so."""
        after = self.next_text[end]
        before_quotation = after is not None and (after in self.marked or self.lines[after].is_indented)
        in_history = self.lines[end].in_history
        start = self._introduction_start(end, before_quotation or in_history) if self._may_look() else None
        if start is None or not (before_quotation or in_history or has_words):
            return False
        self.marked.update(range(self._with_divider(start), end + 1))
        if before_quotation and after is not None:
            self._mark_indented(after)
        elif in_history:
            self._cut_history_element(end)
        else:
            self._cut_rest(start)
        return True

    def _with_divider(self, start: int) -> int:
        """Return the line of a `--- Original Message ---` that stands right before, else `start`."""
        before = self._line_before(start)
        name = fold(self.lines[before].text).strip(_DIVIDER_MARKS) if before is not None else ""
        return before if before is not None and name in self.marks.dividers else start

    def _introduction_start(self, end: int, is_before_quotation: bool) -> int | None:
        start, joined = end, self.lines[end].text.strip()
        for _ in range(_MAX_WRAPPED_LINES):
            if self._is_introduction(joined, is_before_quotation, self.lines[end].in_history):
                return self._with_date_line(start, joined)
            previous = self._line_before(start)
            if previous is None:
                return None
            start, joined = previous, f"{self.lines[previous].text.strip()} {joined}"
        return None

    def _line_before(self, number: int) -> int | None:
        """Return the line before, over one blank line at most; None where a sentence ends there or nothing is."""
        before = number - 1
        if before >= 0 and not self.lines[before].text.strip():
            before -= 1
        if before < 0 or before in self.marked:
            return None
        text = self.lines[before].text.strip()
        return before if text and len(text) <= MAX_LINE_CHARS and not text.endswith((".", "!", "?")) else None

    def _with_date_line(self, start: int, joined: str) -> int:
        """Return where the introduction starts whose address stood alone: its date and time are on a line before."""
        first = start
        for _ in range(_MAX_WRAPPED_LINES):
            previous = None if _DATE.search(_ascii_digits(joined)) else self._line_before(first)
            if previous is None:
                break
            folded = _ascii_digits(fold(self.lines[previous].text))
            if len(folded) > _MAX_REST_CHARS or self._is_personal(folded):
                break
            first = previous
            if _DATE.search(folded) and _TIME.search(folded):
                return first
        return start

    def _is_personal(self, folded: str) -> bool:
        words = words_of(folded)
        return not (self.marks.own_words.isdisjoint(words) and self.marks.address_words.isdisjoint(words))

    def _is_introduction(self, joined: str, is_before_quotation: bool, in_history: bool) -> bool:
        if len(joined) > _MAX_INTRODUCTION_CHARS:
            return False
        folded = _ascii_digits(fold(joined)).strip(" -–—*>")
        if self._is_personal(_ADDRESS.sub(" ", folded)):
            return False
        has_date, has_time = _DATE.search(folded) is not None, _TIME.search(folded) is not None
        has_address = _ADDRESS.search(folded) is not None
        if has_date and has_time and has_address and folded.endswith((*_ENDS, ">")):
            return True
        is_complete = has_date and has_time and has_address
        has_evidence = in_history or is_complete or (is_before_quotation and (has_date or has_address))
        return has_evidence and self._has_verb(folded)

    def _has_verb(self, folded: str) -> bool:
        """A verb ends the line, starts it, or only a name and an address follow it."""
        if self._ends_with_verb(folded):
            return True
        if not folded.endswith(_ENDS):
            return False
        padded = f" {folded} "
        return any(
            f" {verb} " in padded and len(padded) - padded.rfind(f" {verb} ") <= _MAX_REST_CHARS
            for verb in self.marks.introduction_verbs
        )

    # --- what follows ---

    def _mark_indented(self, start: int) -> None:
        """The blockquote an introduction stands before is a quotation, although nothing in it says so."""
        for number in range(start, len(self.lines)):
            line = self.lines[number]
            if line.text.strip() and not line.is_indented:
                return
            if line.is_indented:
                self.marked.add(number)

    def _cut_history_element(self, start: int) -> None:
        for number in range(start + 1, len(self.lines)):
            line = self.lines[number]
            if line.text.strip() and not line.in_history:
                return
            self.cut.add(number)

    def _cut_rest(self, start: int) -> None:
        self.cut.update(range(start, len(self.lines)))

    # --- headers ---

    def _starts_headers(self, number: int, in_history: bool) -> bool:
        """Tell whether a divider or a block of a mail's headers starts here, with enough of them to be one."""
        text = self.lines[number].text
        if len(text) > MAX_LINE_CHARS:
            return False
        name = fold(text).strip(_DIVIDER_MARKS + ":：")
        if name in self.marks.reply_above:
            return text.strip()[:2] in {"##", "--", "**", "__"}
        is_named = name in self.marks.dividers
        is_divider = is_named or _RULE.fullmatch(text) is not None
        first = self.next_text[number] if is_divider else number
        if first is None or self._labelled(self.lines[first].text) is None or not self._may_look():
            return False
        fields = self._headers(first)
        wanted = _ENOUGH_HEADER_EVIDENCE - is_divider - in_history
        return "from" in fields and (is_named or _evidence(fields) >= max(1, wanted))

    def _may_look(self) -> bool:
        """Bound the work: beyond so many looks nothing more is taken for history."""
        self.looks += 1
        return self.looks <= _MAX_LOOKS

    def _headers(self, first: int) -> dict[str, str]:
        """Return the header fields that stand from line `first` on, by kind; {} for none."""
        fields: dict[str, str] = {}
        number: int | None = first
        for _ in range(_MAX_HEADER_LINES):
            if number is None or (labelled := self._labelled(self.lines[number].text)) is None:
                break
            if not fields.keys().isdisjoint(labelled.keys() - {"other"}):
                return {}  # the headers proper start further down
            fields.update(labelled)
            following = self.next_text[number]
            number = following if following is not None and following - number <= _NEAR else None
        return fields

    def _labelled(self, text: str) -> dict[str, str] | None:
        """Return the header fields of a line, several where a program put them all on one; None for no header."""
        found = _LABELLED.match(text[:MAX_LINE_CHARS])
        kind = self._kind_of(found[1]) if found else None
        if found is None or kind is None or (kind in {"sent", "date"} and not _may_be_time(found[2])):
            return None
        fields, rest = {kind: found[2]}, found[2]
        for label in _INNER_LABEL.finditer(rest):
            if inner := self._kind_of(label[1]):
                fields[inner] = rest[label.end() :]
        return fields

    def _kind_of(self, label: str) -> str | None:
        folded = fold(label).strip(" *")
        return self.marks.header_labels.get(folded)


def _may_be_time(text: str) -> bool:
    """`Monday` and what has a digit may say when; `Sent: twice already` does not."""
    return len(text.split()) <= 1 or any(char.isdigit() for char in text)


def _evidence(fields: dict[str, str]) -> int:
    """Count what speaks for a mail's headers: an address, a time, `Sent:`, `Subject:`, how many they are."""
    when = _ascii_digits(f"{fields.get('sent', '')} {fields.get('date', '')}")
    signs = (
        _ADDRESS.search(fields["from"]) is not None,
        _TIME.search(when) is not None or (_DATE.search(when) is not None and "subject" in fields),
        "sent" in fields,
        "subject" in fields,
        len(fields) >= _MANY_HEADERS,
    )
    return sum(signs) if len(fields) > 1 else 0


def _next_with_text(lines: Sequence[Line]) -> list[int | None]:
    """Return for each line the number of the next one that is not blank."""
    following: list[int | None] = [None] * len(lines)
    latest: int | None = None
    for number in range(len(lines) - 1, -1, -1):
        following[number] = latest
        if lines[number].text.strip():
            latest = number
    return following


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
