"""Tells mail that no person wrote from a person's, by evidence of several kinds; never by one word alone.

    address, name, subject --find_sender_marks--> marks of the ticket ──┐
    words of a message     --find_body_marks----> marks of the message ─┴─ find_verdicts: the weights add up

A quotation's words are not the writer's: they do not count, except that a reaction quotes and says nothing else.
Every text is bounded and read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from rp_mw_worker.domain.machine_rules import BODY, DOMAIN, NAME, SENDER, SUBJECT, MachineRules
from rp_mw_worker.domain.model import Ticket, TicketMessage
from rp_mw_worker.domain.phrases import PhraseIndex, find_categories, to_letters

EXCLUDED_SENDER = "excluded_sender"
RECIPIENT_IN_FORM = "recipient_in_form"
SHARED_DOMAIN = "shared_domain"
CONTACT_FORM, FORM_OF_RECIPIENT = "contact_form", "form_of_recipient"
WRITTEN_BY_MACHINE, MACHINE_AMONG, HANDS_OFF = "written_by_machine", "machine_among", "hands_off"
DOUBTFUL = "doubtful"
_FORM_ANNOUNCED, _FORM_ADDRESS = "form_announced", "form_address"
_ROBOTS = frozenset({"sender_robot", "sender_platform"})
_RELAY, _ANSWER = "sender_relay", "subject_answer"
_VOICES = frozenset({"person_speaks", "person_asks", "person_question", "person_short"})
_ANY_LANGUAGE = ""
_MAX_FORM_TEXTS = 5
_MAX_HEAD_CHARS, _MAX_TAIL_CHARS = 4_000, 1_000
_MAX_FIELD_CHARS = 400
_SPEAKS_FOR_A_PERSON = -3
_A_SIGN = 2
_PERSON = "person_"
_TOKEN = re.compile(r'[a-z0-9]+|[?:"@#.]')
_WORD_OR_MARK = re.compile(r'[a-z0-9]+|[?:"@#]')
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>.*$")
_QUOTATION = re.compile(r"[\"“„«”][^\"“”„«»]{2,2000}[\"”“»]")
_EMOJI = re.compile(r"[\u2600-\u27bf\u2b50\u2764\U0001f300-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,200}")
_FORWARDED = re.compile(
    r"(?im)^[ \t*]{0,4}(?:from|von|de|da|van|fr[aå]n|fra|od)[ \t*]{0,4}:[^\n]{0,300}\n(?:[^\n]{0,300}\n){0,4}?"
    r"[ \t*]{0,4}(?:subject|betreff|obj[eé]t|asunto|oggetto|onderwerp|assunto|[aä]mne|temat)[ \t*]{0,4}:"
)
_MIN_WORDS_ABOVE = 2
_ALPHANUMERIC = re.compile(r"[a-z0-9]+")
_MIN_NAME_CHARS = 4
_SHORT_NUMBER = re.compile(r"[0-9]{3,6}")
_NUMBER_SENDS = ["#", "0"]  # in place of a short number
_SENTENCE = re.compile(r"[^.!?\n]{1,600}[.!?\n]?")


def find_sender_marks(
    rules: MachineRules, *, address: str, name: str, subject: str, recipient: str = "", texts: Iterable[str] = ()
) -> frozenset[str]:
    """Return the marks of who a ticket comes from and what it is called; codes, no part of an address.

    `recipient` is where the helpdesk would send a reply, `texts` are the customer's messages as they came: a contact
    form's reply may go to the recipient only when the form names that very address.
    """
    local, _, domain = address.strip().lower().partition("@")
    parts = [part[:_MAX_FIELD_CHARS] for part in (local, domain, name, subject)]
    sender, host, title, about, *labels = map(to_letters, (*parts, *parts[1].split(".")[:-1]))
    is_number = not domain and _SHORT_NUMBER.fullmatch(parts[0].strip())
    marks = _marks_in(
        (_NUMBER_SENDS if is_number else _TOKEN.findall(sender), rules.indexes[SENDER]),
        (_domain_tokens(host, labels, title), rules.indexes[DOMAIN]),
        (_tokens(title), rules.indexes[NAME]),
        (_tokens(about), rules.indexes[SUBJECT]),
    )
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
    if total >= rules.words.threshold and _is_evident(sender_marks, found, rules):
        return WRITTEN_BY_MACHINE
    return DOUBTFUL if _is_in_doubt(total, sender_marks, found, text, rules) else None


def _is_evident(sender_marks: frozenset[str], body_marks: frozenset[str], rules: MachineRules) -> bool:
    """Tell whether two signs agree, or one is enough; one sign and nobody who speaks would silence who says little.

    Where nothing in the body is a person's, the weakest sign is one too; in an answer to us, so is each that says
    the same.
    """
    marks = rules.words.marks.items()
    found = {name: mark.weight for name, mark in marks if name in sender_marks or name in body_marks}
    has_person = any(mark.weight < 0 and name.startswith(_PERSON) and name in body_marks for name, mark in marks)
    is_answer = _ANSWER in sender_marks
    said = {name for name, weight in found.items() if weight >= (_A_SIGN if has_person else 1)}
    signs = said if is_answer and not has_person else {rules.sign_of.get(name, name) for name in said}
    return len(signs) > 1 or max(found.values(), default=0) >= rules.words.threshold


def _is_in_doubt(
    total: int, sender_marks: frozenset[str], found: frozenset[str], text: str, rules: MachineRules
) -> bool:
    """Tell whether nobody can tell: some evidence meets words that are nobody's, or a robot's address has no voice."""
    if sender_marks & _ROBOTS and _RELAY not in sender_marks and not found & _VOICES:
        return True
    return total >= rules.words.doubtful_from or _is_impersonal(total, found, text, rules)


def _is_impersonal(total: int, found: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether some evidence meets a message of some length in which nobody speaks for themselves."""
    if total <= rules.words.without_person or any(name.startswith(_PERSON) for name in found):
        return False
    return len(text.split(maxsplit=rules.words.impersonal_from_words)) >= rules.words.impersonal_from_words


def read_mail(
    ticket: Ticket, messages: Sequence[TicketMessage], rules: MachineRules
) -> tuple[frozenset[str], list[str]]:
    """Return what a ticket's new messages are taken for (`find_verdicts`), and of each the words to be routed."""
    marks, texts = ticket.sender_marks, [as_sent(message) for message in messages]
    verdicts = find_verdicts(marks, ticket.tags, texts, rules)
    return verdicts, [customer_words(message.text, marks, rules) for message in messages]


def as_sent(message: TicketMessage) -> str:
    """Return a message's words with banners and footers, as the question asks who or what wrote them."""
    return message.with_notices or message.text


def customer_words(text: str, sender_marks: frozenset[str], rules: MachineRules) -> str:
    """Return the words to be routed: of a contact form its message, else all of `text`."""
    return form_message(text, rules) if is_contact_form(sender_marks, text, rules) else text


def find_body_marks(text: str, rules: MachineRules) -> frozenset[str]:
    """Return the marks of a message's own words."""
    return frozenset(_marks_in((_tokens(to_letters(_own_words(text, rules))), rules.indexes[BODY])))


def is_written_by_machine(sender_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether the evidence of sender, subject and words together says that no person wrote `text`."""
    return bool(text.strip()) and _kind_of(sender_marks, text, rules) == WRITTEN_BY_MACHINE


def is_contact_form(sender_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    """Tell whether a person's message came in a robot's envelope: announced as such, with a field for the address."""
    if rules.message_label.search(text) is None:
        return False
    return _is_form(sender_marks, find_body_marks(text, rules), text, rules)


def score(sender_marks: frozenset[str], body_marks: frozenset[str], rules: MachineRules) -> int:
    """Return the sum of all weights."""
    marks = rules.words.marks
    found = [mark for name, mark in marks.items() if name in sender_marks or name in body_marks]
    has_person = any(mark.weight <= _SPEAKS_FOR_A_PERSON and mark.reads == BODY for mark in found)
    both = sender_marks | body_marks
    beside = sum(pair.weight for pair in rules.words.together.values() if both.issuperset(pair.marks))
    return sum(mark.weight for mark in found) + beside + (0 if has_person else rules.words.without_person)


def form_message(text: str, rules: MachineRules) -> str:
    """Return what stands after a form's label of the message, or all of `text` where there is no such label."""
    found = rules.message_label.search(text)
    return text[found.end() :].strip() or text if found else text


def persons_own_sentences(text: str, rules: MachineRules) -> str:
    """Return the sentences of a machine's mail in which somebody speaks for themselves, quotations left out."""
    sentences = _SENTENCE.findall(_own_words(text, rules))
    own = (sentence for sentence in sentences if _marks_in((_tokens(to_letters(sentence)), rules.person_index)))
    return " ".join(own)


def _is_form(sender_marks: frozenset[str], body_marks: frozenset[str], text: str, rules: MachineRules) -> bool:
    announced = _FORM_ANNOUNCED in sender_marks or _FORM_ANNOUNCED in body_marks
    has_address = _FORM_ADDRESS in sender_marks or _FORM_ADDRESS in body_marks
    return announced and has_address and rules.message_label.search(text) is not None


def _marks_in(*read: tuple[list[str], PhraseIndex]) -> set[str]:
    """Return the marks that the tokens have, each list by its own index."""
    streams: list[tuple[list[tuple[str, ...]], PhraseIndex]]
    streams = [([(token,) for token in ("^", *tokens, "$")], index) for tokens, index in read if tokens]
    return set().union(*[find_categories(stream, index, None, _ANY_LANGUAGE) for stream, index in streams])


def _own_words(text: str, rules: MachineRules) -> str:
    if len(text) > _MAX_HEAD_CHARS + _MAX_TAIL_CHARS:
        text = f"{text[:_MAX_HEAD_CHARS]}\n{text[-_MAX_TAIL_CHARS:]}"
    text = _above_forwarded(text, rules)
    text = _EMOJI.sub(" emoji ", _QUOTATION.sub(' " ', _QUOTED_LINE.sub(" ", text)))
    return _ADDRESS.sub(" @ ", text)


def _above_forwarded(text: str, rules: MachineRules) -> str:
    """Return what stands above the head of a forwarded mail; all of it where nobody wrote there, or it is a form's."""
    found = _FORWARDED.search(text)
    if found is None or rules.message_label.search(text, found.start()):
        return text
    above = text[: found.start()]
    return above if len(above.split(maxsplit=_MIN_WORDS_ABOVE)) >= _MIN_WORDS_ABOVE else text


def _domain_tokens(host: str, labels: list[str], name: str) -> list[str]:
    """Return the pieces of a domain, with `@` after them where the sender's name is the domain's own.

    All are in plain letters; `labels` are the parts of the domain before its last one.
    """
    squeezed = "".join(_ALPHANUMERIC.findall(name))
    names = ("".join(_ALPHANUMERIC.findall(label)) for label in labels)
    is_its_own = any(
        min(len(squeezed), len(own)) >= _MIN_NAME_CHARS and (squeezed in own or own in squeezed) for own in names
    )
    return [*_TOKEN.findall(host), *(["@"] if is_its_own else [])]


def _tokens(letters: str) -> list[str]:
    """Return the words and telling marks of a text in plain letters; every number is `0`."""
    return ["0" if token.isdigit() else token for token in _WORD_OR_MARK.findall(letters)]


def _is_excluded(address: str, domain: str, rules: MachineRules) -> bool:
    return bool(address) and (address in rules.excluded or (bool(domain) and f"@{domain}" in rules.excluded))


def _addresses(text: str) -> set[str]:
    return {found.lower().rstrip(".") for found in _ADDRESS.findall(text[: _MAX_HEAD_CHARS * 2])}
