"""Every log event there is: a line's `message` is one of these and nothing else. The second part is the level.

A new entry needs a comment that says when it is written; a name is never reused for something else.
"""

from __future__ import annotations

from enum import Enum


class LogEvent(Enum):
    """What happened, and how loudly to say it."""

    # ingress
    INGRESS_ACCEPTED = ("ingress_accepted", "info")  # the queue took the event
    INGRESS_IGNORED = ("ingress_ignored", "info")  # not a customer's message: operator, bot, note, own echo
    INGRESS_REJECTED = ("ingress_rejected", "warning")  # 400, 413 or 415, with the reason code
    INGRESS_UNESCAPED = ("ingress_unescaped", "warning")  # a template that does not escape: only its id counts
    AUTH_FAILED = ("auth_failed", "warning")  # 401, whatever was wrong with the credential
    QUEUE_REFUSED = ("queue_refused", "error")  # 503: SQS did not take the event, the sender may retry

    # worker: one event's way
    EVENT_STARTED = ("event_started", "info")  # a record passed validation and its run begins
    EVENT_DECIDED = ("event_decided", "info")  # the decision stands: route, tier, reasons
    EVENT_COMPLETED = ("event_completed", "info")  # the event is in its final state
    EVENT_PARKED = ("event_parked", "info")  # waits for an order lookup
    EVENT_SUPERSEDED = ("event_superseded", "info")  # a lookup's answer nobody waits for any more
    EVENT_COVERED = ("event_covered", "info")  # an earlier run already read this message together with its own
    DUPLICATE = ("duplicate", "info")  # a finished event came again and was acknowledged
    LEASE_HELD = ("lease_held", "info")  # somebody else is at work on this event
    LEASE_LOST = ("lease_lost", "warning")  # this run was too slow and another one has taken over
    LEASE_TAKEN_OVER = ("lease_taken_over", "warning")  # a run that died left a plan, which is carried out now
    FALLBACK = ("fallback", "warning")  # no usable classification: routed to people
    MODEL_NOT_ASKED = ("model_not_asked", "warning")  # the message speaks to a machine: the embedded classifier read it
    CASCADE_ASKED = ("cascade_asked", "info")  # the embedded classifier was unsure, so the model was asked
    PLAN_DIFFERS = ("plan_differs", "warning")  # a retry would not write the recorded reply again: people

    # worker: actions
    CODE_TRIED = ("code_tried", "info")  # a one-time code was typed: right, wrong or spent, never the code
    ACTION_DONE = ("action_done", "info")  # one action took effect, read back where a 200 is no proof
    ACTION_SKIPPED = ("action_skipped", "info")  # already done by an earlier run
    ACTION_BLOCKED = ("action_blocked", "info")  # a gate or a fresh flag stopped it at the last moment
    ACTION_FAILED = ("action_failed", "warning")  # the helpdesk refused it; the rest goes on or the event is retried
    ACTION_UNKNOWN = ("action_unknown", "error")  # its answer was lost and nothing proves either way: people

    AUTOMATION_WHILE_OFF = ("automation_while_off", "error")  # the switches were off right after a reply

    # enricher
    LOOKUP_ANSWERED = ("lookup_answered", "info")  # an order lookup ended and its result was queued

    # flags
    FLAGS_UNREADABLE = ("flags_unreadable", "error")  # missing, malformed, stale or refused: automation is off

    # vendors and AWS
    VENDOR_ANSWERED = ("vendor_answered", "info")  # one finished call, retries included
    VENDOR_RETRIED = ("vendor_retried", "warning")  # one try failed and another follows
    VENDOR_FAILED = ("vendor_failed", "error")  # the last try failed, or the time was over
    API_VERSION_DIFFERS = ("api_version_differs", "warning")  # the vendor served another version than we asked for
    CIRCUIT_OPENED = ("circuit_opened", "error")  # calls to the vendor stop for a while
    CIRCUIT_CLOSED = ("circuit_closed", "info")  # the vendor answers again
    SECRET_STALE = ("secret_stale", "warning")  # a secret could not be read again; the older value is used
    WRITE_RETRIED = ("write_retried", "warning")  # a throttled table write was repeated by itself

    # batches and queues
    RECORD_FAILED = ("record_failed", "warning")  # returned to the queue, with the delay chosen
    RECORD_RETURNED = ("record_returned", "warning")  # not run: its group failed, or time is short
    RECORD_EXHAUSTED = ("record_exhausted", "error")  # failed on its last delivery: to the DLQ, the group goes on
    DLQ_QUARANTINED = ("dlq_quarantined", "error")  # copied to the DLQ with its reason
    RECORD_WAITS = ("record_waits", "info")  # came to the vendor's budget: back when it opens, not a failure
    RECORD_NOT_DELETED = ("record_not_deleted", "warning")  # ended, and left to the batch's answer to take out
    VISIBILITY_UNCHANGED = ("visibility_unchanged", "warning")  # the delay could not be set; the queue's own applies

    # sweep and what people do
    SWEEP_FINISHED = ("sweep_finished", "info")  # open tickets without our tag were looked for
    STAGE_DEMOTED = ("stage_demoted", "error")  # agreement fell below the stage's floor: the ceiling is lower now
    ROUTE_OVERRIDDEN = ("route_overridden", "info")  # an agent moved a ticket away from our route

    # the process itself
    START_FAILED = ("start_failed", "error")  # a setting is wrong; the line names which
    UNEXPECTED_ERROR = ("unexpected_error", "error")  # a defect of ours: the exception's class and place, no message

    def __init__(self, label: str, level: str) -> None:
        self.label = label
        self.level = level  # as the Logger's methods are called
