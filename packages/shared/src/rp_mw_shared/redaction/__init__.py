"""Takes personal data out of text: `redact` for whatever is kept or logged, `redact_for_model` for a model's eyes.

    text -> fold (look-alikes, invisible characters) -> recognisers, surest first -> spans -> placeholders

Importing this package costs nothing: the recognisers are loaded on first use, so that a service which only needs
`redaction.hashing` does not pay for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rp_mw_shared.redaction.spans import ModelText, Redaction, Span

__all__ = ["ModelText", "Redaction", "Span", "redact", "redact_for_model", "resolve"]


def redact(text: str, known_values: Sequence[str] = ()) -> Redaction:
    """Return `text` with every recognised personal value replaced by `[TYPE]`, and the spans that were replaced.

    `known_values` are the customer's own name, address, e-mail and phone: masked whatever they look like, with case and
    accents ignored. Span offsets are characters of the given text. Redacting the result again changes nothing.
    """
    from rp_mw_shared.redaction.redactor import to_redaction

    return to_redaction(text, tuple(known_values))


def redact_for_model(text: str, known_values: Sequence[str] = ()) -> ModelText:
    """Return `text` with numbered placeholders such as `[EMAIL_1]`, equal values sharing one, and what each stands for.

    A placeholder the customer typed is itself replaced, so that nothing a model repeats can stand for a value it was
    not given for. `resolve(text, mapping)` gives back the original text exactly.
    """
    from rp_mw_shared.redaction.redactor import to_model_text

    return to_model_text(text, tuple(known_values))


def resolve(text: str, mapping: dict[str, str]) -> str:
    """Return `text` with the placeholders of `mapping` replaced by their values, in one pass; others stay."""
    from rp_mw_shared.redaction.redactor import to_resolved

    return to_resolved(text, mapping)
