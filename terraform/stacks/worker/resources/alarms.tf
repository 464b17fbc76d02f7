variable "alarm_thresholds" {
  description = "When the alarms fire: errors_per_minute in errors a minute, fallback_percent in percent of decisions, duplicates_per_minute in duplicates a minute, vendor_throttled_percent in percent of calls, vendor_errors_percent in percent of calls, sweep_tickets_per_run in tickets one sweep queues. All 0 to 60000."
  type = object({
    errors_per_minute        = number
    fallback_percent         = number
    duplicates_per_minute    = number
    vendor_throttled_percent = number
    vendor_errors_percent    = number
    sweep_tickets_per_run    = number
  })
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 0 && threshold <= 60000])
    error_message = "alarm_thresholds must be 0 to 60000."
  }
}

locals {
  function_dimensions = { FunctionName = local.settings.name }
  own_dimensions      = { Env = var.environment, Service = "worker" }
  two_sweeps_seconds  = 2 * 60 * var.sweep_interval_minutes # the schedule may start one five minutes late

  alarms = {
    errors = {
      severity           = "page"
      meaning            = "The worker raises or times out: its work comes back or is refused."
      runbook            = "function-errors"
      threshold          = var.alarm_thresholds.errors_per_minute
      evaluation_periods = 2
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    recursion = {
      severity           = "page"
      meaning            = "The worker's own output came back to it about 16 times, and AWS dropped the invocation: a loop of ours."
      runbook            = "recursion"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        dropped = { namespace = "AWS/Lambda", name = "RecursiveInvocationsDropped", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    throttles = {
      severity           = "warn"
      meaning            = "The worker is throttled: its reserved concurrency does not suffice."
      runbook            = "throttles"
      threshold          = 0
      evaluation_periods = 3
      metrics = {
        throttles = { namespace = "AWS/Lambda", name = "Throttles", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    automation-while-off = {
      severity           = "page"
      meaning            = "After a reply the switches said no. Unless one was thrown in that very moment this must be impossible: stop all replies with safe_mode first, then look."
      runbook            = "automation-while-off"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        sent = { namespace = "rp-mw", name = "AutomationWhileOff", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    send-unknown = {
      severity           = "warn"
      meaning            = "The outcome of a reply could not be proved: a person looks at the ticket."
      runbook            = "send-unknown"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        unknown = { namespace = "rp-mw", name = "SendUnknown", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    fallback-rate = {
      severity           = "warn"
      meaning            = "Too large a share of tickets has no usable classification: everything goes to people."
      runbook            = "fallback-rate"
      threshold          = var.alarm_thresholds.fallback_percent
      evaluation_periods = 3
      expression         = "100 * FILL(fallbacks, 0) / decisions"
      period_seconds     = 300
      metrics = {
        fallbacks = { namespace = "rp-mw", name = "Fallbacks", dimensions = local.own_dimensions, statistic = "Sum" }
        decisions = { namespace = "rp-mw", name = "Decisions", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    flags-unreadable = {
      severity           = "page"
      meaning            = "The switches cannot be read: automation is off until they can."
      runbook            = "flags-unreadable"
      threshold          = 0
      evaluation_periods = 3
      metrics = {
        unreadable = { namespace = "rp-mw", name = "FlagsUnreadable", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    duplicates-spike = {
      severity           = "warn"
      meaning            = "Many finished events come again: overlapping rules in the helpdesk, or a replay."
      runbook            = "duplicates"
      threshold          = var.alarm_thresholds.duplicates_per_minute
      evaluation_periods = 5
      metrics = {
        duplicates = { namespace = "rp-mw", name = "Duplicates", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    quarantined = {
      severity           = "page"
      meaning            = "The worker gave a message up at first sight: its ticket waits for a person."
      runbook            = "quarantined"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        quarantined = { namespace = "rp-mw", name = "Quarantined", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    sweep-failed = {
      severity           = "warn"
      meaning            = "Sweeps fail: Richpanel's list of open tickets cannot be read, and a missed webhook is not made good."
      runbook            = "sweep-failed"
      threshold          = 0
      period_seconds     = local.two_sweeps_seconds
      evaluation_periods = 2
      metrics = {
        failed = { namespace = "rp-mw", name = "SweepFailed", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    sweep-missing = {
      severity           = "warn"
      meaning            = "No sweep came to its end for as long as four should have: a missed webhook is not made good."
      runbook            = "sweep-failed"
      threshold          = 1
      comparison         = "LessThanThreshold"
      period_seconds     = local.two_sweeps_seconds
      evaluation_periods = 2
      missing_data       = "breaching"
      metrics = {
        ended = { namespace = "rp-mw", name = "SweepQueued", dimensions = local.own_dimensions, statistic = "SampleCount" }
      }
    }
    sweep-found-many = {
      severity           = "warn"
      meaning            = "A sweep found more than ${var.alarm_thresholds.sweep_tickets_per_run} tickets that no webhook told of: webhooks are being missed."
      runbook            = "sweep-found-many"
      threshold          = var.alarm_thresholds.sweep_tickets_per_run
      period_seconds     = 300
      evaluation_periods = 1
      metrics = {
        queued = { namespace = "rp-mw", name = "SweepQueued", dimensions = local.own_dimensions, statistic = "Maximum" }
      }
    }
    richpanel-throttled = {
      severity           = "warn"
      meaning            = "Richpanel answers 429 to more than its share of calls: the shared budget is used up."
      runbook            = "vendor-429"
      threshold          = var.alarm_thresholds.vendor_throttled_percent
      evaluation_periods = 3
      expression         = "100 * FILL(throttled, 0) / requests"
      metrics = {
        throttled = { namespace = "rp-mw", name = "VendorThrottled", dimensions = merge(local.own_dimensions, { Vendor = "richpanel" }), statistic = "Sum" }
        requests  = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "richpanel" }), statistic = "Sum" }
      }
    }
    richpanel-errors = {
      severity           = "warn"
      meaning            = "Richpanel fails more than its share of calls: replies wait or go to people."
      runbook            = "vendor-down"
      threshold          = var.alarm_thresholds.vendor_errors_percent
      evaluation_periods = 3
      expression         = "100 * FILL(errors, 0) / requests"
      metrics = {
        errors   = { namespace = "rp-mw", name = "VendorErrors", dimensions = merge(local.own_dimensions, { Vendor = "richpanel" }), statistic = "Sum" }
        requests = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "richpanel" }), statistic = "Sum" }
      }
    }
    openai-throttled = {
      severity           = "warn"
      meaning            = "OpenAI answers 429 to more than its share of calls: the shared budget is used up."
      runbook            = "vendor-429"
      threshold          = var.alarm_thresholds.vendor_throttled_percent
      evaluation_periods = 3
      expression         = "100 * FILL(throttled, 0) / requests"
      metrics = {
        throttled = { namespace = "rp-mw", name = "VendorThrottled", dimensions = merge(local.own_dimensions, { Vendor = "openai" }), statistic = "Sum" }
        requests  = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "openai" }), statistic = "Sum" }
      }
    }
    openai-errors = {
      severity           = "warn"
      meaning            = "OpenAI fails more than its share of calls: replies wait or go to people."
      runbook            = "vendor-down"
      threshold          = var.alarm_thresholds.vendor_errors_percent
      evaluation_periods = 3
      expression         = "100 * FILL(errors, 0) / requests"
      metrics = {
        errors   = { namespace = "rp-mw", name = "VendorErrors", dimensions = merge(local.own_dimensions, { Vendor = "openai" }), statistic = "Sum" }
        requests = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "openai" }), statistic = "Sum" }
      }
    }
  }
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix = "${local.prefix}-worker"
  topic_arn   = module.inputs.alarm_topic_arn
  alarms      = local.alarms
}
