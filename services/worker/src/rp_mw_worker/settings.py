"""What the worker is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_shared.clients.richpanel_budget import REQUESTS_PER_WINDOW, find_concurrency_problem
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.settings import parse_integer, parse_number, parse_text, parse_url, setting

# The least OPENAI_MAX_OUTPUT_TOKENS for each OPENAI_EFFORT. The limit covers the reasoning too: with less an answer is
# cut before it begins. Source: OpenAI reasoning guide (25,000 to begin with); below `high` a guess.
MIN_OUTPUT_TOKENS = {"none": 100, "low": 1_000, "medium": 4_000, "high": 16_000, "xhigh": 25_000, "max": 25_000}


def require_tokens_fit(effort: str, max_output_tokens: int) -> None:
    """Raise ConfigurationError when the model would use up its tokens on reasoning."""
    wanted = MIN_OUTPUT_TOKENS[effort]
    if max_output_tokens < wanted:
        raise ConfigurationError(
            [
                f"OPENAI_MAX_OUTPUT_TOKENS={max_output_tokens} does not fit OPENAI_EFFORT={effort}: reasoning counts "
                f"as output, so set at least {wanted}, or set OPENAI_EFFORT=none"
            ]
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """Read with `rp_mw_shared.settings.load_settings`, which reports every mistake at once. Units are in the names."""

    env: str = setting("RP_MW_ENV", parse_text)
    events_queue_url: str = setting("EVENTS_QUEUE_URL", parse_url)
    events_dlq_url: str = setting("EVENTS_DLQ_URL", parse_url)
    enrichment_queue_url: str = setting("ENRICHMENT_QUEUE_URL", parse_url)
    idempotency_table: str = setting("IDEMPOTENCY_TABLE", parse_text)
    conversation_state_table: str = setting("CONVERSATION_STATE_TABLE", parse_text)
    flags_path: str = setting("FLAGS_PATH", parse_text)
    richpanel_secret_name: str = setting("RICHPANEL_SECRET_NAME", parse_text)
    openai_secret_name: str = setting("OPENAI_SECRET_NAME", parse_text)
    hash_salt_secret_name: str = setting("HASH_SALT_SECRET_NAME", parse_text)
    # The person whose name e-mail replies carry: without a real one no mail leaves the helpdesk.
    richpanel_author_id: str = setting("RICHPANEL_AUTHOR_ID", parse_text)
    richpanel_base_url: str = setting("RICHPANEL_BASE_URL", parse_url, default="https://api.richpanel.com/v1")
    openai_base_url: str = setting("OPENAI_BASE_URL", parse_url, default="https://api.openai.com/v1")
    openai_model: str = setting("OPENAI_MODEL", parse_text, default="gpt-6-luna")
    openai_effort: str = setting("OPENAI_EFFORT", parse_text, default="none", choices=tuple(MIN_OUTPUT_TOKENS))
    # The whole of one classification, retry included.
    openai_deadline_seconds: float = setting(
        "OPENAI_DEADLINE_SECONDS", parse_number, default=8.0, minimum=0.5, maximum=40
    )
    openai_max_output_tokens: int = setting("OPENAI_MAX_OUTPUT_TOKENS", parse_integer, default=400, minimum=100)
    # US dollars per million tokens of OPENAI_MODEL. Source: OpenAI's price list, gpt-6-luna.
    openai_input_usd: float = setting("OPENAI_INPUT_USD_PER_MILLION", parse_number, default=0.10, minimum=0)
    openai_output_usd: float = setting("OPENAI_OUTPUT_USD_PER_MILLION", parse_number, default=0.50, minimum=0)
    # Empty in an environment that keeps no audit trail.
    audit_trail_table: str | None = setting("AUDIT_TRAIL_TABLE", parse_text, default=None)
    # How long items stay: an event's outlive its dead letter, or a redrive would run it twice; reply slots count a day.
    idempotency_ttl_days: int = setting("IDEMPOTENCY_TTL_DAYS", parse_integer, default=30, minimum=15, maximum=365)
    conversation_state_ttl_days: int = setting(
        "CONVERSATION_STATE_TTL_DAYS", parse_integer, default=90, minimum=2, maximum=365
    )
    audit_trail_ttl_days: int = setting("AUDIT_TRAIL_TTL_DAYS", parse_integer, default=60, minimum=1, maximum=365)
    # The budget of 50 requests in 30 s belongs to the account: all processes book in one item of the idempotency table.
    richpanel_requests_per_window: int = setting(
        "RICHPANEL_REQUESTS_PER_WINDOW", parse_integer, default=REQUESTS_PER_WINDOW, minimum=1, maximum=100_000
    )
    # 30 everywhere but in tests that run faster than time.
    richpanel_window_seconds: float = setting(
        "RICHPANEL_WINDOW_SECONDS", parse_number, default=30.0, minimum=0.1, maximum=300
    )
    richpanel_workers: int = setting("RICHPANEL_WORKERS", parse_integer, default=1, minimum=1, maximum=1000)
    sweep_interval_seconds: int = setting(
        "SWEEP_INTERVAL_SECONDS", parse_integer, default=900, minimum=60, maximum=86_400
    )
    # One in so many conversations is read back once it is closed, always the same ones; 1 is every one.
    read_back_one_in: int = setting("READ_BACK_ONE_IN", parse_integer, default=1, minimum=1, maximum=100)
    # Where a ticket shows the customer's rating from 1 to 5, dots between levels; empty where it shows none (a guess).
    richpanel_rating_field: str = setting("RICHPANEL_RATING_FIELD", parse_text, default="")
    function_timeout_seconds: int = setting(
        "FUNCTION_TIMEOUT_SECONDS", parse_integer, default=60, minimum=10, maximum=900
    )
    # How long after a lost answer "it is not there" counts as proof: a slow vendor may still be working on it.
    proof_after_seconds: float = setting("PROOF_AFTER_SECONDS", parse_number, default=30.0, minimum=0, maximum=600)

    def __post_init__(self) -> None:
        """Raise ConfigurationError when two settings contradict each other."""
        problem = find_concurrency_problem(self.richpanel_requests_per_window, self.richpanel_workers)
        if problem is not None:
            raise ConfigurationError([f"RICHPANEL_WORKERS does not fit RICHPANEL_REQUESTS_PER_WINDOW: {problem}"])
        require_tokens_fit(self.openai_effort, self.openai_max_output_tokens)
