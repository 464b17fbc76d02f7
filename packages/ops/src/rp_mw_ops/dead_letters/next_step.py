"""What a person does about a dead letter, a sentence for each reason: `rp-mw dlq show` and the console tell it."""

from __future__ import annotations

from rp_mw_shared.reasons import find_reason

_UNREADABLE = "Deploy a consumer that reads it and choose it by itself, or leave it: as it is, it only dies again."
_KEY = "Put the key or its permissions right (rp-mw doctor tells which), then send it back."
_GONE = "Look in the helpdesk whether the ticket is there: if it is, send the message back, else leave it."
_TOO_MUCH = "Answer the ticket by hand and leave the message: no machine reads so much."
_OURS = "Put the permission or the setting right (rp-mw doctor tells which), then send it back."
_STEPS = {
    "retries_exhausted": "Look whether what it needs works again (rp-mw doctor tells), then send it back.",
    "process_died": "Look in the function's log for what ended its runs, then send it back by itself.",
    "moved_by_sqs": "Look in the function's log why nobody finished it, then send it back.",
    **dict.fromkeys(
        ("schema_invalid", "schema_version_unknown", "message_type_unknown", "message_type_unexpected"), _UNREADABLE
    ),
    **dict.fromkeys(("ticket_not_found", "vendor_status_404", "vendor_status_410"), _GONE),
    **dict.fromkeys(
        (
            *("vendor_unauthorized", "credential_refused", "access_denied", "list_forbidden"),
            *("vendor_status_401", "vendor_status_402", "vendor_status_403"),
        ),
        _KEY,
    ),
    **dict.fromkeys(
        (
            *("cpu_budget_spent", "new_messages_too_long", "ticket_too_many_comments"),
            *("vendor_answer_too_large", "vendor_answer_too_deep"),
        ),
        _TOO_MUCH,
    ),
    "tag_unknown": "Make the tag in the helpdesk (rp-mw drift names it), then send it back.",
    "outcome_unknown": "Look at the ticket whether the reply is there, answer it if not, and leave the message.",
    **dict.fromkeys(("configuration", "secret_unreadable"), _OURS),
}
# what a reason without a line of its own asks for, by the ten of its weight (rp_mw_shared.reasons)
_STEP_OF_FAMILY = {
    2: "Look whether the vendor works and takes such calls (rp-mw doctor tells), then send it back.",
    1: _OURS,
}
_UNKNOWN = "Look in the log for its trace id, mend the cause, then send it back."


def find_next_step(code: str) -> str:
    """Return what to do about a dead letter with this reason; one of a newer worker's is looked for in the log."""
    return _STEPS.get(code) or _STEP_OF_FAMILY.get(find_reason(code).weight // 10, _UNKNOWN)
