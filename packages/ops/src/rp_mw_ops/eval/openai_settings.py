"""The model's settings on a person's own machine: the worker's variables and defaults, the key from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.settings import load_settings, parse_integer, parse_number, parse_text, parse_url, setting
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.settings import MIN_OUTPUT_TOKENS, Settings, require_tokens_fit

if TYPE_CHECKING:
    from openai import OpenAI

    from rp_mw_worker.classifiers.openai import OpenAIClassifier

_WORKER: dict[str, Any] = {one.name: one.default for one in fields(Settings)}


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """As the worker's settings of the same names; prices are US dollars per million tokens."""

    openai_api_key: str = setting("OPENAI_API_KEY", parse_text, secret=True, hint="the key of an OpenAI project")
    openai_base_url: str = setting("OPENAI_BASE_URL", parse_url, default=_WORKER["openai_base_url"])
    openai_model: str = setting("OPENAI_MODEL", parse_text, default=_WORKER["openai_model"])
    openai_effort: str = setting(
        "OPENAI_EFFORT", parse_text, default=_WORKER["openai_effort"], choices=tuple(MIN_OUTPUT_TOKENS)
    )
    openai_max_output_tokens: int = setting(
        "OPENAI_MAX_OUTPUT_TOKENS", parse_integer, default=_WORKER["openai_max_output_tokens"], minimum=100
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError when effort and tokens contradict each other."""
        require_tokens_fit(self.openai_effort, self.openai_max_output_tokens)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; the same variables as the worker's, so that both tell the same cost."""

    input_usd: float = setting(
        "OPENAI_INPUT_USD_PER_MILLION", parse_number, default=_WORKER["openai_input_usd"], minimum=0
    )
    output_usd: float = setting(
        "OPENAI_OUTPUT_USD_PER_MILLION", parse_number, default=_WORKER["openai_output_usd"], minimum=0
    )


def load_prices(environ: Mapping[str, str]) -> Prices:
    """Return the prices from `environ`. Raises ConfigurationError for what is not a price."""
    return load_settings(Prices, environ)


def make_openai(settings: ModelSettings) -> OpenAIClassifier:
    """Return the worker's OpenAI classifier with the key from the environment."""
    from rp_mw_worker.classifiers.openai import ModelOptions, OpenAIClassifier

    def make_client() -> OpenAI:
        from rp_mw_worker.classifiers.openai_client import make_openai_client

        return make_openai_client(settings.openai_api_key, settings.openai_base_url)

    clock = SystemClock()
    options = ModelOptions(
        model=settings.openai_model,
        effort=settings.openai_effort,
        max_output_tokens=settings.openai_max_output_tokens,
    )
    definitions = {label: rule.definition for label, rule in load_policy().intents.items()}
    return OpenAIClassifier(make_client, clock, CircuitBreaker(clock, vendor="openai"), definitions, options)
