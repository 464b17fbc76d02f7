"""Writes training messages from our own templates: wishes, subjects and sentences in many styles, seeded.

    templates/<label>.txt (@do, @np, @say) -> wrappers.txt -> slots.txt -> styles.txt -> noise

A template holds alternatives `(a|b|)`, nested at will, and slots `{name}`; `5x ` before it counts it five times.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_SUPPORT_FILES = frozenset({"slots", "wrappers", "styles"})
_INNERMOST = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_REPEAT = re.compile(r"(?:(\d+)x )?(.*)", re.DOTALL)
_ESCAPES = {"\\*": "*"}
_ABBREVIATIONS = {
    "please": ("pls", "plz"), "you": ("u",), "your": ("ur",), "are": ("r",), "thanks": ("thx", "tnx"),
    "because": ("cuz", "bcz", "coz"), "want to": ("wanna",), "going to": ("gonna",), "received": ("recieved", "recvd"),
    "i am": ("im",), "i'm": ("im",), "don't": ("dont",), "can't": ("cant",), "haven't": ("havent",),
    "number": ("no", "num"),
    "have": ("hv",), "order": ("ordr", "oder"), "delivery": ("delivry",), "what": ("wat",), "message": ("msg",),
    "not": ("nt",), "doesn't": ("doesnt",), "didn't": ("didnt",), "won't": ("wont",), "refund": ("refnd", "refun"),
    "address": ("adress", "addres"), "cancel": ("cancle", "cancell"), "with": ("wid",), "the": ("d", "teh"),
    "product": ("prodct",), "it's": ("its",), "i'd": ("id",), "what's": ("whats",), "where's": ("wheres",),
}  # fmt: skip
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True, slots=True)
class Example:
    """One training message; `template` names the line it came from, so that a split can keep them together."""

    text: str
    label: str
    template: str


@dataclass(frozen=True, slots=True)
class Size:
    """How many messages a label gets: `per_template` for each of its lines, within [`least`, `most`]."""

    per_template: int
    least: int
    most: int

    def rows(self, templates: int) -> int:
        """Return the messages for a label with this many template lines."""
        return min(max(self.per_template * templates, self.least), self.most)


@dataclass(slots=True)
class Grammar:
    """The templates of every label and the words that fill and wrap them."""

    slots: dict[str, list[str]] = field(default_factory=dict)
    styles: dict[str, list[str]] = field(default_factory=dict)
    wrappers: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def fill(self, template: str, rng: random.Random) -> str:
        """Return `template` with slots filled, alternatives chosen at random. Raises KeyError for an unknown slot."""
        text = template
        while match := _SLOT.search(text):
            text = text[: match.start()] + rng.choice(self.slots[match.group(1)]) + text[match.end() :]
            text = _choose(text, rng) if "(" in text and len(text) > 4000 else text
        return " ".join(_choose(text, rng).split())


def _choose(text: str, rng: random.Random) -> str:
    while match := _INNERMOST.search(text):
        text = text[: match.start()] + rng.choice(match.group(1).split("|")) + text[match.end() :]
    return text


def load_grammar(directory: Path = TEMPLATES) -> Grammar:
    """Return the grammar read from `directory`. Raises ValueError naming the file for a line outside a section."""
    grammar = Grammar(_read_lists(directory / "slots.txt"), _read_lists(directory / "styles.txt"))
    for kind, line in _read_sections(directory / "wrappers.txt"):
        grammar.wrappers.setdefault(kind, []).append(line)
    for path in sorted(directory.glob("*.txt")):
        if path.stem not in _SUPPORT_FILES:
            grammar.labels[path.stem] = _read_sections(path)
    return grammar


def load_language(path: Path) -> Grammar:
    """Return the grammar of one language, which is one file: `@slots`, `@styles`, then a section for each label.

    Raises ValueError naming the file for a line outside a section.
    """
    grammar = Grammar()
    for section, line in _read_sections(path):
        if section in ("slots", "styles"):
            name, fillers = line.split(":", 1)
            getattr(grammar, section)[name] = [filler.strip() for filler in _split_fillers(fillers)]
        else:
            grammar.labels.setdefault(section, []).append(("say", line))
    return grammar


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("# ")]


def _read_lists(path: Path) -> dict[str, list[str]]:
    named = (line.split(":", 1) for line in _lines(path))
    return {name: [filler.strip() for filler in _split_fillers(fillers)] for name, fillers in named}


def _split_fillers(fillers: str) -> list[str]:
    return re.split(r"\s/(?=\s|$)", fillers)


def _read_sections(path: Path) -> list[tuple[str, str]]:
    section, found = "", []
    for line in _lines(path):
        if line.startswith("@"):
            section = line[1:]
        elif not section:
            raise ValueError(f"{path.name}: line outside a section: {line}")
        else:
            found += [(section, _REPEAT.sub(r"\2", line, count=1))] * _weight(line)
    return found


def _weight(line: str) -> int:
    marked = _REPEAT.match(line)
    return int(marked.group(1) or 1) if marked else 1


def synthesise(grammar: Grammar, size: Size, seed: int) -> list[Example]:
    """Return distinct messages for each label, in a fixed order for a fixed `seed`."""
    examples: list[Example] = []
    for label, templates in sorted(grammar.labels.items()):
        rng = random.Random(f"{seed}:{label}")
        per_label = size.rows(len(templates))
        seen: set[str] = set()
        for _ in range(per_label * 3):
            kind, line = rng.choice(templates)
            text = _message(grammar, kind, line, rng)
            if text and text not in seen:
                seen.add(text)
                examples.append(Example(text, label, f"{label}:{line[:60]}"))
            if len(seen) >= per_label:
                break
    return examples


def _message(grammar: Grammar, kind: str, line: str, rng: random.Random) -> str:
    if kind in grammar.wrappers:
        line = rng.choice(grammar.wrappers[kind]).replace(f"{{{kind}}}", line)
    core = grammar.fill(line, rng)
    for escape, plain in _ESCAPES.items():
        core = core.replace(escape, plain)
    return _noise(_dress(grammar, core, rng), rng)


def _dress(grammar: Grammar, core: str, rng: random.Random) -> str:
    """Put greeting, context, anger, closing and signature around `core`: mostly little, sometimes a whole letter."""
    formality = rng.random()
    chance = 0.0 if formality < 0.42 else 0.28 if formality < 0.85 else 0.7
    before = [
        name for name, weight in (("greet", 1.1), ("opener", 0.5), ("context", 0.5)) if rng.random() < chance * weight
    ]
    after = [
        name for name, weight in (("context", 0.2), ("anger", 0.35), ("tail", 0.8)) if rng.random() < chance * weight
    ]
    parts = [grammar.fill(rng.choice(grammar.styles[name]), rng) for name in before]
    parts.append(core)
    parts += [grammar.fill(rng.choice(grammar.styles[name]), rng) for name in after]
    if formality > 0.9 and rng.random() < 0.6:
        parts.append(grammar.fill(rng.choice(grammar.styles["sign"]), rng))
    return _join(parts, rng)


def _join(parts: list[str], rng: random.Random) -> str:
    separator = rng.choice((". ", ". ", ", ", " ", "\n", "! "))
    if separator == ". " and rng.random() < 0.6:
        parts = [part[:1].upper() + part[1:] for part in parts]
    text = parts[0]
    for part in parts[1:]:
        text += (" " if text[-1] in "?!.," else separator) + part
    return text


def _noise(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.25:
        text = _abbreviate(text, rng)
    if rng.random() < 0.22:
        for _ in range(1 + len(text) // 60):
            text = _typo(text, rng)
    draw = rng.random()
    if draw < 0.2:
        text = re.sub(r"[?.,!']", "", text)
    elif draw < 0.24:
        text = text.upper()
    elif draw < 0.5:
        text = text[:1].upper() + re.sub(r"\bi\b", "I", text[1:])
    if rng.random() < 0.05:
        text += rng.choice(("!!", "!!!", "??", "...", " :(", " 😡", " 🙏", " 😊"))
    return text


def _abbreviate(text: str, rng: random.Random) -> str:
    for full, short in _ABBREVIATIONS.items():
        if rng.random() < 0.45:
            text = re.sub(rf"\b{re.escape(full)}\b", rng.choice(short), text)
    return text


def _typo(text: str, rng: random.Random) -> str:
    if len(text) < 6:
        return text
    at = rng.randrange(1, len(text) - 2)
    kind = rng.randrange(5)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    if kind == 3:
        return text[:at] + _neighbour(text[at], rng) + text[at + 1 :]
    return text[:at] + " " + text[at:] if text[at].isalpha() and rng.random() < 0.3 else text


def _neighbour(letter: str, rng: random.Random) -> str:
    for row in _KEY_ROWS:
        place = row.find(letter)
        if place >= 0:
            return rng.choice(row[max(0, place - 1) : place + 2])
    return letter
