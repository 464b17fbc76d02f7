variable "alarm_thresholds" {
  description = "When the alarms fire: errors_per_minute in errors a minute, vendor_throttled_percent in percent of calls, vendor_errors_percent in percent of calls. All 0 to 60000."
  type = object({
    errors_per_minute        = number
    vendor_throttled_percent = number
    vendor_errors_percent    = number
  })
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 0 && threshold <= 60000])
    error_message = "alarm_thresholds must be 0 to 60000."
  }
}

locals {
  function_dimensions = { FunctionName = local.settings.name }
  own_dimensions      = { Env = var.environment, Service = "enricher" }

  alarms = {
    errors = {
      severity           = "page"
      meaning            = "The enricher raises or times out: its work comes back or is refused."
      runbook            = "function-errors"
      threshold          = var.alarm_thresholds.errors_per_minute
      evaluation_periods = 2
      metrics = {
        errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    recursion = {
      severity           = "page"
      meaning            = "The enricher's own output came back to it about 16 times, and AWS dropped the invocation: a loop of ours."
      runbook            = "recursion"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        dropped = { namespace = "AWS/Lambda", name = "RecursiveInvocationsDropped", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    throttles = {
      severity           = "warn"
      meaning            = "The enricher is throttled: its reserved concurrency does not suffice."
      runbook            = "throttles"
      threshold          = 0
      evaluation_periods = 3
      metrics = {
        throttles = { namespace = "AWS/Lambda", name = "Throttles", dimensions = local.function_dimensions, statistic = "Sum" }
      }
    }
    quarantined = {
      severity           = "page"
      meaning            = "The enricher moved a message to its dead-letter queue: the ticket was answered as a failed lookup, or nobody could read it."
      runbook            = "quarantined"
      threshold          = 0
      evaluation_periods = 1
      metrics = {
        quarantined = { namespace = "rp-mw", name = "Quarantined", dimensions = local.own_dimensions, statistic = "Sum" }
      }
    }
    shopify-throttled = {
      severity           = "warn"
      meaning            = "Shopify answers 429 to more than its share of calls: the shared budget is used up."
      runbook            = "vendor-429"
      threshold          = var.alarm_thresholds.vendor_throttled_percent
      evaluation_periods = 3
      expression         = "100 * FILL(throttled, 0) / requests"
      metrics = {
        throttled = { namespace = "rp-mw", name = "VendorThrottled", dimensions = merge(local.own_dimensions, { Vendor = "shopify" }), statistic = "Sum" }
        requests  = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "shopify" }), statistic = "Sum" }
      }
    }
    shopify-errors = {
      severity           = "warn"
      meaning            = "Shopify fails more than its share of calls: replies wait or go to people."
      runbook            = "vendor-down"
      threshold          = var.alarm_thresholds.vendor_errors_percent
      evaluation_periods = 3
      expression         = "100 * FILL(errors, 0) / requests"
      metrics = {
        errors   = { namespace = "rp-mw", name = "VendorErrors", dimensions = merge(local.own_dimensions, { Vendor = "shopify" }), statistic = "Sum" }
        requests = { namespace = "rp-mw", name = "VendorRequests", dimensions = merge(local.own_dimensions, { Vendor = "shopify" }), statistic = "Sum" }
      }
    }
  }
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix = "${local.prefix}-enricher"
  topic_arn   = module.inputs.alarm_topic_arn
  alarms      = local.alarms
}
