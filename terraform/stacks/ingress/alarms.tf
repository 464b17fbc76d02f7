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
      meaning            = "The webhook is acknowledged too late (p99): the helpdesk may give up and the event would be lost until the sweep."
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
  source = "../../modules/alarms"

  name_prefix = "${local.prefix}-ingress"
  topic_arn   = module.inputs.alarm_topic_arn
  alarms      = local.alarms
}
