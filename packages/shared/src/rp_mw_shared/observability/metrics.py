"""Every metric there is: name, CloudWatch unit, and the dimensions it has besides Env and Service.

Dimensions are low-cardinality by construction: a metric takes exactly the ones named here. A metric with dimensions of
its own is also written without them, as a total, because an alarm cannot add dimensions up.
"""

from __future__ import annotations

from enum import Enum

from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "rp-mw"

COUNT = MetricUnit.Count
MILLISECONDS = MetricUnit.Milliseconds
USD = MetricUnit.NoUnit


class Metric(Enum):
    """A measured quantity; alarms and dashboards use these names."""

    # ingress
    ACK_LATENCY = ("AckLatency", MILLISECONDS, ())  # request in to answer out
    ACCEPTED = ("Accepted", COUNT, ())  # events the queue took
    IGNORED = ("Ignored", COUNT, ())  # not a customer's message
    REJECTED = ("Rejected", COUNT, ("Reason",))  # 400, 413, 415, 503 by reason code
    AUTH_FAILED = ("AuthFailed", COUNT, ())  # 401
    TEMPLATE_UNESCAPED = ("TemplateUnescaped", COUNT, ())  # bodies that are no JSON, of which only the id was taken

    # worker
    END_TO_END_LATENCY = ("EndToEndLatency", MILLISECONDS, ())  # webhook received to event final
    COMPLETED = ("Completed", COUNT, ())  # events that reached their final state
    DUPLICATES = ("Duplicates", COUNT, ())  # finished events that came again
    DECISIONS = ("Decisions", COUNT, ("Tier",))  # tier of the chosen answer; `route` for none
    AUTOMATION_ATTEMPTED = ("AutomationAttempted", COUNT, ())  # a reply was planned
    AUTOMATION_BLOCKED = ("AutomationBlocked", COUNT, ("Reason",))  # first gate that stopped a reply
    AUTOMATION_SENT = ("AutomationSent", COUNT, ())  # replies proved sent
    DRAFTS_WRITTEN = ("DraftsWritten", COUNT, ())  # replies left as private notes for agents
    AUTOMATION_WHILE_OFF = ("AutomationWhileOff", COUNT, ())  # off right after a reply: see the runbook
    TAGS_UNKNOWN = ("TagsUnknown", COUNT, ())  # events whose tags the account neither knows nor takes: nobody is routed
    UNKNOWN_CHANNELS = ("UnknownChannels", COUNT, ())  # tickets read whose channel has a name that the policy lacks
    SEND_UNKNOWN = ("SendUnknown", COUNT, ())  # replies whose outcome nobody can prove: people look
    FALLBACKS = ("Fallbacks", COUNT, ("Reason",))  # no usable classification
    FLAGS_UNREADABLE = ("FlagsUnreadable", COUNT, ())  # automation off because the switches could not be read
    AGENT_OVERRIDES = ("AgentOverrides", COUNT, ())  # an agent moved a ticket away from our route

    # vendors
    VENDOR_REQUESTS = ("VendorRequests", COUNT, ("Vendor",))  # tries that left this process
    VENDOR_ERRORS = ("VendorErrors", COUNT, ("Vendor",))  # tries that ended in 5xx, timeout or a broken connection
    VENDOR_THROTTLED = ("VendorThrottled", COUNT, ("Vendor",))  # 429, or Shopify's THROTTLED at 200
    VENDOR_LATENCY = ("VendorLatency", MILLISECONDS, ("Vendor",))  # of one try
    CIRCUIT_OPEN = ("CircuitOpen", COUNT, ("Vendor",))  # times a breaker opened
    CASCADE = ("Cascade", COUNT, ("Tier",))  # which classifier answered in the cascade: `embedded` or `openai`
    TOKENS_IN = ("TokensIn", COUNT, ("Vendor",))  # model input tokens
    TOKENS_OUT = ("TokensOut", COUNT, ("Vendor",))  # model output tokens
    MODEL_COST = ("ModelCost", USD, ("Vendor",))  # US dollars, from the price in the settings

    # sweep
    SWEEP_QUEUED = ("SweepQueued", COUNT, ())  # tickets one sweep queued, 0 included: no sample means no sweep ended
    SWEEP_FAILED = ("SweepFailed", COUNT, ())  # sweeps that could not read the list, or queue what they found
    SHOP_OPEN = ("ShopOpen", COUNT, ())  # 1 while the shop is open by the policy, else 0: by each sweep

    STAGE_DEMOTED = ("StageDemoted", COUNT, ())  # stages left by themselves: people agree too rarely

    # queues
    QUARANTINED = ("Quarantined", COUNT, ("Reason",))  # messages copied to a DLQ by reason code
    RECORDS_FAILED = ("RecordsFailed", COUNT, ())  # records returned to the queue after a failure
    BUDGET_WAITS = ("BudgetWaits", COUNT, ())  # runs cut off by the vendor's budget, to go on when it opens

    # the process itself
    COLD_START = ("ColdStart", COUNT, ())  # first invocation of a process
    FIELDS_WITHHELD = ("FieldsWithheld", COUNT, ())  # log values or names the allowlist stopped: a defect of ours

    def __init__(self, label: str, unit: MetricUnit, dimensions: tuple[str, ...]) -> None:
        self.label = label
        self.unit = unit
        self.dimensions = dimensions
