"""The stages after the webhook, each as one call on a customer's text, and the patterns they search it with."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from rp_mw_worker.domain import __name__ as worker_domain
from tests.fakes.blow_up import find_patterns
from tests.fakes.policy import load_policy

if TYPE_CHECKING:
    from rp_mw_worker.policy_engine import PolicyEngine

Stage = Callable[[str], object]
_REDACTION, _DOMAIN = "rp_mw_shared.redaction", "rp_mw_worker.domain"
# Used with match or fullmatch alone: no search begins with them at every place of a text.
BEGUN_AT_ONE_PLACE = {
    f"{_REDACTION}.orders._BARE.0",  # on 64 characters at most
    f"{_REDACTION}.announced._CLAUSE_END.0",
    f"{_REDACTION}.addresses._STREET_ENDING.0",
    f"{_REDACTION}.addresses._TOKEN.0",
    f"{_REDACTION}.numbers._AMOUNT.0",
    *(f"{_REDACTION}.order_context._ANSWERS.{place}" for place in range(3)),
    f"{_DOMAIN}.quoted_history._LABELLED.0",
    f"{_DOMAIN}.quoted_history._RULE.0",
}


def stage_modules() -> list[ModuleType]:
    """Return every module that may read a customer's text: none is left out because nobody listed it."""
    names = [
        f"rp_mw_worker.classifiers.{name}" for name in ("embedded_features", "embedded_relevance", "encoder_pieces")
    ]
    for package in ("rp_mw_shared.redaction", worker_domain):
        inner = import_module(package).__path__
        names += [f"{package}.{found.name}" for found in pkgutil.iter_modules(inner)]
    return [import_module(name) for name in names]


def stage_patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns of the stages by name, those that the policy brings among them."""
    from rp_mw_worker.domain.entities import _product_pattern
    from rp_mw_worker.domain.screen import _quotation, _titles
    from rp_mw_worker.policy.mail_marks import load_mail_marks

    policy = load_policy()
    found = find_patterns(stage_modules())
    of_policy = [
        policy.machine.message_label,
        *map(re.compile, policy.settings.order_number_patterns),
        _quotation(policy.screen.company_words, policy.screen.quoting_verbs),
        _titles(policy.screen.title_words),
        _product_pattern(policy.product_words),
        load_mail_marks().app_names,
    ]
    return found | {f"policy.{place}": pattern for place, pattern in enumerate(of_policy)}


def stages() -> dict[str, Stage]:
    """Return the stages by name, under the tests' policy."""
    from rp_mw_worker.classifiers.embedded_features import to_words
    from rp_mw_worker.classifiers.embedded_relevance import find_relevant
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier
    from rp_mw_worker.domain.comments import squeeze, without_repeated
    from rp_mw_worker.domain.model import Author, Ticket, TicketMessage
    from rp_mw_worker.domain.screen import is_at_peace
    from rp_mw_worker.policy_engine import MAX_MODEL_CHARS, PolicyEngine

    engine = PolicyEngine(load_policy())
    multilingual = load_multilingual_classifier(load_policy().tier0_labels)

    def ticket(text: str) -> Ticket:
        return Ticket("c", "email", is_open=True, messages=(TicketMessage("m", Author.CUSTOMER, text, 0),))

    def machine(text: str) -> object:
        return engine.read_mail(ticket(text), ticket(text).messages), engine.persons_own_sentences(text)

    return {
        "clean": lambda text: engine.read_body(text).text,
        "clean html": lambda text: engine.read_body(f"<p>{text}</p>").text,
        "language": lambda text: engine.language(text, ()),
        "screen": lambda text: engine.screen(text, None),
        "peace": lambda text: is_at_peace(text, engine.policy.screen, "en"),
        "screen of a language not served": lambda text: engine.screen(text, "sv"),
        "matters": lambda text: engine.matters(text, (), "en"),
        "entities": engine.entities,
        "redact": lambda text: engine.redact(text, ()),
        "machine": machine,
        "machine's own sentences": engine.persons_own_sentences,
        "sender": lambda text: engine.sender_marks(address=text, name=text, subject=text, texts=[text]),
        "prove": squeeze,
        "repeated": lambda text: without_repeated(text, [text]),
        "answered number": lambda text: engine.says_only_answer(text, ()),
        "classify": to_words,
        "classify by sense": lambda text: multilingual.classify(text[:MAX_MODEL_CHARS]),
        "choose sentences": lambda text: find_relevant(
            text[:MAX_MODEL_CHARS], lambda _: (1.0,), ("unknown_other",), frozenset()
        ),
        "render": lambda text: _rendered(engine, text),
    }


def _rendered(engine: PolicyEngine, text: str) -> str | None:
    """Render an order's answer whose carrier calls itself `text`; too long a name is refused, which costs as well."""
    from rp_mw_worker.domain.reply_text import RenderError, render

    values = {"order_number": "#1001", "tracking_number": "1Z999AA10123456784", "tracking_company": text}
    try:
        return render("order_status_verified", "email", values, engine.policy)
    except RenderError:
        return None
