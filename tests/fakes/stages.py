"""The stages after the webhook, each as one call on a customer's text, and the modules their patterns are in."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from tests.fakes.policy import load_policy

Stage = Callable[[str], object]
_REDACTION = (
    *("addresses", "announced", "banking", "context_words", "name_lists", "names", "national_addresses"),
    *("national_ids", "numbers", "online", "orders", "phones", "redactor", "tracking", "written_out"),
)
_WORKER = (
    *("domain.message_text", "domain.screen", "domain.phrases", "domain.entities", "domain.language"),
    *("domain.order_answer", "domain.render", "classifiers.embedded_features"),
)


def stage_modules() -> list[ModuleType]:
    """Return the modules that hold the patterns of the stages."""
    names = [f"rp_mw_shared.redaction.{name}" for name in _REDACTION] + [f"rp_mw_worker.{name}" for name in _WORKER]
    return [import_module(name) for name in names]


def stages() -> dict[str, Stage]:
    """Return the stages by name, under the tests' policy."""
    from rp_mw_worker.classifiers.embedded_features import to_words
    from rp_mw_worker.policy_engine import PolicyEngine

    engine = PolicyEngine(load_policy())
    return {
        "clean": lambda text: engine.read_body(text).text,
        "clean html": lambda text: engine.read_body(f"<p>{text}</p>").text,
        "language": lambda text: engine.language(text, ()),
        "screen": lambda text: engine.screen(text, None),
        "entities": engine.entities,
        "redact": lambda text: engine.redact(text, ()),
        "classify": to_words,
    }
