"""Tells mail that no person wrote from a person's, by evidence of several kinds; never by one word alone.

    address, name, subject --find_sender_marks--> marks of the ticket ──┐
    words of a message     --find_body_marks----> marks of the message ─┴─ find_verdicts: the weights add up

A quotation's words are not the writer's: they do not count, except that a reaction quotes and says nothing else.
Every text is bounded and read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from rp_mw_worker.domain.machine_rules import BODY, DOMAIN, NAME, SENDER, SUBJECT, MachineRules, to_letters
from rp_mw_worker.domain.phrases import find_categories

EXCLUDED_SENDER = "excluded_sender"
RECIPIENT_IN_FORM = "recipient_in_form"
SHARED_DOMAIN = "shared_domain"
CONTACT_FORM, FORM_OF_RECIPIENT = "contact_form", "form_of_recipient"
WRITTEN_BY_MACHINE, MACHINE_AMONG, HANDS_OFF = "written_by_machine", "machine_among", "hands_off"
DOUBTFUL = "doubtful"
_FORM_ANNOUNCED, _FORM_ADDRESS = "form_announced", "form_address"
_ROBOTS = frozenset({"sender_robot", "sender_platform"})
_ANY_LANGUAGE = ""
_MAX_FORM_TEXTS = 5
_MAX_HEAD_CHARS, _MAX_TAIL_CHARS = 4_000, 1_000
_MAX_FIELD_CHARS = 400
_SPEAKS_FOR_A_PERSON = -3
_PERSON = "person_"
_TOKEN = re.compile(r'[a-z0-9]+|[?:"@#.]')
_WORD_OR_MARK = re.compile(r'[a-z0-9]+|[?:"@#]')
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>.*$")
_QUOTATION = re.compile(r"[\"“„«”][^\"“”„«»]{2,2000}[\"”“»]")
_EMOJI = re.compile(r"[\u2600-\u27bf\u2b50\u2764\U0001f300-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,200}")
_SENTENCE = re.compile(r"[^.!?\n]{1,600}[.!?\n]?")


def find_sender_marks(
    rules: MachineRules, *, address: str, name: str, subject: str, recipient: str = "", texts: Iterable[str] = ()
) -> frozenset[str]:
    """Return the marks of who a ticket comes from and what it is called; codes, no part of an address.

    `recipient` is where the helpdesk would send a reply, `texts` are the customer's messages as they came: a contact
    form's reply may go to the recipient only when the form names that very address.
    """
    local, _, domain = address.strip().lower().partition("@")
    marks = {
        *_marks_in(_sender_tokens(local[:_MAX_FIELD_CHARS]) if domain else [], rules, SENDER),
        *_marks_in(_sender_tokens(domain[:_MAX_FIELD_CHARS]), rules, DOMAIN),
        *_marks_in(_tokens(name[:_MAX_FIELD_CHARS]), rules, NAME),
        *_marks_in(_tokens(subject[:_MAX_FIELD_CHARS]), rules, SUBJECT),
    }
    if _is_excluded(address.strip().lower(), domain, rules):
        marks.add(EXCLUDED_SENDER)
    if not domain or domain in rules.words.shared_domains:
        marks.add(SHARED_DOMAIN)
    return frozenset(marks | _form_marks(marks, address, recipient, texts, rules))


def _form_marks(marks: set[str], address: str, recipient: str, texts: Iterable[str], rules: MachineRules) -> set[str]:
    """Return what the messages as they came tell of a form; a ticket that nothing calls one is not read for it."""
    if not marks & {_FORM_ANNOUNCED, *_ROBOTS}:
        return set()
    shown = list(islice(texts, _MAX_FORM_TEXTS))
    found = {_FORM_ADDRESS} if any(_FORM_ADDRESS in find_body_marks(text, rules) for text in shown) else set()
    told = recipient.strip().lower()
    is_robots = bool(marks & _ROBOTS) and told == address.strip().lower()
    if told and not is_robots and any(told in _addresses(text) for text in shown):
        found.add(RECIPIENT_IN_FORM)
    return found


def find_verdicts(
    sender_marks: frozenset[str], tags: Iterable[str], texts: Iterable[str], rules: MachineRules
) -> frozenset[str]:
    """Return what a ticket's new messages are taken for.

    `written_by_machine`: all of them are a machine's. `machine_among`: some are. `doubtful`: nobody can
    tell. `contact_form`: a person's words in a
    robot's envelope; `form_of_recipient` when the reply would go to the very address in the form. `hands_off`: the
    sender is excluded, or a tag keeps us away.
    """
    written = [text for text in texts if text.strip()]
    kinds = [_kind_of(sender_marks, text, rules) for text in written]
    found = {kind for kind in kinds if kind and kind != WRITTEN_BY_MACHINE}
    if WRITTEN_BY_MACHINE in kinds:
        found.add(WRITTEN_BY_MACHINE if set(kinds) == {WRITTEN_BY_MACHINE} else MACHINE_AMONG)
    if EXCLUDED_SENDER in sender_marks or rules.hands_off & {tag.strip().lower() for tag in tags}:
        found.add(HANDS_OFF)
    return frozenset(found)


def _kind_of(sender_marks: frozenset[str], text: str, rules: MachineRules) -> str | None:
    found = find_body_marks(text, rules)
    if _is_form(sender_marks, found, text, rules):
        return FORM_OF_RECIPIENT if RECIPIENT_IN_FORM in sender_marks else CONTACT_FORM
    total = score(sender_marks, found, rules)
    if total >= rules.words.threshold:
        return WRITTEN_BY_MACHINE
    from_doubt = rules.words.doubtful_from
    return DOUBTFUL if total >= from_doubt or _is_impersonal(total, found, text, rules) else None


def _is_impersonal(total: int, found: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether some evidence meets a message of some length in which nobody speaks for themselves."""
    if total <= rules.words.without_person or any(name.startswith(_PERSON) for name in found):
        return False
    return len(text.split(maxsplit=rules.words.impersonal_from_words)) >= rules.words.impersonal_from_words


def screened_text(text: str, verdicts: frozenset[str], rules: MachineRules) -> str:
    """Return what the screen reads: of a machine's mail only the sentences in which somebody speaks for themselves."""
    return persons_own_sentences(text, rules) if WRITTEN_BY_MACHINE in verdicts else text


def customer_words(text: str, sender_marks: frozenset[str], rules: MachineRules) -> str:
    """Return the words to be routed: of a contact form its message, else all of `text`."""
    return form_message(text, rules) if is_contact_form(sender_marks, text, rules) else text


def find_body_marks(text: str, rules: MachineRules) -> frozenset[str]:
    """Return the marks of a message's own words."""
    return frozenset(_marks_in(_tokens(_own_words(text)), rules, BODY))


def is_written_by_machine(sender_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether the evidence of sender, subject and words together says that no person wrote `text`."""
    return bool(text.strip()) and _kind_of(sender_marks, text, rules) == WRITTEN_BY_MACHINE


def is_contact_form(sender_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether a person's message came in a robot's envelope: announced as such, with a field for the address."""
    return _is_form(sender_marks, find_body_marks(text, rules), text, rules)


def score(sender_marks: frozenset[str], body_marks: frozenset[str], rules: MachineRules) -> int:
    """Return the sum of all weights."""
    marks = rules.words.marks
    found = [mark for name, mark in marks.items() if name in sender_marks or name in body_marks]
    has_person = any(mark.weight <= _SPEAKS_FOR_A_PERSON and mark.reads == BODY for mark in found)
    return sum(mark.weight for mark in found) + (0 if has_person else rules.words.without_person)


def form_message(text: str, rules: MachineRules) -> str:
    """Return what stands after a form's label of the message, or all of `text` where there is no such label."""
    found = rules.message_label.search(text)
    return text[found.end() :].strip() or text if found else text


def persons_own_sentences(text: str, rules: MachineRules) -> str:
    """Return the sentences of a machine's mail in which somebody speaks for themselves, quotations left out."""
    sentences = _SENTENCE.findall(_own_words(text))
    own = (sentence for sentence in sentences if "person_speaks" in _marks_in(_tokens(sentence), rules, BODY))
    return " ".join(own)


def _is_form(sender_marks: frozenset[str], body_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    announced = _FORM_ANNOUNCED in sender_marks or _FORM_ANNOUNCED in body_marks
    has_address = _FORM_ADDRESS in sender_marks or _FORM_ADDRESS in body_marks
    return announced and has_address and rules.message_label.search(text) is not None


def _marks_in(tokens: list[str], rules: MachineRules, place: str) -> set[str]:
    if not tokens:
        return set()
    stream: list[tuple[str, ...]] = [(token,) for token in ("^", *tokens, "$")]
    return find_categories(stream, rules.indexes[place], None, _ANY_LANGUAGE)


def _own_words(text: str) -> str:
    if len(text) > _MAX_HEAD_CHARS + _MAX_TAIL_CHARS:
        text = f"{text[:_MAX_HEAD_CHARS]}\n{text[-_MAX_TAIL_CHARS:]}"
    text = _EMOJI.sub(" emoji ", _QUOTATION.sub(' " ', _QUOTED_LINE.sub(" ", text)))
    return _ADDRESS.sub(" @ ", text)


def _tokens(text: str) -> list[str]:
    """Return the words and telling marks of `text`; every number is `0`."""
    return ["0" if token.isdigit() else token for token in _WORD_OR_MARK.findall(to_letters(text))]


def _sender_tokens(text: str) -> list[str]:
    return _TOKEN.findall(to_letters(text))


def _is_excluded(address: str, domain: str, rules: MachineRules) -> bool:
    return bool(address) and (address in rules.excluded or (bool(domain) and f"@{domain}" in rules.excluded))


def _addresses(text: str) -> set[str]:
    return {found.lower().rstrip(".") for found in _ADDRESS.findall(text[: _MAX_HEAD_CHARS * 2])}
