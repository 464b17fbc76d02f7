"""The worker's settings: what contradicts itself is refused at start, with what to do."""

from __future__ import annotations

import pytest

from rp_mw_ops.eval.openai_settings import ModelSettings
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.settings import load_settings
from rp_mw_worker.settings import MIN_OUTPUT_TOKENS, Settings

GIVEN = {
    "RP_MW_ENV": "test",
    "EVENTS_QUEUE_URL": "https://queue.example/events.fifo",
    "EVENTS_DLQ_URL": "https://queue.example/events-dlq.fifo",
    "ENRICHMENT_QUEUE_URL": "https://queue.example/enrichment.fifo",
    "IDEMPOTENCY_TABLE": "a",
    "CONVERSATION_STATE_TABLE": "b",
    "FLAGS_PATH": "/rp-mw/test/flags",
    "RICHPANEL_SECRET_NAME": "richpanel",
    "OPENAI_SECRET_NAME": "openai",
    "HASH_SALT_SECRET_NAME": "salt",
    "RICHPANEL_AUTHOR_ID": "agent-1",
}
EFFORTS = [effort for effort in MIN_OUTPUT_TOKENS if effort != "none"]


def test_the_defaults_fit_each_other() -> None:
    """What is left out is no contradiction."""
    assert load_settings(Settings, GIVEN).openai_effort == "none"


@pytest.mark.parametrize("effort", EFFORTS)
def test_an_effort_with_too_few_tokens_is_refused(effort: str) -> None:
    """The default limit of 400 tokens would go into reasoning: the message says how many it takes."""
    with pytest.raises(ConfigurationError, match=f"set at least {MIN_OUTPUT_TOKENS[effort]}"):
        load_settings(Settings, GIVEN | {"OPENAI_EFFORT": effort})
    enough = {"OPENAI_EFFORT": effort, "OPENAI_MAX_OUTPUT_TOKENS": str(MIN_OUTPUT_TOKENS[effort])}
    assert load_settings(Settings, GIVEN | enough).openai_effort == effort


def test_the_operators_tool_refuses_it_too() -> None:
    """`rp-mw eval --classifier openai` takes the same variables."""
    with pytest.raises(ConfigurationError, match="OPENAI_MAX_OUTPUT_TOKENS=400 does not fit OPENAI_EFFORT=high"):
        load_settings(ModelSettings, {"OPENAI_API_KEY": "k", "OPENAI_EFFORT": "high"})


@pytest.mark.parametrize(("budget", "workers", "most"), [("50", "5", 4), ("24", "3", 2), ("11", "1", None)])
def test_more_workers_than_the_budget_feeds_do_not_start(budget: str, workers: str, most: int | None) -> None:
    """Events that have begun would wait for each other, some after their customer was answered."""
    given = GIVEN | {"RICHPANEL_REQUESTS_PER_WINDOW": budget, "RICHPANEL_WORKERS": workers}
    with pytest.raises(ConfigurationError, match=f"at most {most} workers" if most else "the least budget is 12"):
        load_settings(Settings, given)
    if most:
        load_settings(Settings, given | {"RICHPANEL_WORKERS": str(most)})
