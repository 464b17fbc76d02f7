variable "alarm_thresholds" {
  description = "When the alarms fire: errors_per_minute in errors a minute, ack_latency_p99_ms in milliseconds (p99), auth_failures_per_minute in failures a minute. All 0 to 60000."
  type = object({
    errors_per_minute        = number
    ack_latency_p99_ms       = number
    auth_failures_per_minute = number
  })
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 0 && threshold <= 60000])
    error_message = "alarm_thresholds must be 0 to 60000."
  }
}

variable "business_day" {
  description = "When customers write: a working day (Monday to Friday) of `hours` hours (4 to 12) from `from_hour_utc` (0 to 23), within one day of UTC. Nothing accepted all that time raises the alarm of silence. Null where nobody writes (dev, staging)."
  type = object({
    from_hour_utc = number
    hours         = number
  })
  default = null

  validation {
    condition     = var.business_day == null || try(var.business_day.hours >= 4 && var.business_day.hours <= 12 && var.business_day.from_hour_utc >= 0 && var.business_day.from_hour_utc + var.business_day.hours <= 24, false)
    error_message = "business_day must have 4 to 12 hours and end within the day of UTC on which it begins."
  }
}

locals {
  silence_alarms = var.business_day == null ? {} : {
    silence = {
      severity           = "warn"
      only_when          = "end-of-business-day"
      meaning            = "No webhook was accepted in a whole working day: Richpanel does not call, or every call is refused."
      runbook            = "silence"
      threshold          = 1
      comparison         = "LessThanThreshold"
      period_seconds     = 3600
      evaluation_periods = var.business_day.hours
      missing_data       = "breaching" # an hour without a webhook has no sample
      expression         = null
      metrics = {
        accepted = { namespace = "rp-mw", name = "Accepted", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    # The worker runs at least hourly, for its sweep: its invocations serve as a calendar. That they are missing altogether is
    # the alarm sweep-missing's news.
    end-of-business-day = {
      severity           = "condition"
      only_when          = null
      meaning            = "The last hour of a working day or later: no alarm, only what silence waits for."
      runbook            = "silence"
      threshold          = 0
      comparison         = "GreaterThanThreshold"
      period_seconds     = 3600
      evaluation_periods = 1
      missing_data       = "notBreaching"
      expression         = "IF(DAY(runs) <= 5 AND HOUR(runs) >= ${var.business_day.from_hour_utc + var.business_day.hours - 1}, 1, 0)"
      metrics = {
        runs = { namespace = "AWS/Lambda", name = "Invocations", dimensions = { FunctionName = local.topology.functions.worker.name }, statistic = "Sum" }
      }
    }
  }
}

locals {
  function_dimensions = { FunctionName = local.settings.name }
  own_dimensions      = { Env = var.environment, Service = "ingress" }

  alarms = {
    errors = {
      severity           = "page"
      meaning            = "The ingress raises or times out: its work comes back or is refused."
      runbook            = "function-errors"
      threshold          = var.alarm_thresholds.errors_per_minute
      evaluation_periods = 2
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    recursion = {
      severity           = "page"
      meaning            = "The ingress's own output came back to it about 16 times, and AWS dropped the invocation: a loop of ours."
      runbook            = "recursion"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        dropped = { namespace = "AWS/Lambda", name = "RecursiveInvocationsDropped", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    throttles = {
      severity           = "warn"
      meaning            = "The ingress is throttled: its reserved concurrency does not suffice."
      runbook            = "throttles"
      threshold          = 0
      evaluation_periods = 3
      metrics = {
        throttles = { namespace = "AWS/Lambda", name = "Throttles", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    ack-latency = {
      severity           = "page"
      meaning            = "The webhook is acknowledged too late (p99): the helpdesk may stop waiting, and the event would be lost until the sweep."
      runbook            = "ack-latency"
      threshold          = var.alarm_thresholds.ack_latency_p99_ms
      evaluation_periods = 3
      metrics = {
        latency = { namespace = "AWS/ApiGateway", name = "Latency", dimensions = { ApiId = module.webhook_api.api_id }, statistic = "p99" }
      }
    }
    server-errors = {
      severity           = "page"
      meaning            = "The webhook answers 5xx: the queue refuses events or the function fails."
      runbook            = "webhook-5xx"
      threshold          = 0
      evaluation_periods = 2
      metrics = {
        errors = { namespace = "AWS/ApiGateway", name = "5xx", dimensions = { ApiId = module.webhook_api.api_id }, statistic = "Sum" }
      }
    }
    auth-failures = {
      severity           = "warn"
      meaning            = "Many requests carry a wrong credential: a rotation went wrong or somebody is trying."
      runbook            = "auth-failures"
      threshold          = var.alarm_thresholds.auth_failures_per_minute
      evaluation_periods = 2
      metrics = {
        failures = { namespace = "rp-mw", name = "AuthFailed", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
  }
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix = "${local.prefix}-ingress"
  topic_arn   = module.inputs.alarm_topic_arn
  alarms      = merge(local.alarms, local.silence_alarms)
}
