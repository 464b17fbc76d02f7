"""A redrive with its row in the audit trail, before and after: what cannot be recorded is not done."""

from __future__ import annotations

from rp_mw_ops.dead_letters.audit_row import Redrive, record
from rp_mw_ops.dead_letters.describing import shown_code
from rp_mw_ops.dead_letters.port import DeadLetters
from rp_mw_ops.dead_letters.redrive import Choice, OnSent, Report, redrive, watch
from rp_mw_ops.environment import Environment
from rp_mw_shared.clients.richpanel_budget import REQUESTS_PER_WINDOW, paced_events_per_second
from rp_mw_shared.clock import Clock


def redrive_audited(
    environment: Environment,
    queue: DeadLetters,
    choice: Choice,
    row: Redrive,
    report: Report,
    *,
    limit: int,
    clock: Clock,
    per_second: float | None = None,
    watch_seconds: float = 0.0,
    on_sent: OnSent = lambda report: None,
) -> None:
    """Send the chosen dead letters back and look for `watch_seconds` at what dies again; `report` says what became.

    `per_second` None is what half of the helpdesk's budget can handle. Raises TransientError or PermanentError, before
    anything is sent, when the audit trail does not take the row.
    """
    record(environment, row, None)
    try:
        pace = per_second or paced_rate(environment)
        redrive(queue, choice, report, limit=limit, per_second=pace, clock=clock, on_sent=on_sent)
        watch(queue, report, watch_seconds, clock)
    finally:
        record(environment, row, report)


def chosen_words(choice: Choice) -> str:
    """Return in a word for the audit trail which dead letters were meant."""
    if choice.ids:
        return f"{len(choice.ids)} named"
    return f"reason {shown_code(choice.reason)}" if choice.reason else "all readable"


def paced_rate(environment: Environment) -> float:
    """Return the messages a second that half of the helpdesk's budget can handle: customers write meanwhile."""
    told = environment.topology.functions["worker"].environment.get("RICHPANEL_REQUESTS_PER_WINDOW", "")
    requests = int(told) if told.isdecimal() else REQUESTS_PER_WINDOW
    return paced_events_per_second(requests)
