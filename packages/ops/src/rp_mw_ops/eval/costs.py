"""What a run's tokens cost."""

from __future__ import annotations

from collections.abc import Sequence

from rp_mw_ops.eval.metrics import Prediction
from rp_mw_ops.eval.openai_settings import Prices

_TOKENS_PER_PRICE = 1_000_000


def cost_dollars(predictions: Sequence[Prediction], prices: Prices) -> float:
    """Return the dollars for every token counted; a message without tokens costs nothing."""
    input_tokens = sum(one.input_tokens for one in predictions)
    output_tokens = sum(one.output_tokens for one in predictions)
    return (input_tokens * prices.input_usd + output_tokens * prices.output_usd) / _TOKENS_PER_PRICE
