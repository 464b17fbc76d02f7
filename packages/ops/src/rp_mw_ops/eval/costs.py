"""What a run's tokens cost, by the price file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from rp_mw_ops.eval.metrics import Prediction

_TOKENS_PER_PRICE = 1_000_000


def cost_dollars(predictions: Sequence[Prediction]) -> float:
    """Return the dollars for every token counted; a message without tokens costs nothing."""
    if not any(one.input_tokens or one.output_tokens for one in predictions):
        return 0.0
    import yaml

    prices = yaml.safe_load(files("rp_mw_ops").joinpath("eval/prices.yaml").read_text("utf-8"))
    return sum(_price(one, prices) for one in predictions)


def _price(one: Prediction, prices: dict[str, Any]) -> float:
    price = next((price for model, price in prices["models"].items() if one.model.startswith(model)), prices["default"])
    return float(one.input_tokens * price["input"] + one.output_tokens * price["output"]) / _TOKENS_PER_PRICE
