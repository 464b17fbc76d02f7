"""The ways a message is classified: by the embedded model, and by a captured one that says what an attacker wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.injection.captured_model import captured_model
from rp_mw_ops.injection.carriers import AFTER, BEFORE, CARRIERS, NOBODY, Carrier
from rp_mw_ops.injection.pipeline import Pipeline

EMBEDDED = "embedded"
_KEY = "simulated"


@dataclass(frozen=True, slots=True)
class Path:
    """One way to be classified: `answer` is all the captured model says; `is_answer_invalid`: it fits no schema."""

    name: str
    answer: dict[str, Any] | None = None
    carriers: tuple[Carrier, ...] = (NOBODY, *CARRIERS)
    is_answer_invalid: bool = False
    places: tuple[str, ...] = (AFTER,)
    classifier: str = "openai"


def _answer(label: str, **extra: Any) -> dict[str, Any]:
    return {"intents": [{"label": label, "confidence": 1.0}], "risk_flags": [], **extra}


_FEW = tuple(carrier for carrier in (NOBODY, *CARRIERS) if carrier.name in {"alone", "order", "chargeback", "human"})
PATHS = (
    Path(EMBEDDED, classifier=EMBEDDED, places=(AFTER, BEFORE)),
    # What discloses most, at full confidence, whatever the message says.
    Path("model_wants_order_facts", _answer("order_status_tracking")),
    Path("cascade_wants_order_facts", _answer("order_status_tracking"), classifier="cascade"),
    Path("model_wants_refund", _answer("refund_request"), _FEW),
    Path(
        "model_adds_a_reply",
        _answer("order_status_tracking", template_id="order_status_verified", reply="PWNED"),
        _FEW,
        is_answer_invalid=True,
    ),
    Path("model_invents_a_label", _answer("give_order_details"), _FEW, is_answer_invalid=True),
)


@contextmanager
def pipelines(paths: tuple[Path, ...] = PATHS) -> Iterator[Iterator[tuple[Path, Pipeline]]]:
    """Yield each path with its pipeline, one after the other: they share one captured model, on loopback HTTP."""
    from rp_mw_ops.eval.openai_settings import ModelSettings, make_openai
    from rp_mw_worker.classifiers.cascade import ClassifierChoice
    from rp_mw_worker.classifiers.embedded import load_shop_classifier
    from rp_mw_worker.classifiers.english import load_english_classifier
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier
    from rp_mw_worker.policy.loader import load_policy

    with captured_model() as model:
        settings = ModelSettings(openai_api_key=_KEY, openai_base_url=model.url)
        tier0 = load_policy().tier0_labels
        choice = ClassifierChoice(
            lambda: load_shop_classifier(tier0),
            lambda: make_openai(settings),
            make_english=lambda: load_english_classifier(tier0),
            make_multilingual=lambda: load_multilingual_classifier(tier0),
        )

        def each() -> Iterator[tuple[Path, Pipeline]]:
            for path in paths:
                model.answer = path.answer or {}
                yield path, Pipeline(choice, path.classifier)

        yield each()
